use super::*;
use smpp_plugin_sdk::{Address, Tlv};

fn key(raw: &str, origin: Origin) -> String {
    HexDec::normalise(raw, origin).unwrap().unwrap()
}

fn receipt(raw_state: &str, state: DlrState, is_final: bool) -> Receipt {
    Receipt {
        message_id: "0972660181".to_owned(),
        state,
        is_final,
        raw_state: raw_state.to_owned(),
        raw_error: "000".to_owned(),
        done_at: None,
    }
}

fn deliver_sm(tlvs: Vec<Tlv>) -> DeliverSm {
    let nobody = || Address {
        ton: 0,
        npi: 0,
        digits: String::new(),
    };
    DeliverSm {
        service_type: String::new(),
        source: nobody(),
        destination: nobody(),
        esm_class: 0x04,
        protocol_id: 0,
        priority_flag: 0,
        registered_delivery: 0,
        data_coding: 0,
        sm_default_msg_id: 0,
        short_message: Vec::new(),
        tlvs,
    }
}

#[test]
fn pairs_seen_at_operators_share_a_key() {
    for (hex, decimal) in [
        ("39f99dd5", "0972660181"),
        ("10C8F40D", "281605133"),
        ("13006AC1", "0318794433"),
        ("38601fa", "0059113978"),
        ("6aad5", "0000436949"),
        ("812FC7470000001B", "9308878062554710043"),
        (
            "ffffffffffffffffffffffffffffffff",
            "340282366920938463463374607431768211455",
        ),
    ] {
        let expected = decimal.trim_start_matches('0');
        assert_eq!(key(decimal, Origin::ReceiptText), expected);
        assert_eq!(key(hex, Origin::SubmitResp), expected);
        assert_eq!(key(&hex.to_uppercase(), Origin::ReceiptTlv), expected);
        assert_eq!(key(&format!("000{hex}\0"), Origin::SubmitResp), expected);
    }
}

#[test]
fn the_base_depends_on_the_place() {
    assert_eq!(key("10", Origin::SubmitResp), "16");
    assert_eq!(key("10", Origin::ReceiptText), "10");
    assert_eq!(key("0000", Origin::ReceiptText), "0");
}

#[test]
fn what_is_no_id_of_the_operator_is_malformed() {
    for (raw, origin) in [
        ("", Origin::SubmitResp),
        ("\0", Origin::ReceiptTlv),
        ("39F99DD5", Origin::ReceiptText),
        ("-1", Origin::ReceiptText),
        ("+1", Origin::SubmitResp),
        ("0x10", Origin::SubmitResp),
        ("7E82912F50E44B058E9A1FDEB41D67B301", Origin::SubmitResp),
        ("12 34", Origin::ReceiptText),
    ] {
        assert!(
            matches!(HexDec::normalise(raw, origin), Err(Fault::Malformed(_))),
            "{raw:?}"
        );
    }
}

#[test]
fn odd_words_get_their_state_and_finality() {
    for (word, state, is_final) in [
        ("DELIVERED", DlrState::Delivered, true),
        ("delivrd", DlrState::Delivered, true),
        ("0", DlrState::Delivered, true),
        ("FAILED", DlrState::Undeliverable, true),
        ("Rejected ", DlrState::Rejected, true),
        ("BUFFRED", DlrState::Enroute, false),
        ("accepted", DlrState::Accepted, false),
    ] {
        let reading = receipt(word, DlrState::Unknown, false);
        let expected = Answer::Receipt(receipt(word, state, is_final));
        assert_eq!(
            HexDec::interpret(deliver_sm(Vec::new()), Some(reading)),
            Ok(expected),
            "{word}"
        );
    }
}

#[test]
fn the_host_stands_where_it_is_right_or_nobody_knows() {
    for reading in [
        None,
        Some(receipt("DELIVRD", DlrState::Delivered, true)),
        Some(receipt("BADSTAT", DlrState::Unknown, false)),
        Some(receipt("", DlrState::Unknown, false)),
    ] {
        assert_eq!(
            HexDec::interpret(deliver_sm(Vec::new()), reading),
            Ok(Answer::HostDefault)
        );
    }
}

#[test]
fn zero_from_the_message_state_tlv_is_not_delivered() {
    let tlv = Tlv {
        tag: 0x0427,
        value: vec![0],
    };
    let reading = receipt("0", DlrState::Enroute, false);
    assert_eq!(
        HexDec::interpret(deliver_sm(vec![tlv]), Some(reading)),
        Ok(Answer::HostDefault)
    );
}
