//! Reads a submit_sm. The gateway writes them; it reads those that people show it.

use crate::fields::{Texts, fields};
use crate::frame::Frame;
use crate::layout::{Piece, TLV_HEAD, walk};
use smpp_domain::pdu::{SubmitSmPdu, Tlv, octet_text};

/// A submit_sm as it stands on the wire. Of another PDU it gives nothing that means anything.
///
/// # Errors
/// Where its fields cannot be told apart, in words.
pub fn submit_sm(frame: &Frame) -> Result<SubmitSmPdu, String> {
    if let Some(fault) = fields(frame.octets(), Texts::Redacted).fault {
        return Err(fault);
    }
    let mut pdu = SubmitSmPdu::default();
    walk(frame.octets(), |piece| take(&piece, &mut pdu));
    Ok(pdu)
}

fn take(piece: &Piece<'_>, pdu: &mut SubmitSmPdu) {
    let octet = || piece.octets.first().copied().unwrap_or_default();
    let text = || octet_text(piece.octets.strip_suffix(&[0]).unwrap_or(piece.octets));
    match piece.name {
        "service_type" => pdu.service_type = text(),
        "source_addr_ton" => pdu.source.ton = octet(),
        "source_addr_npi" => pdu.source.npi = octet(),
        "source_addr" => pdu.source.digits = text(),
        "dest_addr_ton" => pdu.destination.ton = octet(),
        "dest_addr_npi" => pdu.destination.npi = octet(),
        "destination_addr" => pdu.destination.digits = text(),
        "esm_class" => pdu.esm_class = octet(),
        "protocol_id" => pdu.protocol_id = octet(),
        "priority_flag" => pdu.priority_flag = octet(),
        "schedule_delivery_time" => pdu.schedule_delivery_time = text(),
        "validity_period" => pdu.validity_period = text(),
        "registered_delivery" => pdu.registered_delivery = octet(),
        "replace_if_present_flag" => pdu.replace_if_present = octet(),
        "data_coding" => pdu.data_coding = octet(),
        "sm_default_msg_id" => pdu.sm_default_msg_id = octet(),
        "short_message" => pdu.short_message = piece.octets.to_vec(),
        "tlv" => pdu.tlvs.extend(tlv(piece.octets)),
        _ => {}
    }
}

fn tlv(octets: &[u8]) -> Option<Tlv> {
    let (&[tag_high, tag_low, ..], value) = octets.split_first_chunk::<TLV_HEAD>()?;
    Some(Tlv {
        tag: u16::from_be_bytes([tag_high, tag_low]),
        value: value.to_vec(),
    })
}
