//! Messages from subscribers.

use super::{count, of_kind, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Operator};
use smsc_sim::{Mo, Script, Smsc};

/// Delivers a message and returns its event.
async fn told(mo: Mo) -> Value {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    seen(&smsc, |seen| seen.bound == 1).await;
    assert_eq!(smsc.send_mo(mo).await, Ok(0));
    // It was answered, so it is durable: no waiting.
    let events = gateway.events().await;
    assert_eq!(count(&events, "mo"), 1);
    of_kind(&events, "mo")[0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_in_the_default_alphabet() {
    let mo = Mo {
        octets: b"STOP \x1be5 \0".as_slice().into(),
        ..Mo::text("491510000009", "12345", "")
    };
    let event = told(mo).await;
    assert_eq!(
        (&event["from"], &event["to"]),
        (&json!("491510000009"), &json!("12345"))
    );
    assert_eq!(
        (&event["text"], &event["dataCoding"]),
        (&json!("STOP €5 @"), &json!(0))
    );
    assert_eq!(
        (&event["parts"], &event["concatenation"]),
        (&json!(1), &Value::Null)
    );
    assert!(event["receivedAt"].is_string() && event["operatorId"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_in_national_tables() {
    let event = told(Mo {
        octets: b"\x06\x25\x01\x01\x24\x01\x01I\x1d\x07k \x1bs".as_slice().into(),
        esm_class: 0x40,
        ..Mo::text("905321234567", "12345", "")
    })
    .await;
    assert_eq!(event["text"], json!("Işık ş"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_in_ucs2() {
    let octets: Vec<u8> = "Да 😀".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let event = told(Mo {
        octets: octets.into(),
        data_coding: 8,
        ..Mo::text("491510000009", "12345", "")
    })
    .await;
    assert_eq!(
        (&event["text"], &event["dataCoding"]),
        (&json!("Да 😀"), &json!(8))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_tells_its_place_where_the_platform_puts_messages_together() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("mo_reassembly", "false");
    let gateway = Gateway::start(vec![operator]).await;
    seen(&smsc, |seen| seen.bound == 1).await;
    let mo = Mo {
        octets: b"\x05\x00\x03\x2a\x02\x01first half, ".as_slice().into(),
        esm_class: 0x40,
        ..Mo::text("491510000009", "12345", "")
    };
    assert_eq!(smsc.send_mo(mo).await, Ok(0));
    let event = of_kind(&gateway.events().await, "mo")[0].clone();
    assert_eq!(event["text"], "first half, ");
    assert_eq!(
        event["concatenation"],
        json!({ "reference": 42, "total": 2, "number": 1 })
    );
    assert_eq!((&event["complete"], &event["parts"]), (&json!(false), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_in_a_national_alphabet() {
    let event = told(Mo {
        octets: b"\x06\x25\x01\x01\x24\x01\x01\x0b\x1bs".as_slice().into(),
        esm_class: 0x40,
        ..Mo::text("491510000009", "12345", "")
    })
    .await;
    assert_eq!(event["text"], "Ğş");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_for_an_application_stays_octets() {
    let event = told(Mo {
        octets: b"\x06\x05\x04\x0b\x84\x23\xf0\x00\x01\xff".as_slice().into(),
        data_coding: 0xF5,
        esm_class: 0x40,
        ..Mo::text("491510000009", "12345", "")
    })
    .await;
    assert_eq!((&event["text"], &event["data"]), (&Value::Null, &json!("0001ff")));
    assert_eq!(
        (&event["destinationPort"], &event["sourcePort"]),
        (&json!(2948), &json!(9200))
    );
    assert_eq!(
        (&event["esmClass"], &event["complete"]),
        (&json!(0x40), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_that_nobody_knows_are_passed_on() {
    let tlv = |tag, value: &'static [u8]| smsc_sim::Tlv {
        tag,
        value: value.into(),
    };
    let event = told(Mo {
        tlvs: vec![tlv(0x1400, b"1"), tlv(0x0202, b"\xa0242010"), tlv(0x1400, b"")],
        ..Mo::text("491510000009", "12345", "STOP")
    })
    .await;
    let expected = json!([
        { "tag": 0x1400, "value": "31" },
        { "tag": 0x0202, "value": "a0323432303130" },
        { "tag": 0x1400, "value": "" },
    ]);
    assert_eq!((&event["text"], &event["tlvs"]), (&json!("STOP"), &expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_longer_than_its_message_is_text() {
    let event = told(Mo {
        esm_class: 0x40,
        ..Mo::text("491510000009", "12345", "Hello")
    })
    .await;
    assert_eq!(
        (&event["text"], &event["brokenHeader"]),
        (&json!("Hello"), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_text_in_message_payload() {
    let text = "word ".repeat(100);
    assert_eq!(told(Mo::text("491510000009", "12345", &text)).await["text"], text);
}
