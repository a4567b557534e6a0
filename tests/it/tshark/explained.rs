//! What is told of a PDU field by field, beside what tshark reads in it.

use super::reader::Seen;
use smpp_connector::smpp::codec::{Texts, fields};

/// Fields that both call by the name in the standard.
const NAMES: [&str; 29] = [
    "command_id",
    "command_status",
    "sequence_number",
    "system_id",
    "password",
    "system_type",
    "interface_version",
    "addr_ton",
    "addr_npi",
    "address_range",
    "message_id",
    "service_type",
    "source_addr_ton",
    "source_addr_npi",
    "source_addr",
    "dest_addr_ton",
    "dest_addr_npi",
    "destination_addr",
    "protocol_id",
    "priority_flag",
    "replace_if_present_flag",
    "data_coding",
    "sm_length",
    "sar_msg_ref_num",
    "sar_total_segments",
    "sar_segment_seqnum",
    "receipted_message_id",
    "message_state",
    "dest_addr_subunit",
];

/// Holds the one against the other; returns how many fields both have.
pub(super) fn compare(octets: &[u8], seen: &Seen) -> usize {
    let told = fields(octets, Texts::Plain);
    assert_eq!(told.fault, None, "{} {told:#?}", seen.name());
    let ours = |name: &str| {
        let tlv = format!("{name} (0x");
        let found = told.fields.iter();
        let mut found = found.filter(|field| field.name == name || field.name.starts_with(&tlv));
        found
            .next()
            .unwrap_or_else(|| panic!("no {name} in {told:#?}, which is {seen:#?}"))
    };
    let mut both = 0;
    for name in NAMES {
        let field = format!("smpp.{name}");
        // "(Default)" and its like are tshark's words for a field that is empty.
        if seen.get(&field).is_empty() || seen.get(&field).starts_with('(') {
            continue;
        }
        let value = ours(name).value.trim_matches('"').trim_end_matches("\\0");
        assert!(seen.is(&field, value), "{name} is {value}: {seen:#?}");
        both += 1;
    }
    let [part, parts] = ["msg_part", "msg_parts"].map(|field| seen.get(&format!("gsm_sms.udh.mm.{field}")));
    if !part.is_empty() {
        let header = &ours("user data header").meaning;
        assert!(
            header.contains(&format!("part {part} of {parts}")),
            "{header}: {seen:#?}"
        );
        both += 1;
    }
    both
}
