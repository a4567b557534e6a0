//! What the operator answers, and what follows.

use super::{accepted_texts, assert_outcomes, count, messages, number, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Rule, Script, Smsc, Then, When, status};
use std::time::Duration;

/// The operator says "too fast" for a while.
async fn slowed_down_by(status: u32) {
    let busy = Rule::when(When::Always).then(Then::Status(status));
    // It answers slowly: the window is out before the first refusal.
    let slow = Script::new().latency(Duration::from_millis(100));
    let smsc = Smsc::start(slow.clone().respond(busy)).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let messages = messages(30);
    gateway.send(&messages).await;
    let first = seen(&smsc, |seen| seen.refused > 0).await.refused;
    // As many again as can have been under way: that is another try.
    seen(&smsc, |seen| seen.refused > first.max(10)).await;
    smsc.set_script(slow);
    let events = gateway.events_until(|events| count(events, "submit") == 30).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    let mut taken: Vec<usize> = accepted_texts(&smsc)
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    // The operator may have changed its mind in the middle of a window.
    taken[..10].sort_unstable();
    assert!(taken.is_sorted(), "throttled parts keep their place: {taken:?}");
    let submits = smsc.submits();
    let pauses = submits.windows(2).map(|pair| pair[1].at - pair[0].at);
    let pauses = pauses.filter(|pause| *pause > Duration::from_millis(300)).count();
    assert!(pauses >= 1, "{submits:?}");
    let refused = smsc.counters().refused;
    assert!(
        refused <= 10 * (pauses as u64 + 1),
        "{refused} tries, {pauses} pauses: no more than the window each"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_operator_pauses_and_the_order_is_kept() {
    slowed_down_by(status::THROTTLED).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_at_the_operator_is_the_same() {
    slowed_down_by(status::QUEUE_FULL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn being_throttled_costs_a_message_no_attempt() {
    // More often than any other refusal is tried again; the others' acceptance keeps the pauses short.
    let first = When::DestinationSuffix(number(0));
    let rule = Rule::when(first).then(Then::Status(status::THROTTLED)).times(7);
    let smsc = Smsc::start(Script::new().respond(rule)).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let messages = messages(100);
    gateway.send(&messages).await;
    let events = gateway
        .events_until(|events| count(events, "submit") == 100)
        .await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    assert_eq!(smsc.submits_by_destination()[&number(0)], 8);
    assert_eq!(smsc.counters().accepted, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passing_trouble_is_tried_again() {
    let smsc = Smsc::start(
        Script::new()
            .respond(Rule::when(When::Nth(1)).then(Then::Status(status::SYSTEM_ERROR)))
            .respond(Rule::when(When::Nth(2)).then(Then::Nack(status::SYSTEM_ERROR))),
    )
    .await
    .unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let messages = messages(3);
    gateway.send(&messages).await;
    let events = gateway.events_until(|events| count(events, "submit") == 3).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    assert_eq!((smsc.counters().submits, smsc.counters().accepted), (5, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_none_to_the_operator_binds_again() {
    let rule = Rule::when(When::Nth(1)).then(Then::Status(status::INVALID_BIND_STATUS));
    let smsc = Smsc::start(Script::new().respond(rule)).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let messages = messages(3);
    gateway.send(&messages).await;
    let events = gateway.events_until(|events| count(events, "submit") == 3).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    let seen = smsc.counters();
    assert_eq!((seen.submits, seen.accepted), (4, 3));
    assert_eq!((seen.binds, seen.unbinds), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_for_good_are_told_at_once_and_in_words() {
    let to = |suffix: &str| When::DestinationSuffix(suffix.into());
    let smsc = Smsc::start(
        Script::new()
            .respond(Rule::when(to("01")).then(Then::Status(status::INVALID_DESTINATION)))
            .respond(Rule::when(to("02")).then(Then::StatusWithBody(0x433)))
            .respond(Rule::when(to("03")).then(Then::Nack(status::INVALID_COMMAND_ID))),
    )
    .await
    .unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    for (to, status, words) in [
        (
            "49151000001",
            0x0B,
            "ESME_RINVDSTADR (0x0000000B): invalid destination address",
        ),
        ("49151000002", 0x433, "vendor-specific"),
        ("49151000003", 0x03, "ESME_RINVCMDID"),
    ] {
        let message = Message::to(to);
        gateway.send(std::slice::from_ref(&message)).await;
        let outcome = gateway.outcome(message.id()).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["commandStatus"]),
            (&json!("REJECTED"), &json!(status))
        );
        let reason = outcome["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{reason}");
    }
    assert_eq!((smsc.counters().submits, smsc.counters().binds), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reversed_answers_find_their_messages() {
    let later = |i: u64| Then::AnswerAfter(Duration::from_millis(40 * (11 - i)));
    let script = (1..=10).fold(Script::new(), |script, i| {
        script.respond(Rule::when(When::Nth(i)).then(later(i)))
    });
    let smsc = Smsc::start(script).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let messages = messages(10);
    gateway.send(&messages).await;
    let events = gateway.events_until(|events| count(events, "submit") == 10).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    let submits = smsc.submits();
    for (i, message) in messages.iter().enumerate() {
        let submit = submits
            .iter()
            .find(|submit| submit.short_message == i.to_string().as_bytes())
            .unwrap();
        let is_own =
            |event: &&Value| event["type"] == "submit" && event["messageId"] == message.id().to_string();
        let outcome = events.iter().find(is_own).unwrap();
        let id = submit.number.unwrap().to_string();
        assert_eq!(outcome["parts"][0]["operatorMessageId"], id, "message {i}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_answers_count_once() {
    let smsc = Smsc::start(
        Script::new()
            .respond(Rule::when(When::Nth(1)).then(Then::AnswerTwice))
            .respond(Rule::when(When::Nth(2)).then(Then::EmptyId)),
    )
    .await
    .unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let messages = messages(3);
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.receipts_acknowledged == 3).await;
    let events = gateway.events_until(|events| count(events, "submit") == 3).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    let nameless = gateway.outcome(messages[1].id()).await;
    assert_eq!(
        nameless["parts"][0],
        json!({ "partNumber": 1, "operatorMessageId": null, "commandStatus": 0 })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operators_file_says_what_its_statuses_mean() {
    let to = |suffix: &str| When::DestinationSuffix(suffix.into());
    let once = |suffix: &str, status| Rule::when(to(suffix)).then(Then::Status(status)).times(1);
    let smsc = Smsc::start(
        Script::new()
            .respond(once("01", status::SUBMIT_FAILED))
            .respond(once("02", 0x480))
            .respond(Rule::when(to("03")).then(Then::StatusWithBody(0x0C)))
            .respond(Rule::when(to("04")).then(Then::Status(status::SYSTEM_ERROR))),
    )
    .await
    .unwrap();
    let statuses = r#"{ 0x45 = "throttle", 1152 = "retry", 0x0C = "accepted", 0x08 = "reject" }"#;
    let gateway = Gateway::start(vec![Operator::at(smsc.addr()).set("statuses", statuses)]).await;
    for (to, outcome, submits) in [
        ("49151000001", "ACCEPTED", 2),
        ("49151000002", "ACCEPTED", 2),
        ("49151000003", "ACCEPTED", 1),
        ("49151000004", "REJECTED", 1),
    ] {
        let message = Message::to(to);
        gateway.send(std::slice::from_ref(&message)).await;
        assert_eq!(gateway.outcome(message.id()).await["outcome"], outcome, "{to}");
        assert_eq!(smsc.submits_by_destination()[to], submits, "{to}");
    }
    let metrics = gateway.app.metrics.render();
    for word in ["throttled", "retried"] {
        let line = format!("smpp_connector_parts_total{{operator=\"acme\",result=\"{word}\"}} 1");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generic_nack_is_tried_again_only_for_a_passing_reason() {
    let smsc = Smsc::start(Script::new().respond(Rule::when(When::Nth(1)).then(Then::Nack(0x64))))
        .await
        .unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("49151000001");
    gateway.send(std::slice::from_ref(&message)).await;
    let outcome = gateway.outcome(message.id()).await;
    assert_eq!(
        (&outcome["outcome"], &outcome["commandStatus"]),
        (&json!("REJECTED"), &json!(0x64))
    );
    assert_eq!(
        smsc.counters().submits,
        1,
        "a submit_sm_resp of that status is tried again"
    );
}
