//! One connection to Redis for everything that a host keeps there.
//!
//! A task keeps it: it connects again for ever and asks the server for its run id each time, so that whoever keeps state
//! there notices a server that has lost it. Nobody waits for the task: while there is no connection, calls fail at once,
//! and with one they take [`CALL`] at most.

mod keeper;

use crate::config::RedisConfig;
use crate::ports::{BackendError, BackendErrorKind, Probe};
use async_trait::async_trait;
use keeper::Keeper;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{Client, FromRedisValue, IntoConnectionInfo, RedisError, ScriptInvocation};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::task::TaskTracker;

/// How long a call may take. One that takes longer may still be carried out by the server.
pub const CALL: Duration = Duration::from_millis(100);

/// How long the start waits for a server that is not there yet.
const START: Duration = Duration::from_secs(10);
/// How long a probe may take.
const PROBE: Duration = Duration::from_secs(2);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be read.
    #[error("redis.url cannot be read: write it as redis://user:password@host:6379/0, or rediss:// for TLS")]
    Url(#[source] RedisError),
    /// Nobody answers, or not as Redis does.
    #[error("{server} cannot be reached: start it, or correct redis.url")]
    Unreachable {
        /// Which.
        server: String,
        /// Why.
        #[source]
        source: RedisError,
    },
    /// It answers, but too late.
    #[error("{server} does not answer in time")]
    Silent {
        /// Which.
        server: String,
    },
    /// It wants another password, or does not allow what we need.
    #[error("{server} refuses us: check user and password in redis.url, and that scripts are allowed")]
    Refused {
        /// Which.
        server: String,
        /// Why.
        #[source]
        source: RedisError,
    },
    /// TLS did not come about.
    #[error(
        "{server}: no TLS: the host in redis.url must be the name in its certificate, and this machine must trust who signed that \
         (the system's authorities, or those in the file that SSL_CERT_FILE names)"
    )]
    Tls {
        /// Which.
        server: String,
        /// Why.
        #[source]
        source: RedisError,
    },
    /// Nothing can be written there.
    #[error("{server} is a replica: name the primary in redis.url")]
    Replica {
        /// Which.
        server: String,
    },
}

/// A connection that works, or did a moment ago.
#[derive(Clone)]
pub struct Live {
    connection: MultiplexedConnection,
    /// Names the server's process: another one may have lost what the last one knew.
    pub run_id: Arc<str>,
    /// Counts the connections of this host.
    pub epoch: u64,
    version: Arc<str>,
}

/// The connection, or why there is none.
#[derive(Clone)]
enum Link {
    Up(Live),
    Down(Arc<ConnectError>),
}

/// A handle of the host's connection. The connection ends when the last one is dropped.
#[derive(Clone)]
pub struct RedisServer {
    name: Arc<str>,
    prefix: Arc<str>,
    lease: Duration,
    link: watch::Receiver<Link>,
    /// Asks the keeper to look whether the connection still works.
    doubt: Arc<Notify>,
}

impl RedisServer {
    /// Connects, and goes on trying for ten seconds when the server is not there yet.
    ///
    /// # Errors
    /// When there is no usable server by then; what a person has to mend ends the wait at once.
    pub async fn connect(config: &RedisConfig, tasks: &TaskTracker) -> Result<Self, ConnectError> {
        let client = client(config)?;
        let name: Arc<str> = format!("Redis at {}", client.get_connection_info().addr()).into();
        let doubt = Arc::new(Notify::new());
        let mut keeper = Keeper::new(client, name.clone(), doubt.clone());
        let live = keeper.first(START).await?;
        let (links, link) = watch::channel(Link::Up(live));
        tasks.spawn(keeper.keep(links));
        Ok(Self {
            name,
            prefix: config.prefix.as_str().into(),
            lease: config.lease,
            link,
            doubt,
        })
    }

    /// A key of ours. `tag` decides where a cluster keeps it: everything of an operator in one place.
    #[must_use]
    pub fn key(&self, kind: &str, tag: &str) -> String {
        format!("{}:{kind}:{{{tag}}}", self.prefix)
    }

    /// How long what a host holds stays its own after it was last heard of.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// The connection, unless it is known to be lost.
    #[must_use]
    pub fn live(&self) -> Option<Live> {
        match &*self.link.borrow() {
            Link::Up(live) => Some(live.clone()),
            Link::Down(_) => None,
        }
    }

    /// Waits until the connection is lost, or there is another one. Cancel safe.
    pub async fn changed(&mut self) {
        if self.link.changed().await.is_err() {
            // The keeper has ended, which it does only when nobody is left to ask.
            std::future::pending().await
        }
    }

    /// Runs a script on the connection.
    ///
    /// # Errors
    /// When there is no answer within [`CALL`], or none that can be read. The script may have run nevertheless.
    pub async fn run<T: FromRedisValue>(
        &self,
        live: &Live,
        script: &ScriptInvocation<'_>,
        action: &'static str,
    ) -> Result<T, BackendError> {
        let mut connection = live.connection.clone();
        let answer = tokio::time::timeout(CALL, script.invoke_async(&mut connection)).await;
        let error: Box<dyn std::error::Error + Send + Sync> = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Box::new(error),
            Err(late) => Box::new(late),
        };
        self.doubt.notify_one();
        Err(self.error(action, error))
    }

    /// The error of a call that cannot be made.
    #[must_use]
    pub fn away(&self, action: &'static str) -> BackendError {
        let cause: Box<dyn std::error::Error + Send + Sync> = match &*self.link.borrow() {
            Link::Up(_) => "the connection was made just now".into(),
            Link::Down(error) => error.clone().into(),
        };
        self.error(action, cause)
    }

    fn error(&self, action: &'static str, source: Box<dyn std::error::Error + Send + Sync>) -> BackendError {
        BackendError {
            backend: self.name.to_string(),
            action,
            kind: BackendErrorKind::Unavailable,
            source,
        }
    }
}

#[async_trait]
impl Probe for RedisServer {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn kind(&self) -> &'static str {
        "redis"
    }

    async fn probe(&self) -> Result<String, BackendError> {
        const ACTION: &str = "asking for its version";
        let Some(mut live) = self.live() else {
            return Err(self.away(ACTION));
        };
        let version = live.version.clone();
        let told = keeper::read_about(&mut live.connection, &self.name, PROBE).await;
        told.map(|_| version.to_string())
            .map_err(|error| self.error(ACTION, error.into()))
    }
}

fn client(config: &RedisConfig) -> Result<Client, ConnectError> {
    let info = config
        .url
        .expose()
        .into_connection_info()
        .map_err(ConnectError::Url)?;
    // Without it a request waits for the acknowledgement of the one before.
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    Client::open(info).map_err(ConnectError::Url)
}
