//! A PDU field by field.

use super::{deliver_sm_body, pdu};
use crate::{Texts, fields, redact};
use proptest::collection::vec;
use proptest::prelude::{any, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};
use smpp_domain::pdu::PduFields;

fn told(command_id: u32, status: u32, body: &[u8]) -> PduFields {
    fields(pdu(command_id, status, 7, body).octets(), Texts::Redacted)
}

/// `name value meaning` of those after the header.
fn lines(pdu: &PduFields) -> Vec<String> {
    let lines = pdu.fields.iter().skip(4);
    lines
        .map(|field| {
            format!("{} {} {}", field.name, field.value, field.meaning)
                .trim_end()
                .to_owned()
        })
        .collect()
}

#[test]
fn a_header_tells_command_and_status_by_their_names() {
    let response = told(0x8000_0004, 0x58, b"");
    let header: Vec<_> = response
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.value.as_str(), field.meaning.as_str()))
        .collect();
    assert_eq!(
        header,
        [
            ("command_length", "16", "octets"),
            ("command_id", "0x80000004", "submit_sm_resp"),
            (
                "command_status",
                "0x00000058",
                "ESME_RTHROTTLED: more than the operator allows; sending pauses and slows down"
            ),
            ("sequence_number", "7", ""),
        ]
    );
    assert_eq!(response.fault, None, "the body of a response may be missing");
    assert_eq!(told(0x15, 0, b"").fields[2].meaning, "says nothing in a request");
}

#[test]
fn a_message_tells_each_field_with_what_it_says() {
    let tlvs =
        b"\x04\x27\0\x01\x02\0\x1E\0\x050a1F\0\x04\x23\0\x03\x03\0\x15\x14\x01\0\x05ab 12\x00\x05\0\x01\x01";
    let body = deliver_sm_body(b"491701234589", b"000002063000000R", 10, b"Call me 5!", tlvs);
    assert_eq!(
        lines(&told(0x05, 0, &body)),
        [
            r#"service_type "CMT""#,
            "source_addr_ton 1 international",
            "source_addr_npi 1 ISDN (E.163, E.164)",
            r#"source_addr "491701234589" 12 characters"#,
            "dest_addr_ton 5 alphanumeric",
            "dest_addr_npi 0 unknown",
            r#"destination_addr "ACME" 4 characters"#,
            "esm_class 0x04 delivery receipt",
            "protocol_id 0x7F (U)SIM data download",
            "priority_flag 2 priority",
            r#"schedule_delivery_time "" at once"#,
            r#"validity_period "000002063000000R" in 2 d 6 h 30 min"#,
            "registered_delivery 0x11 receipt of success and failure, intermediate notification",
            "replace_if_present_flag 1 replaces an earlier message",
            "data_coding 0x08 UCS2",
            "sm_default_msg_id 3",
            "sm_length 10 octets of short_message",
            r#"short_message "....." 10 octets, UCS2"#,
            "message_state (0x0427) 2 DELIVERED",
            r#"receipted_message_id (0x001E) "0a1F\0" 5 octets"#,
            "network_error_code (0x0423) 03 00 15 GSM, error 21",
            r#"the operator's own (0x1401) "ab 12" 5 octets"#,
            "dest_addr_subunit (0x0005) 1 the phone's display",
        ]
    );
}

/// A submit_sm with these octets in the place of esm_class, data_coding and short_message.
fn submit(esm_class: u8, data_coding: u8, text: &[u8]) -> PduFields {
    let head = [
        b"\0\x05\0demo\0\x01\x01491701234589\0",
        [esm_class, 0, 0, 0, 0, 1, 0, data_coding, 0].as_slice(),
    ]
    .concat();
    let length = u8::try_from(text.len()).unwrap();
    told(0x04, 0, &[head.as_slice(), &[length], text].concat())
}

#[test]
fn a_user_data_header_is_told_before_the_text() {
    let last = |pdu: &PduFields| lines(pdu).split_off(17);
    assert_eq!(
        last(&submit(0x43, 0xF0, b"\x05\0\x03\x2F\x02\x01Hi $1")),
        [
            "user data header 05 00 03 2f 02 01 concatenation: 8-bit reference 47, part 1 of 2",
            r#"short_message "Hi $1" 5 octets, GSM 7-bit, class 0 (flash)"#,
        ]
    );
    assert_eq!(
        last(&submit(
            0xC0,
            0x08,
            b"\x0E\x08\x04\x12\x34\x03\x03\x05\x04\x0B\x84\x23\xF0\x25\x00\x00H\x04\x1F"
        )),
        [
            "user data header 0e 08 04 12 34 03 03 05 04 0b 84 23 f0 25 00 concatenation: 16-bit reference 4660, part 3 of 3; ports: to \
             2948, from 9200",
            r#"short_message "H." 4 octets, UCS2"#,
        ]
    );
    let broken = submit(0x40, 0, b"\x09\0");
    assert_eq!(
        last(&broken)[0],
        "user data header  it claims more octets than there are"
    );
    let esm_class = &submit(0xC0, 0, b"").fields[11];
    assert_eq!(
        esm_class.meaning,
        "default mode, message, user data header, reply path"
    );
}

#[test]
fn a_plain_text_is_told_in_words() {
    let text = |esm_class: u8, data_coding: u8, octets: &[u8]| {
        let head = [0, 0, 0, 0, 0, 0, 0, esm_class, 0, 0, 0, 0, 0, 0, data_coding, 0];
        let length = u8::try_from(octets.len()).unwrap();
        let body = [head.as_slice(), &[length], octets].concat();
        let told = fields(pdu(0x04, 0, 7, &body).octets(), Texts::Plain);
        assert_eq!(told.fault, None);
        told.fields.last().unwrap().value.clone()
    };
    assert_eq!(text(0, 8, b"\x01\x7C\0o"), "\"\u{17C}o\"");
    assert_eq!(text(0, 0, b"\0 1\x1B\x65"), "\"@ 1\u{20AC}\"");
    assert_eq!(text(0, 3, b"\xE9t\xE9"), "\"\u{E9}t\u{E9}\"");
    assert_eq!(text(0, 4, b"\x01\xFF"), "01 ff");
    assert_eq!(
        text(0x40, 0, b"\x03\x24\x01\x01\x1Bg"),
        "\"\u{11F}\"",
        "Turkish, by its single shift table"
    );
}

#[test]
fn the_fields_end_with_the_fault() {
    let addresses = b"\0\x01\x01491701234589\0\x05\0ACME\0".as_slice();
    let whole = [addresses, &[0, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
    for (body, last, fault) in [
        (
            addresses.to_vec(),
            "destination_addr",
            "the PDU ends before esm_class",
        ),
        (
            b"CMT".to_vec(),
            "service_type",
            "service_type has no NUL: it goes on to the end of the PDU, and what follows it cannot be told apart",
        ),
        (
            b"\0\x01".to_vec(),
            "source_addr_ton",
            "the PDU ends before source_addr_npi",
        ),
        (
            [whole.as_slice(), b"\x09text"].concat(),
            "short_message",
            "sm_length says 9 octets, and the PDU ends after 4",
        ),
        (
            [whole.as_slice(), b"\0\x04\x27\0\x09\x02"].concat(),
            "short_message",
            "message_state (0x0427) says 9 octets, and the PDU ends after 1",
        ),
        (
            [whole.as_slice(), b"\0\x04\x27\0"].concat(),
            "short_message",
            "3 octets left over at the end",
        ),
    ] {
        let told = told(0x05, 0, &body);
        assert_eq!(told.fields.last().unwrap().name, last, "{told:#?}");
        assert_eq!(told.fault.as_deref(), Some(fault));
    }
    let link = told(0x15, 0, b"ping");
    assert_eq!(
        link.fault.as_deref(),
        Some("enquire_link is its header alone, and 4 octets follow")
    );
    let unknown = told(0x0001_0200, 0, b"\x01\x02");
    assert_eq!(
        lines(&unknown),
        ["body 01 02 2 octets; the fields of command 0x00010200 are not read here"]
    );
}

#[test]
fn of_a_part_of_a_pdu_it_is_told_how_much_is_there() {
    let body = deliver_sm_body(b"491701234589", b"", 10, b"Call me 5!", b"");
    let whole = pdu(0x05, 0, 7, &body);
    let octets = whole.octets();
    let header = fields(&octets[..16], Texts::Redacted);
    assert_eq!(header.fields.len(), 4);
    assert_eq!(
        header.fault,
        Some(format!(
            "16 of its {} octets are here: the rest was not kept",
            octets.len()
        ))
    );
    let no_pdu = fields(b"HTTP/1.1 400 Bad", Texts::Redacted);
    assert_eq!(no_pdu.fields[0].value, "1213486160");
    assert!(no_pdu.fault.unwrap().contains("speaks HTTP"));
    assert!(fields(b"", Texts::Redacted).fault.is_some());
}

#[test]
fn times_are_told_in_words() {
    let body = |time: &[u8]| deliver_sm_body(b"1", time, 0, b"", b"");
    for (time, words) in [
        (b"".as_slice(), "the SMSC's default"),
        (b"000000003000000R", "in 30 min"),
        (
            b"261127050000004+",
            "2026-11-27 05:00:00, +04 quarter hours from UTC",
        ),
        (b"tomorrow", "no time of the standard: it has 16 characters"),
    ] {
        assert_eq!(told(0x05, 0, &body(time)).fields[15].meaning, words);
    }
}

proptest! {
    /// What is hidden has the same fields.
    #[test]
    fn redacted_octets_have_the_same_fields(
        command_id in prop_oneof![any::<u32>(), 0_u32..0x20, 0x8000_0000_u32..0x8000_0020, 0x100_u32..0x105],
        body in vec(prop_oneof![any::<u8>(), 0_u8..8, b'0'..=b'z'], 0..120),
    ) {
        let frame = pdu(command_id, 0, 1, &body);
        let plain = fields(frame.octets(), Texts::Plain);
        let hidden = fields(&redact(&frame), Texts::Redacted);
        let names = |pdu: &PduFields| pdu.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
        prop_assert_eq!(names(&plain), names(&hidden));
        prop_assert_eq!(&plain.fault, &hidden.fault);
        prop_assert!(plain.fields.len() >= 4);
    }
}
