//! PDUs as people may see them.

use super::codec;
use super::frame::Frame;
use crate::ports::ShownPdu;
use bytes::BytesMut;
use smpp_domain::pdu::{CommandStatus, Outgoing, OutgoingBody, PduFields, SubmitSmPdu};
use smpp_domain::policy::question::Question;
use std::sync::Arc;

/// What a PDU was, with numbers, texts and passwords replaced.
pub(super) fn show(octets: &[u8], sent: bool) -> ShownPdu {
    match Frame::copy_of(octets) {
        Ok(Some(frame)) => {
            let redacted = codec::redact(&frame);
            ShownPdu {
                told: codec::describe(&frame),
                oddity: (!sent)
                    .then(|| codec::decode(&frame).oddity)
                    .flatten()
                    .map(|oddity| oddity.to_string()),
                octets: hex::encode(&redacted),
                pdu: fields(&redacted),
            }
        }
        // Its header is all that was kept.
        Ok(None) | Err(_) => ShownPdu {
            told: "a PDU that is too long to be kept: its header".to_owned(),
            oddity: None,
            octets: hex::encode(octets),
            pdu: fields(octets),
        },
    }
}

/// A PDU field by field, of which the octets are redacted.
#[must_use]
pub fn fields(redacted: &[u8]) -> PduFields {
    codec::fields(redacted, codec::Texts::Redacted)
}

/// The PDU that a policy was asked about, field by field as it was recorded; `None` of other questions. What is recorded has no header,
/// and of a data_sm the fields that it lacks are 0.
#[must_use]
pub fn asked(question: &Question) -> Option<PduFields> {
    let (pdu, command_id) = match question {
        Question::Submit { pdu, .. } => (pdu.clone(), SUBMIT_SM),
        Question::Inbound { pdu, .. } if !pdu.unreadable => (SubmitSmPdu::from(pdu), DELIVER_SM),
        _ => return None,
    };
    let pdu = Outgoing {
        sequence_number: 0,
        command_status: CommandStatus::OK,
        body: OutgoingBody::SubmitSm(Arc::new(pdu)),
    };
    let mut octets = BytesMut::new();
    if let Err(error) = codec::encode(&pdu, &mut octets) {
        return Some(PduFields {
            fault: Some(error.to_string()),
            ..PduFields::default()
        });
    }
    if let Some(id) = octets.get_mut(4..8) {
        id.copy_from_slice(&u32::to_be_bytes(command_id));
    }
    let mut told = fields(&octets);
    told.fields.drain(..HEADER_FIELDS.min(told.fields.len()));
    Some(told)
}

const SUBMIT_SM: u32 = 4;
const DELIVER_SM: u32 = 5;
const HEADER_FIELDS: usize = 4;

/// The octets of a PDU that may be kept: of one that binds, without its password.
pub(super) fn without_password<'a>(pdu: &Outgoing, octets: &'a [u8], room: &'a mut Vec<u8>) -> &'a [u8] {
    if !matches!(pdu.body, OutgoingBody::Bind(..)) {
        return octets;
    }
    if let Ok(Some(frame)) = Frame::copy_of(octets) {
        *room = codec::redact(&frame);
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_domain::pdu::{BindMode, BindRequest};

    #[test]
    fn a_bind_is_kept_without_its_password() {
        let request = BindRequest {
            system_id: "user".to_owned(),
            password: "geheim".to_owned(),
            system_type: String::new(),
            interface_version: 0x34,
            addr_ton: 0,
            addr_npi: 0,
            address_range: String::new(),
        };
        let pdu = Outgoing {
            sequence_number: 1,
            command_status: CommandStatus::OK,
            body: OutgoingBody::Bind(BindMode::Transceiver, Box::new(request)),
        };
        let mut octets = BytesMut::new();
        codec::encode(&pdu, &mut octets).unwrap();
        let mut room = Vec::new();
        let kept = without_password(&pdu, &octets, &mut room);
        assert_eq!(kept.len(), octets.len());
        assert!(!kept.windows(6).any(|window| window == b"geheim"));
        let shown = show(kept, true);
        assert!(shown.told.starts_with("bind_transceiver"), "{}", shown.told);
        assert!(show(&octets, true).octets.find(&hex::encode("geheim")).is_none());
    }
}
