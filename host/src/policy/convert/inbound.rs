//! The receiving side: deliver_sm to the plugin, and what the plugin says it is.

use super::super::bindings::exports::smpp::operator_policy::inbound;
use super::super::bindings::smpp::pdu::types as wire;
use super::{ADDRESS, KEY, PAYLOAD, address, reason, unknown_case};
use smpp_domain::correlation::DlrMessageState;
use smpp_domain::pdu::{Address, CommandStatus, DeliverSmPdu, esm_class, find_tlv, octet_text, tag};
use smpp_domain::policy::{Concatenation, InboundAnswer};
use smpp_domain::receipt::{ReceiptIdOrigin, ReceiptReading};

/// The PDU as the plugin sees it, with its [`super::tlvs`].
pub(in super::super) fn deliver<'a>(
    pdu: &'a DeliverSmPdu,
    tlvs: &'a [wire::TlvParam<'a>],
) -> wire::DeliverSm<'a> {
    wire::DeliverSm {
        service_type: &pdu.service_type,
        source: address(&pdu.source),
        destination: address(&pdu.destination),
        esm_class: pdu.esm_class,
        protocol_id: pdu.protocol_id,
        priority_flag: pdu.priority_flag,
        registered_delivery: pdu.registered_delivery,
        data_coding: pdu.data_coding,
        sm_default_msg_id: pdu.sm_default_msg_id,
        short_message: &pdu.short_message,
        tlvs,
    }
}

/// The host's own reading as the plugin sees it.
pub(in super::super) fn reading(reading: &ReceiptReading) -> inbound::ReceiptParam<'_> {
    inbound::ReceiptParam {
        message_id: &reading.message_id,
        state: to_wire(reading.state),
        is_final: reading.is_final,
        raw_state: &reading.raw_state,
        raw_error: &reading.raw_error,
        // The contract promises RFC 3339; a time as received is not one.
        done_at: reading.done_at.as_deref().filter(|time| is_rfc3339(time)),
    }
}

/// Reads an answer of `inbound.interpret`; `None` is no opinion.
pub(in super::super) fn interpreted(
    answer: inbound::Answer,
    pdu: &DeliverSmPdu,
    reading: Option<&ReceiptReading>,
) -> Result<Option<InboundAnswer>, String> {
    Ok(Some(match answer {
        inbound::Answer::HostDefault => return Ok(None),
        inbound::Answer::Receipt(receipt) => InboundAnswer::Receipt(read_receipt(receipt, pdu, reading)?),
        inbound::Answer::MobileOriginated(mo) => mobile_originated(mo)?,
        inbound::Answer::Ignore(why) => InboundAnswer::Ignore(reason(&why)),
        inbound::Answer::Refuse(0) => return Err("a refusal with status 0, which accepts".to_owned()),
        inbound::Answer::Refuse(status) => InboundAnswer::Refuse(CommandStatus(status)),
        inbound::Answer::Extra(_) => return Err(unknown_case()),
    }))
}

/// What the contract's receipt has no field for stays as the host read it.
fn read_receipt(
    receipt: inbound::ReceiptResult,
    pdu: &DeliverSmPdu,
    reading: Option<&ReceiptReading>,
) -> Result<ReceiptReading, String> {
    for (name, text) in [
        ("message-id", &receipt.message_id),
        ("raw-state", &receipt.raw_state),
        ("raw-error", &receipt.raw_error),
    ] {
        octet_field(name, text, KEY)?;
    }
    if receipt.message_id.chars().any(char::is_control) {
        return Err("control characters in the receipt's message-id".to_owned());
    }
    if let Some(time) = receipt.done_at.as_deref().filter(|time| !is_rfc3339(time)) {
        return Err(format!(
            "done-at is {time:?}; it is RFC 3339 with an offset, or none"
        ));
    }
    Ok(ReceiptReading {
        origin: origin(&receipt.message_id, pdu, reading),
        state: from_wire(receipt.state),
        is_final: receipt.is_final,
        raw_state: receipt.raw_state,
        raw_error: receipt.raw_error,
        network_error_code: match reading {
            Some(reading) => reading.network_error_code.clone(),
            None => find_tlv(&pdu.tlvs, tag::NETWORK_ERROR_CODE).map(<[u8]>::to_vec),
        },
        done_at: receipt
            .done_at
            .or_else(|| reading.and_then(|reading| reading.done_at.clone())),
        // The other id still belongs to the PDU; the word was understood by whoever answered.
        text_id: reading
            .and_then(|reading| reading.text_id.clone())
            .filter(|text_id| *text_id != receipt.message_id),
        sender: pdu.source.clone(),
        unknown_word: reading.is_some_and(|reading| {
            reading.unknown_word
                && reading.state == from_wire(receipt.state)
                && reading.is_final == receipt.is_final
        }),
        intermediate: pdu.esm_class & esm_class::TYPE_MASK == esm_class::INTERMEDIATE_NOTIFICATION,
        message_id: receipt.message_id,
    })
}

/// Where the plugin has the id from: it decides how the id is normalised.
fn origin(id: &str, pdu: &DeliverSmPdu, reading: Option<&ReceiptReading>) -> ReceiptIdOrigin {
    if let Some(reading) = reading.filter(|reading| reading.message_id == id) {
        return reading.origin;
    }
    let in_tlv = find_tlv(&pdu.tlvs, tag::RECEIPTED_MESSAGE_ID)
        .map(octet_text)
        .is_some_and(|text| text.trim_end_matches('\0') == id);
    if in_tlv {
        ReceiptIdOrigin::Tlv
    } else {
        ReceiptIdOrigin::Text
    }
}

fn mobile_originated(mo: inbound::MobileOriginated) -> Result<InboundAnswer, String> {
    if let Some(text) = mo.text.as_ref().filter(|text| text.len() > PAYLOAD) {
        return Err(format!(
            "a text of {} octets; at most {PAYLOAD} fit any PDU",
            text.len()
        ));
    }
    let concatenation = match mo.concatenation {
        Some(place) if place.number == 0 || place.number > place.total => {
            return Err(format!("segment {} of {}", place.number, place.total));
        }
        Some(place) => Some(Concatenation {
            reference: place.reference,
            total: place.total,
            number: place.number,
        }),
        None => None,
    };
    Ok(InboundAnswer::MobileOriginated {
        source: read_address("source", mo.source)?,
        destination: read_address("destination", mo.destination)?,
        text: mo.text,
        concatenation,
    })
}

fn read_address(name: &str, address: wire::AddressResult) -> Result<Address, String> {
    octet_field(name, &address.digits, ADDRESS)?;
    Ok(Address {
        ton: address.ton,
        npi: address.npi,
        digits: address.digits,
    })
}

/// Octet text: each character is one octet on the wire. The text itself stays out of the complaint.
fn octet_field(name: &str, text: &str, max: usize) -> Result<(), String> {
    let octets = text.chars().count();
    if octets > max {
        return Err(format!("{name} has {octets} octets; at most {max} are allowed"));
    }
    if text.chars().any(|c| u32::from(c) > 0xFF) {
        return Err(format!(
            "{name} has characters above U+00FF, which octet text cannot hold"
        ));
    }
    Ok(())
}

fn is_rfc3339(time: &str) -> bool {
    chrono::DateTime::parse_from_rfc3339(time).is_ok()
}

fn to_wire(state: DlrMessageState) -> inbound::DlrState {
    match state {
        DlrMessageState::Enroute => inbound::DlrState::Enroute,
        DlrMessageState::Delivered => inbound::DlrState::Delivered,
        DlrMessageState::Expired => inbound::DlrState::Expired,
        DlrMessageState::Deleted => inbound::DlrState::Deleted,
        DlrMessageState::Undeliverable => inbound::DlrState::Undeliverable,
        DlrMessageState::Accepted => inbound::DlrState::Accepted,
        DlrMessageState::Unknown => inbound::DlrState::Unknown,
        DlrMessageState::Rejected => inbound::DlrState::Rejected,
    }
}

fn from_wire(state: inbound::DlrState) -> DlrMessageState {
    match state {
        inbound::DlrState::Enroute => DlrMessageState::Enroute,
        inbound::DlrState::Delivered => DlrMessageState::Delivered,
        inbound::DlrState::Expired => DlrMessageState::Expired,
        inbound::DlrState::Deleted => DlrMessageState::Deleted,
        inbound::DlrState::Undeliverable => DlrMessageState::Undeliverable,
        inbound::DlrState::Accepted => DlrMessageState::Accepted,
        inbound::DlrState::Unknown => DlrMessageState::Unknown,
        inbound::DlrState::Rejected => DlrMessageState::Rejected,
    }
}
