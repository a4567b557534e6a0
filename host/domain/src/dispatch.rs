//! The instruction to transmit one SMS, as it comes from the platform.

use crate::ids::{AccountId, MessageId, OperatorId};
use serde::{Deserialize, Serialize};

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
#[derive(Clone, PartialEq, Eq)]
pub struct DispatchCommand {
    /// The platform's id.
    pub message_id: MessageId,
    /// Destination E.164.
    pub to: String,
    /// Sender id.
    pub from: String,
    /// The whole text.
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
}
