//! Where a message is that has no outcome yet: for what it waits, in words, and since when.

use super::{count, messages, seen};
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE, http};
use smpp_domain::ids::MessageId;
use smsc_sim::{Rule, Script, Smsc, Then, When};
use std::time::{Duration, Instant};
use uuid::Uuid;

async fn get(gateway: &Gateway, message: MessageId) -> http::Answer {
    let url = gateway.url(&format!("/api/v1/messages/{message}"));
    let answer = tokio::task::spawn_blocking(move || http::request("GET", &url, &[], b""));
    answer.await.expect("no panic").expect("an answer")
}

/// Asks until the message waits for this.
async fn waits_for(gateway: &Gateway, message: &Message, word: &str) -> Value {
    let started = Instant::now();
    loop {
        let answer = get(gateway, message.id()).await;
        if answer.status == 200 && answer.json()["underWay"]["waitsFor"] == word {
            let story = answer.json();
            assert_eq!(story["stage"], "under way");
            assert_eq!(story["operator"], "acme");
            assert_eq!(story["outcome"], Value::Null);
            return story["underWay"].clone();
        }
        assert!(started.elapsed() < PATIENCE, "{}: {}", answer.status, answer.body);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[track_caller]
fn says(under_way: &Value, words: &str) {
    let told = under_way["words"].as_str().expect("words");
    assert!(told.contains(words), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_unanswered_and_what_waits_behind_it_is_told() {
    let silent = Rule::when(When::Always).then(Then::Ignore);
    let smsc = Smsc::start(Script::new().respond(silent)).await.unwrap();
    let operator = Operator::at(smsc.addr()).session("window", "2");
    let gateway = Gateway::start(vec![operator]).await;
    let first = messages(1).remove(0).text(&"long ".repeat(60));
    let same_number = messages(1).remove(0);
    gateway.send(std::slice::from_ref(&first)).await;
    seen(&smsc, |seen| seen.submits == 1).await;
    gateway.send(std::slice::from_ref(&same_number)).await;
    let out = waits_for(&gateway, &first, "answer").await;
    says(&out, "part 1 of 2 is at bind 1 of session 1");
    assert_eq!((&out["partsAccepted"], &out["partCount"]), (&0.into(), &2.into()));
    assert_eq!(out["since"], out["publishedAt"]);
    let behind = waits_for(&gateway, &same_number, "turn").await;
    says(&behind, "same number");

    // The other place of the window, and one message more.
    let others = messages(3).split_off(1);
    gateway.send(&others).await;
    seen(&smsc, |seen| seen.submits == 2).await;
    let full = waits_for(&gateway, &others[1], "window").await;
    says(&full, "the windows are full");

    smsc.set_script(Script::new());
    smsc.cut_links();
    gateway.events_until(|events| count(events, "submit") == 4).await;
    let settled = get(&gateway, first.id()).await.json();
    assert_eq!(
        (&settled["stage"], &settled["underWay"]),
        (&"settled".into(), &Value::Null)
    );
    let unknown = get(&gateway, MessageId(Uuid::now_v7())).await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.contains("never published here"), "{}", unknown.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_nobody_can_send_waits_in_the_queue() {
    let smsc = Smsc::start(Script::new().bind_status(0x0D)).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    // What comes behind it does not hide it, nor does an id that is written otherwise.
    let message = Message::to("491510000009");
    let id = message.id().0.simple().to_string().to_uppercase();
    let message = message.with("messageId", id.into());
    gateway.send(std::slice::from_ref(&message)).await;
    gateway.send(&messages(3)).await;
    let bind = waits_for(&gateway, &message, "bind").await;
    says(
        &bind,
        "it waits in the queue: no bind of the operator takes submits",
    );
    assert_eq!(bind["before"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_operator_refuses_for_now_says_until_when() {
    let busy = Rule::when(When::Always).then(Then::Status(0x58));
    let smsc = Smsc::start(Script::new().respond(busy)).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("statuses", r#"{ 0x401 = "stop-operator" }"#);
    let gateway = Gateway::start(vec![operator]).await;
    let message = messages(1).remove(0);
    gateway.send(std::slice::from_ref(&message)).await;
    let throttled = waits_for(&gateway, &message, "throttle").await;
    says(&throttled, "ESME_RTHROTTLED");
    let time = |value: &Value| {
        value
            .as_str()
            .expect("a time")
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
    };
    assert!(
        time(&throttled["until"]) > time(&throttled["since"]),
        "{throttled}"
    );
    assert!(
        time(&throttled["since"]) > time(&throttled["publishedAt"]),
        "{throttled}"
    );

    smsc.set_script(Script::new().respond(Rule::when(When::Always).then(Then::Status(0x08))));
    let refused = waits_for(&gateway, &message, "retry").await;
    says(&refused, "refused it for now, ");
    assert!(refused["until"].is_string());

    smsc.set_script(Script::new().respond(Rule::when(When::Always).then(Then::Status(0x401))));
    let stopped = waits_for(&gateway, &message, "stop").await;
    says(&stopped, "/resume");
}
