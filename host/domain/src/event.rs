//! The events that the gateway publishes: JSON, camelCase, times RFC 3339 UTC, additive only.

use crate::correlation::DlrMessageState;
use crate::dispatch::LongMessageStrategy;
use crate::ids::{AccountId, MessageId, OperatorId};
use crate::pdu::{BindMode, CommandStatus};
use crate::policy::{Concatenation, PolicyIdentity};
use crate::session::SessionState;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

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
    /// A subscriber can be reached again.
    Alert,
    /// A session changed its state.
    Session,
    /// An operator was stopped, or goes on.
    Stop,
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
            Self::Alert => "alert",
            Self::Session => "session",
            Self::Stop => "stop",
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
    /// A short stable word for the refusal, if the operator's policy gave one.
    pub rejection_code: Option<String>,
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
    #[serde(serialize_with = "in_words_if_any")]
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
    #[serde(serialize_with = "in_words")]
    pub submitted_at: DateTime<Utc>,
    /// When the operator says it was done: RFC 3339 where its zone is known, else as received.
    pub done_at: Option<String>,
    /// When the receipt came.
    #[serde(serialize_with = "in_words")]
    pub received_at: DateTime<Utc>,
    /// Destination E.164.
    pub to: String,
    /// A final state that contradicts an earlier final one.
    pub conflict: bool,
    /// An intermediate notification: the message is still on its way.
    pub intermediate: bool,
}

/// `smpp.unmatched`: a receipt that no message has claimed, or a PDU of which nothing could be made.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnmatchedEvent {
    /// From which operator.
    pub operator_id: OperatorId,
    /// As the receipt gave it; empty when it gave none.
    pub operator_message_id: String,
    /// As read.
    pub state: DlrMessageState,
    /// The user data in hex; of a PDU that cannot be read, its whole body.
    pub raw: String,
    /// When it came.
    #[serde(serialize_with = "in_words")]
    pub received_at: DateTime<Utc>,
    /// In words: which other reading of the id would have matched, or what else is to be known.
    pub hint: Option<String>,
}

/// `smpp.mo`: a message from a subscriber.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoEvent {
    /// The message's own: an event that comes twice has the same.
    pub id: Uuid,
    /// By which operator.
    pub operator_id: OperatorId,
    /// The subscriber.
    pub from: String,
    /// The number that was written to.
    pub to: String,
    /// Decoded by data_coding; `null` when that says that the octets are no text.
    pub text: Option<String>,
    /// In hex, when they are no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// As received.
    pub data_coding: u8,
    /// As received.
    pub esm_class: u8,
    /// As received, where it is not empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_type: String,
    /// As received, where it is not 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub protocol_id: u8,
    /// The sending application's, where the message names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port: Option<u16>,
    /// The receiving application's, where the message names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_port: Option<u16>,
    /// How many PDUs the text was put together from.
    pub parts: u8,
    /// Whether all segments of the message are in it. Of a segment that is told by itself: false.
    pub complete: bool,
    /// The numbers of the segments that did not come in time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<u8>,
    /// Set when the text is one segment of a longer message: it is not put together.
    pub concatenation: Option<Concatenation>,
    /// The user data header could not be read to its end.
    #[serde(skip_serializing_if = "is_false")]
    pub broken_header: bool,
    /// Optional parameters, without those that carry or number the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tlvs: Vec<TlvReport>,
    /// When its last PDU came.
    #[serde(serialize_with = "in_words")]
    pub received_at: DateTime<Utc>,
}

/// An optional parameter in an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TlvReport {
    /// As received.
    pub tag: u16,
    /// In hex.
    pub value: String,
}

/// `smpp.alert`: the operator says that a subscriber can be reached again, or cannot (alert_notification).
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertEvent {
    /// By which operator.
    pub operator_id: OperatorId,
    /// The subscriber.
    pub from: String,
    /// The number for whose messages it was waited.
    pub to: String,
    /// ms_availability_status: `null` when the operator gave none, which means AVAILABLE.
    pub availability: Option<Availability>,
    /// When it came.
    #[serde(serialize_with = "in_words")]
    pub received_at: DateTime<Utc>,
}

/// ms_availability_status (SMPP 3.4 section 5.3.2.30).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Availability {
    /// 0.
    Available,
    /// 1: switched off, or its owner wants none.
    Denied,
    /// 2, and values that the standard does not know.
    Unavailable,
}

impl From<u8> for Availability {
    fn from(octet: u8) -> Self {
        match octet {
            0 => Self::Available,
            1 => Self::Denied,
            _ => Self::Unavailable,
        }
    }
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
    #[serde(serialize_with = "in_words_if_any")]
    pub next_reconnect_at: Option<DateTime<Utc>>,
}

/// `smpp.stop`: nothing is sent to an operator any more, on any host, or it goes on.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StopEvent {
    /// Which operator.
    pub operator_id: OperatorId,
    /// `false`: it goes on.
    pub stopped: bool,
    /// Why, in words.
    pub reason: String,
    /// The status that stopped it.
    pub command_status: Option<CommandStatus>,
    /// Since when it is, or was, stopped.
    #[serde(serialize_with = "in_words")]
    pub since: DateTime<Utc>,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(octet: &u8) -> bool {
    *octet == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// As chrono's own serialiser does it, in one piece: that one hands every digit to the JSON writer, which looks into each for
/// what has to be escaped.
fn in_words<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[expect(clippy::ref_option, reason = "serde hands over a reference")]
fn in_words_if_any<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => in_words(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// Room for the JSON of nearly every event.
const OCTETS: usize = 768;

/// The JSON of an event.
#[must_use]
pub fn to_json<E: Serialize>(event: &E) -> Vec<u8> {
    let mut json = Vec::with_capacity(OCTETS);
    // Serialising these types cannot fail: no map with keys that are not text, no custom serialiser that errs.
    serde_json::to_writer(&mut json, event).unwrap_or_default();
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_chrono_writes_them() {
        for nanos in [0, 120_000_000, 123_456_000, 123_456_789] {
            let time = DateTime::from_timestamp(1_795_402_604, nanos).unwrap();
            let mut written = Vec::new();
            in_words(&time, &mut serde_json::Serializer::new(&mut written)).unwrap();
            assert_eq!(written, serde_json::to_vec(&time).unwrap());
        }
    }
}
