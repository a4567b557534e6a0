//! The simulator as an operator that changes overnight.

use super::{BINARY, messages};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, Operator};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn a_signal_turns_the_simulator_into_the_other_operator() {
    let mut simulator = Command::new(BINARY)
        .args(["sim", "--listen", "127.0.0.1:0"])
        .args(["--profile", "hex", "--then", "turned-decimal"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(simulator.stdout.take().unwrap()).lines();
    let mut line_with = |words: &str| {
        told.by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(words))
    };
    let first = line_with("listens on").unwrap();
    let address = first
        .split_whitespace()
        .find_map(|word| word.trim_end_matches(';').parse().ok());
    let operator = Operator::at(address.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let gateway = GatewayProcess::start(BINARY, folder.path(), std::slice::from_ref(&operator));
    let last =
        |kind: &'static str| move |events: &[Value]| events.last().is_some_and(|event| event["type"] == kind);
    gateway.post(&messages(&operator, 48_600_123_456, 1)).unwrap();
    let events = gateway.events_until(last("dlr"));
    assert_eq!(events.last().unwrap()["messageState"], "DELIVERED");

    let turn = Command::new("kill")
        .args(["-USR1", &simulator.id().to_string()])
        .status();
    assert!(turn.unwrap().success());
    line_with("\"turned-decimal\" from now on").unwrap();
    gateway.post(&messages(&operator, 48_600_123_457, 1)).unwrap();
    let events = gateway.events_until(last("unmatched"));
    let hint = events.last().unwrap()["hint"].as_str().unwrap();
    assert!(hint.contains("decimal, written as hexadecimal"), "{hint}");
    simulator.kill().unwrap();
    simulator.wait().unwrap();
}
