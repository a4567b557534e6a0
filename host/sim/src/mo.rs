//! Messages from mobiles to the gateway.

use crate::receipts::{Envelope, deliver_sm};
use crate::wire::submit::AddressView;
use crate::wire::{Tlv, put_tlv};
use bytes::Bytes;
use thiserror::Error;

/// A mobile-originated message. Numbers go out as international ISDN ones (TON 1, NPI 1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mo {
    /// The subscriber.
    pub from: String,
    /// The short code or number that was written to.
    pub to: String,
    /// The message as encoded; beyond 254 octets it goes into message_payload.
    pub octets: Bytes,
    /// data_coding.
    pub data_coding: u8,
    /// esm_class: 0x40 when `octets` start with a user data header.
    pub esm_class: u8,
    /// Further optional parameters.
    pub tlvs: Vec<Tlv>,
    /// The account it is for; `None` means the one that bound first.
    pub system_id: Option<String>,
}

impl Mo {
    /// A message in the default alphabet, of characters that it shares with ASCII.
    #[must_use]
    pub fn text(from: impl Into<String>, to: impl Into<String>, text: &str) -> Self {
        Self {
            from: from.into(),
            to: to.into(),
            octets: Bytes::copy_from_slice(text.as_bytes()),
            ..Self::default()
        }
    }

    pub(crate) fn pdu(&self) -> Bytes {
        let envelope = Envelope {
            source: AddressView {
                ton: 1,
                npi: 1,
                digits: self.from.as_bytes(),
            },
            destination: AddressView {
                ton: 1,
                npi: 1,
                digits: self.to.as_bytes(),
            },
            esm_class: self.esm_class,
            data_coding: self.data_coding,
        };
        deliver_sm(&envelope, &self.octets, false, |body| {
            for tlv in &self.tlvs {
                put_tlv(body, tlv.tag, &tlv.value);
            }
        })
    }
}

/// Why a mobile-originated message got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoError {
    /// Nobody has bound yet with that system_id, so there is no queue to put it in.
    #[error("no account has bound yet that this message could go to")]
    NoAccount,
    /// The account's queue is full, or the SMSC stopped first.
    #[error("the message was dropped without an answer")]
    Dropped,
}
