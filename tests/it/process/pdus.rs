//! The last PDUs of a bind: in words, field by field and in octets, over HTTP and on the command line.

use super::{Stage, has, messages, run};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, PATIENCE};
use smsc_sim::Script;
use std::time::{Duration, Instant};

fn pdus(gateway: &GatewayProcess, query: &str) -> Vec<Value> {
    let latest = gateway.get(&format!("/api/v1/pdus?operator=acme&{query}")).json();
    latest["binds"][0]["pdus"].as_array().unwrap().clone()
}

#[test]
fn the_last_pdus_of_a_bind_are_shown_without_what_is_private() {
    let stage = Stage::new(Script::new().credentials("story", "p4ss!word"));
    let operator = stage.operator().session("password", "\"p4ss!word\"");
    let gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600_123_456, 1)).unwrap();
    gateway.events_until(|events| events.iter().any(|event| event["messageFinal"] == true));
    let pdus = pdus(&gateway, "session=1");
    let told: Vec<_> = pdus.iter().map(|pdu| pdu["told"].as_str().unwrap()).collect();
    for wanted in [
        "bind_transceiver ",
        "bind_transceiver_resp",
        "submit_sm ",
        "submit_sm_resp",
        "deliver_sm ",
        "deliver_sm_resp",
    ] {
        assert!(
            told.iter().any(|told| told.starts_with(wanted)),
            "{wanted}: {told:#?}"
        );
    }
    every_field_is_told(&pdus);
    let text = Value::from(pdus).to_string();
    for private in ["p4ss!word", "48600123456"] {
        assert!(
            !text.contains(private) && !text.contains(&hex::encode(private)),
            "{text}"
        );
    }
    let url = gateway.url("");
    let words = run(
        stage.path(),
        &["pdus", "acme", "--hex", "--fields", "--url", &url],
    );
    has(
        &words.stdout,
        &[
            "session 1, bind 1",
            "-> bind_transceiver",
            "<- deliver_sm",
            "esm_class                0x04           delivery receipt",
            "password           \"*********\"",
        ],
    );
    assert!(
        !words.stdout.contains(&hex::encode("p4ss!word")),
        "{}",
        words.stdout
    );
    let unknown = run(stage.path(), &["pdus", "acme", "--session", "9", "--url", &url]);
    has(&unknown.stderr, &["no such session or bind"]);
}

fn every_field_is_told(pdus: &[Value]) {
    let field = |command: &str, name: &str| {
        let pdu = pdus
            .iter()
            .find(|pdu| pdu["told"].as_str().unwrap().starts_with(command));
        let fields = pdu.unwrap()["fields"].as_array().unwrap();
        let found = fields.iter().find(|field| field["name"] == name);
        let found = found.unwrap_or_else(|| panic!("no {name} in {fields:#?}"));
        [&found["value"], &found["meaning"]].map(|text| text.as_str().unwrap().to_owned())
    };
    for (command, name, value, meaning) in [
        ("submit_sm ", "command_id", "0x00000004", "submit_sm"),
        (
            "submit_sm ",
            "destination_addr",
            "\"*********56\"",
            "11 characters",
        ),
        (
            "submit_sm_resp",
            "command_status",
            "0x00000000",
            "ESME_ROK: no error",
        ),
        ("deliver_sm ", "esm_class", "0x04", "delivery receipt"),
        ("bind_transceiver ", "interface_version", "0x34", "SMPP 3.4"),
    ] {
        assert_eq!(field(command, name), [value, meaning], "{command}{name}");
    }
    let [text, _] = field("deliver_sm ", "short_message");
    has(&text, &["id:", "stat:DELIVRD"]);
    assert!(pdus.iter().all(|pdu| pdu["fault"].is_null()), "{pdus:#?}");
}

#[test]
fn those_that_break_the_standard_are_told_up_to_the_fault() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    stage.wait_until(|counters| counters.binds > 0);
    // A deliver_sm whose last TLV says that it is longer than the PDU.
    let body = b"\0\x01\x01447700900123\0\0\0ME\0\0\0\0\0\0\0\0\0\0\0\x04\x27\x00\x09\x02";
    let length = u32::try_from(16 + body.len()).unwrap();
    let head = [length, 5, 0, 77].map(u32::to_be_bytes).concat();
    stage.smsc.send_raw([head.as_slice(), body].concat());
    let started = Instant::now();
    let odd = loop {
        let odd = gateway.get("/api/v1/odd-pdus?operator=acme").json();
        if odd["oddPdus"][0].is_object() {
            break odd["oddPdus"][0].clone();
        }
        assert!(started.elapsed() < PATIENCE, "{odd}");
        std::thread::sleep(Duration::from_millis(10));
    };
    let fault = "message_state (0x0427) says 9 octets, and the PDU ends after 1";
    assert_eq!(odd["fault"], fault, "{odd}");
    let fields = odd["fields"].as_array().unwrap();
    assert_eq!(fields.last().unwrap()["name"], "short_message");
    assert_eq!(fields[7]["value"], "\"**********23\"", "{odd}");
    let url = gateway.url("");
    let words = run(
        stage.path(),
        &["pdus", "acme", "--odd", "--fields", "--url", &url],
    )
    .stdout;
    has(
        &words,
        &["<- deliver_sm seq 77", "odd: beyond_end in tlv", "fault: ", fault],
    );
    assert!(!words.contains("447700900123"), "{words}");
}

#[test]
fn only_those_after_a_time_are_asked_for() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway.post(&messages(&operator, 48_600_123_456, 1)).unwrap();
    gateway.events_until(|events| events.iter().any(|event| event["messageFinal"] == true));
    let all = pdus(&gateway, "since=1h");
    let told = |pdu: &Value| pdu["told"].as_str().unwrap().to_owned();
    let submit = all
        .iter()
        .position(|pdu| told(pdu).starts_with("submit_sm "))
        .unwrap();
    let later = pdus(
        &gateway,
        &format!("since={}", all[submit]["at"].as_str().unwrap()),
    );
    assert!(
        later.len() >= submit && !later.contains(&all[submit]),
        "{later:#?}"
    );
    assert!(
        !later.iter().any(|pdu| told(pdu).starts_with("bind_")),
        "{later:#?}"
    );
    assert_eq!(pdus(&gateway, "since=2100-01-01T00:00:00Z"), Vec::<Value>::new());
    let answer = gateway.get("/api/v1/pdus?operator=acme&since=soon");
    assert_eq!(answer.status, 400, "{}", answer.body);
    has(&answer.body, &["soon", "is no time"]);
}
