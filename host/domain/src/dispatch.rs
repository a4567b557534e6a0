//! The instruction to transmit one SMS, as it comes from the platform.
//!
//! Reading is all or nothing, and a refusal names every problem, not the first: whoever repairs the sender should need
//! one look.

mod check;
mod parse;

pub use parse::{CommandErrors, Problem};

use crate::ids::{AccountId, MessageId, OperatorId};
use crate::pdu::{Tlv, masked};
use crate::split::Cut;
use crate::trace::TraceParent;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The encoding that a command asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum SmsEncoding {
    /// GSM 7-bit default alphabet.
    #[serde(rename = "GSM7")]
    Gsm7,
    /// UCS2, sent as UTF-16BE.
    #[serde(rename = "UCS2")]
    Ucs2,
}

/// SMS or FLASH (shown at once, class 0).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MessageType {
    /// An ordinary message.
    Sms,
    /// Class 0.
    Flash,
}

/// How a text that does not fit one PDU is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LongMessageStrategy {
    /// Concatenation headers (UDH).
    Csms,
    /// The message_payload parameter.
    Tlv,
}

/// The domain model's value object, with the optional extension fields of the product.
///
/// Its Debug output has no text and a masked recipient.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DispatchCommand {
    /// The platform's id.
    pub message_id: MessageId,
    /// Destination E.164: 3 to 15 digits (short codes too), with or without a leading `+`, as the platform wrote it.
    pub to: String,
    /// Sender id: at most 20 printable characters; which of them can be sent, and how many, is the operator's matter
    /// ([`crate::address::Sender`]). Can be empty: the operator's default stands in.
    pub from: String,
    /// The whole text, at most [`DispatchCommand::MAX_TEXT`] characters. Can be empty.
    pub text: String,
    /// Asked for.
    pub encoding: SmsEncoding,
    /// Target operator.
    pub operator_id: OperatorId,
    /// Who sends.
    pub account_id: AccountId,
    /// SMS or FLASH.
    pub message_type: MessageType,
    /// Asked for.
    pub long_message_strategy: LongMessageStrategy,
    /// How the parts of a text that CSMS cuts are told, whatever the operator's file says: for trying ways out. What a policy
    /// answers wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub splitting: Option<Cut>,
    /// Seconds that the SMSC may keep trying, at least 1; `None` is the SMSC's own default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_period: Option<u32>,
    /// Not to be sent after this, nor delivered where the operator takes a validity_period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether receipts are asked for.
    pub registered_delivery: bool,
    /// priority_flag, 0..=3; `None` is the operator's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Added to every part, at most [`DispatchCommand::MAX_TLVS`].
    #[serde(serialize_with = "parse::tlvs_as_hex", skip_serializing_if = "Vec::is_empty")]
    pub tlvs: Vec<Tlv>,
    /// The platform's span, to which the message's trace is linked. One that cannot be read counts as absent: a trace is no
    /// reason to refuse a message.
    #[serde(rename = "traceparent", skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<TraceParent>,
}

impl DispatchCommand {
    /// Octets of JSON.
    pub const MAX_BODY: usize = 64 * 1024;
    /// Characters. 255 parts hold less, whatever the alphabet.
    pub const MAX_TEXT: usize = 40_000;
    /// Optional parameters of one command.
    pub const MAX_TLVS: usize = 32;

    /// Reads a command. Unknown fields are ignored, `null` is the same as absent.
    ///
    /// # Errors
    /// Every problem of the command, in the order of its fields.
    pub fn parse(json: &[u8]) -> Result<Self, CommandErrors> {
        parse::parse(json)
    }

    /// The command as [`Self::parse`] reads it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Fails for maps with other keys than strings only, and there is no map.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl fmt::Debug for DispatchCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DispatchCommand")
            .field("message_id", &self.message_id)
            .field("operator_id", &self.operator_id)
            .field("account_id", &self.account_id)
            .field("to", &masked(&self.to))
            .field("encoding", &self.encoding)
            .field("message_type", &self.message_type)
            .field("long_message_strategy", &self.long_message_strategy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
