//! The task that keeps the connection.

use super::{ConnectError, Link, Live};
use crate::errors;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// For one attempt to connect and to learn who answers.
const CONNECT: Duration = Duration::from_secs(1);
/// A connection whose server is silent for so long is given up.
const ANSWER: Duration = Duration::from_millis(300);
/// How often an idle connection is tried.
const TRY: Duration = Duration::from_millis(500);
/// Between attempts, doubling: soon, since every host holds back meanwhile.
const FIRST_DELAY: Duration = Duration::from_millis(10);
const LAST_DELAY: Duration = Duration::from_millis(250);
/// Requests of all operators may be under way at once.
const PIPELINE: usize = 1_024;

/// Makes the connection and watches it.
pub(super) struct Keeper {
    client: Client,
    name: Arc<str>,
    doubt: Arc<Notify>,
    epoch: u64,
}

impl Keeper {
    pub(super) fn new(client: Client, name: Arc<str>, doubt: Arc<Notify>) -> Self {
        Self {
            client,
            name,
            doubt,
            epoch: 0,
        }
    }

    /// Connects for the first time.
    pub(super) async fn first(&mut self, patience: Duration) -> Result<Live, ConnectError> {
        let mut delay = FIRST_DELAY;
        let give_up = tokio::time::sleep(patience);
        tokio::pin!(give_up);
        loop {
            let error = match self.connect().await {
                Ok(live) => return Ok(live),
                Err(error) => error,
            };
            let over = tokio::select! {
                () = &mut give_up => true,
                () = tokio::time::sleep(delay) => false,
            };
            if over || !error.may_pass() {
                return Err(error);
            }
            delay = LAST_DELAY.min(2 * delay);
        }
    }

    /// Until nobody holds a handle any more.
    pub(super) async fn keep(mut self, links: watch::Sender<Link>) {
        loop {
            let link = links.borrow().clone();
            let step = async {
                match link {
                    Link::Up(live) => self.watch(live, &links).await,
                    Link::Down(_) => self.reconnect(&links).await,
                }
            };
            tokio::select! {
                () = links.closed() => return,
                () = step => {}
            }
        }
    }

    /// Returns when the connection is lost, having said so.
    async fn watch(&self, mut live: Live, links: &watch::Sender<Link>) {
        let lost = loop {
            // Either way it is time to try.
            let doubted = tokio::time::timeout(TRY, self.doubt.notified());
            let () = doubted.await.unwrap_or_default();
            // A primary may have become a replica.
            if let Err(error) = read_about(&mut live.connection, &self.name, ANSWER).await {
                break error;
            }
        };
        tracing::error!(
            server = %self.name, error = errors::chain(&lost),
            "Redis is lost: every host keeps to its share, and binds stay as they are"
        );
        links.send_replace(Link::Down(Arc::new(lost)));
    }

    /// Returns when there is a connection again, having said so.
    async fn reconnect(&mut self, links: &watch::Sender<Link>) {
        let mut delay = FIRST_DELAY;
        loop {
            match self.connect().await {
                Ok(live) => {
                    tracing::info!(server = %self.name, run_id = %live.run_id, "Redis is back");
                    links.send_replace(Link::Up(live));
                    return;
                }
                Err(error) => {
                    tracing::debug!(server = %self.name, error = errors::chain(&error), "no Redis");
                    links.send_replace(Link::Down(Arc::new(error)));
                }
            }
            tokio::time::sleep(delay).await;
            delay = LAST_DELAY.min(2 * delay);
        }
    }

    async fn connect(&mut self) -> Result<Live, ConnectError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_pipeline_buffer_size(PIPELINE);
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = in_time(CONNECT, &self.name, connecting).await?;
        let about = read_about(&mut connection, &self.name, CONNECT).await?;
        self.epoch += 1;
        Ok(Live {
            connection,
            run_id: about.run_id.into(),
            version: about.version.into(),
            epoch: self.epoch,
        })
    }
}

/// What a server says of itself.
pub(super) struct About {
    run_id: String,
    version: String,
}

/// Asks the server who it is, and refuses one that cannot be written to.
pub(super) async fn read_about(
    connection: &mut MultiplexedConnection,
    name: &Arc<str>,
    patience: Duration,
) -> Result<About, ConnectError> {
    let mut info = redis::pipe();
    info.cmd("INFO").arg("server").cmd("INFO").arg("replication");
    let asked = info.query_async::<(String, String)>(connection);
    let (server, replication) = in_time(patience, name, asked).await?;
    if value(&replication, "role") == "slave" {
        return Err(ConnectError::Replica {
            server: name.to_string(),
        });
    }
    Ok(About {
        run_id: value(&server, "run_id"),
        version: format!("Redis {}", value(&server, "redis_version")),
    })
}

/// One line of INFO.
fn value(text: &str, key: &str) -> String {
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    value.unwrap_or_default().to_owned()
}

async fn in_time<T>(
    patience: Duration,
    name: &Arc<str>,
    asked: impl Future<Output = RedisResult<T>>,
) -> Result<T, ConnectError> {
    let server = name.to_string();
    match tokio::time::timeout(patience, asked).await {
        Ok(answer) => answer.map_err(|source| ConnectError::of(server, source)),
        Err(_) => Err(ConnectError::Silent { server }),
    }
}

impl ConnectError {
    fn of(server: String, source: RedisError) -> Self {
        let refused = matches!(
            source.kind(),
            ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig
        ) || matches!(source.code(), Some("NOAUTH" | "NOPERM" | "WRONGPASS"));
        if refused {
            Self::Refused { server, source }
        } else if errors::is_tls(&source) {
            Self::Tls { server, source }
        } else {
            Self::Unreachable { server, source }
        }
    }

    /// Whether waiting can help.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::Url(_) | Self::Refused { .. } | Self::Tls { .. } | Self::Replica { .. } => false,
        }
    }
}
