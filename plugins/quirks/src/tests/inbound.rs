//! Messages from subscribers, and PDUs to ignore or to refuse.

use super::*;
use serde_json::json;
use smpp_plugin_sdk::Inbound;
use smpp_plugin_sdk::inbound::Answer;

fn decoded(pdu: DeliverSm) -> Option<String> {
    match Quirks::interpret(pdu, None) {
        Ok(Answer::MobileOriginated(mo)) => mo.text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_are_read_in_the_alphabet_that_the_settings_say() {
    let packed = b"\xe8\x32\x9b\xfd\x06".as_slice();
    // `hello` behind a header of seven octets begins on a septet; of six, after one bit of fill.
    let behind_six = [
        b"\x05\x00\x03\x01\x02\x01".as_slice(),
        &[0xD0, 0x65, 0x36, 0xFB, 0x0D],
    ]
    .concat();
    for (alphabet, esm_class, octets, text) in [
        ("gsm7", 0, b"\x00\x1b\x65\x02 FOR".as_slice(), "@€$ FOR"),
        ("gsm7-packed", 0, packed, "hello"),
        ("gsm7-packed", 0x40, behind_six.as_slice(), "hello"),
        ("latin1", 0, b"\xfcber", "über"),
        ("ascii", 0, b"A\xfc", "A\u{fffd}"),
        ("ucs2", 0, b"\x04\x16\xd8\x3d\xde\x00", "Ж😀"),
        ("ucs2-le", 0, b"\x16\x04", "Ж"),
        ("utf8", 0, "Ж".as_bytes(), "Ж"),
        ("ucs2", 0x40, b"\x05\x00\x03\x01\x02\x01\x04\x16", "Ж"),
    ] {
        let _call = with(&json!({ "inbound": { "data_coding": { "0x04": alphabet } } }));
        assert_eq!(
            decoded(deliver_sm(esm_class, 4, octets, &[])).as_deref(),
            Some(text),
            "{alphabet}"
        );
        let other = Quirks::interpret(deliver_sm(esm_class, 0, octets, &[]), None);
        assert_eq!(other, Ok(Answer::HostDefault));
    }
}

#[test]
fn what_fits_an_item_is_ignored() {
    let _call = with(&json!({ "inbound": { "ignore": [
        { "source": "4915", "text": "PING", "reason": "their monitor" },
        { "esm_class": 8 },
    ] } }));
    let ignored = |pdu| Quirks::interpret(pdu, None);
    assert_eq!(
        ignored(deliver_sm(0, 0, b"PING 17", &[])),
        Ok(Answer::Ignore("their monitor".to_owned()))
    );
    assert!(matches!(
        ignored(deliver_sm(8, 0, b"x", &[])),
        Ok(Answer::Ignore(_))
    ));
    assert_eq!(ignored(deliver_sm(0, 0, b"A PING", &[])), Ok(Answer::HostDefault));
}

#[test]
fn what_fits_an_item_is_refused_unless_it_is_ignored() {
    let _call = with(&json!({ "inbound": {
        "ignore": [{ "text": "PING" }],
        "refuse": [{ "destination": "4916", "status": 0x65 }, { "esm_class": 8 }, { "text": "PING" }],
    } }));
    let answer = |pdu| Quirks::interpret(pdu, None).unwrap();
    let mut to_another = deliver_sm(0, 0, b"x", &[]);
    to_another.destination.digits = "491600".to_owned();
    assert_eq!(answer(to_another), Answer::Refuse(0x65));
    assert_eq!(answer(deliver_sm(8, 0, b"x", &[])), Answer::Refuse(0x64));
    assert!(matches!(
        answer(deliver_sm(0, 0, b"PING", &[])),
        Answer::Ignore(_)
    ));
    assert_eq!(answer(deliver_sm(0, 0, b"x", &[])), Answer::HostDefault);
}
