//! Optional parameters by their names, and what they say (SMPP 3.4 section 5.3.2).

use super::{Texts, field, meaning, octets_of, raw, user_data};
use crate::layout::{Coding, TLV_HEAD, number};
use smpp_domain::pdu::{PduField, tag};

/// The fields of one TLV, header included, and why they are not all of it.
pub(super) fn fields(octets: &[u8], coding: Coding, texts: Texts) -> (Vec<PduField>, Option<String>) {
    let (head, value) = octets.split_at(TLV_HEAD.min(octets.len()));
    let &[tag_high, tag_low, length_high, length_low] = head else {
        return (
            Vec::new(),
            Some(format!("{} left over at the end", octets_of(head.len()))),
        );
    };
    let tag = u16::from_be_bytes([tag_high, tag_low]);
    let length = usize::from(u16::from_be_bytes([length_high, length_low]));
    let name = format!("{} (0x{tag:04X})", name(tag));
    if value.len() < length {
        let left = value.len();
        let fault = format!("{name} says {}, and the PDU ends after {left}", octets_of(length));
        return (Vec::new(), Some(fault));
    }
    if tag == tag::MESSAGE_PAYLOAD {
        return (user_data::fields(&name, value, coding, texts), None);
    }
    let (shown, meaning) = told(tag, value);
    (vec![field(name, shown, meaning)], None)
}

fn told(tag: u16, value: &[u8]) -> (String, String) {
    let plain = || number(value).map(|number| number.to_string()).unwrap_or_default();
    match (tag, value) {
        (_, []) => (String::new(), "no octets".to_owned()),
        (tag::MESSAGE_STATE, &[state]) => (plain(), message_state(state).to_owned()),
        (tag::NETWORK_ERROR_CODE, &[network, high, low]) => {
            let code = u16::from_be_bytes([high, low]);
            (raw(value), format!("{}, error {code}", network_type(network)))
        }
        (SC_INTERFACE_VERSION, &[version]) => {
            (format!("0x{version:02X}"), meaning::version(version).to_owned())
        }
        (tag::DEST_ADDR_SUBUNIT | SOURCE_ADDR_SUBUNIT, &[unit]) => (plain(), subunit(unit).to_owned()),
        (tag::MORE_MESSAGES_TO_SEND, &[more]) => (
            plain(),
            if more == 0 {
                "no more to follow"
            } else {
                "more to follow"
            }
            .to_owned(),
        ),
        (tag::MS_AVAILABILITY_STATUS, &[status]) => (plain(), availability(status).to_owned()),
        (PAYLOAD_TYPE, &[kind]) => (
            plain(),
            if kind == 0 { "default" } else { "WCMP message" }.to_owned(),
        ),
        (tag::SAR_MSG_REF_NUM | tag::SAR_TOTAL_SEGMENTS | tag::SAR_SEGMENT_SEQNUM, _) if value.len() <= 2 => {
            (plain(), String::new())
        }
        _ => (raw(value), octets_of(value.len())),
    }
}

const SOURCE_ADDR_SUBUNIT: u16 = 0x000D;
const PAYLOAD_TYPE: u16 = 0x0019;
const SC_INTERFACE_VERSION: u16 = 0x0210;

/// Section 5.3.2, or whose it is.
fn name(tag: u16) -> &'static str {
    match NAMES.binary_search_by_key(&tag, |(known, _)| *known) {
        Ok(index) => NAMES.get(index).map_or("", |(_, name)| name),
        Err(_) if (0x1400..=0x3FFF).contains(&tag) => "the operator's own",
        Err(_) => "not in SMPP 3.4",
    }
}

/// Section 5.3.2.35, and two of version 5.
fn message_state(octet: u8) -> &'static str {
    match octet {
        0 => "SCHEDULED",
        1 => "ENROUTE",
        2 => "DELIVERED",
        3 => "EXPIRED",
        4 => "DELETED",
        5 => "UNDELIVERABLE",
        6 => "ACCEPTED",
        7 => "UNKNOWN",
        8 => "REJECTED",
        9 => "SKIPPED",
        _ => "reserved",
    }
}

fn network_type(octet: u8) -> &'static str {
    match octet {
        1 => "ANSI-136",
        2 => "IS-95",
        3 => "GSM",
        _ => "reserved network",
    }
}

fn subunit(octet: u8) -> &'static str {
    match octet {
        0 => "unknown",
        1 => "the phone's display",
        2 => "mobile equipment",
        3 => "smart card",
        4 => "external unit",
        _ => "reserved",
    }
}

fn availability(octet: u8) -> &'static str {
    match octet {
        0 => "available",
        1 => "denied",
        2 => "unavailable",
        _ => "reserved",
    }
}

/// In the order of their tags.
const NAMES: [(u16, &str); 44] = [
    (0x0005, "dest_addr_subunit"),
    (0x0006, "dest_network_type"),
    (0x0007, "dest_bearer_type"),
    (0x0008, "dest_telematics_id"),
    (0x000D, "source_addr_subunit"),
    (0x000E, "source_network_type"),
    (0x000F, "source_bearer_type"),
    (0x0010, "source_telematics_id"),
    (0x0017, "qos_time_to_live"),
    (0x0019, "payload_type"),
    (0x001D, "additional_status_info_text"),
    (0x001E, "receipted_message_id"),
    (0x0030, "ms_msg_wait_facilities"),
    (0x0201, "privacy_indicator"),
    (0x0202, "source_subaddress"),
    (0x0203, "dest_subaddress"),
    (0x0204, "user_message_reference"),
    (0x0205, "user_response_code"),
    (0x020A, "source_port"),
    (0x020B, "destination_port"),
    (0x020C, "sar_msg_ref_num"),
    (0x020D, "language_indicator"),
    (0x020E, "sar_total_segments"),
    (0x020F, "sar_segment_seqnum"),
    (0x0210, "sc_interface_version"),
    (0x0302, "callback_num_pres_ind"),
    (0x0303, "callback_num_atag"),
    (0x0304, "number_of_messages"),
    (0x0381, "callback_num"),
    (0x0420, "dpf_result"),
    (0x0421, "set_dpf"),
    (0x0422, "ms_availability_status"),
    (0x0423, "network_error_code"),
    (0x0424, "message_payload"),
    (0x0425, "delivery_failure_reason"),
    (0x0426, "more_messages_to_send"),
    (0x0427, "message_state"),
    (0x0501, "ussd_service_op"),
    (0x1201, "display_time"),
    (0x1203, "sms_signal"),
    (0x1204, "ms_validity"),
    (0x130C, "alert_on_message_delivery"),
    (0x1380, "its_reply_type"),
    (0x1383, "its_session_info"),
];
