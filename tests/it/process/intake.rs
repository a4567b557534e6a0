//! `POST /api/v1/messages`: what is taken, and what is told about what is not.

use super::{Stage, has, messages};
use serde_json::{Value, json};
use smpp_connector_tests::http::{self, Answer};
use smpp_connector_tests::{GatewayProcess, Message};
use smsc_sim::Script;

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

fn post(gateway: &GatewayProcess, kind: &str, body: &str) -> Answer {
    let url = gateway.url("/api/v1/messages");
    http::request("POST", &url, &[("Content-Type", kind)], body.as_bytes()).unwrap()
}

fn ids(messages: &[Message]) -> Value {
    messages.iter().map(|message| message.id().to_string()).collect()
}

#[test]
fn one_an_array_or_a_line_each() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    let all = messages(&operator, 48_600_100_200, 5);
    let bodies: Vec<_> = all.iter().map(Message::json).collect();
    let array = format!("[{}]", bodies[1..3].join(","));
    let lines = format!("{}\n\r\n{}", bodies[3], bodies[4]);
    for (kind, body, sent) in [
        (JSON, &bodies[0], &all[..1]),
        (JSON, &array, &all[1..3]),
        (NDJSON, &lines, &all[3..]),
    ] {
        let answer = post(&gateway, kind, body);
        assert_eq!(answer.status, 202, "{}", answer.body);
        assert_eq!(answer.json(), json!({ "accepted": ids(sent), "rejected": [] }));
    }
    let arrived = stage.wait_until(|counters| counters.accepted == 5);
    assert_eq!(arrived.submits, 5);
}

#[test]
fn the_bad_ones_are_told_and_do_not_hold_up_the_good() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    let good = messages(&operator, 48_600, 2);
    let bad = good[0]
        .clone()
        .with("to", json!("12"))
        .with("encoding", json!("KOI8"));
    let lines = format!("{}\n{}\n{{oops\n{}", good[0].json(), bad.json(), good[1].json());
    let answer = post(&gateway, NDJSON, &lines);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let told = answer.json();
    assert_eq!(told["accepted"], ids(&good));
    assert_eq!(told["rejected"][0]["index"], 1);
    assert_eq!(told["rejected"][0]["messageId"], json!(bad.id().to_string()));
    let errors = told["rejected"][0]["errors"].to_string();
    has(&errors, &["to", "encoding", "KOI8", "GSM7"]);
    assert_eq!(told["rejected"][1]["index"], 2);
    stage.wait_until(|counters| counters.accepted == 2);
}

#[test]
fn when_all_are_bad_every_reason_is_told() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    let good = messages(&operator, 48_600, 1).remove(0);
    let nobody = "00000000-0000-7000-8000-000000000001";
    let bad = [
        good.clone()
            .with("text", Value::Null)
            .with("messageType", json!("FAX")),
        good.with("operatorId", json!(nobody)),
    ];
    let body = Value::from_iter(
        bad.iter()
            .map(|one| serde_json::from_str::<Value>(&one.json()).unwrap()),
    );
    let answer = post(&gateway, JSON, &body.to_string());
    assert_eq!(answer.status, 422);
    let told = answer.json();
    assert_eq!(told["accepted"], json!([]));
    has(
        &told["details"].to_string(),
        &["text", "FAX", "FLASH", nobody, &operator.id.to_string(), "acme"],
    );
    assert_eq!(told["rejected"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_no_json_is_told_the_place() {
    let stage = Stage::new(Script::new());
    let gateway = stage.gateway(&stage.operator());
    for (body, place) in [
        ("[{},\n {oops}]", "line 2 column 3"),
        ("{\"to\": }", "line 1 column 8"),
        ("", "empty"),
        ("[1, 2", "EOF"),
    ] {
        let answer = post(&gateway, JSON, body);
        assert_eq!(answer.status, 400, "{body}");
        has(&answer.body, &[place, "application/x-ndjson"]);
    }
}

#[test]
fn a_body_of_10_mb_is_told_the_limit_and_the_rest_goes_on() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    let text = "x".repeat(10_000_000);
    let huge = messages(&operator, 48_600, 1).remove(0).text(&text).json();
    // The answer does not wait for the rest of the body. A client that writes still may miss it, and asks again.
    let ask = || {
        let headers = [("Content-Type", JSON)];
        http::request(
            "POST",
            &gateway.url("/api/v1/messages"),
            &headers,
            huge.as_bytes(),
        )
    };
    let answer = (0..20).find_map(|_| ask().ok()).expect("an answer");
    assert_eq!(answer.status, 413, "{}", answer.body);
    has(&answer.body, &["too large", "8388608", "several requests"]);
    // What fits a body and is too large for a command is that item's fault alone.
    let large = messages(&operator, 48_600, 1).remove(0).text(&text[..100_000]);
    let answer = post(&gateway, JSON, &large.json());
    assert_eq!(answer.status, 422);
    has(&answer.body, &["65536"]);
    gateway.post(&messages(&operator, 48_601, 1)).unwrap();
    stage.wait_until(|counters| counters.accepted == 1);
}
