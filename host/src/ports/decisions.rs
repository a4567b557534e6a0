//! Where hook calls are recorded, so that an engineer can see, repeat and replay what was decided.

use super::BackendError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use smpp_domain::ids::{MessageId, OperatorId};
use smpp_domain::policy::PolicyIdentity;

/// One hook call. Nothing private is in it: numbers come masked, and texts unless the host's file says otherwise.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRecord {
    /// When it was recorded: when it was known what came of it. So records are in order, and can be read page by page.
    pub at: DateTime<Utc>,
    /// Whose policy.
    pub operator_id: OperatorId,
    /// The operator's name.
    pub operator: String,
    /// The hook by its name in the contract.
    pub hook: String,
    /// What came of it: of receipts `matched`, `late` or `unmatched`; of other inbound PDUs `mo`, `ignored` or `refused`; of
    /// a message that is planned `planned`, `rejected` or `waits`; of an operator's answer the verdict; of its id `accepted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The message, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Of the PDU that it is about, where that was on a link by then: of an operator's answer, which its submit_sm had too, or of
    /// a deliver_sm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence_number: Option<u32>,
    /// In the fixture form: `{"hook", "input"}`.
    pub question: Value,
    /// In the fixture form.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub answer: Option<Value>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultRecord>,
    /// Who answered; `None` is the built-in behaviour.
    pub policy: Option<PolicyIdentity>,
    /// How long it took; 0 where no plugin was asked.
    pub micros: u64,
    /// When it was asked, in milliseconds since 1970: the time that the plugin was told, or a moment later.
    pub now_ms: i64,
    /// The share of the messages that was recorded then; 1 also for what is recorded whatever its message.
    pub share: f64,
    /// What would have matched an unmatched receipt, and how to make it match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Ids that are one, as the hint has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_key: Vec<IdInPlace>,
    /// The settings of the policy, where it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
}

/// A policy's failure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FaultRecord {
    /// Its class.
    pub cause: String,
    /// For people.
    pub text: String,
}

/// An operator's message id, and where it was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IdInPlace {
    /// As received.
    pub raw: String,
    /// `submit-resp`, `receipt-text` or `receipt-tlv`.
    pub origin: String,
}

/// `null` is an answer: of `message-ids` it is the host's own rule.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Which records are wanted.
#[derive(Clone, Default, Debug)]
pub struct Wanted {
    /// Of one operator, by its name or id.
    pub operator: Option<String>,
    /// Of one hook, by its name.
    pub hook: Option<String>,
    /// Of one outcome; `fault` are all those without an answer.
    pub outcome: Option<String>,
    /// Of one message.
    pub message: Option<MessageId>,
    /// From then on.
    pub since: Option<DateTime<Utc>>,
    /// Before then.
    pub until: Option<DateTime<Utc>>,
    /// At most so many.
    pub limit: usize,
}

/// Keeps the latest hook calls.
#[async_trait]
pub trait DecisionLog: Send + Sync {
    /// Keeps one. Never waits, never fails.
    fn keep(&self, record: DecisionRecord);

    /// The latest, newest first. What was kept before the call is there.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    async fn recent(&self, wanted: Wanted) -> Result<Vec<DecisionRecord>, BackendError>;

    /// How many there are of each kind; the limit counts for nothing.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    async fn count(&self, wanted: Wanted) -> Result<Vec<DecisionCount>, BackendError>;
}

/// How many calls of one kind are kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionCount {
    /// The operator's name.
    pub operator: String,
    /// Its id.
    pub operator_id: String,
    /// The hook by its name.
    pub hook: String,
    /// What came of them; `fault` are those without an answer.
    pub outcome: String,
    /// How many are kept.
    pub recorded: u64,
    /// How many there were, as far as the shares tell.
    pub estimated: u64,
    /// The part that was recorded: `recorded` of `estimated`.
    pub share: f64,
    /// The first of them.
    pub from: DateTime<Utc>,
    /// The last of them.
    pub to: DateTime<Utc>,
}

/// One PDU on a link. Nothing private is in it: its octets come redacted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PduRecord {
    /// When it was read or written.
    pub at: DateTime<Utc>,
    /// Whose link.
    pub operator_id: OperatorId,
    /// The operator's name.
    pub operator: String,
    /// Which bind, by its place in the operator's file, from 0.
    pub bind: usize,
    /// Whether we sent it.
    pub sent: bool,
    /// The whole PDU in hexadecimal.
    pub octets: String,
}

/// Keeps the latest PDUs of messages whose calls are recorded.
#[async_trait]
pub trait PduLog: Send + Sync {
    /// Keeps one. Never waits, never fails.
    fn keep(&self, record: PduRecord);

    /// The latest, newest first; hook and outcome count for nothing.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    async fn recent(&self, wanted: Wanted) -> Result<Vec<PduRecord>, BackendError>;
}

/// A deliver_sm or data_sm as it was on the wire, which is recorded when somebody says so: what it was is known later.
pub trait WirePdu: Send + Sync + std::fmt::Debug {
    /// Records it, and its answer.
    fn record(&self);
}
