//! Receipts of messages that were sent before the policy was mended: none of them is lost.

use super::of_kind;
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{IdForm, Mo, Receipts, Script, Smsc};

const SETTINGS: &str = r#"{ message_id = { submit_resp = "hex", receipt = "decimal" } }"#;

/// A receipt that the operator sends by hand.
async fn receipt(smsc: &Smsc, id: &str) {
    let text = format!(
        "id:{id} sub:001 dlvrd:001 submit date:2611260200 done date:2611260241 stat:DELIVRD err:000 text:"
    );
    let receipt = Mo {
        esm_class: 0x04,
        octets: text.into_bytes().into(),
        ..Mo::text("491510000009", "Story", "")
    };
    assert_eq!(smsc.send_mo(receipt).await, Ok(0));
}

fn delivered(events: &[Value], message: &Message) -> bool {
    let id = message.id().to_string();
    of_kind(events, "dlr")
        .iter()
        .any(|event| event["messageId"] == id.as_str() && event["state"] == "DELIVERED")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_from_before_the_fix_find_their_messages_after_it() {
    let script = Script::new()
        .first_id(0x10C8_F40D)
        .ids(IdForm::HexUpper)
        .receipts(Receipts::off());
    let smsc = Smsc::start(script).await.unwrap();
    let operator = Operator::at(smsc.addr())
        .named("story")
        .set("unmatched_after", "\"1s\"");
    let gateway = Gateway::start(vec![operator.clone()]).await;
    let messages = [1, 2, 3].map(|n| Message::to(&format!("49151000000{n}")));
    for message in &messages {
        gateway.send(std::slice::from_ref(message)).await;
        gateway.outcome(message.id()).await;
    }
    // 0x10C8F40D and on, in decimal. The first is reported; nobody can tell whose it is.
    receipt(&smsc, "0281605133").await;
    gateway
        .events_until(|events| of_kind(events, "unmatched").len() == 1)
        .await;
    let mended = operator
        .policy("plugin", "\"quirks\"")
        .policy("settings", SETTINGS);
    std::fs::write(gateway.path("operators/story.toml"), mended.toml()).unwrap();
    gateway
        .events_until(|events| delivered(events, &messages[0]))
        .await;
    // One that comes after the fix, of a message from before it, is not even reported.
    receipt(&smsc, "0281605134").await;
    let events = gateway
        .events_until(|events| delivered(events, &messages[1]))
        .await;
    assert_eq!(of_kind(&events, "unmatched").len(), 1, "{events:#?}");
    // What no law covers stays unmatched.
    receipt(&smsc, "0281605199").await;
    let events = gateway
        .events_until(|events| of_kind(events, "unmatched").len() == 2)
        .await;
    assert!(!delivered(&events, &messages[2]));
}
