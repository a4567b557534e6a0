//! The events that the gateway publishes: JSON, camelCase, times RFC 3339 UTC, additive only.

use crate::correlation::DlrMessageState;
use crate::dispatch::LongMessageStrategy;
use crate::ids::{AccountId, MessageId, OperatorId};
use crate::pdu::{BindMode, CommandStatus};
use crate::policy::{Concatenation, PolicyIdentity};
use crate::session::SessionState;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The kinds of event, each a subject `smpp.{kind}.{operatorId}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventKind {
    /// A command's outcome.
    Submit,
    /// A receipt that belongs to a message.
    Dlr,
    /// A receipt that no message has claimed for a while.
    Unmatched,
    /// A message from a subscriber.
    Mo,
    /// A session changed its state.
    Session,
    /// A command that cannot be carried out at all.
    Dead,
}

impl EventKind {
    /// The subject's middle token.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Dlr => "dlr",
            Self::Unmatched => "unmatched",
            Self::Mo => "mo",
            Self::Session => "session",
            Self::Dead => "dead",
        }
    }
}

/// The one outcome of a command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// The operator took every part.
    Accepted,
    /// It will not be sent, or the operator refused it for good.
    Rejected,
    /// Its time ran out before it was sent.
    Expired,
    /// It was written and never answered.
    Unknown,
}

/// `smpp.submit`: what became of a command.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmitEvent {
    /// The platform's id.
    pub message_id: MessageId,
    /// Who sent.
    pub account_id: AccountId,
    /// By which operator.
    pub operator_id: OperatorId,
    /// The one outcome.
    pub outcome: Outcome,
    /// Those parts that were answered or written, in order.
    pub parts: Vec<PartReport>,
    /// How many parts the message has; 0 when it was never split.
    pub part_count: u8,
    /// The status that decided, if the operator gave one.
    pub command_status: Option<CommandStatus>,
    /// Why, in words, for every outcome but ACCEPTED.
    pub reason: Option<String>,
    /// `k/n` when only some parts were accepted.
    pub partial: Option<String>,
    /// The alphabet that was used.
    pub encoding: Option<String>,
    /// The octet on the wire.
    pub data_coding: Option<u8>,
    /// How it was split.
    pub long_message_strategy: Option<LongMessageStrategy>,
    /// When the first part was written.
    pub submitted_at: Option<DateTime<Utc>>,
    /// The plugin that decided; `null` is the built-in behaviour.
    pub policy: Option<PolicyIdentity>,
}

/// One part in a [`SubmitEvent`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartReport {
    /// From 1.
    pub part_number: u8,
    /// As received; `null` when the operator gave none.
    pub operator_message_id: Option<String>,
    /// `null` when it was never answered.
    pub command_status: Option<CommandStatus>,
}

/// `smpp.dlr`: what became of a part, and of its message.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DlrEvent {
    /// The platform's id.
    pub message_id: MessageId,
    /// Who sent.
    pub account_id: AccountId,
    /// By which operator.
    pub operator_id: OperatorId,
    /// As the receipt gave it.
    pub operator_message_id: String,
    /// Which part, from 1.
    pub part_number: u8,
    /// Of how many.
    pub part_count: u8,
    /// Of the part.
    pub state: DlrMessageState,
    /// No later receipt is expected for this part.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Of the whole message; `null` when this receipt did not change it.
    pub message_state: Option<DlrMessageState>,
    /// Whether `messageState` is final.
    pub message_final: bool,
    /// `stat:` as received.
    pub raw_state: String,
    /// `err:` as received.
    pub raw_error: String,
    /// network_error_code as hex: type and code.
    pub network_error_code: Option<String>,
    /// When the part was submitted.
    pub submitted_at: DateTime<Utc>,
    /// When the operator says it was done: RFC 3339 where its zone is known, else as received.
    pub done_at: Option<String>,
    /// When the receipt came.
    pub received_at: DateTime<Utc>,
    /// Destination E.164.
    pub to: String,
    /// A final state that contradicts an earlier final one.
    pub conflict: bool,
}

/// `smpp.unmatched`: a receipt that no message has claimed.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnmatchedEvent {
    /// From which operator.
    pub operator_id: OperatorId,
    /// As the receipt gave it.
    pub operator_message_id: String,
    /// As read.
    pub state: DlrMessageState,
    /// The user data in hex.
    pub raw: String,
    /// When the receipt came.
    pub received_at: DateTime<Utc>,
    /// In words: which other reading of the id would have matched.
    pub hint: Option<String>,
}

/// `smpp.mo`: a message from a subscriber.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoEvent {
    /// By which operator.
    pub operator_id: OperatorId,
    /// The subscriber.
    pub from: String,
    /// The number that was written to.
    pub to: String,
    /// Decoded by data_coding.
    pub text: String,
    /// As received.
    pub data_coding: u8,
    /// How many PDUs the text was put together from.
    pub parts: u8,
    /// Set when the text is one segment of a longer message.
    pub concatenation: Option<Concatenation>,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// `smpp.session`: a session changed its state.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionEvent {
    /// Of which operator.
    pub operator_id: OperatorId,
    /// The SMSC.
    pub host: String,
    /// The SMSC's port.
    pub port: u16,
    /// Of the bind.
    pub bind_mode: BindMode,
    /// Primary or backup.
    pub is_primary: bool,
    /// The state left.
    pub from: SessionState,
    /// The state entered.
    pub to: SessionState,
    /// Why, in words.
    pub reason: String,
    /// Consecutive failed attempts.
    pub reconnect_attempts: u32,
    /// When the next one is due.
    pub next_reconnect_at: Option<DateTime<Utc>>,
}

/// `smpp.dead`: a command that cannot be carried out.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadEvent {
    /// As received: JSON where it was JSON, else text.
    pub command: serde_json::Value,
    /// Every reason.
    pub errors: Vec<String>,
}

/// The JSON of an event.
#[must_use]
pub fn to_json<E: Serialize>(event: &E) -> Vec<u8> {
    // Serialising these types cannot fail: no map with keys that are not text, no custom serialiser that errs.
    serde_json::to_vec(event).unwrap_or_default()
}
