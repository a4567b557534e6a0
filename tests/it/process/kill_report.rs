//! kill -9 where a part must never be sent twice: what was interrupted is reported, and nothing is lost.

use super::kill::{Dice, arrived_whole, nothing_settled_is_sent_again, outcomes, play, until_all};
use super::{BINARY, Stage};
use smpp_connector_tests::GatewayProcess;
use smsc_sim::{Receipts, Script};
use std::collections::BTreeSet;
use std::time::Duration;

const ROUNDS: usize = 10;

#[test]
fn with_report_nothing_is_sent_twice_and_everything_has_an_outcome() {
    let latency = Duration::from_millis(10);
    let receipts = Receipts::new().after(Duration::from_millis(40));
    let stage = Stage::new(
        Script::new()
            .latency(latency)
            .jitter(latency, 2)
            .receipts(receipts),
    );
    let operator = stage
        .operator()
        .session("window", "20")
        .set("on_unanswered", "\"report\"");
    let lives = play(&stage, &operator, ROUNDS, &mut Dice::seeded());
    assert!(lives.accepted.len() > ROUNDS * 4, "{}", lives.accepted.len());

    let last = GatewayProcess::launch(BINARY, stage.path(), "warn");
    let events = until_all(&last, lives.accepted.keys(), |event| event["type"] == "submit");
    let outcomes = outcomes(&events);
    let mut accepted = BTreeSet::new();
    for id in lives.accepted.keys() {
        match outcomes[id]["outcome"].as_str() {
            Some("ACCEPTED") => drop(accepted.insert(id.clone())),
            Some("UNKNOWN") => assert!(outcomes[id]["reason"].is_string()),
            _ => panic!("{:#?}", outcomes[id]),
        }
    }
    println!(
        "{} accepted, {} of them unknown",
        lives.accepted.len(),
        lives.accepted.len() - accepted.len()
    );
    assert!(!accepted.is_empty());
    let submits = stage.smsc.submits();
    let mut seen = BTreeSet::new();
    for submit in &submits {
        let part = (&submit.destination.digits, &submit.short_message);
        assert!(seen.insert(part), "sent twice: {submit:#?}");
    }
    nothing_settled_is_sent_again(&lives, &submits);
    let whole = lives.accepted.iter().filter(|(id, _)| accepted.contains(*id));
    arrived_whole(&stage.smsc, whole.map(|(_, sent)| sent.clone()));
    until_all(&last, accepted.iter(), |event| event["messageFinal"] == true);
    assert!(last.terminate().success());
}
