//! Receipts as operators have sent them, each with what must be read from it.

use super::*;
use crate::pdu::Tlv;
use DlrMessageState::{Accepted, Delivered, Expired, Rejected, Undeliverable, Unknown};

struct Golden {
    text: &'static [u8],
    tlvs: &'static [(u16, &'static [u8])],
    id: &'static str,
    state: DlrMessageState,
    is_final: bool,
    err: &'static str,
    raw_state: &'static str,
    done_at: Option<&'static str>,
}

const fn golden(text: &'static [u8], id: &'static str, done_at: &'static str) -> Golden {
    let (state, is_final, err, raw_state) = (Delivered, true, "000", "DELIVRD");
    Golden {
        text,
        tlvs: &[],
        id,
        state,
        is_final,
        err,
        raw_state,
        done_at: Some(done_at),
    }
}

const ID: u16 = tag::RECEIPTED_MESSAGE_ID;
const STATE: u16 = tag::MESSAGE_STATE;
const ERROR: u16 = tag::NETWORK_ERROR_CODE;

#[rustfmt::skip]
const GOLDEN: [Golden; 22] = [
    golden(b"id:1891273321 sub:001 dlvrd:001 submit date:1305050826 done date:1305050826 stat:DELIVRD err:000 text:DLVRD TO MOBILE",
        "1891273321", "1305050826"),
    golden(b"id:a29f6845555647139e5c8f3b817f2c9a sub:001 dlvrd:001 submit date:141023215253 done date:141023215259 stat:DELIVRD err:000 text:HOLA",
        "a29f6845555647139e5c8f3b817f2c9a", "141023215259"),
    golden(b"id:4a38dc46-5125-4969-90be-72104c340d5c sub:001 dlvrd:001 submit date:150519232657 done date:150519232657 stat:DELIVRD err:000 text:-",
        "4a38dc46-5125-4969-90be-72104c340d5c", "150519232657"),
    golden(b"id:c87c2273-7edb-4bc7-8d3a-7f57f21b625e submit date:201506201641 done date:201506201641 stat:DELIVRD err:000",
        "c87c2273-7edb-4bc7-8d3a-7f57f21b625e", "201506201641"),
    Golden { err: "0",
        ..golden(b"id:68673723 sub:1 dlvrd:13 submit date:1909301545 done date:1909301545 stat:DELIVRD err:0 Text:\x04\x1a",
        "68673723", "1909301545") },
    Golden { err: "0",
        ..golden(b"id:2E179B310EDE971B2760C72B7F026E1B submit date:20110314181534 done date:20110314181741 stat:DELIVRD err:0",
        "2E179B310EDE971B2760C72B7F026E1B", "20110314181741") },
    golden(b"sub:001 id:74e02ee1-4e2f-4a6e-a78b-4b247d756a22 err:000 dlvrd:001 done date:110206193110 submit date:110206193041 text: stat:DELIVRD",
        "74e02ee1-4e2f-4a6e-a78b-4b247d756a22", "110206193110"),
    Golden { state: Unknown, is_final: false, raw_state: "BADSTAT", done_at: None,
        ..golden(b"id:0123456789 sub:000 dlvrd:000 submit date:0000000000 done date:0000000000 stat:BADSTAT err:000 text:",
        "0123456789", "") },
    golden(b"id:1526758174 submit date:1701240904 done date:1701250907 stat:DELIVRD err:000 text:...",
        "1526758174", "1701250907"),
    golden(b"id:0123456789 sub:001 dlvrd:001 submit date:0809011130 done date:0809011131 stat:DELIVRD err:000 hello",
        "0123456789", "0809011131"),
    Golden { err: "", done_at: None, tlvs: &[(ID, b"6aad5\0")], ..golden(b"stat:DELIVRD", "6aad5", "") },
    golden(b"419318028472222#id:11f8f46639bd4f7a209016e1a181e3ae sub:001 dlvrd:001 submit date:0902191702 done date:0902191702 stat:DELIVRD err:000 Text:TVILLING: Sl? ut h?",
        "11f8f46639bd4f7a209016e1a181e3ae", "0902191702"),
    Golden { tlvs: &[(0x0202, b"\xA0242010"), (ID, b"6E84FC04\0"), (STATE, &[2])],
        ..golden(b"id:1854209028 sub:001 dlvrd:001 submit date:2211251037 done date:2211251037 stat:DELIVRD err:000 text:Test message. Delive",
        "6E84FC04", "2211251037") },
    Golden { tlvs: &[(ERROR, &[3, 0, 0x20]), (STATE, &[3]), (ID, b"4817DB71")], state: Expired, err: "032", raw_state: "EXPIRED",
        ..golden(b"id:1209523057 sub:001 dlvrd:000 submit date:2108251413 done date:2108301413 stat:EXPIRED err:032 text:You purchased XFight",
        "4817DB71", "2108301413") },
    Golden { tlvs: &[(ID, b"67FE4EAB\0"), (STATE, &[8]), (ERROR, &[8, 0, 0x7D])], state: Rejected, err: "125", raw_state: "REJECTD",
        ..golden(b"id:1744719531 sub:001 dlvrd:000 submit date:2106221410 done date:2106260810 stat:REJECTD err:125 text:1610 is your verific",
        "67FE4EAB", "2106260810") },
    golden(b"id:7E82912F50E44B058E9A1FDEB41D67B301 sub:001 dlvrd:001 submit date:2406071044 done date:2406071044 stat:DELIVRD err:000 text:a11  END",
        "7E82912F50E44B058E9A1FDEB41D67B301", "2406071044"),
    golden(b"id:0318794433 sub:000 dlvrd:000 submit date:2106301439 done date:2106301439 stat:DELIVRD err:000 text:test-message sweden\0",
        "0318794433", "2106301439"),
    Golden { state: Accepted, is_final: false, err: "107", raw_state: "ACCEPTD",
        ..golden(b"id:94251430923 sub:001 dlvrd:001 submit date:0911040124 done date:0911040124 stat:ACCEPTD err:107 text: 26F102",
        "94251430923", "0911040124") },
    Golden { tlvs: &[(ID, b"6aad5\0")],
        ..golden(b"id:0000436949 submit date:1504211508 done date:1504211508 stat:DELIVRD err:000\0",
        "6aad5", "1504211508") },
    Golden { state: Undeliverable, err: "", raw_state: "UNDELIV",
        ..golden(b"id:0000436950 submit date:180711070003912+ done date:180711070000012+ stat:UNDELIV",
        "0000436950", "2018-07-11T04:00:00Z") },
    golden(b"id:171026125222636445993424531920 sub:001 dlvrd:001 submit date:171026130350 done date:171026130355 stat:DELIVRD err:000 text:",
        "171026125222636445993424531920", "171026130355"),
    Golden { state: Unknown, is_final: false, err: "", raw_state: "", done_at: None, ..golden(b"362d9701 2", "", "") },
];

fn pdu(golden: &Golden, in_payload: bool) -> DeliverSmPdu {
    let mut tlvs: Vec<Tlv> = golden
        .tlvs
        .iter()
        .map(|&(tag, value)| Tlv {
            tag,
            value: value.to_vec(),
        })
        .collect();
    let mut short_message = golden.text.to_vec();
    if in_payload {
        tlvs.push(Tlv {
            tag: tag::MESSAGE_PAYLOAD,
            value: std::mem::take(&mut short_message),
        });
    }
    DeliverSmPdu {
        esm_class: 0x04,
        short_message,
        tlvs,
        ..DeliverSmPdu::default()
    }
}

fn assert_reads(golden: &Golden, pdu: &DeliverSmPdu) {
    let text = octet_text(golden.text);
    let reading = read(pdu, Detection::EsmClass, None).unwrap();
    assert_eq!(reading.message_id, golden.id, "{text}");
    assert_eq!(
        (reading.state, reading.is_final),
        (golden.state, golden.is_final),
        "{text}"
    );
    assert_eq!(reading.raw_error, golden.err, "{text}");
    assert_eq!(reading.raw_state, golden.raw_state, "{text}");
    assert_eq!(reading.done_at.as_deref(), golden.done_at, "{text}");
    assert_eq!(reading.unknown_word, golden.raw_state == "BADSTAT", "{text}");
    let in_tlv = golden.tlvs.iter().any(|&(tag, _)| tag == ID);
    assert_eq!(reading.origin == ReceiptIdOrigin::Tlv, in_tlv, "{text}");
    let error = golden
        .tlvs
        .iter()
        .find(|&&(tag, _)| tag == ERROR)
        .map(|&(_, value)| value);
    assert_eq!(reading.network_error_code.as_deref(), error, "{text}");
}

#[test]
fn every_receipt_seen_in_the_field_is_read() {
    for golden in &GOLDEN {
        assert_reads(golden, &pdu(golden, false));
        assert_reads(golden, &pdu(golden, true));
    }
}

#[test]
fn they_are_read_behind_a_header_and_in_ucs2() {
    for golden in &GOLDEN {
        let mut headed = pdu(golden, false);
        headed.esm_class = 0x44;
        headed.short_message = [b"\x05\x00\x03\x2F\x02\x01".as_slice(), golden.text].concat();
        assert_reads(golden, &headed);
        let mut wide = pdu(golden, false);
        wide.data_coding = 8;
        wide.short_message = golden.text.iter().flat_map(|&octet| [0, octet]).collect();
        assert_reads(golden, &wide);
    }
}

#[test]
fn error_codes_are_kept_as_operators_write_them() {
    for err in ["0000", "0032", "954", "21b", "nul", "null", "125", "002"] {
        let text = format!("id:1 stat:DELIVRD err:{err} text:x");
        let pdu = DeliverSmPdu {
            esm_class: 0x04,
            short_message: text.into_bytes(),
            ..DeliverSmPdu::default()
        };
        let reading = read(&pdu, Detection::EsmClass, None).unwrap();
        assert_eq!(
            (reading.raw_error.as_str(), reading.state, reading.is_final),
            (err, Delivered, true)
        );
    }
}

#[test]
fn an_operators_own_zero_is_its_delivered() {
    let text = b"id:1 sub:001 dlvrd:001 stat:0 err:000 text:x\r\n".to_vec();
    let pdu = DeliverSmPdu {
        esm_class: 0x04,
        short_message: text,
        ..DeliverSmPdu::default()
    };
    let reading = read(&pdu, Detection::EsmClass, None).unwrap();
    assert_eq!(
        (reading.state, reading.is_final, reading.raw_state.as_str()),
        (Delivered, true, "0")
    );
}
