//! Messages from subscribers as node-smpp writes them, in every alphabet and size.

use super::bound;
use serde_json::{Value, json};

/// Adds what they have in common.
fn from_subscriber(fields: Value) -> Value {
    let mut all = json!({
        "source_addr": "491511234567", "source_addr_ton": 1, "source_addr_npi": 1,
        "destination_addr": "12345", "dest_addr_ton": 3, "dest_addr_npi": 0,
        // Left to itself node-smpp would call GSM 7-bit 1, which is IA5 to everybody else.
        "data_coding": 0,
    });
    let object = all.as_object_mut().expect("an object");
    object.extend(fields.as_object().expect("an object").clone());
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_subscriber_wrote_is_told() {
    let german = "STOP! Grüße {an} alle: 5 € @ ^~|\\[]";
    let russian = "Да, поезд 🚂 в 日本";
    let french = "déjà vu, ç'était «ça» ÿ";
    let long = "Eine längere Nachricht, die so in kein short_message passt. ".repeat(6);
    let rows = [
        ("deliver_sm", json!({ "short_message": german }), german, 0),
        (
            "deliver_sm",
            json!({ "short_message": russian, "data_coding": 8 }),
            russian,
            8,
        ),
        (
            "deliver_sm",
            json!({ "short_message": french, "data_coding": 3 }),
            french,
            3,
        ),
        ("deliver_sm", json!({ "short_message": "" }), "", 0),
        ("deliver_sm", json!({ "message_payload": long }), &long, 0),
        (
            "data_sm",
            json!({ "message_payload": russian, "data_coding": 8 }),
            russian,
            8,
        ),
        ("data_sm", json!({ "message_payload": german }), german, 0),
    ];
    let (mut smsc, gateway) = bound().await;
    for (number, (command, fields, text, data_coding)) in (1..).zip(rows) {
        smsc.send(command, &from_subscriber(fields.clone()));
        let of_kind = |event: &&Value| event["type"] == "mo";
        let enough = |events: &[Value]| events.iter().filter(of_kind).count() == number;
        let events = gateway.events_until(enough).await;
        let told = events.iter().rfind(of_kind).expect("it was there");
        assert_eq!(
            (&told["text"], &told["dataCoding"], &told["from"], &told["to"]),
            (
                &json!(text),
                &json!(data_coding),
                &json!("491511234567"),
                &json!("12345")
            ),
            "{command} {fields}"
        );
    }
    for (answer, count) in [("deliver_sm_resp", 5), ("data_sm_resp", 2)] {
        for answer in smsc.pdus(answer, count).await {
            assert_eq!(answer["pdu"]["command_status"], 0, "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_with_a_concatenation_header_come_together() {
    let (mut smsc, gateway) = bound().await;
    // An 8-bit and a 16-bit reference, as node-smpp writes the header that it is given.
    for (header, text) in [
        ("050003a7", "eins, zwei, ".to_owned()),
        ("060804a1b2", "три 🚂 ".to_owned()),
    ] {
        for number in 1..=3 {
            let data_coding = if text.is_ascii() { 0 } else { 8 };
            let header = format!("{header}03{number:02x}");
            let fields = json!({
                "data_coding": data_coding, "short_message": { "udh": { "hex": header }, "message": text },
            });
            smsc.send("deliver_sm", &from_subscriber(fields));
        }
    }
    let told = |events: &[Value]| -> Vec<Value> {
        let told = events.iter().filter(|event| event["type"] == "mo");
        told.map(|event| event["text"].clone()).collect()
    };
    let events = gateway.events_until(|events| told(events).len() == 2).await;
    assert_eq!(
        told(&events),
        [json!("eins, zwei, ".repeat(3)), json!("три 🚂 ".repeat(3))]
    );
}
