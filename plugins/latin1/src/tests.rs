use super::*;
use smpp_plugin_sdk::testing::Context;
use smpp_plugin_sdk::{Address, LongMessageStrategy, SmsEncoding};

fn message(text: &str, message_type: MessageType) -> OutboundMessage {
    let address = |digits: &str| Address {
        ton: 1,
        npi: 1,
        digits: digits.to_owned(),
    };
    OutboundMessage {
        message_id: "m-1".to_owned(),
        account_id: "a-1".to_owned(),
        source: address("4670000001"),
        destination: address("4670000002"),
        text: text.to_owned(),
        encoding: SmsEncoding::Gsm7,
        message_type,
        long_message_strategy: LongMessageStrategy::Csms,
    }
}

fn choice(text: &str, message_type: MessageType) -> (Alphabet, DataCoding) {
    match Latin1::choose(&message(text, message_type)) {
        Ok(EncodingAnswer::Alphabet(choice)) => (choice.alphabet, choice.data_coding),
        other => panic!("no alphabet: {other:?}"),
    }
}

fn plan(coding: DataCoding, octets: u32) -> SplittingAnswer {
    Latin1::plan(&message("", MessageType::Sms), coding, octets).unwrap()
}

#[test]
fn latin1_where_it_fits_and_ucs2_where_not() {
    for text in [
        "Hello",
        "Smörgåsbord ÿ",
        "no-break\u{a0}space",
        "ê is not GSM 7 bit",
        "",
    ] {
        assert_eq!(choice(text, MessageType::Sms), (Alphabet::Latin1, 3), "{text:?}");
    }
    for text in ["5 €", "Ā", "привет", "😀", "windows-1252 \u{80}"] {
        assert_eq!(choice(text, MessageType::Sms), (Alphabet::Ucs2, 8), "{text:?}");
    }
}

#[test]
fn flash_goes_in_an_alphabet_with_a_message_class() {
    assert_eq!(
        choice("Smörgås 5 €", MessageType::Flash),
        (Alphabet::Gsm7Unpacked, 0x10)
    );
    assert_eq!(choice("ê", MessageType::Flash), (Alphabet::Ucs2, 0x18));
}

#[test]
fn what_fits_one_short_message_is_left_to_the_host() {
    assert_eq!(plan(LATIN1, 140), SplittingAnswer::HostDefault);
    assert_eq!(plan(UCS2, 140), SplittingAnswer::HostDefault);
    assert_eq!(plan(GSM7_CLASS_0, 160), SplittingAnswer::HostDefault);
    assert_ne!(plan(LATIN1, 141), SplittingAnswer::HostDefault);
    assert_ne!(plan(GSM7_CLASS_0, 161), SplittingAnswer::HostDefault);
}

#[test]
#[cfg(feature = "message-payload")]
fn long_texts_go_in_message_payload_up_to_the_limit() {
    let payload = |most| {
        SplittingAnswer::MessagePayload(PayloadPlan {
            max_octets: Some(most),
        })
    };
    assert_eq!(plan(LATIN1, 141), payload(1_800));
    let _call = Context::new()
        .settings(r#"{"max_payload_octets": 1000, "max_parts": 7}"#)
        .enter();
    assert_eq!(plan(LATIN1, 1_000), payload(1_000));
    assert!(matches!(
        plan(LATIN1, 1_001),
        SplittingAnswer::Udh(UdhPlan {
            max_parts: Some(7),
            ..
        })
    ));
}

#[test]
#[cfg(not(feature = "message-payload"))]
fn long_texts_go_as_parts() {
    let _call = Context::new().settings(r#"{"max_parts": 7}"#).enter();
    assert!(matches!(
        plan(LATIN1, 141),
        SplittingAnswer::Udh(UdhPlan {
            max_parts: Some(7),
            ..
        })
    ));
}

#[test]
fn settings_are_optional() {
    for document in [
        "",
        "{}",
        r#"{"max_payload_octets": 141}"#,
        r#"{"max_payload_octets": 65535, "max_parts": 1}"#,
    ] {
        assert_eq!(Latin1::validate(document), Ok(()), "{document}");
    }
}

#[test]
fn every_wrong_setting_is_reported() {
    let document = r#"{"max_payload_octets": 140, "max_parts": "3", "max_part": 3}"#;
    let paths: Vec<_> = Latin1::validate(document)
        .unwrap_err()
        .into_iter()
        .map(|problem| problem.path)
        .collect();
    assert_eq!(paths, ["/max_payload_octets", "/max_parts", "/max_part"]);
}
