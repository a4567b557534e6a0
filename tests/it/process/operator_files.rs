//! Operator files are added, changed, broken and removed while traffic flows, and nothing is lost.

use super::{BINARY, Stage, messages};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, Operator, PATIENCE};
use smsc_sim::{Script, Smsc};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Waits for something that only shows from outside.
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "{what}: never");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn file(stage: &Stage, operator: &Operator) -> PathBuf {
    stage.path().join(format!("operators/{}.toml", operator.name))
}

fn write(stage: &Stage, operator: &Operator) {
    std::fs::write(file(stage, operator), operator.toml()).unwrap();
}

#[test]
fn files_take_effect_under_traffic_and_nothing_is_lost() {
    let stage = Stage::new(Script::new());
    let second_smsc = stage.runtime.block_on(Smsc::start(Script::new())).unwrap();
    let acme = stage.operator();
    let volta = Operator::at(second_smsc.addr()).named("volta");
    let gateway = stage.gateway(&acme);
    let stop = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let traffic = scope.spawn(|| steady_traffic(&gateway, &acme, &stop));
        // Also when the story fails, or the scope would wait for the traffic for ever.
        let stopping = Stopping(&stop);
        change_everything(&stage, &gateway, &acme, &volta, &second_smsc);
        drop(stopping);
        traffic.join().unwrap()
    });
    let mut missing = sent;
    let events = gateway.events_until(|events| {
        if let Some(event) = events.last().filter(|event| event["messageFinal"] == true) {
            missing.remove(event["messageId"].as_str().unwrap());
        }
        missing.is_empty()
    });
    let refused = |event: &&Value| event["type"] == "submit" && event["outcome"] != "ACCEPTED";
    assert_eq!(events.iter().find(refused), None);
    for (number, count) in stage.smsc.submits_by_destination() {
        assert_eq!(count, 1, "{number} was sent {count} times");
    }
    assert!(gateway.terminate().success());
}

struct Stopping<'a>(&'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends a message every few milliseconds until told to stop; returns their ids.
fn steady_traffic(gateway: &GatewayProcess, operator: &Operator, stop: &AtomicBool) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let message = messages(operator, 48_600_000_000 + number, 1);
        gateway
            .post(&message)
            .expect("a changed file does not hold up the intake");
        ids.insert(message[0].id().to_string());
        std::thread::sleep(Duration::from_millis(10));
    }
    ids
}

fn change_everything(
    stage: &Stage,
    gateway: &GatewayProcess,
    acme: &Operator,
    volta: &Operator,
    other: &Smsc,
) {
    // Added.
    write(stage, volta);
    eventually("the new operator's bind", || other.counters().bound == 1);
    eventually("the new operator takes messages", || {
        gateway.post(&messages(volta, 100, 1)).is_ok()
    });
    // Broken: reported, and nothing changes.
    std::fs::write(file(stage, volta), volta.clone().set("tps_limt", "5").toml()).unwrap();
    eventually("the report", || gateway.log().contains("tps_limt"));
    let log = gateway.log();
    assert!(
        log.contains("volta.toml") && log.contains("did you mean tps_limit?"),
        "{log}"
    );
    assert_eq!(gateway.post(&messages(volta, 200, 1)), Ok(()));
    assert_eq!(other.counters().binds, 1, "the operator goes on as it was");
    // Changed: the operator that carries the traffic binds anew.
    let binds = stage.smsc.counters().binds;
    write(stage, volta);
    write(stage, &acme.clone().session("binds", "2"));
    eventually("two binds", || {
        stage.smsc.counters().bound == 2 && stage.smsc.counters().binds >= binds + 2
    });
    // Removed.
    std::fs::remove_file(file(stage, volta)).unwrap();
    eventually("the unbind", || other.counters().unbinds == 1);
    eventually("the refusal", || gateway.post(&messages(volta, 300, 1)).is_err());
    assert_eq!(other.counters().accepted, 2);
}

#[test]
fn commands_of_an_operator_that_is_away_wait_for_its_return() {
    let stage = Stage::new(Script::new());
    stage.runtime.block_on(stage.smsc.stop_listening());
    let acme = stage.operator();
    let gateway = stage.gateway(&acme);
    gateway.post(&messages(&acme, 48_600, 10)).unwrap();
    std::fs::remove_file(file(&stage, &acme)).unwrap();
    eventually("the operator is gone", || gateway.get("/readyz").status == 503);
    gateway.kill();
    stage.runtime.block_on(stage.smsc.resume()).unwrap();
    let gateway = GatewayProcess::launch(BINARY, stage.path(), "warn");
    write(&stage, &acme);
    let arrived = stage.wait_until(|counters| counters.accepted == 10);
    assert_eq!(arrived.submits, 10);
    assert!(gateway.terminate().success());
}
