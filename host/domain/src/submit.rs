//! The fields of a submit_sm besides its addresses and its text: what the operator wants, and what the command asks for.
//!
//! A TLV that the command carries replaces every one of that tag which the operator's settings would add; those that
//! hold the text itself (message_payload, sar_*) are the gateway's alone.

mod tlv;
mod validity;

pub use tlv::is_reserved;
pub use validity::{Validity, ValidityForm};

use crate::dispatch::{DispatchCommand, MessageType};
use crate::encoding::{self, Alphabet};
use crate::pdu::{Address, SubmitSmPdu, Tlv};
use crate::split::{MAX_SHORT_MESSAGE, Part};
use chrono::{DateTime, Utc};

/// The operator's wishes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SubmitSettings {
    /// At most 5 octets.
    pub service_type: String,
    /// GSM protocol identifier.
    pub protocol_id: u8,
    /// Added to the UDHI bit: messaging mode and reply path (SMPP 3.4 section 5.2.12).
    pub esm_class: u8,
    /// priority_flag of messages that bring none, 0..=3.
    pub priority: u8,
    /// Every message has `priority`, whatever it asks for.
    pub priority_is_fixed: bool,
    /// How long the SMSC may try.
    pub validity: Validity,
    /// What is asked for where the command wants receipts.
    pub receipts: Receipts,
    /// replace_if_present of messages of one part. Of several, each would replace the one before.
    pub replace_if_present: bool,
    /// How a FLASH message is told.
    pub flash: Flash,
    /// more_messages_to_send on the parts of a long message: 1, and 0 on the last.
    pub more_messages_to_send: bool,
    /// The last part goes first.
    pub reverse_order: bool,
    /// short_message ends with a NUL, as some SMSCs want it.
    pub nul_terminated: bool,
    /// Added to every part.
    pub tlvs: Vec<Tlv>,
}

/// registered_delivery (SMPP 3.4 section 5.2.17).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipts {
    /// 1 asks for success and failure, 2 for failure, 3 for success (5.0); 0x10 more for intermediate notifications.
    pub registered_delivery: u8,
    /// On which parts.
    pub parts: ReceiptParts,
}

impl Default for Receipts {
    fn default() -> Self {
        Self {
            registered_delivery: 1,
            parts: ReceiptParts::All,
        }
    }
}

/// Which parts of a long message ask for a receipt, in the order in which they are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReceiptParts {
    /// Each.
    #[default]
    All,
    /// The first alone.
    First,
    /// The last alone.
    Last,
}

/// How a FLASH message is told from others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flash {
    /// By data_coding.
    DataCoding {
        /// 0x10, or 0xF0 where the operator wants that group.
        gsm7: u8,
        /// 0x18.
        ucs2: u8,
    },
    /// By dest_addr_subunit 1 (mobile equipment display) beside the data_coding of an ordinary message.
    DestAddrSubunit,
}

impl Default for Flash {
    fn default() -> Self {
        Self::DataCoding {
            gsm7: 0x10,
            ucs2: 0x18,
        }
    }
}

impl Flash {
    /// The data_coding of a message in this alphabet, where no policy names another.
    #[must_use]
    pub fn data_coding(self, alphabet: &Alphabet, message_type: MessageType) -> u8 {
        match (self, message_type, alphabet) {
            (Self::DestAddrSubunit, _, _) => encoding::data_coding(alphabet, MessageType::Sms),
            (Self::DataCoding { ucs2, .. }, MessageType::Flash, Alphabet::Ucs2) => ucs2,
            // There is no flash code for these two: see `encoding::data_coding`.
            (Self::DataCoding { .. }, _, Alphabet::Ascii | Alphabet::Latin1)
            | (Self::DataCoding { .. }, MessageType::Sms, _) => encoding::data_coding(alphabet, message_type),
            // A table is the operator's own form of the default alphabet.
            (Self::DataCoding { gsm7, .. }, MessageType::Flash, _) => gsm7,
        }
    }
}

/// What is common to the parts of one message.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// What the platform asks for.
    pub command: &'a DispatchCommand,
    /// As the operator wants it.
    pub source: &'a Address,
    /// As the operator wants it.
    pub destination: &'a Address,
    /// Of the encoded text.
    pub data_coding: u8,
    /// From when validity counts.
    pub now: DateTime<Utc>,
}

impl SubmitSettings {
    /// The submit_sm of a message, in the order in which they go out.
    #[must_use]
    pub fn pdus(&self, envelope: Envelope<'_>, mut parts: Vec<Part>) -> Vec<SubmitSmPdu> {
        if self.reverse_order {
            parts.reverse();
        }
        let count = parts.len();
        // The last one is no copy, and most messages have one part.
        let commons = std::iter::repeat_n(self.common(envelope), count);
        (1..)
            .zip(parts)
            .zip(commons)
            .map(|((number, part), common)| self.pdu(envelope.command, common, part, Place { number, count }))
            .collect()
    }

    fn common(&self, envelope: Envelope<'_>) -> SubmitSmPdu {
        let command = envelope.command;
        SubmitSmPdu {
            service_type: self.service_type.clone(),
            source: envelope.source.clone(),
            destination: envelope.destination.clone(),
            protocol_id: self.protocol_id,
            priority_flag: match command.priority {
                Some(asked) if !self.priority_is_fixed => asked,
                _ => self.priority,
            },
            validity_period: self.validity.field(command, envelope.now),
            data_coding: envelope.data_coding,
            ..SubmitSmPdu::default()
        }
    }

    fn pdu(&self, command: &DispatchCommand, common: SubmitSmPdu, part: Part, place: Place) -> SubmitSmPdu {
        let mut short_message = part.short_message;
        if self.nul_terminated && (1..MAX_SHORT_MESSAGE).contains(&short_message.len()) {
            short_message.push(0);
        }
        let wants_receipt = command.registered_delivery && place.asks(self.receipts.parts);
        SubmitSmPdu {
            esm_class: self.esm_class | part.esm_class,
            registered_delivery: if wants_receipt {
                self.receipts.registered_delivery
            } else {
                0
            },
            replace_if_present: u8::from(self.replace_if_present && place.count == 1),
            short_message,
            tlvs: self.all_tlvs(command, part.tlvs, place),
            ..common
        }
    }

    fn all_tlvs(&self, command: &DispatchCommand, of_text: Vec<Tlv>, place: Place) -> Vec<Tlv> {
        let by_tlv = self.flash == Flash::DestAddrSubunit && command.message_type == MessageType::Flash;
        let flash = by_tlv.then(tlv::display);
        let more = (self.more_messages_to_send && place.count > 1)
            .then(|| tlv::more_messages(place.number < place.count));
        let gateways_own = flash.into_iter().chain(more).collect();
        tlv::first_say([of_text, command.tlvs.clone(), gateways_own, self.tlvs.clone()])
    }
}

/// Which part this is.
#[derive(Clone, Copy)]
struct Place {
    /// From 1, as they are sent.
    number: usize,
    count: usize,
}

impl Place {
    fn asks(self, parts: ReceiptParts) -> bool {
        match parts {
            ReceiptParts::All => true,
            ReceiptParts::First => self.number == 1,
            ReceiptParts::Last => self.number == self.count,
        }
    }
}

#[cfg(test)]
mod tests;
