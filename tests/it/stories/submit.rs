//! A short message, from the command to the receipt that ends it.

use super::{seen, shown};
use serde_json::{Value, json};
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc};

fn keys(event: &Value) -> Vec<&str> {
    event
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[track_caller]
fn assert_has(event: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        assert!(keys(event).contains(&field), "{field} is missing in {event:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_accepted_and_its_receipt_ends_it() {
    let smsc = Smsc::start(Script::new().first_id(4711)).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let gateway = Gateway::start(vec![operator.clone()]).await;
    let message = Message::to("491510000009").text("Hello @ 5 €");
    gateway.send(std::slice::from_ref(&message)).await;

    let outcome = gateway.outcome(message.id()).await;
    assert_has(
        &outcome,
        "messageId accountId operatorId outcome parts commandStatus reason encoding dataCoding \
         longMessageStrategy submittedAt policy",
    );
    assert_eq!(outcome["outcome"], "ACCEPTED");
    assert_eq!(outcome["operatorId"], operator.id.to_string());
    let part = json!([{ "partNumber": 1, "operatorMessageId": "4711", "commandStatus": 0 }]);
    assert_eq!((&outcome["parts"], &outcome["commandStatus"]), (&part, &json!(0)));
    assert_eq!(
        (&outcome["encoding"], &outcome["dataCoding"]),
        (&json!("GSM7"), &json!(0))
    );
    assert_eq!(
        (&outcome["reason"], &outcome["policy"]),
        (&Value::Null, &Value::Null)
    );

    let end = gateway.end(message.id()).await;
    assert_has(
        &end,
        "messageId accountId operatorId operatorMessageId partNumber partCount state final messageState \
         messageFinal rawState rawError networkErrorCode submittedAt doneAt receivedAt to conflict",
    );
    assert_eq!(
        (&end["state"], &end["final"]),
        (&json!("DELIVERED"), &json!(true))
    );
    assert_eq!(
        (&end["messageState"], &end["conflict"]),
        (&json!("DELIVERED"), &json!(false))
    );
    assert_eq!(
        (&end["operatorMessageId"], &end["rawState"]),
        (&json!("4711"), &json!("DELIVRD"))
    );
    assert_eq!(
        (&end["submittedAt"], &end["to"]),
        (&outcome["submittedAt"], &json!("491510000009"))
    );

    let received = smsc.messages();
    let [received] = received.as_slice() else {
        panic!("{received:?}")
    };
    assert_eq!(shown(received.data_coding, &received.octets), "Hello @ 5 €");
    assert_eq!(
        (received.source.as_str(), received.destination.as_str()),
        ("Story", "491510000009")
    );
    assert_eq!(gateway.shutdown().await, Ended::Clean);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flash_message_is_of_class_zero() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let flash = Message::to("491510000009").with("messageType", json!("FLASH"));
    let messages = [
        flash.clone().text("Fire"),
        flash.with("messageId", json!(uuid::Uuid::now_v7())).text("Огонь"),
    ];
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.accepted == 2).await;
    let received: Vec<_> = smsc
        .messages()
        .iter()
        .map(|m| (m.data_coding, shown(m.data_coding, &m.octets)))
        .collect();
    assert_eq!(received, [(0x10, "Fire".to_owned()), (0x18, "Огонь".to_owned())]);
}

/// What becomes of a text that GSM 7-bit cannot carry.
async fn unencodable(rule: &str) -> (Value, Vec<String>) {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("on_unencodable", &format!("\"{rule}\""));
    let gateway = Gateway::start(vec![operator]).await;
    let message = Message::to("491510000009").text("Čeština — ok");
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    (
        outcome,
        smsc.messages()
            .iter()
            .map(|m| shown(m.data_coding, &m.octets))
            .collect(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_beyond_gsm7_goes_as_ucs2_unless_the_operator_says_otherwise() {
    let (outcome, texts) = unencodable("ucs2").await;
    assert_eq!(
        (&outcome["encoding"], &outcome["dataCoding"]),
        (&json!("UCS2"), &json!(8))
    );
    assert_eq!(texts, ["Čeština — ok"]);

    let (outcome, texts) = unencodable("transliterate").await;
    assert_eq!(
        (&outcome["encoding"], &outcome["outcome"]),
        (&json!("GSM7"), &json!("ACCEPTED"))
    );
    assert_eq!(texts, ["Cestina - ok"]);

    let (outcome, texts) = unencodable("reject").await;
    assert_eq!(
        (&outcome["outcome"], &outcome["commandStatus"]),
        (&json!("REJECTED"), &Value::Null)
    );
    let reason = outcome["reason"].as_str().expect("a reason");
    assert!(reason.contains("Č") && texts.is_empty(), "{reason} {texts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_asks_for_reaches_the_wire() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("+491510000009")
        .with("validityPeriod", json!(3_600))
        .with("priority", json!(2))
        .with("registeredDelivery", json!(false))
        .with("tlvs", json!([{ "tag": 0x1400, "value": "00ff" }]))
        .with("unknownField", json!({ "is": "ignored" }));
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    let submits = smsc.submits();
    let [submit] = submits.as_slice() else {
        panic!("{submits:?}")
    };
    assert_eq!(
        (submit.validity.as_str(), submit.priority),
        ("000000010000000R", 2)
    );
    assert_eq!(submit.registered_delivery & 0x03, 0);
    assert_eq!(submit.tlv(0x1400).expect("the TLV").as_ref(), [0x00, 0xFF]);
    let to = &submit.destination;
    assert_eq!((to.ton, to.npi, to.digits.as_str()), (1, 1, "491510000009"));
    assert_eq!(
        (submit.source.ton, submit.source.npi),
        (5, 0),
        "a name is alphanumeric"
    );
}
