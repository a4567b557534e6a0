//! SMPP on the wire: splits a stream into frames, and turns frames into the domain's PDUs and back.
//!
//! A frame is decoded alone: first on rusmpp's types, which hold to the standard, and where they refuse, by a
//! tolerant reader that keeps whatever can be read. Decoding therefore cannot fail: the header always survives, so
//! that every request can be answered and every response finds its request.
//!
//! TLVs are always walked here: rusmpp decodes the text ones without minding their length (a receipted_message_id
//! without NUL runs on into the next TLV) and does not keep the octets of those it knows.

#![forbid(unsafe_code)]

mod describe;
mod encode;
mod fields;
pub mod frame;
mod layout;
mod redact;
mod standard;
mod submit;
mod tolerant;

pub use describe::{command_name, describe};
pub use encode::{EncodeError, encode};
pub use fields::{Texts, fields};
pub use redact::{redact, redact_unframed};
pub use submit::submit_sm;

use frame::Frame;
use rusmpp::CommandId;
use smpp_domain::pdu::{DeliverSmPdu, Incoming, IncomingBody, find_tlv, tag};

/// What a frame says, and what was wrong with the way it said so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// Whatever could be read.
    pub incoming: Incoming,
    /// The first departure from the standard that was met.
    pub oddity: Option<Oddity>,
}

/// A departure from the standard that was read past. Both parts come from small fixed sets: they can be labels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Oddity {
    /// The kind, such as `no_nul`.
    pub what: &'static str,
    /// The field by its name in the standard, such as `message_id`.
    pub field: &'static str,
}

impl Oddity {
    /// A C-octet string ends with the PDU instead of a NUL.
    pub const NO_NUL: &'static str = "no_nul";
    /// A C-octet string holds octets above 0x7F; they are kept as octet text.
    pub const NOT_ASCII: &'static str = "not_ascii";
    /// A C-octet string is longer than the standard allows; it is kept whole.
    pub const OVER_LONG: &'static str = "over_long";
    /// A time is neither empty nor 16 characters long.
    pub const ODD_TIME: &'static str = "odd_time";
    /// The PDU ends before this field; it and those after it count as zero.
    pub const CUT_SHORT: &'static str = "cut_short";
    /// sm_length or a TLV's length points beyond the PDU.
    pub const BEYOND_END: &'static str = "beyond_end";
    /// There is a message_payload beside a short_message; the latter counts.
    pub const TWO_TEXTS: &'static str = "two_texts";
    /// A PDU that consists of a header has a body; it is ignored.
    pub const UNEXPECTED_BODY: &'static str = "unexpected_body";
    /// A submit was accepted without a message_id: its receipts will match nothing.
    pub const NO_MESSAGE_ID: &'static str = "no_message_id";
    /// Not even the addresses can be read.
    pub const UNREADABLE: &'static str = "unreadable";

    fn in_addresses() -> Self {
        Self {
            what: Self::UNREADABLE,
            field: "destination_addr",
        }
    }
}

impl std::fmt::Display for Oddity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.what, self.field)
    }
}

/// Decodes one frame. The frame stays with the caller, who may want to [`describe`] an odd one.
#[must_use]
pub fn decode(frame: &Frame) -> Decoded {
    let (body, oddity) = decode_body(frame);
    let incoming = Incoming {
        sequence_number: frame.sequence_number(),
        command_status: frame.command_status(),
        body,
    };
    Decoded { incoming, oddity }
}

fn decode_body(frame: &Frame) -> (IncomingBody, Option<Oddity>) {
    match CommandId::from(frame.command_id()) {
        CommandId::SubmitSmResp => submit_sm_resp(frame),
        CommandId::DeliverSm => {
            let read = standard::deliver_sm(frame.body()).or_else(|| tolerant::message(frame.body()));
            message(frame, read, IncomingBody::DeliverSm)
        }
        CommandId::DataSm => {
            let read = standard::data_sm(frame.body()).or_else(|| tolerant::data_message(frame.body()));
            message(frame, read, IncomingBody::DataSm)
        }
        CommandId::BindReceiverResp | CommandId::BindTransmitterResp | CommandId::BindTransceiverResp => {
            let (system_id, oddity) = standard::system_id(frame.body()).map_or_else(
                || tolerant::only_text(frame.body(), "system_id", 16),
                |id| (id, None),
            );
            (IncomingBody::BindResp { system_id }, oddity)
        }
        CommandId::EnquireLink => header_only(frame, IncomingBody::EnquireLink),
        CommandId::EnquireLinkResp => header_only(frame, IncomingBody::EnquireLinkResp),
        CommandId::Unbind => header_only(frame, IncomingBody::Unbind),
        CommandId::UnbindResp => header_only(frame, IncomingBody::UnbindResp),
        CommandId::GenericNack => header_only(frame, IncomingBody::GenericNack),
        CommandId::AlertNotification => alert_notification(frame),
        _ => (
            IncomingBody::Other {
                command_id: frame.command_id(),
            },
            None,
        ),
    }
}

fn submit_sm_resp(frame: &Frame) -> (IncomingBody, Option<Oddity>) {
    let (message_id, tlvs, oddity) = match standard::message_id(frame.body()) {
        Some((id, rest)) => {
            let (tlvs, oddity) = tolerant::read_tlvs(rest);
            (id, tlvs, oddity)
        }
        None => tolerant::submit_response(frame.body()),
    };
    let missing = frame.command_status().is_ok() && message_id.is_empty();
    let missing = missing.then_some(Oddity {
        what: Oddity::NO_MESSAGE_ID,
        field: "message_id",
    });
    (
        IncomingBody::SubmitSmResp { message_id, tlvs },
        oddity.or(missing),
    )
}

/// One that cannot be read at all goes its way like the others, with its octets: it has to be kept and acknowledged, or
/// the operator sends it for days.
fn message(
    frame: &Frame,
    read: Option<tolerant::Message>,
    kind: fn(Box<DeliverSmPdu>) -> IncomingBody,
) -> (IncomingBody, Option<Oddity>) {
    let (pdu, oddity) = read.unwrap_or_else(|| {
        let unreadable = DeliverSmPdu {
            unreadable: true,
            short_message: frame.body().to_vec(),
            ..DeliverSmPdu::default()
        };
        (unreadable, Some(Oddity::in_addresses()))
    });
    let oddity = oddity.or_else(|| two_texts(&pdu));
    (kind(Box::new(pdu)), oddity)
}

fn alert_notification(frame: &Frame) -> (IncomingBody, Option<Oddity>) {
    match tolerant::alert(frame.body()) {
        Some((alert, oddity)) => (IncomingBody::AlertNotification(Box::new(alert)), oddity),
        None => {
            let command_id = frame.command_id();
            (
                IncomingBody::Undecodable { command_id },
                Some(Oddity::in_addresses()),
            )
        }
    }
}

/// Texts in both places, which SMPP 3.4 section 5.3.2.32 forbids.
fn two_texts(pdu: &DeliverSmPdu) -> Option<Oddity> {
    let payload = find_tlv(&pdu.tlvs, tag::MESSAGE_PAYLOAD).unwrap_or_default();
    let both = !pdu.short_message.is_empty() && !payload.is_empty();
    both.then_some(Oddity {
        what: Oddity::TWO_TEXTS,
        field: "message_payload",
    })
}

fn header_only(frame: &Frame, body: IncomingBody) -> (IncomingBody, Option<Oddity>) {
    let unexpected = !frame.body().is_empty();
    (
        body,
        unexpected.then_some(Oddity {
            what: Oddity::UNEXPECTED_BODY,
            field: "body",
        }),
    )
}

#[cfg(test)]
mod tests;
