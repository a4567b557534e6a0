//! Bodies as the standard has them, read by rusmpp's types.
//!
//! `None` means that rusmpp refuses the body; nothing is said about why, the tolerant reader finds out.

use super::tolerant::{Message, read_tlvs};
use bytes::BytesMut;
use rusmpp::decode::DecodeWithLength;
use rusmpp::pdus::{BindTransceiverResp, DataSm, DeliverSm, SubmitSmResp};
use rusmpp::types::COctetString;
use smpp_domain::pdu::{Address, DeliverSmPdu};

/// The longest mandatory part of a deliver_sm in octets, short_message included. rusmpp reads from a buffer of its
/// own: this bounds what is copied into it, a message_payload of 64 KiB is not.
const DELIVER_SM: usize = 6 + 2 + 21 + 2 + 21 + 3 + 17 + 17 + 5 + 255;
/// The same of a data_sm, with the addresses that rusmpp takes (the standard allows 65 octets).
const DATA_SM: usize = 6 + 2 + 21 + 2 + 21 + 3;
/// The same of a submit_sm_resp.
const MESSAGE_ID: usize = 65;
/// The same of a bind response.
const SYSTEM_ID: usize = 16;

/// The message_id of a submit_sm_resp that has a body, and the octets of its TLVs.
pub(super) fn message_id(body: &[u8]) -> Option<(String, &[u8])> {
    let (response, tlvs) = mandatory::<SubmitSmResp>(body, MESSAGE_ID)?;
    Some((response.message_id().as_str().to_owned(), tlvs))
}

/// The system_id of any of the three bind responses: their bodies are the same.
pub(super) fn system_id(body: &[u8]) -> Option<String> {
    let (response, _) = mandatory::<BindTransceiverResp>(body, SYSTEM_ID)?;
    Some(response.system_id.as_str().to_owned())
}

pub(super) fn deliver_sm(body: &[u8]) -> Option<Message> {
    let (read, tlvs) = mandatory::<DeliverSm>(body, DELIVER_SM)?;
    let (tlvs, oddity) = read_tlvs(tlvs);
    let pdu = DeliverSmPdu {
        service_type: read.service_type.value().as_str().to_owned(),
        source: address(
            read.source_addr_ton.into(),
            read.source_addr_npi.into(),
            &read.source_addr,
        ),
        destination: address(
            read.dest_addr_ton.into(),
            read.dest_addr_npi.into(),
            &read.destination_addr,
        ),
        esm_class: read.esm_class.into(),
        protocol_id: read.protocol_id,
        priority_flag: read.priority_flag.into(),
        registered_delivery: read.registered_delivery.into(),
        data_coding: read.data_coding.into(),
        sm_default_msg_id: read.sm_default_msg_id,
        short_message: read.short_message().to_vec(),
        tlvs,
        unreadable: false,
    };
    Some((pdu, oddity))
}

pub(super) fn data_sm(body: &[u8]) -> Option<Message> {
    let (read, tlvs) = mandatory::<DataSm>(body, DATA_SM)?;
    let (tlvs, oddity) = read_tlvs(tlvs);
    let pdu = DeliverSmPdu {
        service_type: read.service_type.value().as_str().to_owned(),
        source: address(
            read.source_addr_ton.into(),
            read.source_addr_npi.into(),
            &read.source_addr,
        ),
        destination: address(
            read.dest_addr_ton.into(),
            read.dest_addr_npi.into(),
            &read.destination_addr,
        ),
        esm_class: read.esm_class.into(),
        registered_delivery: read.registered_delivery.into(),
        data_coding: read.data_coding.into(),
        tlvs,
        ..DeliverSmPdu::default()
    };
    Some((pdu, oddity))
}

/// Decodes the mandatory parameters and returns them with the octets that follow. A length of 0 tells rusmpp that
/// no TLV follows; the fixed fields do not look at it.
fn mandatory<T: DecodeWithLength>(body: &[u8], longest: usize) -> Option<(T, &[u8])> {
    let mut octets = BytesMut::from(body.get(..longest).unwrap_or(body));
    let (read, size) = T::decode(&mut octets, 0).ok()?;
    Some((read, body.get(size..)?))
}

fn address<const MAX: usize>(ton: u8, npi: u8, digits: &COctetString<1, MAX>) -> Address {
    Address {
        ton,
        npi,
        digits: digits.as_str().to_owned(),
    }
}
