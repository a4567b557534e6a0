//! What operators say of messages that they took.

use super::{count, messages, of_kind, seen};
use serde_json::{Value, json};
use smpp_connector::ports::{AppendedReceipt, CorrelationStore};
use smpp_connector::store::sqlite::{FILE_NAME, SqliteDb, SqliteStore};
use smpp_connector_tests::{Gateway, Message, Operator};
use smpp_domain::correlation::{DlrMessageState, PartState};
use smsc_sim::{Carrier, IdForm, Mo, Receipts, Script, Smsc};
use std::path::Path;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// A receipt by hand.
fn receipt(id: &str, word: &str) -> Mo {
    Mo {
        esm_class: 0x04,
        ..Mo::text("491510000009", "Story", &format!("id:{id} stat:{word} err:007"))
    }
}

/// An SMSC that sends no receipts by itself, and a message that it has taken under the ids from 1.
async fn taken(text: &str) -> (Smsc, Gateway, Message) {
    let smsc = Smsc::start(Script::new().receipts(Receipts::off()))
        .await
        .unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("491510000009").text(text);
    gateway.send(std::slice::from_ref(&message)).await;
    gateway.outcome(message.id()).await;
    (smsc, gateway, message)
}

/// The receipts' events so far: state, final, conflict, and the message's state.
async fn told(gateway: &Gateway) -> Vec<(String, bool, bool, Value)> {
    let events = gateway.events().await;
    let read = |event: &&Value| {
        let flag = |name: &str| event[name].as_bool().unwrap();
        (
            event["state"].as_str().unwrap().to_owned(),
            flag("final"),
            flag("conflict"),
            event["messageState"].clone(),
        )
    };
    of_kind(&events, "dlr").iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_may_overtake_the_response_in_any_dress() {
    for carrier in [
        Carrier::Text,
        Carrier::Tlv,
        Carrier::TextAndTlv,
        Carrier::MessagePayload,
    ] {
        let receipts = Receipts::new().carrier(carrier).before_response(true);
        let smsc = Smsc::start(Script::new().receipts(receipts)).await.unwrap();
        let gateway = Gateway::start(vec![Operator::at(smsc.addr()).session("binds", "2")]).await;
        let messages = messages(20);
        gateway.send(&messages).await;
        for message in &messages {
            assert_eq!(
                gateway.end(message.id()).await["messageState"],
                "DELIVERED",
                "{carrier:?}"
            );
        }
        assert_eq!(count(&gateway.events().await, "dlr"), 20, "{carrier:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_long_before_the_response_is_reported_and_matched_later() {
    let smsc = Smsc::start(Script::new().latency(Duration::from_secs(3)))
        .await
        .unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    let events = gateway
        .events_until(|events| count(events, "unmatched") == 1)
        .await;
    assert_eq!(
        count(&events, "submit"),
        0,
        "the story is about a receipt that was first"
    );
    let unmatched = of_kind(&events, "unmatched")[0];
    assert_eq!(
        (&unmatched["operatorMessageId"], &unmatched["state"]),
        (&json!("1"), &json!("DELIVERED"))
    );
    assert_eq!(unmatched["hint"], Value::Null);
    assert_eq!(gateway.end(message.id()).await["state"], "DELIVERED");
    assert_eq!(count(&gateway.events().await, "unmatched"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unmatched_receipt_comes_with_a_hint() {
    let script = Script::new()
        .first_id(0x10C8_F40D)
        .ids(IdForm::HexUpper)
        .receipt_ids(IdForm::DecimalPadded(10));
    let smsc = Smsc::start(script).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    let events = gateway
        .events_until(|events| count(events, "unmatched") == 1)
        .await;
    let unmatched = of_kind(&events, "unmatched")[0];
    assert_eq!(unmatched["operatorMessageId"], "0281605133");
    let hint = unmatched["hint"].as_str().unwrap();
    assert!(
        hint.contains("10C8F40D") && hint.contains("hexadecimal"),
        "{hint}"
    );
    let raw = unmatched["raw"].as_str().unwrap();
    assert!(
        raw.starts_with(
            &"id:0281605133"
                .bytes()
                .map(|b| format!("{b:02x}"))
                .collect::<String>()
        ),
        "{raw}"
    );
    assert_eq!(count(&events, "dlr"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_receipts_are_answered_and_told_once() {
    let smsc = Smsc::start(Script::new().receipts(Receipts::new().duplicates(3)))
        .await
        .unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    gateway.send(&messages(10)).await;
    seen(&smsc, |seen| seen.receipts_acknowledged == 40).await;
    gateway.events_until(|events| count(events, "dlr") == 10).await;
    assert_eq!(smsc.send_mo(receipt("1", "DELIVRD")).await, Ok(0));
    assert_eq!(count(&gateway.events().await, "dlr"), 10);
    assert_eq!(smsc.counters().redeliveries, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_answered_when_its_event_can_be_read() {
    let (smsc, gateway, message) = taken("Hello").await;
    assert_eq!(smsc.send_mo(receipt("1", "UNDELIV")).await, Ok(0));
    let events = gateway.events().await;
    let dlr = of_kind(&events, "dlr");
    assert_eq!((dlr.len(), &dlr[0]["messageId"]), (1, &json!(message.id())));
    assert_eq!(
        (&dlr[0]["rawState"], &dlr[0]["rawError"]),
        (&json!("UNDELIV"), &json!("007"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_only_move_forward() {
    let (smsc, gateway, _) = taken("Hello").await;
    for word in [
        "ENROUTE", "BADSTAT", "DELIVRD", "ACCEPTD", "DELIVRD", "UNDELIV", "UNDELIV",
    ] {
        assert_eq!(smsc.send_mo(receipt("1", word)).await, Ok(0));
    }
    let said =
        |state: &str, is_final, conflict, message: Value| (state.to_owned(), is_final, conflict, message);
    assert_eq!(
        told(&gateway).await,
        [
            said("ENROUTE", false, false, json!("ENROUTE")),
            said("UNKNOWN", false, false, Value::Null),
            said("DELIVERED", true, false, json!("DELIVERED")),
            said("UNDELIVERABLE", true, true, Value::Null),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_is_delivered_when_all_its_parts_are() {
    let (smsc, gateway, message) = taken(&"e".repeat(400)).await;
    for id in ["2", "3", "1"] {
        assert_eq!(smsc.send_mo(receipt(id, "DELIVRD")).await, Ok(0));
    }
    let said = |state: &str| ("DELIVERED".to_owned(), true, false, json!(state));
    let same = ("DELIVERED".to_owned(), true, false, Value::Null);
    assert_eq!(told(&gateway).await, [said("ENROUTE"), same, said("DELIVERED")]);
    let end = gateway.end(message.id()).await;
    assert_eq!((&end["partNumber"], &end["partCount"]), (&json!(1), &json!(3)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_fails_with_its_first_failed_part() {
    let (smsc, gateway, _) = taken(&"e".repeat(400)).await;
    for (id, word) in [("1", "DELIVRD"), ("2", "EXPIRED"), ("3", "DELIVRD")] {
        assert_eq!(smsc.send_mo(receipt(id, word)).await, Ok(0));
    }
    let message_states: Vec<_> = told(&gateway)
        .await
        .into_iter()
        .map(|(.., state)| state)
        .collect();
    assert_eq!(message_states, [json!("ENROUTE"), json!("EXPIRED"), Value::Null]);
}

/// What a host has written of this message's second part before it died. It was not the one that had the first part's receipt, and so
/// did not know that this is the message's end.
async fn appended(folder: &Path, message: &Message) {
    let tasks = TaskTracker::new();
    let file = folder.join("data").join(FILE_NAME);
    let store = SqliteStore::new(SqliteDb::open(&file, &tasks).await.unwrap());
    let now = chrono::Utc::now();
    let appended = AppendedReceipt {
        message_id: message.id(),
        part: PartState {
            part_number: 2,
            state: DlrMessageState::Delivered,
            is_final: true,
        },
        part_count: 2,
        received_at: now,
        expires_at: now + chrono::TimeDelta::hours(1),
    };
    store.append_receipts(&[appended], &[]).await.unwrap();
    drop(store);
    tasks.close();
    tasks.wait().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_a_dead_host_did_not_tell_is_told_when_its_receipt_comes_again() {
    let script = Script::new().receipts(Receipts::off());
    let smsc = Smsc::start(script).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let message = Message::to("491510000009").text(&"d".repeat(200));
    let gateway = Gateway::start(vec![operator.clone()]).await;
    gateway.send(std::slice::from_ref(&message)).await;
    gateway.outcome(message.id()).await;
    assert_eq!(smsc.send_mo(receipt("1", "DELIVRD")).await, Ok(0));
    let folder = gateway.folder();
    gateway.shutdown().await;
    appended(folder.path(), &message).await;
    let gateway = Gateway::start_in(folder, vec![operator]).await;
    let part = |state: Value| ("DELIVERED".to_owned(), true, false, state);
    let first = part(json!("ENROUTE"));
    assert_eq!(told(&gateway).await, std::slice::from_ref(&first));
    // It was not answered, so it comes again; and then once more, as some operators do.
    for _ in 0..2 {
        assert_eq!(smsc.send_mo(receipt("2", "DELIVRD")).await, Ok(0));
        assert_eq!(told(&gateway).await, [first.clone(), part(json!("DELIVERED"))]);
    }
    // So is the other part's, which has nothing to add.
    assert_eq!(smsc.send_mo(receipt("1", "DELIVRD")).await, Ok(0));
    assert_eq!(told(&gateway).await.len(), 2);
    let end = gateway.end(message.id()).await;
    assert_eq!(
        (&end["partNumber"], &end["messageFinal"]),
        (&json!(2), &json!(true))
    );
}
