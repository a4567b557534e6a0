//! What a policy is asked and what it may answer: the plugin contract (plugin-sdk/wit) as domain values.
//!
//! A policy is a plugin of one operator, or nothing at all. Each answer can be "no opinion" (`HostDefault`), and then
//! the gateway's built-in behaviour applies.

pub mod budget;
pub mod failure;
mod masking;
mod of_part;
pub mod question;
pub mod rewrite;
pub mod said;

pub use failure::OnFailure;

use crate::dispatch::{DispatchCommand, LongMessageStrategy, MessageType, SmsEncoding};
use crate::encoding::UnencodableRule;
use crate::ids::{AccountId, MessageId};
use crate::pdu::{Address, CommandStatus, SubmitSmPdu};
use crate::receipt::ReceiptReading;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A dispatch command as a policy sees it, before any encoding.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundMessage {
    /// The platform's id.
    pub message_id: MessageId,
    /// Who sends.
    pub account_id: AccountId,
    /// Sender with the TON and NPI that the host would use.
    pub source: Address,
    /// Recipient with the TON and NPI that the host would use.
    pub destination: Address,
    /// The whole text.
    pub text: String,
    /// As the command asks.
    pub encoding: SmsEncoding,
    /// SMS or FLASH.
    pub message_type: MessageType,
    /// As the command asks.
    pub long_message_strategy: LongMessageStrategy,
}

impl OutboundMessage {
    /// The command, between these addresses.
    #[must_use]
    pub fn new(command: &DispatchCommand, source: Address, destination: Address) -> Self {
        Self {
            message_id: command.message_id,
            account_id: command.account_id,
            source,
            destination,
            text: command.text.clone(),
            encoding: command.encoding,
            message_type: command.message_type,
            long_message_strategy: command.long_message_strategy,
        }
    }
}

impl fmt::Debug for OutboundMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundMessage")
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

/// The hooks that a plugin may export, one interface each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// `settings.validate`.
    Settings,
    /// `encoding.choose`.
    Encoding,
    /// `splitting.plan`.
    Splitting,
    /// `submit.rewrite`.
    Submit,
    /// `submit-result.classify`.
    SubmitResult,
    /// `message-ids.normalise`.
    MessageIds,
    /// `inbound.interpret`.
    Inbound,
}

impl Hook {
    /// All of them, in the order of the contract.
    pub const ALL: [Self; 7] = [
        Self::Settings,
        Self::Encoding,
        Self::Splitting,
        Self::Submit,
        Self::SubmitResult,
        Self::MessageIds,
        Self::Inbound,
    ];

    /// The name of its WIT interface.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Encoding => "encoding",
            Self::Splitting => "splitting",
            Self::Submit => "submit",
            Self::SubmitResult => "submit-result",
            Self::MessageIds => "message-ids",
            Self::Inbound => "inbound",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An alphabet by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AlphabetName {
    /// GSM 7-bit, one septet an octet.
    Gsm7Unpacked,
    /// GSM 7-bit, packed as on the air.
    Gsm7Packed,
    /// GSM 7-bit with national language tables (3GPP TS 23.038 annex A).
    Gsm7National {
        /// Replaces the default alphabet.
        locking_shift: Option<u8>,
        /// Replaces the extension table.
        single_shift: Option<u8>,
    },
    /// 7-bit ASCII.
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// UTF-16BE.
    Ucs2,
    /// A 256-entry table of the operator's file.
    Named(String),
}

/// What `encoding.choose` may answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EncodingAnswer {
    /// No opinion.
    HostDefault,
    /// Encode in this alphabet, under this data_coding.
    Alphabet {
        /// Which.
        alphabet: AlphabetName,
        /// The octet on the wire.
        data_coding: u8,
        /// For characters that the alphabet lacks; `None` is the operator's `on_unencodable`.
        unencodable: Option<UnencodableRule>,
    },
    /// The plugin encoded the text itself.
    Encoded {
        /// The whole text.
        octets: Vec<u8>,
        /// The octet on the wire.
        data_coding: u8,
        /// Octets of one indivisible character, at least 1.
        unit: u8,
    },
}

/// Width of a concatenation reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReferenceWidth {
    /// Information element 0x00: six octets of header.
    #[default]
    EightBits,
    /// Information element 0x08: seven octets of header.
    SixteenBits,
}

/// What `splitting.plan` may answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SplittingAnswer {
    /// No opinion.
    HostDefault,
    /// Concatenation headers in the user data.
    Udh {
        /// Of the reference.
        reference_width: ReferenceWidth,
        /// Octets of user data in a part, header included; `None` is what the alphabet allows.
        max_octets: Option<u16>,
        /// More parts than this are refused; `None` is 255.
        max_parts: Option<u8>,
    },
    /// sar_msg_ref_num, sar_total_segments and sar_segment_seqnum.
    SarTlvs,
    /// message_payload for the whole text, whatever its length.
    MessagePayload {
        /// Above this many octets parts are made instead; `None` is never.
        max_octets: Option<u32>,
    },
    /// The plugin cut the text itself.
    Parts(Vec<PlannedPart>),
    /// Too long for this operator, with the reason.
    Refuse(String),
}

/// A part that a plugin cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedPart {
    /// User data header without its length octet; empty for none.
    pub header: Vec<u8>,
    /// The text's octets.
    pub octets: Vec<u8>,
}

/// What `submit.rewrite` may answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SubmitAnswer {
    /// No opinion: it is sent as it is.
    HostDefault,
    /// Sent instead; it keeps the rules of [`rewrite::check`].
    Send(Box<SubmitSmPdu>),
    /// The message is refused, with the reason.
    Refuse(String),
}

/// Where an operator's message id was read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdOrigin {
    /// submit_sm_resp.
    SubmitResp,
    /// `id:` in the text of a receipt.
    ReceiptText,
    /// receipted_message_id.
    ReceiptTlv,
}

/// What `inbound.interpret` may answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InboundAnswer {
    /// No opinion: the host's own reading stands.
    HostDefault,
    /// It is a receipt, and this is what it says.
    Receipt(ReceiptReading),
    /// It is a message from a subscriber.
    MobileOriginated {
        /// Who sent it.
        source: Address,
        /// To whom.
        destination: Address,
        /// `None`: the host decodes the octets.
        text: Option<String>,
        /// Which segment of a longer message it is.
        concatenation: Option<Concatenation>,
    },
    /// Neither: acknowledge, count, forget.
    Ignore(String),
    /// Answer with this status.
    Refuse(CommandStatus),
}

/// The place of a segment in a concatenated message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concatenation {
    /// Shared by the segments of one message.
    pub reference: u16,
    /// How many there are.
    pub total: u8,
    /// Which one this is, from 1.
    pub number: u8,
}

/// Why a hook gave no usable answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{hook}: {cause}: {text}")]
pub struct Fault {
    /// Which hook.
    pub hook: Hook,
    /// Class, for metrics.
    pub cause: FaultCause,
    /// For people.
    pub text: String,
}

/// Classes of [`Fault`]. The first four are statements of the plugin, the rest are findings of the host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FaultCause {
    /// The input is not something that this plugin was written for.
    Unsupported,
    /// The input breaks the operator's own format.
    Malformed,
    /// The plugin's settings do not allow an answer.
    Misconfigured,
    /// Anything else that the plugin says.
    Other,
    /// It trapped: a panic, an out-of-bounds access, a stack overflow.
    Trap,
    /// It ran past its deadline.
    Timeout,
    /// It asked for more memory, or answered more, than it may.
    Limit,
    /// Its answer breaks the contract.
    BadAnswer,
    /// It failed too often of late and is not asked for a while.
    BreakerOpen,
}

impl FaultCause {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Unsupported,
        Self::Malformed,
        Self::Misconfigured,
        Self::Other,
        Self::Trap,
        Self::Timeout,
        Self::Limit,
        Self::BadAnswer,
        Self::BreakerOpen,
    ];

    /// The metric label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Malformed => "malformed",
            Self::Misconfigured => "misconfigured",
            Self::Other => "other",
            Self::Trap => "trap",
            Self::Timeout => "timeout",
            Self::Limit => "limit",
            Self::BadAnswer => "bad_answer",
            Self::BreakerOpen => "breaker_open",
        }
    }

    /// As fixtures have it: in the spelling of the contract's own words.
    #[must_use]
    pub fn fixture_name(self) -> &'static str {
        match self {
            Self::BadAnswer => "bad-answer",
            Self::BreakerOpen => "breaker-open",
            other => other.name(),
        }
    }

    /// By either name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let is_it = |cause: &Self| cause.name() == name || cause.fixture_name() == name;
        Self::ALL.into_iter().find(is_it)
    }
}

impl fmt::Display for FaultCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which plugin decided, for events and logs.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyIdentity {
    /// File name without `.wasm`.
    pub plugin: String,
    /// As its manifest says.
    pub version: String,
    /// Of the file, in hex.
    pub sha256: String,
}
