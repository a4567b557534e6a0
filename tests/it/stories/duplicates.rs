//! Commands that the platform publishes more than once.

use super::{assert_outcomes, count, messages, outcomes, seen};
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::{Gateway, Operator};
use smsc_sim::{Script, Smsc};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_published_twice_is_sent_once() {
    let script = Script::new().latency(Duration::from_millis(100));
    let smsc = Smsc::start(script).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let gateway = Gateway::start(vec![operator.clone()]).await;
    let message = messages(1).remove(0);

    // Twice in one batch: one outcome serves both.
    gateway.send(&[message.clone(), message.clone()]).await;
    gateway.end(message.id()).await;
    // After its outcome: that is published again.
    gateway.send(std::slice::from_ref(&message)).await;
    let events = gateway.events_until(|events| count(events, "submit") == 2).await;
    assert_eq!(outcomes(&events, &message), ["ACCEPTED", "ACCEPTED"]);
    // After a restart, too.
    let folder = gateway.folder();
    assert_eq!(gateway.shutdown().await, Ended::Clean);
    let gateway = Gateway::start_in(folder, vec![operator]).await;
    gateway.send(std::slice::from_ref(&message)).await;
    let events = gateway.events_until(|events| count(events, "submit") == 3).await;
    assert_eq!(outcomes(&events, &message), ["ACCEPTED"; 3]);
    assert_eq!(smsc.counters().submits, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repetition_at_the_very_moment_of_the_outcome_is_recognised() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let messages = messages(60);
    for (i, message) in messages.iter().enumerate() {
        gateway.send(std::slice::from_ref(message)).await;
        seen(&smsc, |seen| seen.submits > u64::try_from(i).unwrap()).await;
        gateway.send(std::slice::from_ref(message)).await;
    }
    let last = gateway.end(messages[59].id()).await;
    assert_eq!(last["messageState"], "DELIVERED");
    let once = messages.len();
    assert_eq!(smsc.messages().len(), once, "nothing was sent twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_with_the_same_message_ids_do_not_mix() {
    let smscs = [
        Smsc::start(Script::new()).await.unwrap(),
        Smsc::start(Script::new()).await.unwrap(),
    ];
    let operators = ["north", "south"].into_iter().zip(&smscs);
    let operators: Vec<_> = operators
        .map(|(name, smsc)| Operator::at(smsc.addr()).named(name))
        .collect();
    let gateway = Gateway::start(operators.clone()).await;
    let all = messages(40);
    let owner = |i: usize| &operators[i % 2];
    let owned: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(i, m)| m.clone().operator(owner(i).id))
        .collect();
    gateway.send(&owned).await;
    let events = gateway.events_until(|events| count(events, "dlr") == 40).await;
    assert_outcomes(&events, &owned, "ACCEPTED");
    for (i, message) in owned.iter().enumerate() {
        let own: Vec<_> = events
            .iter()
            .filter(|event| event["messageId"] == message.id().to_string())
            .collect();
        assert_eq!(own.len(), 2, "an outcome and a receipt");
        for event in own {
            assert_eq!(event["operatorId"], owner(i).id.to_string());
        }
    }
    assert!(smscs.iter().all(|smsc| smsc.counters().submits == 20));
}
