//! Where events go, and where they are read.

use super::BackendError;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use smpp_domain::event::EventKind;
use smpp_domain::ids::OperatorId;

/// One event for publication.
#[derive(Clone, Debug)]
pub struct Event {
    /// What it tells.
    pub kind: EventKind,
    /// About which operator.
    pub operator_id: OperatorId,
    /// An event published twice under one id counts once.
    pub dedup_id: String,
    /// A JSON object.
    pub payload: Bytes,
}

/// Where events go.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Publishes in order. Durable when it returns; a repetition (same `dedup_id`) is dropped silently.
    ///
    /// # Errors
    /// When the sink cannot be reached. Some of the events may be out already: publish the same ones again.
    async fn publish(&self, events: &[Event]) -> Result<(), BackendError>;
}

/// An event as the log keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedEvent {
    /// From 1, ascending, never reused.
    pub seq: u64,
    /// `smpp.{kind}.{operatorId}`.
    pub subject: String,
    /// When it was published.
    pub at: DateTime<Utc>,
    /// A JSON object.
    pub payload: String,
}

/// The reader's side of the events.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Up to `limit` events with a number above `after`, in order. Empty when there are none yet.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn read_after(&self, after: u64, limit: usize) -> Result<Vec<LoggedEvent>, BackendError>;

    /// The number of the newest event; changes when one is published.
    fn newest(&self) -> tokio::sync::watch::Receiver<u64>;

    /// Forgets events published before `before`, at most `limit`. Returns how many went; 0 where the log does so by itself.
    ///
    /// # Errors
    /// When the log cannot be reached.
    async fn prune(&self, before: DateTime<Utc>, limit: usize) -> Result<u64, BackendError>;
}
