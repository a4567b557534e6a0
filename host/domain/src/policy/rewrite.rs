//! What `submit.rewrite` may make of a submit_sm: the bounds of SMPP 3.4, and what stays the host's.
//!
//! The fields are the plugin's, the message is not: a rewritten part still has text, is still the same segment of the same
//! message, and still goes to somebody.

use crate::pdu::{SubmitSmPdu, Tlv, esm_class, find_tlv, masked, tag};

/// Optional parameters of one submit_sm.
pub const MAX_TLVS: usize = 64;
/// Octets of all optional parameters together, tags and lengths included: what is left of a PDU of 65 KiB.
pub const MAX_TLV_OCTETS: usize = 66_000;
/// Octets of short_message (SMPP 3.4 section 5.2.21).
const SHORT_MESSAGE: usize = 254;
/// Information elements of concatenation (3GPP TS 23.040 section 9.2.3.24): 8-bit and 16-bit reference.
const CONCATENATION: [u8; 2] = [0x00, 0x08];
const SEGMENTS: [(u16, &str); 3] = [
    (tag::SAR_MSG_REF_NUM, "sar_msg_ref_num"),
    (tag::SAR_TOTAL_SEGMENTS, "sar_total_segments"),
    (tag::SAR_SEGMENT_SEQNUM, "sar_segment_seqnum"),
];

/// The place of a submit_sm in its message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartPlace {
    /// From 1.
    pub number: u8,
    /// How many the message has.
    pub count: u8,
}

/// Whether `answer` may be sent in the place of `asked`.
///
/// # Errors
/// What is wrong with it, with the field's name in the standard.
pub fn check(asked: &SubmitSmPdu, answer: &SubmitSmPdu) -> Result<(), String> {
    check_fields(answer)?;
    check_tlvs(&answer.tlvs)?;
    check_text(asked, answer)?;
    check_segment(asked, answer)
}

fn check_fields(pdu: &SubmitSmPdu) -> Result<(), String> {
    for (field, text, longest) in [
        ("service_type", &pdu.service_type, 5),
        ("source_addr", &pdu.source.digits, 20),
        ("destination_addr", &pdu.destination.digits, 20),
        ("schedule_delivery_time", &pdu.schedule_delivery_time, 16),
        ("validity_period", &pdu.validity_period, 16),
    ] {
        let octets = text.chars().count();
        if octets > longest {
            return Err(format!(
                "{field} has {octets} octets; at most {longest} are allowed"
            ));
        }
        if let Some(stray) = text.chars().find(|c| *c == '\0' || u32::from(*c) > 0xFF) {
            let stray = u32::from(stray);
            return Err(format!(
                "{field} holds U+{stray:04X}, which is no octet of a text"
            ));
        }
    }
    if pdu.destination.digits.is_empty() {
        return Err("destination_addr is empty".to_owned());
    }
    if pdu.replace_if_present > 1 {
        return Err(format!(
            "replace_if_present_flag is {}; it is 0 or 1",
            pdu.replace_if_present
        ));
    }
    Ok(())
}

fn check_tlvs(tlvs: &[Tlv]) -> Result<(), String> {
    if tlvs.len() > MAX_TLVS {
        return Err(format!(
            "{} optional parameters; at most {MAX_TLVS} are sent",
            tlvs.len()
        ));
    }
    if let Some(long) = tlvs.iter().find(|tlv| tlv.value.len() > usize::from(u16::MAX)) {
        let (tag, octets) = (long.tag, long.value.len());
        return Err(format!(
            "the TLV 0x{tag:04X} has {octets} octets; at most 65535 are allowed"
        ));
    }
    let octets: usize = tlvs.iter().map(|tlv| 4 + tlv.value.len()).sum();
    if octets > MAX_TLV_OCTETS {
        return Err(format!(
            "optional parameters of {octets} octets; at most {MAX_TLV_OCTETS} are sent"
        ));
    }
    let payloads = tlvs.iter().filter(|tlv| tlv.tag == tag::MESSAGE_PAYLOAD).count();
    if payloads > 1 {
        return Err(format!("{payloads} times message_payload; a PDU has one text"));
    }
    Ok(())
}

fn check_text(asked: &SubmitSmPdu, answer: &SubmitSmPdu) -> Result<(), String> {
    let octets = answer.short_message.len();
    if octets > SHORT_MESSAGE {
        return Err(format!(
            "short_message has {octets} octets; at most {SHORT_MESSAGE} are allowed"
        ));
    }
    if octets > 0 && find_tlv(&answer.tlvs, tag::MESSAGE_PAYLOAD).is_some() {
        return Err("short_message and message_payload are both set; leave short_message empty".to_owned());
    }
    if user_data(answer).is_empty() && !user_data(asked).is_empty() {
        return Err("short_message and message_payload are both empty: the text is gone".to_owned());
    }
    Ok(())
}

/// The segment that the receiving phone puts together with the others must stay that segment.
fn check_segment(asked: &SubmitSmPdu, answer: &SubmitSmPdu) -> Result<(), String> {
    for (tag, name) in SEGMENTS {
        if find_tlv(&asked.tlvs, tag) != find_tlv(&answer.tlvs, tag) {
            return Err(format!(
                "{name} is the host's: it says which segment of the message this is"
            ));
        }
    }
    let (before, after) = (element(asked), element(answer));
    let after =
        after.map_err(|()| "esm_class says that the text begins with a user data header, and it does not")?;
    // A header that a plugin cut itself may be of any kind.
    if before.is_ok_and(|before| before != after) {
        return Err("the concatenation in the user data header is the host's".to_owned());
    }
    Ok(())
}

fn user_data(pdu: &SubmitSmPdu) -> &[u8] {
    find_tlv(&pdu.tlvs, tag::MESSAGE_PAYLOAD).unwrap_or(&pdu.short_message)
}

/// The information element of concatenation, if the text begins with a header that has one; `Err` for a header that ends
/// within an element.
fn element(pdu: &SubmitSmPdu) -> Result<Option<&[u8]>, ()> {
    if pdu.esm_class & esm_class::UDHI == 0 {
        return Ok(None);
    }
    let (&length, rest) = user_data(pdu).split_first().ok_or(())?;
    let mut header = rest.get(..usize::from(length)).ok_or(())?;
    let mut found = None;
    while let [id, length, ..] = header {
        let (whole, next) = header.split_at_checked(2 + usize::from(*length)).ok_or(())?;
        if CONCATENATION.contains(id) {
            found = Some(whole);
        }
        header = next;
    }
    if header.is_empty() { Ok(found) } else { Err(()) }
}

/// The fields that differ, for people: numbers are masked, and texts told by their length.
#[must_use]
pub fn differences(asked: &SubmitSmPdu, answer: &SubmitSmPdu) -> Vec<String> {
    let mut found = Vec::new();
    let mut note =
        |field: &str, before: String, after: String| found.push(format!("{field}: {before} -> {after}"));
    for (field, before, after) in [
        ("esm_class", asked.esm_class, answer.esm_class),
        ("protocol_id", asked.protocol_id, answer.protocol_id),
        ("priority_flag", asked.priority_flag, answer.priority_flag),
        (
            "registered_delivery",
            asked.registered_delivery,
            answer.registered_delivery,
        ),
        (
            "replace_if_present_flag",
            asked.replace_if_present,
            answer.replace_if_present,
        ),
        ("data_coding", asked.data_coding, answer.data_coding),
        (
            "sm_default_msg_id",
            asked.sm_default_msg_id,
            answer.sm_default_msg_id,
        ),
    ] {
        if before != after {
            note(field, format!("0x{before:02X}"), format!("0x{after:02X}"));
        }
    }
    for (field, before, after) in [
        ("service_type", &asked.service_type, &answer.service_type),
        (
            "schedule_delivery_time",
            &asked.schedule_delivery_time,
            &answer.schedule_delivery_time,
        ),
        ("validity_period", &asked.validity_period, &answer.validity_period),
    ] {
        if before != after {
            note(field, format!("{before:?}"), format!("{after:?}"));
        }
    }
    for (field, before, after) in [
        ("source_addr", &asked.source, &answer.source),
        ("destination_addr", &asked.destination, &answer.destination),
    ] {
        if before != after {
            let shown = |address: &crate::pdu::Address| {
                format!("{}/{} {}", address.ton, address.npi, masked(&address.digits))
            };
            note(field, shown(before), shown(after));
        }
    }
    if asked.short_message != answer.short_message {
        let octets = |pdu: &SubmitSmPdu| format!("{} octets", pdu.short_message.len());
        note("short_message", octets(asked), octets(answer));
    }
    let before = asked.tlvs.iter().filter(|tlv| !answer.tlvs.contains(tlv));
    found.extend(before.map(|tlv| format!("TLV 0x{:04X}: gone", tlv.tag)));
    let after = answer.tlvs.iter().filter(|tlv| !asked.tlvs.contains(tlv));
    found.extend(after.map(|tlv| format!("TLV 0x{:04X}: {} octets", tlv.tag, tlv.value.len())));
    found
}

#[cfg(test)]
mod tests;
