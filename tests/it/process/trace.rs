//! What became of one message: over HTTP and on the command line.

use super::{Stage, has, messages, run};
use smpp_connector_tests::{GatewayProcess, PATIENCE};
use smsc_sim::{FinalState, Receipts, Script};
use std::time::{Duration, Instant};
use uuid::Uuid;

fn trace(stage: &Stage, gateway: &GatewayProcess, id: &str, json: bool) -> super::Told {
    let url = gateway.url("");
    let mut args = vec!["trace", id, "--url", &url];
    if json {
        args.push("--json");
    }
    run(stage.path(), &args)
}

#[test]
fn a_message_is_traced_from_its_outcome_to_its_receipts() {
    let undelivered = Receipts::new().state_for("2", FinalState::undelivered("021"));
    let stage = Stage::new(Script::new().receipts(undelivered));
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    let sent = messages(&operator, 48_600_123_452, 1);
    gateway.post(&sent).unwrap();
    gateway.events_until(|events| {
        events
            .iter()
            .any(|event| event["messageState"] == "UNDELIVERABLE")
    });
    let id = sent[0].id().to_string();
    // A receipt is on record a moment after its event.
    let path = format!("/api/v1/messages/{id}");
    let started = Instant::now();
    while !gateway.get(&path).json()["parts"][0]["receipts"][0].is_object() {
        assert!(started.elapsed() < PATIENCE, "no receipt is on record");
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = trace(&stage, &gateway, &id, false);
    assert_eq!(told.code, 0, "{told:?}");
    has(
        &told.stdout,
        &[
            &id,
            "acme",
            "ACCEPTED",
            "part 1/1",
            "*********52",
            "UNDELIVERABLE (final)",
        ],
    );
    assert!(!told.stdout.contains("48600123452"), "{}", told.stdout);
    let json = gateway.get(&path).json();
    assert_eq!(json["stage"], "settled");
    assert_eq!(json["outcome"]["outcome"], "ACCEPTED");
    assert_eq!(json["parts"][0]["receipts"][0]["state"], "UNDELIVERABLE");
    assert_eq!(trace(&stage, &gateway, &id, true).stdout.trim(), json.to_string());
}

#[test]
fn of_an_unknown_message_it_is_said_what_that_can_mean() {
    let stage = Stage::new(Script::new());
    let gateway = stage.gateway(&stage.operator());
    let unknown = trace(&stage, &gateway, &Uuid::now_v7().to_string(), false);
    assert_eq!(unknown.code, 1);
    has(
        &unknown.stderr,
        &["nothing is on record", "queue", "correlation_ttl"],
    );
    let odd = trace(&stage, &gateway, "12", false);
    assert_eq!(odd.code, 1);
    has(&odd.stderr, &["12 is no message id", "UUID"]);
}
