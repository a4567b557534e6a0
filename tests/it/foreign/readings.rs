//! What others have read in submit_sm, part by part.

use crate::tshark::reader::Seen;
use serde_json::Value;
use std::collections::BTreeMap;

/// One submit_sm in somebody's reading. A message of one part has no place.
pub(super) struct Part {
    to: String,
    text: String,
    number: u64,
    total: u64,
}

/// The number of parts and the text of each destination's message.
pub(super) fn together(reader: &str, parts: Vec<Part>) -> BTreeMap<String, (usize, String)> {
    let mut by_destination: BTreeMap<String, BTreeMap<u64, Part>> = BTreeMap::new();
    for part in parts {
        let of_message = by_destination.entry(part.to.clone()).or_default();
        let twice = of_message.insert(part.number, part);
        assert!(twice.is_none(), "{reader} has read the same part twice");
    }
    let whole = |(to, parts): (String, BTreeMap<u64, Part>)| {
        let count = parts.len();
        let numbers: Vec<_> = parts.keys().copied().collect();
        assert_eq!(numbers, (1..).take(count).collect::<Vec<u64>>(), "{reader}, {to}");
        assert!(
            parts.values().all(|part| part.total == count as u64),
            "{reader}, {to}"
        );
        (to, (count, parts.into_values().map(|part| part.text).collect()))
    };
    by_destination.into_iter().map(whole).collect()
}

pub(super) fn by_node(event: &Value) -> Part {
    let pdu = &event["pdu"];
    let payload = &pdu["message_payload"]["message"];
    let short = &pdu["short_message"];
    let elements = elements(pdu);
    // These end with the number of parts and the part's own.
    let place = elements.iter().find(|element| matches!(element[0], 0x00 | 0x08));
    let (total, number) = match place.map(Vec::as_slice) {
        Some([.., total, number]) => (Some(u64::from(*total)), Some(u64::from(*number))),
        _ => (
            pdu["sar_total_segments"].as_u64(),
            pdu["sar_segment_seqnum"].as_u64(),
        ),
    };
    Part {
        to: text(&pdu["destination_addr"]),
        text: text(if payload.is_null() {
            &short["message"]
        } else {
            payload
        }),
        number: number.unwrap_or(1),
        total: total.unwrap_or(1),
    }
}

/// The information elements of its user data header, as node-smpp has found them: identifier, length, value.
pub(super) fn elements(pdu: &Value) -> Vec<Vec<u8>> {
    let elements = pdu["short_message"]["udh"].as_array();
    let octets = |element: &Value| hex::decode(text(element)).expect("hexadecimal digits");
    elements.into_iter().flatten().map(octets).collect()
}

pub(super) fn by_aiosmpplib(read: &Value) -> Part {
    Part {
        to: text(&read["to"]),
        text: text(&read["text"]),
        number: read["number"].as_u64().unwrap_or(1),
        total: read["total"].as_u64().unwrap_or(1),
    }
}

pub(super) fn by_tshark(seen: &Seen) -> Part {
    let place = |header: &str, sar: &str| {
        let field = [header, sar]
            .into_iter()
            .find(|field| !seen.get(field).is_empty());
        field.map_or(1, |field| u64::from(seen.number(field)))
    };
    Part {
        to: seen.get("smpp.destination_addr").to_owned(),
        text: seen.get("smpp.message_text").to_owned(),
        number: place("gsm_sms.udh.mm.msg_part", "smpp.sar_segment_seqnum"),
        total: place("gsm_sms.udh.mm.msg_parts", "smpp.sar_total_segments"),
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}
