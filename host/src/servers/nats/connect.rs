//! From `[nats]` to a connection.

use crate::config::NatsConfig;
use crate::errors;
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long the first connection is tried for: servers that are started together come up in any order.
const FIRST: Duration = Duration::from_secs(10);

/// Between two tries.
const AGAIN: Duration = Duration::from_millis(250);

/// Why there is no connection. The causes name what the library found.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// `nats.url` is no address.
    #[error("nats.url: give one server or several, separated by commas, such as nats://127.0.0.1:4222")]
    Address(#[source] std::io::Error),
    /// Several servers, several users.
    #[error("nats.url: its servers have different users or passwords; a connection has one for all of them")]
    Users,
    /// `nats.creds_file` cannot be read.
    #[error("nats.creds_file: {file} cannot be used", file = .0.display())]
    Credentials(PathBuf, #[source] std::io::Error),
    /// A server was reached and let us not in.
    #[error(
        "NATS at {0} refuses us: look at the user, password, token or creds_file in [nats], and at the server's `authorization`"
    )]
    Refused(String, #[source] async_nats::ConnectError),
    /// A server was reached and TLS did not come about.
    #[error("NATS at {0}: no TLS: look at tls_ca, tls_cert and tls_key in [nats], and at the server's `tls`")]
    Tls(String, #[source] async_nats::ConnectError),
    /// Nobody answered.
    #[error("NATS at {0} cannot be reached: no connection within {FIRST:?}")]
    Unreachable(String, #[source] async_nats::ConnectError),
    /// Somebody took the connection and said nothing.
    #[error("NATS at {0} takes connections and says nothing: no greeting within {FIRST:?}")]
    Silent(String),
}

/// A client, the servers' names for people, and what tells of every connection that is made.
pub(super) async fn connect(
    config: &NatsConfig,
) -> Result<(Client, String, watch::Receiver<u64>), ConnectError> {
    let (servers, login) = servers(config.url.expose())?;
    let names = servers
        .iter()
        .map(|server| format!("{}:{}", server.host(), server.port()));
    let shown = names.collect::<Vec<_>>().join(", ");
    let (watcher, connections) = Watcher::new(shown.clone());
    let deadline = Instant::now() + FIRST;
    let mut told = false;
    loop {
        let options = options(config, &login, watcher.clone()).await?;
        let tried = tokio::time::timeout_at(deadline, options.connect(servers.as_slice())).await;
        let Ok(tried) = tried else {
            return Err(ConnectError::Silent(shown));
        };
        let error = match tried {
            Ok(client) => {
                // The first connection is no news for those who look for later ones.
                let mut first = connections.clone();
                let told = first.wait_for(|made| *made > 0);
                tokio::time::timeout_at(deadline, told)
                    .await
                    .map(drop)
                    .unwrap_or_default();
                return Ok((client, shown, connections));
            }
            Err(error) => error,
        };
        match error.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                return Err(ConnectError::Refused(shown, error));
            }
            ConnectErrorKind::Tls => return Err(ConnectError::Tls(shown, error)),
            ConnectErrorKind::Io if errors::is_tls(&error) => return Err(ConnectError::Tls(shown, error)),
            ConnectErrorKind::ServerParse
            | ConnectErrorKind::Dns
            | ConnectErrorKind::TimedOut
            | ConnectErrorKind::Io
            | ConnectErrorKind::MaxReconnects => {}
        }
        if Instant::now() + AGAIN >= deadline {
            return Err(ConnectError::Unreachable(shown, error));
        }
        if !told {
            tracing::info!(server = %shown, error = errors::chain(&error), "NATS is not there yet");
            told = true;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Who we are, as the URL says.
#[derive(Clone, PartialEq, Eq, Default)]
struct Login {
    user: Option<String>,
    password: Option<String>,
}

/// The servers, without users and passwords: the library would log them.
fn servers(url: &str) -> Result<(Vec<ServerAddr>, Login), ConnectError> {
    let mut servers = Vec::new();
    let mut logins = Vec::new();
    for part in url.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let given: ServerAddr = part.parse().map_err(ConnectError::Address)?;
        let login = Login {
            user: given.username().map(decoded),
            password: given.password().map(decoded),
        };
        let mut bare = given.into_inner();
        // Only URLs without a host refuse this, and those have no user.
        bare.set_username("").unwrap_or_default();
        bare.set_password(None).unwrap_or_default();
        servers.push(ServerAddr::from_url(bare).map_err(ConnectError::Address)?);
        if login != Login::default() && !logins.contains(&login) {
            logins.push(login);
        }
    }
    if servers.is_empty() {
        let nothing = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it names no server");
        return Err(ConnectError::Address(nothing));
    }
    if logins.len() > 1 {
        return Err(ConnectError::Users);
    }
    Ok((servers, logins.pop().unwrap_or_default()))
}

/// `%40` stands for `@` in a URL's user and password.
fn decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        match (first, code) {
            (b'%', Some(octet)) => {
                octets.push(octet);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                octets.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

async fn options(
    config: &NatsConfig,
    login: &Login,
    watcher: Arc<Watcher>,
) -> Result<ConnectOptions, ConnectError> {
    let mut options = ConnectOptions::new()
        .name("smpp-connector")
        .connection_timeout(Duration::from_secs(5))
        .ping_interval(Duration::from_secs(10))
        .request_timeout(Some(super::REQUEST))
        .event_callback(move |event| {
            let watcher = Arc::clone(&watcher);
            async move { watcher.saw(event) }
        });
    if let Some(file) = &config.creds_file {
        let read = options.credentials_file(file).await;
        options = read.map_err(|error| ConnectError::Credentials(file.clone(), error))?;
    }
    options = match login {
        Login {
            user: Some(user),
            password: Some(password),
        } => options.user_and_password(user.clone(), password.clone()),
        // `nats://token@host`.
        Login {
            user: Some(token),
            password: None,
        } => options.token(token.clone()),
        Login { user: None, .. } => options,
    };
    if let (Some(user), Some(password)) = (&config.user, &config.password) {
        options = options.user_and_password(user.clone(), password.expose().to_owned());
    }
    if let Some(token) = &config.token {
        options = options.token(token.expose().to_owned());
    }
    if let Some(authority) = &config.tls_ca {
        options = options.add_root_certificates(authority.clone()).require_tls(true);
    }
    if let (Some(certificate), Some(key)) = (&config.tls_cert, &config.tls_key) {
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    Ok(options)
}

/// Tells people and adapters what becomes of the connection.
struct Watcher {
    shown: String,
    connections: watch::Sender<u64>,
    /// What the last try failed with: it is told once, and not with every try.
    last_error: Mutex<String>,
}

impl Watcher {
    fn new(shown: String) -> (Arc<Self>, watch::Receiver<u64>) {
        let (connections, seen) = watch::channel(0);
        let watcher = Self {
            shown,
            connections,
            last_error: Mutex::default(),
        };
        (Arc::new(watcher), seen)
    }

    fn saw(&self, event: Event) {
        let server = self.shown.as_str();
        match event {
            Event::Connected => {
                self.failed_with(String::new());
                if *self.connections.borrow() > 0 {
                    tracing::info!(server, "NATS is back");
                }
                self.connections.send_modify(|made| *made += 1);
            }
            Event::Disconnected => tracing::warn!(server, "the connection to NATS is lost"),
            Event::LameDuckMode => tracing::info!(server, "a NATS server is about to stop"),
            Event::Draining | Event::Closed => tracing::debug!(server, %event, "NATS"),
            Event::SlowConsumer(_) => {
                tracing::warn!(
                    server,
                    "NATS messages were dropped: they came faster than they were taken"
                );
            }
            Event::ServerError(error) => tracing::warn!(server, %error, "NATS says no"),
            Event::ClientError(error) => {
                let error = error.to_string();
                if self.failed_with(error.clone()) {
                    tracing::warn!(server, error, "NATS cannot be reached");
                }
            }
        }
    }

    /// Whether this is news.
    fn failed_with(&self, error: String) -> bool {
        let mut last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *last != error;
        *last = error;
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords_are_taken_out_of_the_url() {
        let (found, login) =
            servers("nats://me:s%40cret%@a.example, tls://me:s%40cret%@[::1]:4333,b").unwrap();
        let urls: Vec<_> = found.iter().map(ServerAddr::as_url_str).collect();
        assert_eq!(urls, ["nats://a.example", "tls://[::1]:4333", "nats://b"]);
        assert_eq!(found[0].port(), 4222);
        assert_eq!(
            (login.user.as_deref(), login.password.as_deref()),
            (Some("me"), Some("s@cret%"))
        );
    }

    #[test]
    fn what_is_no_address_is_told_without_showing_it() {
        for url in [
            "",
            " , ",
            "http://user:s3cret@host",
            "nats://user:s3cret@host:port",
        ] {
            let error = errors::chain(&servers(url).err().unwrap());
            assert!(error.contains("nats.url") && !error.contains("s3cret"), "{error}");
        }
        let two = servers("nats://a:b@one,nats://c:d@two").err().unwrap();
        assert!(matches!(two, ConnectError::Users));
    }
}
