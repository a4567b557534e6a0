//! Receipts: words, codes, layouts, times and what makes one.

use super::*;
use serde_json::json;
use smpp_plugin_sdk::Inbound;
use smpp_plugin_sdk::inbound::{Answer, DlrState, Receipt};

/// What the host reads of an ordinary receipt.
fn reading(id: &str, word: &str, state: DlrState, is_final: bool) -> Receipt {
    Receipt {
        message_id: id.to_owned(),
        state,
        is_final,
        raw_state: word.to_owned(),
        raw_error: "000".to_owned(),
        done_at: None,
    }
}

fn text(word: &str, err: &str) -> Vec<u8> {
    format!("id:0972660181 sub:001 dlvrd:001 submit date:2503141200 done date:2503141205 stat:{word} err:{err} text:Hi")
        .into_bytes()
}

/// The receipt that the answer is; the reading itself where the plugin leaves it.
fn read(pdu: DeliverSm, reading: Option<Receipt>) -> Receipt {
    match Quirks::interpret(pdu, reading.clone()) {
        Ok(Answer::Receipt(receipt)) => receipt,
        Ok(Answer::HostDefault) => reading.expect("a reading"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn words_and_codes_mean_what_the_settings_say() {
    let _call = with(&json!({ "states": {
        "words": {
            "FAILED": { "state": "rejected", "final": true },
            "acceptd": { "state": "delivered", "final": true },
            "UNKNOWN": { "state": "unknown", "final": true },
            "BUFF*": "enroute",
            "0": "delivered",
            "NOCRED": "rejected",
        },
        "codes": { "6": { "state": "delivered", "final": true }, "0x09": "undeliverable" },
    } }));
    for (word, octet, state, is_final) in [
        ("FAILED", None, DlrState::Rejected, true),
        ("failed", None, DlrState::Rejected, true),
        ("ACCEPTD", None, DlrState::Delivered, true),
        ("UNKNOWN", None, DlrState::Unknown, true),
        ("BUFFRED", None, DlrState::Enroute, false),
        ("BUFFERD", None, DlrState::Enroute, false),
        ("0", None, DlrState::Delivered, true),
        ("NOCRED", None, DlrState::Rejected, true),
        // The TLV wins, and its number in `raw_state` is no word.
        ("FAILED", Some(6), DlrState::Delivered, true),
        ("9", Some(9), DlrState::Undeliverable, true),
        ("0", Some(0), DlrState::Enroute, false),
        // As the host reads it.
        ("BADSTAT", None, DlrState::Enroute, false),
    ] {
        let tlv = octet.map(|octet: u8| vec![octet]);
        let tlvs: Vec<(u16, &[u8])> = tlv.iter().map(|value| (0x0427, value.as_slice())).collect();
        let read = read(
            deliver_sm(0x04, 0, &text(word, "000"), &tlvs),
            Some(reading("0972660181", word, DlrState::Enroute, false)),
        );
        assert_eq!((read.state, read.is_final), (state, is_final), "{word} {octet:?}");
        assert_eq!(read.raw_state, word);
    }
}

#[test]
fn the_text_may_decide_and_an_intermediate_notification_is_never_final() {
    let _call = with(&json!({ "states": { "from": "text", "words": { "FAILED": "rejected" } } }));
    let tlvs: [(u16, &[u8]); 1] = [(0x0427, &[2])];
    for (word, esm_class, expected) in [
        ("FAILED", 0x04, (DlrState::Rejected, true)),
        ("FAILED", 0x20, (DlrState::Rejected, false)),
        ("UNDELIV", 0x04, (DlrState::Undeliverable, true)),
    ] {
        let pdu = deliver_sm(esm_class, 0, &text(word, "000"), &tlvs);
        let read = read(pdu, Some(reading("1", word, DlrState::Delivered, true)));
        assert_eq!((read.state, read.is_final), expected, "{word}");
    }
}

#[test]
fn error_codes_refine_the_state_and_delivered_stays_delivered() {
    let _call = with(&json!({ "errors": {
        "codes": {
            "125": { "state": "rejected", "error": "absent-subscriber" },
            "21B": { "error": "barred" },
            "107": { "state": "undeliverable", "final": true, "even_delivered": true },
            "32": { "state": "expired" },
        },
        "network_error_code": "when-missing",
    } }));
    let delivered = (DlrState::Delivered, true);
    for (err, tlv, before, after, error) in [
        (
            "125",
            None,
            (DlrState::Unknown, false),
            (DlrState::Rejected, true),
            "absent-subscriber",
        ),
        ("125", None, delivered, delivered, "absent-subscriber"),
        ("21b", None, delivered, delivered, "barred"),
        ("107", None, delivered, (DlrState::Undeliverable, true), "107"),
        (
            "0032",
            None,
            (DlrState::Unknown, false),
            (DlrState::Expired, true),
            "0032",
        ),
        (
            "",
            Some([8, 0, 0x7D]),
            (DlrState::Unknown, false),
            (DlrState::Rejected, true),
            "absent-subscriber",
        ),
        (
            "",
            Some(*b"125"),
            (DlrState::Unknown, false),
            (DlrState::Rejected, true),
            "absent-subscriber",
        ),
        ("", Some([0, 0, 0]), delivered, delivered, ""),
        ("002", Some([3, 0, 0x20]), delivered, delivered, "002"),
    ] {
        let tlvs: Vec<(u16, &[u8])> = tlv
            .iter()
            .map(|value: &[u8; 3]| (0x0423, value.as_slice()))
            .collect();
        let mut before = reading("1", "X", before.0, before.1);
        before.raw_error = err.to_owned();
        let read = read(deliver_sm(0x04, 0, &text("X", err), &tlvs), Some(before));
        assert_eq!(
            ((read.state, read.is_final), read.raw_error.as_str()),
            (after, error),
            "{err} {tlv:?}"
        );
    }
}

#[test]
fn a_receipt_is_what_the_settings_say_it_is() {
    let tlvs: &[(u16, &[u8])] = &[(0x001E, b"39f99dd5\0"), (0x0427, &[2])];
    let plain = b"See you at 8".as_slice();
    // (detection, esm_class, text, TLVs, whether the host saw one) -> id, or none
    for (detection, esm_class, octets, tlvs, seen, id) in [
        (
            "esm_class_or_text",
            0,
            text("DELIVRD", "000").as_slice(),
            &[][..],
            false,
            Some("0972660181"),
        ),
        ("esm_class_or_text", 0, plain, &[], false, None),
        // What a person may write is not enough.
        ("esm_class_or_text", 0, b"id:7 stat:DELIVRD", &[], false, None),
        ("tlv", 0, b"", tlvs, false, Some("39f99dd5")),
        ("tlv", 4, plain, &[], true, None),
        ("esm_class", 0, text("DELIVRD", "000").as_slice(), &[], true, None),
        (
            "esm_class",
            0x44,
            text("DELIVRD", "000").as_slice(),
            &[],
            true,
            Some("0972660181"),
        ),
    ] {
        let _call = with(&json!({ "receipts": { "detection": detection } }));
        let before = seen.then(|| reading("0972660181", "DELIVRD", DlrState::Delivered, true));
        let answer = Quirks::interpret(deliver_sm(esm_class, 0, octets, tlvs), before.clone());
        match (id, answer) {
            (Some(id), Ok(Answer::Receipt(receipt))) => {
                assert_eq!(
                    (receipt.message_id.as_str(), receipt.state),
                    (id, DlrState::Delivered)
                );
                assert!(receipt.is_final, "{detection}");
            }
            (Some(_), Ok(Answer::HostDefault)) => assert!(seen),
            (None, Ok(Answer::HostDefault)) => assert!(!seen, "{detection}"),
            (None, Ok(Answer::MobileOriginated(mo))) => assert!(seen && mo.text.is_none()),
            other => panic!("{detection} {other:?}"),
        }
    }
}

#[test]
fn other_layouts_are_read_by_their_keys_or_places() {
    for (layout, octets, id, state, error) in [
        (
            json!({ "id": "msgid", "state": "status", "error": "code", "assign": "=", "separator": "&" }),
            "msgid=A 1&status=FAILED&code=21b&msg=x",
            "A 1",
            DlrState::Undeliverable,
            "21b",
        ),
        (
            json!({ "fields": ["id", "state"] }),
            "362d9701 DELIVRD",
            "362d9701",
            DlrState::Delivered,
            "000",
        ),
        (
            json!({ "fields": ["skip", "id", "error", "state"], "separator": ";" }),
            "x; 17 ;5;EXPIRED;rest",
            "17",
            DlrState::Expired,
            "5",
        ),
        (
            json!({ "id": ["message-id", "id"], "text": "body" }),
            "Message-Id: 9 stat:REJECTD err:7 body:id:8 stat:DELIVRD",
            "9",
            DlrState::Rejected,
            "7",
        ),
    ] {
        let _call = with(&json!({ "receipts": { "layout": layout } }));
        let before = reading("", "", DlrState::Unknown, false);
        let read = read(deliver_sm(0x04, 0, octets.as_bytes(), &[]), Some(before));
        assert_eq!(
            (read.message_id.as_str(), read.state, read.raw_error.as_str()),
            (id, state, error),
            "{octets}"
        );
    }
}

#[test]
fn a_text_chosen_by_the_sender_names_no_other_message() {
    let _call = with(&json!({ "receipts": { "detection": "esm_class_or_text", "id_from": "text" } }));
    let forged = b"stat:DELIVRD err:000 text:id:42 done date:2503141205".as_slice();
    let answer = Quirks::interpret(deliver_sm(0, 0, forged, &[]), None);
    assert_eq!(answer, Ok(Answer::HostDefault));
    let behind = b"id:7 err:000 done date:2503141205 text:hi id:42 stat:DELIVRD".as_slice();
    let Ok(Answer::Receipt(receipt)) = Quirks::interpret(deliver_sm(0, 0, behind, &[]), None) else {
        panic!("a receipt");
    };
    assert_eq!(
        (receipt.message_id.as_str(), receipt.state),
        ("7", DlrState::Delivered)
    );
}

#[test]
fn local_times_get_the_operators_offset() {
    let _call = with(&json!({ "receipts": { "time_zone": "+05:30" } }));
    for (raw, expected) in [
        ("2503141205", Some("2025-03-14T12:05:00+05:30")),
        ("250314120559", Some("2025-03-14T12:05:59+05:30")),
        ("201506201641", Some("2015-06-20T16:41:00+05:30")),
        ("20110314181741", Some("2011-03-14T18:17:41+05:30")),
        ("0000000000", None),
        ("2502291205", None),
        ("soon", None),
    ] {
        let octets = format!("id:1 done date:{raw} stat:DELIVRD err:000");
        let before = reading("1", "DELIVRD", DlrState::Delivered, true);
        let read = read(deliver_sm(0x04, 0, octets.as_bytes(), &[]), Some(before));
        assert_eq!(read.done_at.as_deref(), expected, "{raw}");
    }
    // A time that the host knows already is better.
    let before = Receipt {
        done_at: Some("2025-03-14T06:35:00Z".to_owned()),
        ..reading("1", "DELIVRD", DlrState::Delivered, true)
    };
    let answer = Quirks::interpret(deliver_sm(0x04, 0, &text("DELIVRD", "000"), &[]), Some(before));
    assert_eq!(answer, Ok(Answer::HostDefault));
}

#[test]
fn the_id_of_the_text_may_count() {
    let _call = with(&json!({ "receipts": { "id_from": "text" } }));
    let pdu = deliver_sm(0x04, 0, &text("DELIVRD", "000"), &[(0x001E, b"junk\0")]);
    let read = read(pdu, Some(reading("junk", "DELIVRD", DlrState::Delivered, true)));
    assert_eq!(read.message_id, "0972660181");
}
