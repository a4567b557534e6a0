//! How binds are: over HTTP, in metrics and on the command line.

use super::{Stage, has, messages, run};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, PATIENCE};
use smsc_sim::{Rule, Script, Then, When, status};
use std::time::{Duration, Instant};

/// Asks until it is so.
#[track_caller]
fn until(gateway: &GatewayProcess, met: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let told = gateway.get("/api/v1/operators/acme").json();
        if met(&told) {
            return told;
        }
        assert!(started.elapsed() < PATIENCE, "{told}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_round_trip_of_an_enquire_link_is_told() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator().session("enquire_link", "\"1s\"");
    let gateway = stage.gateway(&operator);
    let first = until(&gateway, |told| !told["sessions"].as_array().unwrap().is_empty());
    assert_eq!(first["throttled"], Value::Null, "{first}");
    let link = "/sessions/0/binds/0/enquireLink";
    let told = until(&gateway, |told| told.pointer(link).unwrap().is_object());
    let link = told.pointer(link).unwrap();
    assert!(link["roundTripMs"].as_f64().unwrap() > 0.0, "{link}");
    let since = &told["sessions"][0]["binds"][0]["since"];
    assert!(link["at"].as_str() > since.as_str(), "{told}");
    let metrics = gateway.get("/metrics").body;
    let count = "smpp_connector_enquire_link_seconds_count{operator=\"acme\"} ";
    let count = metrics.lines().find_map(|line| line.strip_prefix(count)).unwrap();
    assert!(count.parse::<u64>().unwrap() >= 1, "{count}");
    let words = run(stage.path(), &["sessions", "acme", "--url", &gateway.url("")]);
    has(
        &words.stdout,
        &["acme, ", "BOUND", "TRANSCEIVER, primary", " ms, 0 s ago"],
    );
    let json = run(stage.path(), &["sessions", "--json", "--url", &gateway.url("")]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["operators"][0]["name"], "acme");
}

#[test]
fn an_operator_that_throttles_says_until_when_and_why() {
    let full = Rule::when(When::Always).then(Then::Status(status::THROTTLED));
    let stage = Stage::new(Script::new().respond(full));
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600_123_456, 1)).unwrap();
    let told = until(&gateway, |told| told["throttled"].is_object());
    let throttled = &told["throttled"];
    assert_eq!(throttled["commandStatus"], 0x58);
    has(throttled["reason"].as_str().unwrap(), &["ESME_RTHROTTLED"]);
    assert!(
        throttled["until"].as_str() > throttled["since"].as_str(),
        "{throttled}"
    );
    // Pauses become longer while it goes on, so that one is seen by a process that has to start first.
    let started = Instant::now();
    loop {
        let words = run(stage.path(), &["sessions", "--url", &gateway.url("")]).stdout;
        if words.contains("throttled until ") {
            has(&words, &["ESME_RTHROTTLED"]);
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{words}");
    }
    stage.smsc.set_script(Script::new());
    gateway.events_until(|events| events.iter().any(|event| event["outcome"] == "ACCEPTED"));
    until(&gateway, |told| told["throttled"].is_null());
}
