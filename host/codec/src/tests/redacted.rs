//! What a person may see of a PDU.

use super::{deliver_sm_body, frame, pdu};
use crate::{redact, redact_unframed};
use proptest::collection::vec;
use proptest::prelude::{any, prop_oneof};
use proptest::{prop_assert_eq, proptest};

/// The body as it is shown, in escaped ASCII.
fn shown(command_id: u32, body: &[u8]) -> String {
    redact(&pdu(command_id, 0, 1, body))[16..]
        .escape_ascii()
        .to_string()
}

#[test]
fn a_message_shows_how_it_is_built_and_not_what_it_says() {
    let tlvs = b"\x03\x81\0\x0F\0\x01\x01491701234589\x02\x04\0\x02\0\x07\x14\0\0\x05ab 12";
    let body = deliver_sm_body(b"491701234589", b"000000020630000R", 10, b"Call me 5!", tlvs);
    assert_eq!(
        shown(0x05, &body),
        [
            r"CMT\x00\x01\x01**********89\x00\x05\x00**ME\x00\x04\x7f\x02\x00000000020630000R\x00\x11\x01\x08\x03",
            r"\nXxxx xx 0.\x03\x81\x00\x0f\x00\x01\x01000000000000\x02\x04\x00\x02\x00\x07\x14\x00\x00\x05xx 00",
        ]
        .concat()
    );
}

#[test]
fn a_receipt_shows_the_operators_words() {
    let text = b"id:0a1F stat:DELIVRD err:0 text:Your pin 1234";
    let length = u8::try_from(text.len()).unwrap();
    let body = deliver_sm_body(b"491701234589", b"", length, text, b"\0\x1e\0\x050a1F\0");
    let told = shown(0x05, &body);
    assert!(
        told.ends_with(r"-id:0a1F stat:DELIVRD err:0 text:Xxxx xxx 0000\x00\x1e\x00\x050a1F\x00"),
        "{told}"
    );
    let payload = [
        b"\0\x01\x01491701234589\0\x01\x01123\0\x04\0\0\x04\x24\0\x2D".as_slice(),
        text,
    ]
    .concat();
    let told = shown(0x103, &payload);
    assert!(
        told.ends_with("-id:0a1F stat:DELIVRD err:0 text:Xxxx xxx 0000"),
        "{told}"
    );
}

#[test]
fn a_user_data_header_stays() {
    let mut body = deliver_sm_body(b"1", b"", 9, b"\x05\0\x03\x2F\x02\x01Hi!", b"");
    let esm_class = body.iter().position(|&octet| octet == 0x04).unwrap();
    body[esm_class] = 0x40;
    let told = shown(0x05, &body);
    assert!(told.ends_with(r"\t\x05\x00\x03/\x02\x01Xx."), "{told}");
}

#[test]
fn every_command_hides_what_it_knows_to_be_private() {
    let cases: [(u32, &[u8], &str); 12] = [
        (0x8000_0004, b"0A42\0", r"0A42\x00"),
        (
            0x8000_0009,
            b"SMSC\0\x02\x10\0\x01\x34",
            r"SMSC\x00\x02\x10\x00\x014",
        ),
        (
            0x09,
            b"user\0secret\0vma\0\x34\x01\x0149170\0",
            r"user\x00******\x00vma\x004\x01\x01***70\x00",
        ),
        (0x0B, b"user\0secret", r"user\x00******"),
        (0x03, b"0A42\0\x01\x0149170\0", r"0A42\x00\x01\x01***70\x00"),
        (
            0x08,
            b"CMT\x000A42\0\x01\x0149170\0\x05\0ACME\0",
            r"CMT\x000A42\x00\x01\x01***70\x00\x05\x00**ME\x00",
        ),
        (
            0x07,
            b"0A42\0\x01\x0149170\0\0\0\x01\x02\x02Hi",
            r"0A42\x00\x01\x01***70\x00\x00\x00\x01\x02\x02Xx",
        ),
        (
            0x102,
            b"\x01\x0149170\0\x05\0ACME\0\x04\x22\0\x01\0",
            "\\x01\\x01***70\\x00\\x05\\x00**ME\\x00\\x04\\\"\\x00\\x01\\x00",
        ),
        (0x15, b"ping 491701234589", "xxxx 000000000000"),
        (0x0001_0200, b"\x01\x80\xFFPin 1\0", r"\x01\x80\x80Xxx 0\x00"),
        // Too long for a service_type: it may be a number whose field was left out.
        (0x05, b"491701234589\0", r"000000000000\x00"),
        (0x05, b"\0\x01\x01491\x00\x01", r"\x00\x01\x01*91\x00\x01"),
    ];
    for (command_id, body, expected) in cases {
        assert_eq!(shown(command_id, body), expected, "command 0x{command_id:08X}");
    }
}

#[test]
fn what_is_no_pdu_shows_its_first_four_octets() {
    let told = redact_unframed(b"HTTP/1.1 400 Bad");
    assert_eq!(told, b"HTTP.0.0 000 Xxx");
    assert_eq!(redact_unframed(b"\0\0"), b"\0\0");
}

proptest! {
    #[test]
    fn as_many_octets_are_shown_as_there_were(
        command_id in prop_oneof![
            any::<u32>(),
            0_u32..0x20,
            0x8000_0000_u32..0x8000_0020,
            0x100_u32..0x105
        ],
        body in vec(prop_oneof![any::<u8>(), 0_u8..8, b'0'..=b'z'], 0..200),
    ) {
        let octets = [16 + u32::try_from(body.len()).unwrap(), command_id, 0, 1].map(u32::to_be_bytes).concat();
        let whole = [octets.clone(), body].concat();
        let shown = redact(&frame(&whole));
        prop_assert_eq!(shown.len(), whole.len());
        prop_assert_eq!(&shown[..16], &octets[..]);
    }
}

#[test]
fn an_id_stays_and_a_text_in_its_place_does_not() {
    for (body, told) in [
        (b"0a1F\0".as_slice(), r"0a1F\x00"),
        (b" 0a1F \0", r" 0a1F \x00"),
        (b"call 491701234589", "xxxx 000000000000"),
    ] {
        assert_eq!(shown(0x8000_0004, body), told);
    }
    let long = [b"7".repeat(90), b"\0".to_vec()].concat();
    assert!(
        shown(0x8000_0004, &long).starts_with("7777"),
        "it is what such a PDU is odd about"
    );
    let resp = pdu(0x8000_0004, 0, 1, b"call 491701234589");
    assert!(crate::describe(&resp).ends_with(" id \"xxxx 000000000000\""));
}
