//! What the pipeline needs from the outside world, written for its caller. Adapters implement these traits; the
//! pipeline never names an adapter or its third-party crate.

mod link;

pub use link::{
    Answer, BindBoard, BindHandle, BindStatus, Inbound, PartOutcome, PartResult, Reply, SessionNotice,
    SubmitRequest, Ticket,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::{MessageCorrelation, PartState};
use smpp_domain::event::EventKind;
use smpp_domain::ids::{MessageId, OperatorId};
use smpp_domain::pdu::DeliverSmPdu;
use smpp_domain::policy::{
    EncodingAnswer, Fault, IdOrigin, InboundAnswer, OutboundMessage, PolicyIdentity, SplittingAnswer,
};
use smpp_domain::receipt::ReceiptReading;
use smpp_domain::tps::Reservation;
use std::sync::Arc;

/// Why a backend could not do its work. Callers look at the kind only; people read the rest.
#[derive(Debug, thiserror::Error)]
#[error("{backend}: {action} failed")]
pub struct BackendError {
    /// Which backend, for people: `SQLite data/smpp-connector.db`.
    pub backend: String,
    /// What was tried, for people.
    pub action: &'static str,
    /// Whether trying again can help.
    pub kind: BackendErrorKind,
    /// The cause as the backend's library tells it.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Classes of [`BackendError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BackendErrorKind {
    /// Out of reach, locked, full: try again.
    Unavailable,
    /// What is stored cannot be read: a person has to look.
    Corrupt,
}

/// A command as the intake hands it out. It comes again, also after a restart, until it is acknowledged.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Names this delivery to [`Intake::ack`].
    pub token: u64,
    /// JSON of a `DispatchCommand`, as published.
    pub body: Bytes,
    /// It was handed out before: it may have been sent already.
    pub redelivered: bool,
    /// When it was published: its age counts from here.
    pub published_at: DateTime<Utc>,
}

/// The queue of one operator's commands.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Takes up to `max` commands, waiting until there is at least one. Cancel safe: a dropped call takes nothing.
    ///
    /// # Errors
    /// When the queue cannot be reached; the caller waits and asks again.
    async fn fetch(&self, max: usize) -> Result<Vec<Delivery>, BackendError>;

    /// Ends the life of these deliveries. They have durable outcomes.
    ///
    /// # Errors
    /// When the queue cannot be reached; they will come again and be recognised.
    async fn ack(&self, tokens: &[u64]) -> Result<(), BackendError>;
}

/// Where commands are put that come in by HTTP: the publisher's side of the intake.
#[async_trait]
pub trait CommandQueue: Send + Sync {
    /// Makes the commands durable, all or none, each for its own operator.
    ///
    /// # Errors
    /// When the queue cannot be reached; nothing was accepted then.
    async fn publish(&self, commands: &[QueuedCommand]) -> Result<(), BackendError>;

    /// The intake of one operator.
    fn intake(&self, operator: OperatorId) -> Arc<dyn Intake>;
}

/// One command for [`CommandQueue::publish`].
#[derive(Clone, Debug)]
pub struct QueuedCommand {
    /// For whom.
    pub operator_id: OperatorId,
    /// JSON of a `DispatchCommand`.
    pub body: Bytes,
}

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
    pub payload: Vec<u8>,
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

/// An event as the embedded log keeps it.
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

/// The reader's side of the embedded event log.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Up to `limit` events with a number above `after`, in order. Empty when there are none yet.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn read_after(&self, after: u64, limit: usize) -> Result<Vec<LoggedEvent>, BackendError>;

    /// The number of the newest event; changes when one is published.
    fn newest(&self) -> tokio::sync::watch::Receiver<u64>;
}

/// What one settled step makes durable, at once: rows for parts that were accepted, and, at the end of a message,
/// its outcome.
#[derive(Clone, Debug, Default)]
pub struct Settlement {
    /// Newly accepted parts.
    pub correlations: Vec<MessageCorrelation>,
    /// The message's outcome, if it has one now.
    pub outcome: Option<SettledOutcome>,
}

/// The outcome of a message, kept so that a redelivered command is answered and not sent again.
#[derive(Clone, Debug)]
pub struct SettledOutcome {
    /// Whose.
    pub message_id: MessageId,
    /// By which operator.
    pub operator_id: OperatorId,
    /// When it was settled.
    pub settled_at: DateTime<Utc>,
    /// The `smpp.submit` event's JSON.
    pub event: Vec<u8>,
}

/// What is known of a message that may have been handled before.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The `smpp.submit` event's JSON, if the message has its outcome.
    pub outcome: Option<Vec<u8>>,
    /// Parts that were accepted, by part number.
    pub accepted: Vec<MessageCorrelation>,
    /// Its sending had begun: see [`CorrelationStore::intend`].
    pub intended: bool,
}

/// A correlation row with everything that receipts have said of its message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tracked {
    /// The part that the key belongs to.
    pub correlation: MessageCorrelation,
    /// Appended states of all parts of the message, oldest first.
    pub history: Vec<PartState>,
}

/// A receipt that waits for its correlation row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParkedReceipt {
    /// Time-ordered (UUID v7), minted by the caller.
    pub id: uuid::Uuid,
    /// From which operator.
    pub operator_id: OperatorId,
    /// The canonical key of its id.
    pub message_key: String,
    /// What it says.
    pub reading: ReceiptReading,
    /// Its user data, for `smpp.unmatched`.
    pub raw: Vec<u8>,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// A receipt's state to be appended to its message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppendedReceipt {
    /// Whose.
    pub message_id: MessageId,
    /// What it said of which part.
    pub part: PartState,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// The end of the row's correlation: the receipt is kept as long.
    pub expires_at: DateTime<Utc>,
}

/// Parked receipts that want attention.
#[derive(Clone, Debug, Default)]
pub struct ParkedWork {
    /// Their rows exist by now.
    pub matched: Vec<ParkedReceipt>,
    /// Older than asked for, still without a row, not yet reported.
    pub overdue: Vec<ParkedReceipt>,
}

/// Remembers which message an operator's id belongs to, and what its receipts said.
///
/// Implementations must pass the contract suite in `tests/it/contracts`. Every method is durable when it returns, and
/// idempotent: doing it twice is doing it once.
#[async_trait]
pub trait CorrelationStore: Send + Sync {
    /// Records rows and outcomes, all or none, and returns the parked receipts that these rows have been waiting for.
    /// The receipts stay parked until [`CorrelationStore::append_receipts`] releases them.
    ///
    /// # Errors
    /// When the store cannot be reached; nothing was recorded then.
    async fn settle(&self, batch: &[Settlement]) -> Result<Vec<ParkedReceipt>, BackendError>;

    /// Notes that the sending of these messages begins, for operators that must never get a part twice. The note goes with
    /// the message's outcome.
    ///
    /// # Errors
    /// When the store cannot be reached; nothing may be sent then.
    async fn intend(&self, messages: &[MessageId]) -> Result<(), BackendError>;

    /// Takes the note back for messages of which nothing was written.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn withdraw(&self, messages: &[MessageId]) -> Result<(), BackendError>;

    /// What is known of these messages, in their order.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn progress(&self, messages: &[MessageId]) -> Result<Vec<Progress>, BackendError>;

    /// Messages settled at or after `since`, at most `limit`, newest first: to recognise a command published twice
    /// across a restart.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn settled_since(&self, since: DateTime<Utc>, limit: usize)
    -> Result<Vec<MessageId>, BackendError>;

    /// The newest unexpired row for each key of the operator, in their order.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn find(&self, operator: OperatorId, keys: &[String])
    -> Result<Vec<Option<Tracked>>, BackendError>;

    /// Parks receipts that [`CorrelationStore::find`] did not match. Returns those ids whose row has appeared in the
    /// meantime: they are parked too, and due at once.
    ///
    /// # Errors
    /// When the store cannot be reached; nothing was parked then.
    async fn park(&self, receipts: &[ParkedReceipt]) -> Result<Vec<uuid::Uuid>, BackendError>;

    /// Appends states and releases parked receipts, all or none.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn append_receipts(
        &self,
        receipts: &[AppendedReceipt],
        release: &[uuid::Uuid],
    ) -> Result<(), BackendError>;

    /// The operator's parked receipts whose row exists, and those received before `overdue_before` that were not yet
    /// marked by [`CorrelationStore::mark_unmatched`]; at most `limit` of each, oldest first.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn parked_work(
        &self,
        operator: OperatorId,
        overdue_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<ParkedWork, BackendError>;

    /// Notes that these parked receipts were published as unmatched. They stay parked.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn mark_unmatched(&self, receipts: &[uuid::Uuid]) -> Result<(), BackendError>;

    /// Forgets rows, outcomes, receipts and parked receipts whose time is over, at most `limit` of each kind; `parked_before`
    /// and `outcomes_before` are the ends for those that carry no end of their own. Returns how many rows went.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn expire(
        &self,
        now: DateTime<Utc>,
        parked_before: DateTime<Utc>,
        outcomes_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<u64, BackendError>;
}

/// Keeps the operator's TPS promise over everything that shares it.
#[async_trait]
pub trait TpsLimiter: Send + Sync {
    /// Reserves up to `want` future send times; see [`Reservation`]. An answer of none says when to ask again.
    ///
    /// # Errors
    /// When the limiter cannot be reached.
    async fn reserve(&self, want: u32) -> Result<Reservation, BackendError>;
}

/// One operator's policy, in one version. A hook that the plugin does not export answers `HostDefault` at no cost.
///
/// Calls are synchronous and take microseconds; each has a deadline.
pub trait Policy: Send + Sync {
    /// Which plugin this is; `None` is the built-in behaviour.
    fn identity(&self) -> Option<&Arc<PolicyIdentity>>;

    /// Which alphabet and data_coding.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer; the operator's `on_failure` applies.
    fn encoding(&self, message: &OutboundMessage) -> Result<EncodingAnswer, Fault>;

    /// How a text of `octets` encoded octets is split.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer.
    fn splitting(
        &self,
        message: &OutboundMessage,
        data_coding: u8,
        octets: u32,
    ) -> Result<SplittingAnswer, Fault>;

    /// The key of an operator's message id; `None` is the host's own rule.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer.
    fn message_key(&self, raw: &str, origin: IdOrigin) -> Result<Option<String>, Fault>;

    /// What a deliver_sm or data_sm is. `reading` is the host's own view, `None` if it saw no receipt.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin gave no usable answer.
    fn inbound(&self, pdu: &DeliverSmPdu, reading: Option<&ReceiptReading>) -> Result<InboundAnswer, Fault>;
}

/// Hands out an operator's policy. A message keeps the version that it was given first.
pub trait PolicySource: Send + Sync {
    /// The version that is active now.
    fn current(&self) -> Arc<dyn Policy>;

    /// Changes whenever another version has become active. Closed where none ever will.
    fn versions(&self) -> tokio::sync::watch::Receiver<u64>;
}
