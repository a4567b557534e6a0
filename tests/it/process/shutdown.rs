//! SIGTERM: drains, unbinds, ends with 0; and what happens when it cannot.

use super::{BINARY, Stage, messages};
use smpp_connector_tests::{GatewayProcess, write_files};
use smsc_sim::{Receipts, Rule, Script, Then, When};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn sigterm_answers_what_is_out_unbinds_and_ends_with_0() {
    let stage = Stage::new(
        Script::new()
            .latency(Duration::from_millis(300))
            .receipts(Receipts::off()),
    );
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600_000, 30)).unwrap();
    stage.wait_until(|counters| counters.submits >= 5);
    let started = Instant::now();
    assert_eq!(gateway.terminate().code(), Some(0));
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
    let counters = stage.wait_until(|counters| counters.links == 0);
    assert_eq!(counters.unbinds, 1);

    let again = GatewayProcess::launch(BINARY, stage.path(), "warn");
    let mut outcomes = 0;
    again.events_until(|events| {
        outcomes += usize::from(events.last().is_some_and(|event| event["type"] == "submit"));
        outcomes == 30
    });
    assert_eq!(
        stage.smsc.counters().submits,
        30,
        "what was drained is not sent again"
    );
    assert!(again.terminate().success());
}

#[test]
fn a_shutdown_that_takes_too_long_ends_with_1_and_loses_nothing() {
    let unanswered = Rule::when(When::First(1)).then(Then::NoAnswer);
    let stage = Stage::new(Script::new().respond(unanswered));
    let operator = stage.operator();
    write_files(stage.path(), std::slice::from_ref(&operator));
    let host = "shutdown_grace = \"1s\"\n[http]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(stage.path().join("smpp-connector.toml"), host).unwrap();
    let gateway = GatewayProcess::launch(BINARY, stage.path(), "warn");
    gateway.post(&messages(&operator, 48_600_000, 1)).unwrap();
    stage.wait_until(|counters| counters.submits == 1);
    let started = Instant::now();
    assert_eq!(gateway.terminate().code(), Some(1));
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );

    let again = GatewayProcess::launch(BINARY, stage.path(), "warn");
    again.events_until(|events| events.iter().any(|event| event["messageFinal"] == true));
    assert!(again.terminate().success());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let unanswered = Rule::when(When::Always).then(Then::NoAnswer);
    let stage = Stage::new(Script::new().respond(unanswered));
    let operator = stage.operator();
    let mut gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600_000, 1)).unwrap();
    stage.wait_until(|counters| counters.submits == 1);
    gateway.signal("TERM");
    // Once the listener is closed, the first signal was handled.
    let address = gateway.url("").replace("http://", "");
    while TcpStream::connect(&address).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let started = Instant::now();
    gateway.signal("TERM");
    assert_eq!(gateway.wait().code(), Some(1));
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn clients_that_stay_do_not_hold_up_the_shutdown() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    let address = gateway.url("").replace("http://", "");
    // One follows the events and reads nothing, one begins a request and does not finish it, one is only connected.
    let mut reader = TcpStream::connect(&address).unwrap();
    reader
        .write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    reader.read_exact(&mut [0]).unwrap();
    let mut sender = TcpStream::connect(&address).unwrap();
    sender
        .write_all(b"POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        .unwrap();
    let _silent = TcpStream::connect(&address).unwrap();
    let started = Instant::now();
    assert_eq!(gateway.terminate().code(), Some(0));
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
}
