//! What people get to read: neither numbers nor texts nor passwords.

use super::outgoing::{bind_with, encoded, submit_with};
use crate::*;
use smpp_domain::pdu::{OutgoingBody, Tlv};

#[test]
fn errors_tell_neither_secret_nor_number() {
    let secret = "hunter2hunter2".repeat(5);
    let told = encoded(bind_with(|pdu| pdu.password = secret))
        .unwrap_err()
        .to_string();
    assert_eq!(told, "password has 70 octets, and at most 64 are allowed");
    let told = encoded(submit_with(|pdu| pdu.source.digits = "4917\0".to_owned()))
        .unwrap_err()
        .to_string();
    assert_eq!(told, "source_addr holds a NUL octet, which would end it early");
}

#[test]
fn descriptions_are_one_line_without_numbers_texts_and_passwords() {
    let line = |body| describe(&Frame::copy_of(&encoded(body).unwrap()).unwrap().unwrap());
    assert_eq!(line(OutgoingBody::EnquireLink), "enquire_link seq 7");
    assert_eq!(
        line(OutgoingBody::DeliverSmResp),
        "deliver_sm_resp seq 7 status 0x00000000"
    );
    assert_eq!(
        line(bind_with(|_| {})),
        r#"bind_transceiver seq 7 system_id "user" system_type "VMA" version 0x34"#
    );
    assert_eq!(
        line(submit_with(|_| {})),
        "submit_sm seq 7 from **ME to **********89 esm_class 0x43 data_coding 0xF5 octets 3 tlvs 3"
    );
    let odd = submit_with(|pdu| {
        pdu.source.digits = "\u{E9}\n\r".to_owned();
        pdu.tlvs = vec![Tlv {
            tag: 0x001E,
            value: b"4f\n\0".to_vec(),
        }];
    });
    assert_eq!(
        line(odd),
        r#"submit_sm seq 7 from *\n\r to **********89 esm_class 0x43 data_coding 0xF5 octets 3 receipted_id "4f\n" tlvs 1 odd: not_ascii in source_addr"#
    );
    let resp = hex::decode("0000001580000004000000000000000734663361 00".replace(' ', "")).unwrap();
    assert_eq!(
        describe(&Frame::copy_of(&resp).unwrap().unwrap()),
        r#"submit_sm_resp seq 7 status 0x00000000 id "4f3a""#
    );
    let unknown = hex::decode("00000010000102000000000000000007").unwrap();
    assert_eq!(
        describe(&Frame::copy_of(&unknown).unwrap().unwrap()),
        "command 0x00010200 seq 7"
    );
}
