//! Parts that were written and not answered.

use super::{assert_outcomes, count, messages, number, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Mo, Receipts, Rule, Script, Smsc, Then, When};
use std::time::Duration;

/// The first `times` answers come a second after nobody waits for them any more.
fn late_answers(times: u64) -> Script {
    let late = Then::AnswerAfter(Duration::from_millis(1_500));
    Script::new().respond(Rule::when(When::First(times)).then(late))
}

fn impatient(smsc: &Smsc) -> Operator {
    Operator::at(smsc.addr()).session("response_timeout", "\"500ms\"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_answer_still_tells_whose_receipt_it_is() {
    let smsc = Smsc::start(late_answers(2).receipts(Receipts::off()))
        .await
        .unwrap();
    let gateway = Gateway::start(vec![impatient(&smsc)]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    assert_eq!(
        (&outcome["outcome"], smsc.counters().submits),
        (&json!("ACCEPTED"), 3)
    );
    assert_eq!(outcome["parts"][0]["operatorMessageId"], "3");

    // Each copy was taken by the operator, so each may be the one that is reported on.
    for (id, word, state) in [
        ("1", "ENROUTE", "ENROUTE"),
        ("2", "ACCEPTD", "ACCEPTED"),
        ("3", "DELIVRD", "DELIVERED"),
    ] {
        let receipt = Mo {
            esm_class: 0x04,
            ..Mo::text("491510000009", "Story", &format!("id:{id} stat:{word}"))
        };
        assert_eq!(smsc.send_mo(receipt).await, Ok(0));
        let is_it = |event: &Value| event["type"] == "dlr" && event["operatorMessageId"] == id;
        let events = gateway.events_until(|events| events.iter().any(is_it)).await;
        let event = events.iter().find(|event| is_it(event)).unwrap();
        assert_eq!(
            (&event["state"], &event["messageId"]),
            (&json!(state), &json!(message.id()))
        );
    }
    let events = gateway.events().await;
    assert_outcomes(&events, &[message], "ACCEPTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_that_must_get_nothing_twice_is_asked_once() {
    let smsc = Smsc::start(late_answers(1)).await.unwrap();
    let gateway = Gateway::start(vec![impatient(&smsc).set("on_unanswered", "\"report\"")]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    assert_eq!(outcome["outcome"], "UNKNOWN");
    assert!(
        outcome["reason"].as_str().unwrap().contains("never answered"),
        "{outcome}"
    );
    let part = json!([{ "partNumber": 1, "operatorMessageId": null, "commandStatus": null }]);
    assert_eq!(outcome["parts"], part);
    // The receipt came long before the late response that names its message.
    assert_eq!(gateway.end(message.id()).await["state"], "DELIVERED");
    assert_eq!(smsc.counters().submits, 1);
    assert_outcomes(&gateway.events().await, &[message], "UNKNOWN");
}

/// The link is cut while the whole window of 10 waits for answers.
async fn cut_with_a_full_window(on_unanswered: &str) -> (Smsc, Vec<Message>, Vec<Value>) {
    let silent = Rule::when(When::First(10)).then(Then::NoAnswer);
    let smsc = Smsc::start(Script::new().respond(silent)).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("on_unanswered", &format!("\"{on_unanswered}\""));
    let gateway = Gateway::start(vec![operator]).await;
    let messages = messages(30);
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.submits == 10).await;
    assert_eq!(smsc.cut_links(), 1);
    let events = gateway.events_until(|events| count(events, "submit") == 30).await;
    (smsc, messages, events)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_cut_only_the_unanswered_go_again() {
    let (smsc, messages, events) = cut_with_a_full_window("resend").await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    let times = smsc.submits_by_destination();
    for i in 0..30 {
        assert_eq!(times[&number(i)], if i < 10 { 2 } else { 1 }, "message {i}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_cut_nothing_goes_again_where_that_was_asked() {
    let (smsc, messages, events) = cut_with_a_full_window("report").await;
    assert_outcomes(&events, &messages[..10], "UNKNOWN");
    assert_outcomes(&events, &messages[10..], "ACCEPTED");
    let times = smsc.submits_by_destination();
    assert!((0..30).all(|i| times[&number(i)] == 1), "{times:?}");
}

/// A receipt whose id nobody has heard of.
fn stray(number: &str, id: &str, word: &str) -> Mo {
    Mo {
        esm_class: 0x04,
        ..Mo::text(number, "Story", &format!("id:{id} stat:{word}"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_tells_of_a_message_whose_answer_was_lost() {
    let silent = Rule::when(When::First(3)).then(Then::NoAnswer);
    let smsc = Smsc::start(Script::new().respond(silent).receipts(Receipts::off()))
        .await
        .unwrap();
    let operator = impatient(&smsc).set("on_unanswered", "\"report\"");
    let gateway = Gateway::start(vec![operator]).await;
    let alone = Message::to("+491510000001");
    let twins = [Message::to("+491510000002"), Message::to("+491510000002")];
    let all = [alone.clone(), twins[0].clone(), twins[1].clone()];
    gateway.send(&all).await;
    let events = gateway.events_until(|events| count(events, "submit") == 3).await;
    assert_outcomes(&events, &all, "UNKNOWN");

    // On the way, and then the end, under an id that only the operator knows.
    assert_eq!(
        smsc.send_mo(stray("491510000001", "lost", "ENROUTE")).await,
        Ok(0)
    );
    assert_eq!(
        smsc.send_mo(stray("491510000001", "lost", "DELIVRD")).await,
        Ok(0)
    );
    let end = gateway.end(alone.id()).await;
    assert_eq!(
        (&end["state"], &end["operatorMessageId"]),
        (&json!("DELIVERED"), &json!("lost"))
    );
    // Which of two it is nobody can say, and another receipt of a message that has ended belongs to neither.
    for (number, id) in [("491510000002", "either"), ("491510000001", "other")] {
        assert_eq!(smsc.send_mo(stray(number, id, "DELIVRD")).await, Ok(0));
    }
    let events = gateway
        .events_until(|events| count(events, "unmatched") == 2)
        .await;
    assert_eq!(count(&events, "dlr"), 2, "{events:#?}");
}
