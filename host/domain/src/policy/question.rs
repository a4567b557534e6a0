//! A hook call as a value: what a policy was asked, and what it answered.
//!
//! Their JSON is the *fixture form*, which fixtures, recordings and replays share: names as in the plugin contract
//! (plugin-sdk/wit), octets in hexadecimal, a variant as `"host-default"` or `{"case": payload}`.

mod answer_form;
mod difference;
mod octets;
mod pdu_form;
mod question_form;
#[cfg(test)]
mod tests;

pub use difference::{Difference, below, differences};

use super::rewrite::PartPlace;
use super::{EncodingAnswer, Hook, IdOrigin, InboundAnswer, OutboundMessage, SplittingAnswer, SubmitAnswer};
use crate::pdu::{DeliverSmPdu, SubmitSmPdu};
use crate::receipt::ReceiptReading;
use crate::session::SubmitResponse;
use crate::status::Verdict;
use pdu_form::{DeliverForm, SubmitForm};
use question_form::{MessageForm, PartForm, ResponseForm};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a policy is asked: one case a hook, `settings` apart, which is no part of the message path.
///
/// As JSON `{"hook": "message-ids", "input": {"raw": "1A2B", "origin": "submit-resp"}}`, with the parameters by their names
/// in the contract. Fields of a PDU that are missing are empty or 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "hook",
    content = "input",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub enum Question {
    /// `encoding.choose`.
    Encoding {
        /// The message.
        #[serde(with = "MessageForm")]
        message: OutboundMessage,
    },
    /// `splitting.plan`.
    Splitting {
        /// The message.
        #[serde(with = "MessageForm")]
        message: OutboundMessage,
        /// Of the encoded text.
        #[serde(rename = "coding")]
        data_coding: u8,
        /// How many the encoded text has.
        octets: u32,
    },
    /// `submit.rewrite`.
    Submit {
        /// The message.
        #[serde(with = "MessageForm")]
        message: OutboundMessage,
        /// The part as it would be sent.
        #[serde(with = "SubmitForm")]
        pdu: SubmitSmPdu,
        /// Its place in the message.
        #[serde(with = "PartForm")]
        part: PartPlace,
    },
    /// `submit-result.classify`.
    SubmitResult {
        /// What the operator has answered.
        response: AskedResponse,
    },
    /// `message-ids.normalise`.
    MessageIds {
        /// The id as received.
        raw: String,
        /// Where it was read.
        origin: IdOrigin,
    },
    /// `inbound.interpret`.
    Inbound {
        /// The deliver_sm or data_sm.
        #[serde(with = "DeliverForm")]
        pdu: DeliverSmPdu,
        /// The host's own view, `None` if it saw no receipt.
        #[serde(default, with = "question_form::reading")]
        reading: Option<ReceiptReading>,
    },
}

/// The operator's answer to a try of a part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "ResponseForm", into = "ResponseForm")]
pub struct AskedResponse {
    /// As received.
    pub response: SubmitResponse,
    /// Which try of the part it answers, from 1.
    pub attempt: u32,
}

impl Question {
    /// The hook that is asked.
    #[must_use]
    pub fn hook(&self) -> Hook {
        match self {
            Self::Encoding { .. } => Hook::Encoding,
            Self::Splitting { .. } => Hook::Splitting,
            Self::Submit { .. } => Hook::Submit,
            Self::SubmitResult { .. } => Hook::SubmitResult,
            Self::MessageIds { .. } => Hook::MessageIds,
            Self::Inbound { .. } => Hook::Inbound,
        }
    }
}

/// What a policy answers to a [`Question`] of the same case.
///
/// As JSON the answer of the contract: `"host-default"`, `{"udh": {…}}`; of `message-ids` the key, or null for the host's
/// own rule. It does not name its hook: [`Answer::read`] wants it beside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of `encoding.choose`.
    Encoding(#[serde(serialize_with = "answer_form::encoding::write")] EncodingAnswer),
    /// Of `splitting.plan`.
    Splitting(#[serde(serialize_with = "answer_form::splitting::write")] SplittingAnswer),
    /// Of `submit.rewrite`.
    Submit(#[serde(serialize_with = "answer_form::submit::write")] SubmitAnswer),
    /// Of `submit-result.classify`; `None` is the operator's file, or the host's own table.
    SubmitResult(#[serde(serialize_with = "answer_form::submit_result::write")] Option<Verdict>),
    /// Of `message-ids.normalise`; `None` is the host's own rule.
    MessageIds(Option<String>),
    /// Of `inbound.interpret`.
    Inbound(#[serde(serialize_with = "answer_form::inbound::write")] InboundAnswer),
}

impl Answer {
    /// The hook that answers so.
    #[must_use]
    pub fn hook(&self) -> Hook {
        match self {
            Self::Encoding(_) => Hook::Encoding,
            Self::Splitting(_) => Hook::Splitting,
            Self::Submit(_) => Hook::Submit,
            Self::SubmitResult(_) => Hook::SubmitResult,
            Self::MessageIds(_) => Hook::MessageIds,
            Self::Inbound(_) => Hook::Inbound,
        }
    }

    /// No opinion, as what lacks the hook answers; `None` for `settings`, which is not asked.
    #[must_use]
    pub fn host_default(hook: Hook) -> Option<Self> {
        Some(match hook {
            Hook::Settings => return None,
            Hook::Encoding => Self::Encoding(EncodingAnswer::HostDefault),
            Hook::Splitting => Self::Splitting(SplittingAnswer::HostDefault),
            Hook::Submit => Self::Submit(SubmitAnswer::HostDefault),
            Hook::SubmitResult => Self::SubmitResult(None),
            Hook::MessageIds => Self::MessageIds(None),
            Hook::Inbound => Self::Inbound(InboundAnswer::HostDefault),
        })
    }

    /// Whether it states no opinion.
    #[must_use]
    pub fn is_host_default(&self) -> bool {
        Self::host_default(self.hook()).as_ref() == Some(self)
    }

    /// Reads the answer of a hook.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed.
    pub fn read(hook: Hook, json: &Value) -> Result<Self, serde_json::Error> {
        use serde::de::Error;
        Ok(match hook {
            Hook::Settings => {
                return Err(serde_json::Error::custom(
                    "`settings` has no answers of this kind: it is asked when a version is admitted",
                ));
            }
            Hook::Encoding => Self::Encoding(answer_form::encoding::read(json)?),
            Hook::Splitting => Self::Splitting(answer_form::splitting::read(json)?),
            Hook::Submit => Self::Submit(answer_form::submit::read(json)?),
            Hook::SubmitResult => Self::SubmitResult(answer_form::submit_result::read(json)?),
            Hook::MessageIds => Self::MessageIds(Option::deserialize(json)?),
            Hook::Inbound => Self::Inbound(answer_form::inbound::read(json)?),
        })
    }
}
