//! Writes PDUs. Nothing is flushed here: many PDUs go into one buffer, and that into one write.
//!
//! Header-only PDUs and receipts' answers are rusmpp's. Bind requests and submit_sm are written field by field:
//! rusmpp's types refuse octets above 0x7F, passwords of more than 8 octets, times that are not 16 characters long
//! and TLV values of another length than the standard's, all of which some operator wants.

use crate::frame::{HEADER, MAX_PDU};
use bytes::{BufMut, BytesMut};
use rusmpp::encode::{Length, owned::Encode};
use rusmpp::pdus::{DataSmResp, DeliverSmResp};
use rusmpp::{Command, CommandId, Pdu};
use smpp_domain::pdu::{
    Address, BindMode, BindRequest, Outgoing, OutgoingBody, SubmitSmPdu, Tlv, find_tlv, tag,
};

/// The longest password sent, in octets. The standard's 8 are too few for some operators.
const MAX_PASSWORD: usize = 64;

/// The PDU cannot be written. The values themselves are never told: they may be secrets or numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A field is longer than SMPP 3.4 allows.
    #[error("{field} has {length} octets, and at most {limit} are allowed")]
    TooLong {
        /// By its name in the standard.
        field: &'static str,
        /// Octets, without NUL.
        length: usize,
        /// Octets, without NUL.
        limit: usize,
    },
    /// A NUL would end the field early and shift all that follow.
    #[error("{field} holds a NUL octet, which would end it early")]
    NulInText {
        /// By its name in the standard.
        field: &'static str,
    },
    /// A character above U+00FF is not an octet.
    #[error("{field} holds a character above U+00FF, and only octets 0x01 to 0xFF can be sent")]
    NotOctets {
        /// By its name in the standard.
        field: &'static str,
    },
    /// The length field of a TLV has 16 bits.
    #[error("the TLV 0x{tag:04X} has {length} octets, and at most 65535 are allowed")]
    TlvTooLong {
        /// Its tag.
        tag: u16,
        /// Octets of its value.
        length: usize,
    },
    /// sm_length has to be 0 beside a message_payload (SMPP 3.4 section 5.3.2.32).
    #[error("short_message and the TLV message_payload are both set: leave short_message empty")]
    TwoMessages,
}

/// Appends the PDU to the buffer.
///
/// # Errors
/// [`EncodeError`]; the buffer is then as it was.
pub fn encode(pdu: &Outgoing, out: &mut BytesMut) -> Result<(), EncodeError> {
    let start = out.len();
    let written = write(pdu, out, start);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn write(pdu: &Outgoing, out: &mut BytesMut, start: usize) -> Result<(), EncodeError> {
    match &pdu.body {
        OutgoingBody::Bind(mode, request) => {
            let id = match mode {
                BindMode::Transceiver => CommandId::BindTransceiver,
                BindMode::Transmitter => CommandId::BindTransmitter,
                BindMode::Receiver => CommandId::BindReceiver,
            };
            put_header(pdu, id, out);
            put_bind(request, out)?;
            patch_length(start, out)
        }
        OutgoingBody::SubmitSm(submit) => {
            put_header(pdu, CommandId::SubmitSm, out);
            put_submit_sm(submit, out)?;
            patch_length(start, out)
        }
        // The default message_id of both is one NUL octet.
        OutgoingBody::DeliverSmResp => put_standard(pdu, Pdu::DeliverSmResp(DeliverSmResp::default()), out),
        OutgoingBody::DataSmResp => put_standard(pdu, Pdu::DataSmResp(DataSmResp::default()), out),
        OutgoingBody::EnquireLink => put_standard(pdu, Pdu::EnquireLink, out),
        OutgoingBody::EnquireLinkResp => put_standard(pdu, Pdu::EnquireLinkResp, out),
        OutgoingBody::Unbind => put_standard(pdu, Pdu::Unbind, out),
        OutgoingBody::UnbindResp => put_standard(pdu, Pdu::UnbindResp, out),
        OutgoingBody::GenericNack => put_standard(pdu, Pdu::GenericNack, out),
    }
}

fn put_standard(pdu: &Outgoing, body: Pdu, out: &mut BytesMut) -> Result<(), EncodeError> {
    let command = Command::new(pdu.command_status.0.into(), pdu.sequence_number, body);
    let start = out.len();
    out.put_u32(0);
    out.reserve(command.length());
    command.encode(out);
    patch_length(start, out)
}

fn put_header(pdu: &Outgoing, id: CommandId, out: &mut BytesMut) {
    out.reserve(HEADER);
    out.put_u32(0);
    out.put_u32(id.into());
    out.put_u32(pdu.command_status.0);
    out.put_u32(pdu.sequence_number);
}

/// Writes command_length once the PDU is there.
fn patch_length(start: usize, out: &mut BytesMut) -> Result<(), EncodeError> {
    let length = out.len() - start;
    let too_long = EncodeError::TooLong {
        field: "the PDU",
        length,
        limit: MAX_PDU,
    };
    let octets = u32::try_from(length).map_err(|_| too_long)?.to_be_bytes();
    match out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        Some(slot) if length <= MAX_PDU => {
            *slot = octets;
            Ok(())
        }
        _ => Err(too_long),
    }
}

fn put_bind(request: &BindRequest, out: &mut BytesMut) -> Result<(), EncodeError> {
    put_text("system_id", &request.system_id, 15, out)?;
    put_text("password", &request.password, MAX_PASSWORD, out)?;
    put_text("system_type", &request.system_type, 12, out)?;
    out.put_slice(&[request.interface_version, request.addr_ton, request.addr_npi]);
    put_text("address_range", &request.address_range, 40, out)
}

fn put_submit_sm(submit: &SubmitSmPdu, out: &mut BytesMut) -> Result<(), EncodeError> {
    let message = submit.short_message.as_slice();
    let sm_length = match u8::try_from(message.len()) {
        Ok(length @ 0..=254) => length,
        _ => {
            return Err(EncodeError::TooLong {
                field: "short_message",
                length: message.len(),
                limit: 254,
            });
        }
    };
    if !message.is_empty() && find_tlv(&submit.tlvs, tag::MESSAGE_PAYLOAD).is_some() {
        return Err(EncodeError::TwoMessages);
    }
    put_text("service_type", &submit.service_type, 5, out)?;
    put_address("source_addr", &submit.source, out)?;
    put_address("destination_addr", &submit.destination, out)?;
    out.put_slice(&[submit.esm_class, submit.protocol_id, submit.priority_flag]);
    put_text("schedule_delivery_time", &submit.schedule_delivery_time, 16, out)?;
    put_text("validity_period", &submit.validity_period, 16, out)?;
    out.put_slice(&[
        submit.registered_delivery,
        submit.replace_if_present,
        submit.data_coding,
    ]);
    out.put_slice(&[submit.sm_default_msg_id, sm_length]);
    out.put_slice(message);
    submit.tlvs.iter().try_for_each(|tlv| put_tlv(tlv, out))
}

fn put_address(field: &'static str, address: &Address, out: &mut BytesMut) -> Result<(), EncodeError> {
    out.put_slice(&[address.ton, address.npi]);
    put_text(field, &address.digits, 20, out)
}

fn put_tlv(tlv: &Tlv, out: &mut BytesMut) -> Result<(), EncodeError> {
    let length = u16::try_from(tlv.value.len()).map_err(|_| EncodeError::TlvTooLong {
        tag: tlv.tag,
        length: tlv.value.len(),
    })?;
    out.put_u16(tlv.tag);
    out.put_u16(length);
    out.put_slice(&tlv.value);
    Ok(())
}

/// A C-octet string from octet text; the limit is in octets without the NUL.
fn put_text(field: &'static str, text: &str, limit: usize, out: &mut BytesMut) -> Result<(), EncodeError> {
    let start = out.len();
    if text.contains('\0') {
        return Err(EncodeError::NulInText { field });
    }
    if text.is_ascii() {
        out.put_slice(text.as_bytes());
    } else {
        for character in text.chars() {
            out.put_u8(u8::try_from(character).map_err(|_| EncodeError::NotOctets { field })?);
        }
    }
    let length = out.len() - start;
    if length > limit {
        return Err(EncodeError::TooLong { field, length, limit });
    }
    out.put_u8(0);
    Ok(())
}
