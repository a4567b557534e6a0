//! What must be remembered between a message and its receipts.

use super::BackendError;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::{MessageCorrelation, PartState};
use smpp_domain::ids::{MessageId, OperatorId};
use smpp_domain::receipt::ReceiptReading;
use std::collections::HashMap;
use uuid::Uuid;

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
    /// When its command was published: the same for every delivery of it.
    pub published_at: DateTime<Utc>,
    /// When it was settled.
    pub settled_at: DateTime<Utc>,
    /// The `smpp.submit` event's JSON.
    pub event: Bytes,
}

/// What [`CorrelationStore::settle`] has found.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Parked receipts that the new rows have been waiting for.
    pub matched: Vec<ParkedReceipt>,
    /// Messages of the batch that had another outcome already, with that outcome's event: it stands, and what the batch
    /// says is void. So it goes when two hosts had the same command, one of them after it was thought dead.
    pub standing: Vec<(MessageId, Vec<u8>)>,
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

impl Tracked {
    /// The row with its message's part of the `histories`, which are by message.
    pub(crate) fn of(correlation: MessageCorrelation, histories: &HashMap<Uuid, Vec<PartState>>) -> Self {
        let history = histories.get(&correlation.message_id.0);
        Self {
            history: history.cloned().unwrap_or_default(),
            correlation,
        }
    }
}

/// A receipt that waits for its correlation row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParkedReceipt {
    /// Time-ordered (UUID v7), minted by the caller.
    pub id: Uuid,
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
    /// How many parts its message has.
    pub part_count: u8,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// The end of the row's correlation: the receipt is kept as long.
    pub expires_at: DateTime<Utc>,
}

/// Everything that receipts have said of one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageHistory {
    /// Whose.
    pub message_id: MessageId,
    /// Appended states of all parts, oldest first.
    pub history: Vec<PartState>,
}

/// Parked receipts that want attention.
#[derive(Clone, Debug, Default)]
pub struct ParkedWork {
    /// Their rows exist by now.
    pub matched: Vec<ParkedReceipt>,
    /// Older than asked for, still without a row, not yet reported.
    pub overdue: Vec<ParkedReceipt>,
}

/// Rows of one key that [`CorrelationStore::find_all`] gives at most: enough to see that a key is not one row's alone.
pub const SAME_KEY: usize = 16;

/// Remembers which message an operator's id belongs to, and what its receipts said.
///
/// Implementations must pass the contract suite in `tests/it/contracts`. Every method is durable when it returns, and
/// idempotent: doing it twice is doing it once.
#[async_trait]
pub trait CorrelationStore: Send + Sync {
    /// Records rows and outcomes, all or none, and returns the parked receipts that these rows have been waiting for.
    /// The receipts stay parked until [`CorrelationStore::append_receipts`] releases them. A message's first outcome stands,
    /// whoever settled it.
    ///
    /// # Errors
    /// When the store cannot be reached; nothing was recorded then.
    async fn settle(&self, batch: &[Settlement]) -> Result<Settled, BackendError>;

    /// Notes that `owner` begins to send these messages, for operators that must never get a part twice. Returns those that
    /// another owner has begun to send: these must not be sent. The note goes with the message's outcome.
    ///
    /// # Errors
    /// When the store cannot be reached; nothing may be sent then.
    async fn intend(&self, owner: Uuid, messages: &[MessageId]) -> Result<Vec<MessageId>, BackendError>;

    /// Takes the owner's note back for messages of which no part is in doubt.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn withdraw(&self, owner: Uuid, messages: &[MessageId]) -> Result<(), BackendError>;

    /// What is known of these messages, in their order.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn progress(&self, messages: &[MessageId]) -> Result<Vec<Progress>, BackendError>;

    /// The operator's messages settled at or after `since`, at most `limit`, newest first: to recognise a command published twice
    /// across a restart.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn settled_since(
        &self,
        operator: OperatorId,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<MessageId>, BackendError>;

    /// For each key of the operator, in their order, the unexpired row that ends last: the newest, as long as
    /// `correlation_ttl` stays what it is.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn find(&self, operator: OperatorId, keys: &[String])
    -> Result<Vec<Option<Tracked>>, BackendError>;

    /// The unexpired rows of each key of the operator, those that end first before the others, at most [`SAME_KEY`] of each:
    /// for keys that several rows may have, such as a number's.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn find_all(
        &self,
        operator: OperatorId,
        keys: &[String],
    ) -> Result<Vec<Vec<Tracked>>, BackendError>;

    /// Parks receipts that [`CorrelationStore::find`] did not match. Returns those ids whose row has appeared in the
    /// meantime: they are parked too, and due at once.
    ///
    /// # Errors
    /// When the store cannot be reached; nothing was parked then.
    async fn park(&self, receipts: &[ParkedReceipt]) -> Result<Vec<Uuid>, BackendError>;

    /// Appends states and releases parked receipts, all or none. Returns what is known by then of those messages that have
    /// several parts: another host may have appended meanwhile, and whoever appends last sees all of it.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn append_receipts(
        &self,
        receipts: &[AppendedReceipt],
        release: &[Uuid],
    ) -> Result<Vec<MessageHistory>, BackendError>;

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
    async fn mark_unmatched(&self, receipts: &[Uuid]) -> Result<(), BackendError>;

    /// The operator's receipts that were marked by [`CorrelationStore::mark_unmatched`] and are parked still, in the order of
    /// their ids, those after `after`, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn unmatched(
        &self,
        operator: OperatorId,
        after: Uuid,
        limit: usize,
    ) -> Result<Vec<ParkedReceipt>, BackendError>;

    /// Forgets rows, outcomes, receipts and parked receipts whose time is over, at most `limit` of each kind; `parked_before`
    /// and `outcomes_before` are the ends for those that carry no end of their own. A store may forget whole days at once, each
    /// when all of it is over: then nothing goes too early, and the last of it a day later. Returns how many rows went, or
    /// days; 0 says that nothing is left to forget now.
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
