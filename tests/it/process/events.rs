//! `GET /api/v1/events`: numbered, from anywhere, live, for many readers.

use super::{Stage, messages};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, PATIENCE, http};
use smsc_sim::Script;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// Events of a stream until `enough`; checks that each has its number as SSE id too, and that numbers ascend.
fn follow(gateway: &GatewayProcess, query: &str, mut enough: impl FnMut(&Value) -> bool) -> Vec<u64> {
    let started = Instant::now();
    let (mut ids, mut seqs) = (Vec::new(), Vec::new());
    for line in http::lines(&gateway.url(&format!("/api/v1/events{query}"))).unwrap() {
        assert!(
            started.elapsed() < PATIENCE,
            "{} events; log:\n{}",
            seqs.len(),
            gateway.log()
        );
        let line = line.unwrap();
        if let Some(id) = line.strip_prefix("id:") {
            ids.push(id.trim().parse::<u64>().unwrap());
        }
        let Some(data) = line.strip_prefix("data:") else {
            continue;
        };
        let event: Value = serde_json::from_str(data).unwrap();
        seqs.push(event["seq"].as_u64().unwrap());
        if enough(&event) {
            break;
        }
    }
    // Within one event the order of its lines is free.
    let both = ids.len().min(seqs.len());
    assert_eq!(ids[..both], seqs[..both]);
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    seqs
}

/// Counts final receipts until there are `count`.
fn ends(count: usize) -> impl FnMut(&Value) -> bool {
    let mut seen = 0;
    move |event| {
        seen += usize::from(event["messageFinal"] == true);
        seen == count
    }
}

#[test]
fn readers_start_anywhere_and_follow_live() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600, 5)).unwrap();
    let first = follow(&gateway, "", ends(5));
    let middle = first[first.len() / 2];
    let rest = follow(&gateway, &format!("?after={middle}"), |event| {
        event["seq"] == *first.last().unwrap()
    });
    assert_eq!(rest.first(), Some(&(middle + 1)));
    assert_eq!(rest, first[first.len() / 2 + 1..]);

    // Two readers at once see what happens from now on, and the same.
    let after = format!("?after={}", first.last().unwrap());
    let seen: Vec<_> = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| follow(&gateway, &after, ends(7))))
            .collect();
        gateway.post(&messages(&operator, 48_700, 7)).unwrap();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].len() >= 14);
}

#[test]
fn a_reader_that_stops_reading_holds_nobody_up() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    let mut stuck: Vec<_> = (0..3)
        .map(|_| TcpStream::connect(gateway.url("").replace("http://", "")).unwrap())
        .collect();
    for stream in &mut stuck {
        stream
            .write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        stream.read_exact(&mut [0]).unwrap();
    }
    for round in 0..5 {
        gateway
            .post(&messages(&operator, 48_600_000 + 200 * round, 200))
            .unwrap();
    }
    follow(&gateway, "", ends(1_000));
    assert_eq!(gateway.get("/healthz").status, 200);
}

#[test]
fn a_reader_that_was_cut_off_goes_on_where_it_was() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600, 3)).unwrap();
    let seen = follow(&gateway, "", ends(3));
    // What a browser's EventSource sends when it connects again: the number, and the query of the beginning.
    let mut stream = TcpStream::connect(gateway.url("").replace("http://", "")).unwrap();
    let last = seen[2];
    write!(
        stream,
        "GET /api/v1/events?after=0 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: {last}\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    while !text.contains("\"seq\":") {
        let mut octets = [0; 4096];
        let count = stream.read(&mut octets).unwrap();
        text += std::str::from_utf8(&octets[..count]).unwrap();
    }
    let next = format!("\"seq\":{}", last + 1);
    assert!(text.find("\"seq\":") == text.find(&next), "{text}");
}
