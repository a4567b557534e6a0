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
async fn a_segment_tells_its_place() {
    let octets = b"\x05\x00\x03\x2a\x02\x01first half, ".as_slice().into();
    let event = told(Mo {
        octets,
        esm_class: 0x40,
        ..Mo::text("491510000009", "12345", "")
    })
    .await;
    assert_eq!(event["text"], "first half, ");
    assert_eq!(
        event["concatenation"],
        json!({ "reference": 42, "total": 2, "number": 1 })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_text_in_message_payload() {
    let text = "word ".repeat(100);
    assert_eq!(told(Mo::text("491510000009", "12345", &text)).await["text"], text);
}
