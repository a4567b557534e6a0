use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn command() -> DispatchCommand {
    DispatchCommand {
        message_id: MessageId(Uuid::from_u128(1)),
        to: "+4915112345678".to_owned(),
        from: "ACME".to_owned(),
        text: "Grüße, 世界".to_owned(),
        encoding: SmsEncoding::Gsm7,
        operator_id: OperatorId(Uuid::from_u128(2)),
        account_id: AccountId(Uuid::from_u128(3)),
        message_type: MessageType::Sms,
        long_message_strategy: LongMessageStrategy::Csms,
        splitting: None,
        validity_period: None,
        expires_at: None,
        registered_delivery: true,
        priority: None,
        tlvs: Vec::new(),
        trace_parent: None,
    }
}

fn with(field: &str, value: Value) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(&command().to_json()).unwrap();
    json[field] = value;
    serde_json::to_vec(&json).unwrap()
}

#[test]
fn a_traceparent_is_read_and_one_that_is_none_is_no_reason_to_refuse() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let command = DispatchCommand::parse(&with("traceparent", json!(parent))).unwrap();
    assert_eq!(command.trace_parent, parent.parse().ok());
    assert_eq!(DispatchCommand::parse(&command.to_json()), Ok(command));
    for other in [
        json!("00-0-0-0"),
        json!(7),
        json!({}),
        json!("00\u{1F4A9}"),
        json!(null),
    ] {
        let command = DispatchCommand::parse(&with("traceparent", other)).unwrap();
        assert_eq!(command.trace_parent, None);
    }
}

fn problems(json: &[u8]) -> Vec<String> {
    DispatchCommand::parse(json)
        .unwrap_err()
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_command_of_the_model_is_read() {
    let json = br#"{"messageId":"00000000-0000-0000-0000-000000000001","to":"+4915112345678","from":"ACME",
        "text":"Gr\u00fc\u00dfe, \u4e16\u754c","encoding":"GSM7","operatorId":"00000000-0000-0000-0000-000000000002",
        "accountId":"00000000-0000-0000-0000-000000000003","messageType":"SMS","longMessageStrategy":"CSMS"}"#;
    assert_eq!(DispatchCommand::parse(json), Ok(command()));
}

#[test]
fn extensions_are_read_and_unknown_fields_are_not() {
    let mut json: Value = serde_json::from_slice(&command().to_json()).unwrap();
    for (field, value) in [
        ("splitting", json!("udh16")),
        ("validityPeriod", json!(3600)),
        ("expiresAt", json!("2026-01-31T13:00:00+01:00")),
        ("registeredDelivery", json!(false)),
        ("priority", json!(3)),
        (
            "tlvs",
            json!([{"tag": 0x1400, "value": "31aF00"}, {"tag": 0x1401, "value": ""}]),
        ),
        ("campaign", json!({"deep": [1, 2]})),
    ] {
        json[field] = value;
    }
    let read = DispatchCommand::parse(&serde_json::to_vec(&json).unwrap()).unwrap();
    let expected = DispatchCommand {
        splitting: Some(Cut::Udh16),
        validity_period: Some(3600),
        expires_at: Some("2026-01-31T12:00:00Z".parse().unwrap()),
        registered_delivery: false,
        priority: Some(3),
        tlvs: vec![
            Tlv {
                tag: 0x1400,
                value: vec![0x31, 0xAF, 0],
            },
            Tlv {
                tag: 0x1401,
                value: Vec::new(),
            },
        ],
        ..command()
    };
    assert_eq!(read, expected);
    assert_eq!(DispatchCommand::parse(&read.to_json()), Ok(expected));
}

#[test]
fn null_is_absent() {
    for field in [
        "splitting",
        "validityPeriod",
        "expiresAt",
        "registeredDelivery",
        "priority",
        "tlvs",
    ] {
        assert_eq!(
            DispatchCommand::parse(&with(field, Value::Null)),
            Ok(command()),
            "{field}"
        );
    }
    assert_eq!(problems(&with("text", Value::Null)), ["text: is missing"]);
}

#[test]
fn the_slow_way_reads_what_the_fast_way_reads() {
    // A field that is given twice is what the fast way alone refuses.
    let json = String::from_utf8(with("priority", json!(2)))
        .unwrap()
        .replacen('{', r#"{"to":"123","#, 1);
    assert_eq!(
        DispatchCommand::parse(json.as_bytes()),
        Ok(DispatchCommand {
            priority: Some(2),
            ..command()
        })
    );
}

#[test]
fn every_problem_is_named() {
    let json =
        br#"{"messageId":"x","to":"12ab","from":"a\u0000b","text":5,"encoding":"gsm7","accountId":null,
        "messageType":"MMS","longMessageStrategy":"SAR","splitting":"csms","validityPeriod":0,"expiresAt":"tomorrow",
        "registeredDelivery":"yes","priority":4,
        "tlvs":[{"tag":70000,"value":"0"},{"tag":1060,"value":"zz"},{"value":""},7]}"#;
    assert_eq!(
        problems(json),
        [
            "messageId: \"x\" is not a UUID",
            "to: \"12ab\" is not a number: use 3 to 15 digits with an optional leading +",
            "from: '\\0' cannot be in a sender: use printable characters",
            "text: is a number, not a string",
            "encoding: \"gsm7\" is not known: use GSM7 or UCS2",
            "operatorId: is missing",
            "accountId: is missing",
            "messageType: \"MMS\" is not known: use SMS or FLASH",
            "longMessageStrategy: \"SAR\" is not known: use CSMS or TLV",
            "splitting: \"csms\" is not known: use udh8 or udh16 or sar",
            "validityPeriod: 0 is out of range: use seconds from 1 to 4294967295",
            "expiresAt: \"tomorrow\" is not a time: use RFC 3339, as in 2026-01-31T12:00:00Z",
            "registeredDelivery: is a string, not true or false",
            "priority: 4 is out of range: use 0 to 3",
            "tlvs[0].tag: 70000 is out of range: use 0 to 65535",
            "tlvs[0].value: \"0\" is not hex: use two digits an octet",
            "tlvs[1].tag: 0x0424 is set by the gateway itself",
            "tlvs[1].value: \"zz\" is not hex: use two digits an octet",
            "tlvs[2].tag: is missing",
            "tlvs[3]: is a number, not an object with tag and value",
        ]
    );
    let all = DispatchCommand::parse(br#"{"to":"1"}"#).unwrap_err();
    assert_eq!(all.problems().len(), 9);
    assert!(
        all.to_string()
            .starts_with("messageId: is missing; to: \"1\" is not a number")
    );
}

#[test]
fn single_fields_at_their_bounds() {
    for (field, value) in [
        ("to", json!("123")),
        ("to", json!("123456789012345")),
        ("to", json!("+123456789012345")),
        ("from", json!("")),
        ("from", json!("é".repeat(20))),
        ("from", json!("Ωmega €")),
        ("text", json!("")),
        ("text", json!("a".repeat(40_000))),
        ("priority", json!(0)),
        ("tlvs", json!(vec![json!({"tag": 5120, "value": "00"}); 32])),
    ] {
        assert!(
            DispatchCommand::parse(&with(field, value.clone())).is_ok(),
            "{field}: {value}"
        );
    }
    for (field, value) in [
        ("to", json!("12")),
        ("to", json!("")),
        ("to", json!("++123")),
        ("to", json!("1234567890123456")),
        ("to", json!("١٢٣")),
        ("to", json!(4_915_112_345_678_u64)),
        ("from", json!("a".repeat(21))),
        ("from", json!("a\nb")),
        ("text", json!("a".repeat(40_001))),
        ("priority", json!(-1)),
        ("priority", json!(1.5)),
        ("priority", json!(300)),
        ("validityPeriod", json!(4_294_967_296_u64)),
        ("tlvs", json!(vec![json!({"tag": 5120, "value": "00"}); 33])),
        ("tlvs", json!({})),
    ] {
        assert_eq!(problems(&with(field, value.clone())).len(), 1, "{field}: {value}");
    }
}

#[test]
fn what_is_no_command_is_refused_as_a_whole() {
    assert_eq!(
        problems(b"{\n \"to\": }"),
        ["body: is not JSON: expected value at line 2 column 8"]
    );
    assert_eq!(problems(b"[]"), ["body: is an array: a command is a JSON object"]);
    assert_eq!(problems(b"{\"to\":\"\xff\"}").len(), 1);
    assert_eq!(
        problems(&[b' '; 65537]),
        ["body: has 65537 octets: at most 65536 are read"]
    );
    let mut padded = command().to_json();
    padded.resize(65536, b' ');
    assert_eq!(DispatchCommand::parse(&padded), Ok(command()));
}

#[test]
fn logs_see_no_number_and_no_text() {
    let shown = format!("{:?}", command());
    assert!(
        shown.contains("************78") && !shown.contains("4915") && !shown.contains("Gr"),
        "{shown}"
    );
    let error = DispatchCommand::parse(&with("to", json!("4915112345678901")))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("**************01") && !error.contains("4915"),
        "{error}"
    );
}

fn commands() -> impl Strategy<Value = DispatchCommand> {
    let tlv = (0x1400_u16..=0x3FFF, proptest::collection::vec(any::<u8>(), 0..20))
        .prop_map(|(tag, value)| Tlv { tag, value });
    (
        (
            any::<u128>(),
            "\\+?[0-9]{3,15}",
            "[a-zA-Z0-9 é]{0,20}",
            ".{0,300}",
        ),
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        proptest::option::of(1_u32..),
        proptest::option::of(-1_000_000_000_000_i64..10_000_000_000_000),
        proptest::option::of(0_u8..=3),
        proptest::collection::vec(tlv, 0..4),
    )
        .prop_map(
            |((id, to, from, text), (gsm7, sms, csms, receipts), validity, expires, priority, tlvs)| {
                DispatchCommand {
                    message_id: MessageId(Uuid::from_u128(id)),
                    to,
                    from,
                    text,
                    encoding: if gsm7 {
                        SmsEncoding::Gsm7
                    } else {
                        SmsEncoding::Ucs2
                    },
                    message_type: if sms { MessageType::Sms } else { MessageType::Flash },
                    long_message_strategy: if csms {
                        LongMessageStrategy::Csms
                    } else {
                        LongMessageStrategy::Tlv
                    },
                    validity_period: validity,
                    expires_at: expires.and_then(DateTime::from_timestamp_millis),
                    registered_delivery: receipts,
                    priority,
                    tlvs,
                    ..command()
                }
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_is_read(command in commands()) {
        prop_assert_eq!(DispatchCommand::parse(&command.to_json()), Ok(command));
    }

    #[test]
    fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(DispatchCommand::parse(&octets).is_err());
    }

    #[test]
    fn no_damage_panics(command in commands(), at: usize, octet: u8) {
        let mut json = command.to_json();
        let at = at % json.len();
        json[at] = octet;
        if let Err(errors) = DispatchCommand::parse(&json) {
            prop_assert!(!errors.problems().is_empty());
        }
    }
}
