//! Alphabets, long texts, addresses, fields and TLVs.

use super::*;
use serde_json::json;
use smpp_plugin_sdk::encoding::{Alphabet, AlphabetChoice, Answer as EncodingAnswer, Unencodable};
use smpp_plugin_sdk::splitting::{Answer as SplittingAnswer, PayloadPlan, ReferenceWidth, UdhPlan};
use smpp_plugin_sdk::submit::{Answer as SubmitAnswer, Part};
use smpp_plugin_sdk::{Encoding, Splitting, Submit};

#[test]
fn texts_go_in_the_alphabet_that_the_settings_say() {
    let transliterated = Some((Alphabet::Gsm7Unpacked, 0, Unencodable::Transliterate));
    let plain = |alphabet, data_coding| Some((alphabet, data_coding, Unencodable::HostDefault));
    let flash = |text| message(text, SmsEncoding::Gsm7, MessageType::Flash);
    let wide = |text| message(text, SmsEncoding::Ucs2, MessageType::Sms);
    for (settings, message, expected) in [
        (
            json!({ "gsm7": { "data_coding": 1 } }),
            sms("Hi"),
            plain(Alphabet::Gsm7Unpacked, 1),
        ),
        (json!({ "gsm7": { "data_coding": 1 } }), sms("ж"), None),
        (
            json!({ "gsm7": { "alphabet": "gsm7-packed" } }),
            sms("Hi"),
            plain(Alphabet::Gsm7Packed, 0),
        ),
        (
            json!({ "gsm7": { "alphabet": "latin1" } }),
            sms("ê"),
            plain(Alphabet::Latin1, 0),
        ),
        (
            json!({ "gsm7": { "alphabet": "latin1", "only_gsm7": true } }),
            sms("ê"),
            None,
        ),
        (
            json!({ "gsm7": { "alphabet": "ascii", "data_coding": 1 } }),
            sms("è"),
            None,
        ),
        (
            json!({ "gsm7": { "table": "acme" } }),
            sms("Hi"),
            plain(Alphabet::Named("acme".to_owned()), 0),
        ),
        (
            json!({ "latin1": { "data_coding": 3 } }),
            sms("ê"),
            plain(Alphabet::Latin1, 3),
        ),
        (json!({ "latin1": { "data_coding": 3 } }), sms("Hi"), None),
        (json!({ "latin1": { "data_coding": 3 } }), flash("ê"), None),
        (json!({ "transliterate": true }), sms("“Hi”"), transliterated),
        (
            json!({ "ucs2": { "data_coding": 0x18 } }),
            sms("ж"),
            plain(Alphabet::Ucs2, 0x18),
        ),
        (json!({ "ucs2": {} }), wide("Hi"), plain(Alphabet::Ucs2, 8)),
        (
            json!({ "downgrade": true }),
            wide("Hi"),
            plain(Alphabet::Gsm7Unpacked, 0),
        ),
        (json!({ "downgrade": true }), wide("ж"), None),
        (
            json!({ "flash_gsm7": { "data_coding": 0xF0 } }),
            flash("Hi"),
            plain(Alphabet::Gsm7Unpacked, 0xF0),
        ),
        (
            json!({ "flash_gsm7": {} }),
            flash("Hi"),
            plain(Alphabet::Gsm7Unpacked, 0x10),
        ),
        (json!({ "gsm7": { "data_coding": 1 } }), flash("Hi"), None),
        (
            json!({ "flash_ucs2": {} }),
            flash("ж"),
            plain(Alphabet::Ucs2, 0x18),
        ),
    ] {
        let _call = with(&json!({ "encoding": settings }));
        let expected = expected.map_or(
            EncodingAnswer::HostDefault,
            |(alphabet, data_coding, unencodable)| {
                EncodingAnswer::Alphabet(AlphabetChoice {
                    alphabet,
                    data_coding,
                    unencodable,
                })
            },
        );
        assert_eq!(
            Quirks::choose(&message),
            Ok(expected),
            "{settings} {}",
            message.text
        );
    }
}

#[test]
fn long_texts_go_as_the_settings_say() {
    let udh = |reference_width, max_octets, max_parts| {
        SplittingAnswer::Udh(UdhPlan {
            reference_width,
            max_octets,
            max_parts,
        })
    };
    let payload = |max_octets| SplittingAnswer::MessagePayload(PayloadPlan { max_octets });
    let refused = "it needs 4 parts; the operator takes 3".to_owned();
    let (eight, sixteen) = (ReferenceWidth::EightBits, ReferenceWidth::SixteenBits);
    let csms = LongMessageStrategy::Csms;
    let tlv = LongMessageStrategy::Tlv;
    for (settings, strategy, coding, octets, expected) in [
        (json!({ "mode": "udh16" }), csms, 0, 161, udh(sixteen, None, None)),
        (
            json!({ "mode": "udh16" }),
            csms,
            0,
            160,
            SplittingAnswer::HostDefault,
        ),
        (
            json!({ "mode": "udh8", "max_octets": 134, "max_parts": 5 }),
            csms,
            8,
            141,
            udh(eight, Some(134), Some(5)),
        ),
        (json!({ "mode": "sar" }), csms, 8, 200, SplittingAnswer::SarTlvs),
        (
            json!({ "mode": "sar", "max_parts": 3 }),
            csms,
            0,
            460,
            SplittingAnswer::Refuse(refused),
        ),
        (
            json!({ "mode": "payload", "payload_max_octets": 1800 }),
            csms,
            0,
            161,
            payload(Some(1800)),
        ),
        (
            json!({ "mode": "payload" }),
            csms,
            0,
            10,
            SplittingAnswer::HostDefault,
        ),
        (
            json!({ "mode": "payload", "payload_always": true }),
            csms,
            0,
            10,
            payload(None),
        ),
        (json!({ "mode": "udh8" }), tlv, 0, 161, payload(None)),
        (
            json!({ "mode": "udh8", "takes_payload": false }),
            tlv,
            0,
            161,
            udh(eight, None, None),
        ),
    ] {
        let _call = with(&json!({ "splitting": settings }));
        let mut message = sms("x");
        message.long_message_strategy = strategy;
        assert_eq!(
            Quirks::plan(&message, coding, octets),
            Ok(expected),
            "{settings} {octets}"
        );
    }
    let _call = with(&json!({ "splitting": { "mode": "reject" } }));
    assert!(matches!(
        Quirks::plan(&sms("x"), 0, 161),
        Ok(SplittingAnswer::Refuse(_))
    ));
    // Latin-1 under data_coding 0 fills a short message with 140 octets.
    let latin1 = json!({ "alphabet": "latin1" });
    let _call = with(&json!({ "splitting": { "mode": "udh8" }, "encoding": { "gsm7": latin1 } }));
    assert_eq!(Quirks::plan(&sms("x"), 0, 141), Ok(udh(eight, None, None)));
}

fn rewritten(settings: &Value, pdu: SubmitSm, part: (u8, u8)) -> SubmitAnswer {
    let _call = with(settings);
    let part = Part {
        number: part.0,
        count: part.1,
    };
    Quirks::rewrite(&sms("Hello"), pdu, part).unwrap()
}

#[test]
fn the_first_rule_that_fits_an_address_decides() {
    let rules = json!({
        "source": { "rule": [
            { "match": "digits", "length": [3, 8], "ton": 6, "npi": 0 },
            { "match": "text", "npi": 1 },
            { "match": "empty", "refuse": "this operator wants a sender" },
        ] },
        "destination": { "rule": [
            { "prefix": "49", "replace_prefix": "0", "ton": 2 },
            { "match": "international", "replace_prefix": "+" },
        ] },
    });
    for (source, destination, expected) in [
        (
            address(3, 0, "12345"),
            address(1, 1, "491512"),
            Some((address(6, 0, "12345"), address(2, 1, "01512"))),
        ),
        (
            address(5, 0, "A-B"),
            address(1, 1, "33612"),
            Some((address(5, 1, "A-B"), address(1, 1, "+33612"))),
        ),
        (address(1, 1, "4912345678"), address(3, 0, "777"), None),
    ] {
        let pdu = SubmitSm {
            source,
            destination,
            ..submit_sm()
        };
        let expected = expected.map_or(SubmitAnswer::HostDefault, |(source, destination)| {
            SubmitAnswer::Send(SubmitSm {
                source,
                destination,
                ..submit_sm()
            })
        });
        assert_eq!(rewritten(&rules, pdu, (1, 1)), expected);
    }
    let pdu = SubmitSm {
        source: address(0, 0, ""),
        ..submit_sm()
    };
    let refused = SubmitAnswer::Refuse("from: this operator wants a sender".to_owned());
    assert_eq!(rewritten(&rules, pdu, (1, 1)), refused);
}

#[test]
fn fields_are_set_and_the_header_bit_stays() {
    let settings = json!({ "submit": {
        "service_type": "CMT", "protocol_id": 0x40, "esm_class": 3, "priority": 1, "registered_delivery": 0x11,
        "receipts_on": "last", "replace_if_present": true, "sm_default_msg_id": 2, "validity": "never",
        "more_messages_to_send": true, "nul_terminated": true,
    } });
    let headed = SubmitSm {
        esm_class: 0x40,
        ..submit_sm()
    };
    for (part, registered_delivery, more) in [((1, 2), 0, 1), ((2, 2), 0x11, 0)] {
        let SubmitAnswer::Send(pdu) = rewritten(&settings, headed.clone(), part) else {
            panic!("a PDU");
        };
        assert_eq!(
            (pdu.esm_class, pdu.registered_delivery),
            (0x43, registered_delivery)
        );
        assert_eq!(pdu.service_type, "CMT");
        assert_eq!(
            (
                pdu.protocol_id,
                pdu.priority_flag,
                pdu.replace_if_present,
                pdu.sm_default_msg_id
            ),
            (0x40, 1, 1, 2)
        );
        assert_eq!(
            (pdu.validity_period.as_str(), pdu.short_message.as_slice()),
            ("", b"Hello\0".as_slice())
        );
        assert_eq!(pdu.tlvs, deliver_sm(0, 0, b"", &[(0x0426, &[more])]).tlvs);
    }
    // Who asked for no receipt gets none.
    let quiet = SubmitSm {
        registered_delivery: 0,
        ..submit_sm()
    };
    let settings = json!({ "submit": { "registered_delivery": 0x11 } });
    assert_eq!(rewritten(&settings, quiet, (1, 1)), SubmitAnswer::HostDefault);
}

#[test]
fn tlvs_are_added_unless_the_command_brings_them() {
    let settings = json!({ "submit": { "flash_tlv": true, "tlv": [
        { "tag": 0x1400, "text": "1101", "nul": true },
        { "tag": 0x1860, "number": 258, "octets": 2 },
        { "tag": 0x1402, "hex": "00ff", "on": "first" },
        { "tag": 0x1401, "required": "it has no DLT template", "nul": true },
        { "tag": 0x1403, "text": "ours", "replace": true },
    ] } });
    let bring = |tlvs: &[(u16, &[u8])]| SubmitSm {
        tlvs: deliver_sm(0, 0, b"", tlvs).tlvs,
        ..submit_sm()
    };
    let pdu = bring(&[(0x1401, b"42"), (0x1400, b"7"), (0x1403, b"theirs")]);
    let sent: &[(u16, &[u8])] = &[
        (0x1401, b"42\0"),
        (0x1400, b"7\0"),
        (0x1403, b"ours"),
        (0x1860, &[1, 2]),
    ];
    assert_eq!(rewritten(&settings, pdu, (2, 2)), SubmitAnswer::Send(bring(sent)));
    let sent: &[(u16, &[u8])] = &[
        (0x1401, b"42\0"),
        (0x1400, b"1101\0"),
        (0x1860, &[1, 2]),
        (0x1402, &[0, 255]),
        (0x1403, b"ours"),
    ];
    assert_eq!(
        rewritten(&settings, bring(&[(0x1401, b"42\0")]), (1, 2)),
        SubmitAnswer::Send(bring(sent))
    );
    let refused = SubmitAnswer::Refuse("it has no DLT template".to_owned());
    assert_eq!(rewritten(&settings, submit_sm(), (1, 1)), refused);
    let _call = with(&settings);
    let flash = message("Hi", SmsEncoding::Gsm7, MessageType::Flash);
    let part = Part { number: 1, count: 1 };
    let Ok(SubmitAnswer::Send(pdu)) = Quirks::rewrite(&flash, bring(&[(0x1401, b"42")]), part) else {
        panic!("a PDU");
    };
    assert!(pdu.tlvs.contains(&Tlv {
        tag: 5,
        value: vec![1]
    }));
}

#[test]
fn absent_settings_are_no_opinion() {
    let _call = with(&json!({}));
    let part = Part { number: 1, count: 1 };
    assert_eq!(Quirks::choose(&sms("ж")), Ok(EncodingAnswer::HostDefault));
    assert_eq!(Quirks::plan(&sms("x"), 0, 500), Ok(SplittingAnswer::HostDefault));
    assert_eq!(
        Quirks::rewrite(&sms("x"), submit_sm(), part),
        Ok(SubmitAnswer::HostDefault)
    );
}
