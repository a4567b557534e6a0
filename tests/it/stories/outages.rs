//! Links and gateways that go away in the middle of the traffic.

use super::{assert_outcomes, count, messages, number, of_kind, seen};
use serde_json::{Value, json};
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc};
use std::time::Duration;
use tokio::time::Instant;

fn has_entered(events: &[Value], smsc: &Smsc, state: &str) -> bool {
    let port = json!(smsc.addr().port());
    of_kind(events, "session")
        .iter()
        .any(|event| event["port"] == port && event["to"] == state)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_carries_the_traffic_until_the_primary_has_proved_itself() {
    let (primary, backup) = (
        Smsc::start(Script::new()).await.unwrap(),
        Smsc::start(Script::new()).await.unwrap(),
    );
    let operator = Operator::at(primary.addr())
        .set("tps_limit", "200")
        .session("failback_hold", "\"1500ms\"")
        .backup_at(backup.addr());
    let gateway = Gateway::start(vec![operator]).await;
    seen(&backup, |seen| seen.bound == 1).await;
    gateway
        .events_until(|events| has_entered(events, &primary, "BOUND"))
        .await;
    let messages = messages(700);
    gateway.send(&messages[..600]).await;

    seen(&primary, |seen| seen.submits >= 50).await;
    assert_eq!(backup.counters().submits, 0, "a backup waits");
    primary.stop_listening().await;
    primary.cut_links();
    seen(&backup, |seen| seen.submits >= 50).await;
    primary.resume().await.unwrap();
    seen(&primary, |seen| seen.binds == 2).await;
    let returned = Instant::now();
    let back = |events: &[Value]| {
        let port = json!(primary.addr().port());
        of_kind(events, "session")
            .iter()
            .any(|e| e["port"] == port && e["from"] == "FAILBACK" && e["to"] == "BOUND")
    };
    gateway.events_until(back).await;
    gateway.send(&messages[600..]).await;
    let events = gateway
        .events_until(|events| count(events, "submit") == 700)
        .await;

    assert_outcomes(&events, &messages, "ACCEPTED");
    let submits = primary.submits();
    let first_back = submits
        .iter()
        .find(|submit| submit.link == 2)
        .expect("traffic on the primary again");
    assert!(
        first_back.at > returned + Duration::from_millis(1_000),
        "it proves itself before it works"
    );
    // What was under way when the link was cut may have gone twice, and nothing else.
    let (here, there) = (primary.submits_by_destination(), backup.submits_by_destination());
    let times = |i: usize| here.get(&number(i)).unwrap_or(&0) + there.get(&number(i)).unwrap_or(&0);
    let twice = (0..700).filter(|&i| times(i) == 2).count();
    assert!(
        (0..700).all(|i| (1..=2).contains(&times(i))) && twice <= 10,
        "{twice} went twice"
    );
    assert!(
        (600..700).all(|i| !there.contains_key(&number(i))),
        "the backup rests again"
    );
}

/// A shutdown while a window of long messages is under way, and the start after it.
async fn drained(on_unanswered: &str) {
    let smsc = Smsc::start(Script::new().latency(Duration::from_millis(150)))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr())
        .session("window", "5")
        .set("on_unanswered", &format!("\"{on_unanswered}\""));
    let gateway = Gateway::start(vec![operator.clone()]).await;
    let text = "c".repeat(153 * 3);
    let messages: Vec<_> = (0..12).map(|i| Message::to(&number(i)).text(&text)).collect();
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.submits >= 8).await;
    let folder = gateway.folder();
    assert_eq!(gateway.shutdown().await, Ended::Clean);
    let counters = smsc.counters();
    assert_eq!((counters.unbinds, counters.links), (1, 0));
    assert!(counters.submits < 36, "the story is about what was left");

    let gateway = Gateway::start_in(folder, vec![operator]).await;
    let events = gateway.events_until(|events| count(events, "submit") == 12).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    assert_eq!(smsc.counters().submits, 36, "no part went twice");
    let received = smsc.messages();
    assert!(received.len() == 12 && received.iter().all(smsc_sim::ReceivedMessage::is_complete));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_drains_and_the_next_start_goes_on() {
    drained("resend").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_leaves_nothing_in_doubt() {
    drained("report").await;
}
