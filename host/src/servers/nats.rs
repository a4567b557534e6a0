//! The connection to NATS that intake and events share: made once, healed by itself, without a word of a secret.

mod connect;
mod publish;
mod queued;
mod streams;

pub use connect::ConnectError;
pub(crate) use publish::Draft;
pub use publish::PublishFailed;
pub use streams::{Mismatch, StreamError};

use crate::config::NatsConfig;
use crate::ports::{BackendError, BackendErrorKind, Probe};
use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::RequestErrorKind;
use async_trait::async_trait;
use smpp_domain::event::EventKind;
use smpp_domain::ids::OperatorId;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

/// The longest that one request to the server takes.
pub(crate) const REQUEST: Duration = Duration::from_secs(5);

/// The longest that a probe takes.
const PROBE: Duration = Duration::from_secs(3);

/// A connection to NATS. Clones share it.
#[derive(Clone)]
pub struct NatsServer {
    client: Client,
    jetstream: jetstream::Context,
    publishing: Arc<publish::Publishing>,
    settings: Arc<Settings>,
    connections: watch::Receiver<u64>,
}

/// What the file says of streams, and how the server is called.
struct Settings {
    shown: String,
    prefix: String,
    replicas: usize,
    keep_events: Duration,
    duplicate_window: Duration,
}

impl NatsServer {
    /// Connects, trying for ten seconds. A connection that is lost later is made again, for as long as it takes.
    ///
    /// # Errors
    /// When no server answers in time, none lets us in, or the file's settings cannot be used.
    pub async fn connect(config: &NatsConfig) -> Result<Self, ConnectError> {
        let (client, shown, connections) = connect::connect(config).await?;
        let jetstream = jetstream::context::ContextBuilder::new()
            .timeout(REQUEST)
            .build(client.clone());
        let settings = Settings {
            shown,
            prefix: config.prefix.clone(),
            replicas: config.replicas,
            keep_events: config.keep_events,
            duplicate_window: config.duplicate_window,
        };
        Ok(Self {
            client,
            jetstream,
            publishing: Arc::new(publish::Publishing::new()),
            settings: Arc::new(settings),
            connections,
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn jetstream(&self) -> &jetstream::Context {
        &self.jetstream
    }

    /// Changes with every connection that was made.
    pub(crate) fn connections(&self) -> watch::Receiver<u64> {
        let mut connections = self.connections.clone();
        connections.mark_unchanged();
        connections
    }

    /// How many connections were made so far. It is right from a connection's first message on, while whoever waits for
    /// [`NatsServer::connections`] may hear of it later.
    pub(crate) fn connections_made(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Relaxed)
    }

    /// Whether there is a connection, as far as we know. What is published without one would wait in memory and go out
    /// long after its publisher has given up.
    pub(crate) fn is_connected(&self) -> bool {
        match self.client.connection_state() {
            State::Connected => true,
            State::Pending | State::Disconnected => false,
        }
    }

    /// Does something whose answer comes over the connection of now. A connection that was made meanwhile will not bring it:
    /// then there is nothing to wait for.
    pub(crate) async fn on_this_connection<T>(&self, work: impl Future<Output = T>) -> Result<T, Lost> {
        let mut connections = self.connections();
        tokio::select! {
            biased;
            done = work => Ok(done),
            Ok(()) = connections.changed() => Err(Lost),
        }
    }

    /// `SMPP_DISPATCH`.
    pub(crate) fn dispatch_stream(&self) -> String {
        format!("{}_DISPATCH", self.settings.prefix.to_uppercase())
    }

    /// `SMPP_EVENTS`.
    pub(crate) fn events_stream(&self) -> String {
        format!("{}_EVENTS", self.settings.prefix.to_uppercase())
    }

    /// Where the operator's commands are published.
    pub(crate) fn command_subject(&self, operator: OperatorId) -> String {
        format!("{}.operator.{operator}", self.settings.prefix)
    }

    /// Where the operator's events of a kind are published.
    pub(crate) fn event_subject(&self, kind: EventKind, operator: OperatorId) -> String {
        format!("{}.{}.{operator}", self.settings.prefix, kind.name())
    }

    /// An error of this server that may pass.
    pub(crate) fn failed(
        &self,
        action: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> BackendError {
        BackendError {
            backend: self.name(),
            action,
            kind: BackendErrorKind::Unavailable,
            source: source.into(),
        }
    }

    /// Writes out what was published so far, or says within [`REQUEST`] that it cannot.
    pub(crate) async fn flush(&self) -> Result<(), Lost> {
        match tokio::time::timeout(REQUEST, self.client.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Lost),
        }
    }
}

/// There is no connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the connection is lost; it is being made again")]
pub struct Lost;

impl fmt::Debug for NatsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NatsServer({})", self.settings.shown)
    }
}

/// What a server answers that works but not as we need it.
#[derive(Debug, thiserror::Error)]
enum ProbeError {
    #[error("it did not answer within {PROBE:?}")]
    Silent,
    #[error("JetStream is off: start the server with --jetstream, or with `jetstream {{}}` in its file")]
    JetStreamOff,
    #[error(
        "JetStream is not to be had by this account: it needs `jetstream: enabled` in the server's `accounts`, and permission \
         to publish to $JS.API.>"
    )]
    NoJetStream,
    #[error("its answer is {0}")]
    Odd(String),
    #[error("it was not heard")]
    Unheard(#[source] async_nats::jetstream::context::RequestError),
}

#[async_trait]
impl Probe for NatsServer {
    fn name(&self) -> String {
        format!("NATS at {}", self.settings.shown)
    }

    fn kind(&self) -> &'static str {
        "nats"
    }

    async fn probe(&self) -> Result<String, BackendError> {
        const ACTION: &str = "asking for JetStream";
        if !self.is_connected() {
            return Err(self.failed(ACTION, Lost));
        }
        // As plain JSON: the library's type of it asks for more than 2.9 tells.
        let asked = self.jetstream.request::<_, _, serde_json::Value>("INFO", &());
        let account = tokio::time::timeout(PROBE, asked).await;
        let account = account.map_err(|_| self.failed(ACTION, ProbeError::Silent))?;
        let account = account.map_err(|error| {
            let words = match error.kind() {
                RequestErrorKind::TimedOut => ProbeError::Silent,
                RequestErrorKind::NoResponders => ProbeError::JetStreamOff,
                RequestErrorKind::InvalidSubject | RequestErrorKind::Other => ProbeError::Unheard(error),
            };
            self.failed(ACTION, words)
        })?;
        if let Some(error) = account.get("error") {
            let code = error.get("err_code").and_then(serde_json::Value::as_u64);
            let words = if code == Some(ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT.0) {
                ProbeError::NoJetStream
            } else {
                ProbeError::Odd(error.to_string())
            };
            return Err(self.failed(ACTION, words));
        }
        let count = |what| {
            account
                .get(what)
                .and_then(serde_json::Value::as_u64)
                .unwrap_or_default()
        };
        let version = self.client.server_info().version;
        Ok(format!(
            "nats-server {version} with JetStream: {} streams, {} consumers",
            count("streams"),
            count("consumers")
        ))
    }
}
