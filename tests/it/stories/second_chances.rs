//! Messages that do not go through at the first attempt.

use super::{assert_outcomes, count, messages, of_kind, seen};
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE};
use smsc_sim::{Rule, Script, Smsc, Submit, Then, When, status};
use std::collections::BTreeSet;
use std::time::Duration;

/// The concatenation header of a part: reference, total, number.
fn header(submit: &Submit) -> (u8, u8, u8) {
    match submit.short_message[..] {
        [5, 0, 3, reference, total, number, ..] => (reference, total, number),
        _ => panic!("no part of a long message: {submit:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_tried_again_keeps_its_receipt() {
    for refusal in [status::THROTTLED, status::QUEUE_FULL, status::SYSTEM_ERROR] {
        let rule = Rule::when(When::First(2)).then(Then::Status(refusal));
        let smsc = Smsc::start(Script::new().respond(rule)).await.unwrap();
        let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
        let message = Message::to("491510000009");
        gateway.send(std::slice::from_ref(&message)).await;
        assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
        let submits = smsc.submits();
        let asked: Vec<_> = submits.iter().map(|submit| submit.registered_delivery).collect();
        assert_eq!(asked, [1, 1, 1], "every attempt asks for it");
        assert_outcomes(&gateway.events().await, &[message], "ACCEPTED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_that_is_throttled_goes_on_where_it_was() {
    let second = When::All(vec![When::HasHeader, When::PartNumber(2)]);
    let rule = Rule::when(second).then(Then::Status(status::THROTTLED)).times(1);
    let smsc = Smsc::start(Script::new().respond(rule)).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("491510000009").text(&"a".repeat(400));
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
    let submits = smsc.submits();
    let (reference, ..) = header(&submits[0]);
    let parts: Vec<_> = submits.iter().map(header).collect();
    let part = |number| (reference, 3, number);
    assert_eq!(parts, [part(1), part(2), part(2), part(3)]);
    assert_outcomes(&gateway.events().await, &[message], "ACCEPTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_messages_to_one_number_have_references_of_their_own() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let text = "b".repeat(161);
    let messages: Vec<_> = (0..100)
        .map(|_| Message::to("491510000009").text(&text))
        .collect();
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.accepted == 200).await;
    let parts: BTreeSet<_> = smsc.submits().iter().map(header).collect();
    assert_eq!(parts.len(), 200, "no two parts look the same");
}

/// Whoever binds anew has not been told to go on. With a window of 1 nothing else was under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_outlives_the_link() {
    let rule = Rule::when(When::First(1)).then(Then::Status(status::THROTTLED));
    let smsc = Smsc::start(Script::new().respond(rule)).await.unwrap();
    let operator = Operator::at(smsc.addr())
        .set("reconnect_delays", r#"["100ms"]"#)
        .session("window", "1");
    let gateway = Gateway::start(vec![operator]).await;
    let messages = messages(5);
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.refused == 1).await;
    let slowed_down = async {
        while !gateway.app.metrics.render().contains("result=\"throttled\"} 1") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, slowed_down).await.unwrap();
    smsc.cut_links();
    let events = gateway.events_until(|events| count(events, "submit") == 5).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    let submits = smsc.submits();
    let pause = submits[1].at - submits[0].at;
    assert!(pause > Duration::from_millis(400), "{pause:?}");
    assert_eq!((smsc.counters().binds, submits.len()), (2, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconnects_never_overlap() {
    let smsc = Smsc::start(Script::new().max_binds(1)).await.unwrap();
    let operator = Operator::at(smsc.addr()).set("reconnect_delays", r#"["100ms"]"#);
    let gateway = Gateway::start(vec![operator]).await;
    for cut in 1..=8 {
        let counters = seen(&smsc, |seen| seen.binds == cut && seen.bound == 1).await;
        assert_eq!(counters.links, 1);
        assert_eq!(smsc.cut_links(), 1);
    }
    seen(&smsc, |seen| seen.binds == 9 && seen.bound == 1).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    assert_eq!(smsc.counters().binds_refused, 0, "there was never a second bind");
}

/// The operator has not noticed yet that the old link is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebind_that_is_refused_as_already_bound_is_tried_again() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    gateway.events_until(|events| count(events, "session") == 2).await;
    smsc.set_script(Script::new().bind_status_times(status::ALREADY_BOUND, 3));
    smsc.cut_links();
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
    let counters = smsc.counters();
    assert_eq!((counters.binds, counters.binds_refused), (2, 3));
    assert_eq!((counters.submits, counters.links), (1, 1));

    let events = gateway
        .events_until(|events| count(events, "session") >= 11)
        .await;
    let states: Vec<_> = of_kind(&events, "session")
        .into_iter()
        .map(|event| event["to"].as_str().unwrap())
        .collect();
    let bound = ["CONNECTING", "BOUND"];
    let refused = ["CONNECTING", "DISCONNECTED"];
    let expected = [&bound[..], &["UNBOUND"], &refused, &refused, &refused, &bound].concat();
    assert_eq!(states, expected);
}
