//! What a command's longMessageStrategy means at an operator.

use super::{Plan, room};
use crate::dispatch::LongMessageStrategy;
use crate::encoding::Encoded;
use crate::policy::ReferenceWidth;
use serde::{Deserialize, Serialize};

/// How an operator takes texts that do not fit one short message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Splitting {
    /// What CSMS means.
    pub mode: LongText,
    /// Whether TLV means message_payload; else it means what CSMS does.
    pub takes_payload: bool,
    /// Parts of one text; `None` is 255.
    pub max_parts: Option<u8>,
    /// Octets of short_message in one part of several, header included. Only fewer than the alphabet allows count.
    pub max_octets: Option<u16>,
    /// Octets of message_payload; `None` is 65535.
    pub payload_max_octets: Option<u32>,
    /// What becomes of texts that message_payload may not hold; `None` refuses them.
    pub payload_fallback: Option<Cut>,
}

/// What becomes of a long text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LongText {
    /// It is cut into parts.
    Cut(Cut),
    /// It goes whole, in message_payload.
    Payload,
    /// It is refused.
    Reject,
}

/// How the parts of a text are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// Headers with an 8-bit reference.
    Udh8,
    /// Headers with a 16-bit reference.
    Udh16,
    /// sar_* parameters.
    Sar,
}

impl Default for Splitting {
    fn default() -> Self {
        Self {
            mode: LongText::Cut(Cut::Udh8),
            takes_payload: true,
            max_parts: None,
            max_octets: None,
            payload_max_octets: None,
            payload_fallback: None,
        }
    }
}

impl Splitting {
    /// The same for a command that asks for this kind of parts. Where nothing longer than one short message may go, that stays so.
    #[must_use]
    pub fn asked(self, cut: Option<Cut>) -> Self {
        let mode = match (cut, self.mode) {
            (Some(cut), LongText::Cut(_) | LongText::Payload) => LongText::Cut(cut),
            (Some(_), LongText::Reject) | (None, _) => self.mode,
        };
        Self { mode, ..self }
    }

    /// How this text is sent, where no policy says otherwise.
    #[must_use]
    pub fn plan(&self, strategy: LongMessageStrategy, encoded: &Encoded) -> Plan {
        let mode = match strategy {
            LongMessageStrategy::Tlv if self.takes_payload => LongText::Payload,
            LongMessageStrategy::Tlv | LongMessageStrategy::Csms => self.mode,
        };
        match mode {
            LongText::Cut(cut) => self.cut(cut, encoded),
            LongText::Payload => Plan::Payload {
                max_octets: self.payload_max_octets,
                always: false,
                beyond: self.payload_fallback.map(|cut| Box::new(self.cut(cut, encoded))),
            },
            LongText::Reject => Plan::Udh {
                width: ReferenceWidth::EightBits,
                max_octets: None,
                max_parts: Some(1),
            },
        }
    }

    /// The same for a policy that wants parts and leaves their kind to the operator's file.
    #[must_use]
    pub fn parts(&self, encoded: &Encoded) -> Plan {
        match self.mode {
            LongText::Cut(cut) => self.cut(cut, encoded),
            LongText::Payload | LongText::Reject => self.cut(Cut::Udh8, encoded),
        }
    }

    /// Parts of this kind, within the operator's limits.
    #[must_use]
    pub fn cut(&self, cut: Cut, encoded: &Encoded) -> Plan {
        let width = match cut {
            Cut::Udh8 => ReferenceWidth::EightBits,
            Cut::Udh16 => ReferenceWidth::SixteenBits,
            Cut::Sar => {
                return Plan::Sar {
                    max_octets: self.max_octets,
                    max_parts: self.max_parts,
                };
            }
        };
        // More would mean that the SMSC cuts otherwise, and one number cannot say that of every alphabet.
        let full = room::part_octets(encoded, width);
        Plan::Udh {
            width,
            max_octets: self.max_octets.filter(|max| usize::from(*max) < full),
            max_parts: self.max_parts,
        }
    }
}
