//! From receipts that match nothing to fixtures in a folder: what the engineer does first.

use super::{Stage, has, run};
use crate::tshark::reader::{DefaultAlphabet, read_file};
use serde_json::{Value, json};
use smpp_connector_tests::{GatewayProcess, Message};
use smsc_sim::{Mo, Receipts, Rule, Script, Then, When};
use std::path::Path;

const NUMBER: &str = "491510000009";
const TEXT: &str = "Ihr geheimer Code: 4711";

fn hexadecimal() -> Script {
    let ids = Script::new()
        .respond(Rule::when(When::Nth(1)).then(Then::Body(b"ABC1\0"[..].into())))
        .respond(Rule::when(When::Nth(2)).then(Then::Body(b"ABC2\0"[..].into())));
    ids.receipts(Receipts::off())
}

fn receipt(stage: &Stage, id: &str) {
    let text = format!("id:{id} sub:001 stat:DELIVRD err:000 text:{TEXT}");
    let receipt = Mo {
        esm_class: 0x04,
        octets: text.into_bytes().into(),
        ..Mo::text(NUMBER, "Story", "")
    };
    assert_eq!(stage.runtime.block_on(stage.smsc.send_mo(receipt)), Ok(0));
}

/// Two messages under hexadecimal ids, whose receipts come in decimal and match nothing.
fn two_unmatched(stage: &Stage, gateway: &GatewayProcess, operator: &smpp_connector_tests::Operator) {
    for _ in 0..2 {
        let message = Message::to(NUMBER).text(TEXT).operator(operator.id);
        let id = message.id().to_string();
        gateway.post(&[message]).unwrap();
        gateway.events_until(|events| {
            events
                .iter()
                .any(|event| event["type"] == "submit" && event["messageId"] == id.as_str())
        });
    }
    receipt(stage, "43969");
    receipt(stage, "43970");
    gateway.events_until(|events| events.iter().filter(|event| event["type"] == "unmatched").count() == 2);
    // They are recorded a moment after they are told.
    let deadline = std::time::Instant::now() + smpp_connector_tests::PATIENCE;
    while decisions(gateway, "outcome=unmatched").len() < 4 {
        assert!(std::time::Instant::now() < deadline);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn decisions(gateway: &GatewayProcess, query: &str) -> Vec<Value> {
    let answer = gateway
        .get(&format!("/api/v1/decisions?limit=10000&{query}"))
        .json();
    answer["decisions"].as_array().unwrap().clone()
}

fn files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn unmatched_receipts_become_fixtures_and_a_law_and_packets() {
    let stage = Stage::new(hexadecimal());
    let operator = stage.operator().set("unmatched_after", "\"1s\"");
    let gateway = stage.gateway(&operator);
    two_unmatched(&stage, &gateway, &operator);
    let url = gateway.url("");
    let capture = |more: &[&str]| {
        let args = [&["capture", "acme", "--url", &url], more].concat();
        run(stage.path(), &args)
    };

    let told = capture(&["--outcome", "unmatched", "--last", "20", "-o", "mine/fixtures"]);
    assert_eq!(told.code, 0, "{told:?}");
    has(
        &told.stderr,
        &[
            "plugin = \"quirks\"",
            "submit_resp = \"hex\", receipt = \"decimal\"",
            "2 of the last 2",
        ],
    );
    let folder = stage.path().join("mine/fixtures");
    let names = files(&folder);
    let endings: Vec<_> = names.iter().map(|name| name.split_once('-').unwrap().1).collect();
    let has_name = |name: &str| endings.contains(&name);
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(has_name("unmatched-inbound-43969.json"), "{names:?}");
    assert!(has_name("unmatched-same-key-ABC1-43969.json"), "{names:?}");
    for name in &names {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let fixture: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{}.json", fixture["name"].as_str().unwrap()), *name);
        assert!(!text.contains(NUMBER) && !text.contains("4711"), "{text}");
        match fixture["hook"].as_str() {
            Some("inbound") => {
                assert_eq!(fixture["expect"], "host-default");
                assert_eq!(fixture["input"]["reading"]["state"], "delivered");
                assert!(fixture["note"].as_str().unwrap().contains("matched nothing"));
            }
            _ => assert_eq!(fixture["same-key"][0]["origin"], json!("submit-resp")),
        }
    }
    let again = capture(&["--hook", "encoding", "-o", "mine/fixtures"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(
        files(&folder)
            .iter()
            .any(|name| name.starts_with("05-planned-encoding")),
        "{:?}",
        files(&folder)
    );
    let nothing = capture(&["--outcome", "late"]);
    assert_eq!(nothing.code, 1);
    has(&nothing.stderr, &["nothing of the kind", "acme"]);

    let packets = capture(&["--pcapng", "acme.pcapng", "--last", "1h"]);
    assert_eq!(packets.code, 0, "{packets:?}");
    let seen = read_file(&stage.path().join("acme.pcapng"), DefaultAlphabet::Unpacked);
    let complaints: Vec<_> = seen.iter().filter_map(|pdu| pdu.complaint()).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let count = |name: &str| seen.iter().filter(|pdu| pdu.name() == name).count();
    assert_eq!(
        (
            count("submit_sm"),
            count("submit_sm_resp"),
            count("deliver_sm"),
            count("deliver_sm_resp")
        ),
        (2, 2, 2, 2),
        "{seen:#?}"
    );
    assert!(seen.iter().any(|pdu| pdu.get("smpp.message_id") == "ABC1"));
    assert!(
        seen.iter()
            .all(|pdu| !pdu.get("smpp.destination_addr").contains("4915100"))
    );
    has(
        &gateway.log(),
        &[
            "2 receipts of acme match nothing",
            "see `smpp-connector capture acme --outcome unmatched`",
        ],
    );
    let metric = gateway.metric("smpp_connector_near_misses_total", "kind=\"decimal\"");
    assert!((metric - 2.0).abs() < f64::EPSILON, "{metric}");
}

#[test]
fn more_calls_than_one_answer_holds_are_captured() {
    const CALLS: usize = 10_500;
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    let data = stage.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let now = chrono::Utc::now();
    let record = |number: usize| {
        // Several of each millisecond, so that answers end in the middle of one.
        let at = now + chrono::TimeDelta::milliseconds(i64::try_from(number / 7).unwrap());
        let question = json!({ "hook": "message-ids", "input": { "raw": number.to_string(), "origin": "receipt-text" } });
        json!({
            "at": at, "operatorId": operator.id, "operator": "acme", "hook": "message-ids", "outcome": "unmatched",
            "question": question, "answer": null, "policy": null, "micros": 0, "nowMs": 7, "share": 1.0,
        })
    };
    let lines: Vec<_> = (0..CALLS)
        .map(|number| record(number).to_string() + "\n")
        .collect();
    std::fs::write(data.join("decisions.ndjson"), lines.concat()).unwrap();
    let gateway = stage.gateway(&operator);
    let url = gateway.url("");
    for (last, captured) in [("1h", CALLS), ("10100", 10_100)] {
        let told = run(
            stage.path(),
            &["capture", "acme", "--last", last, "-o", last, "--url", &url],
        );
        assert_eq!(told.code, 0, "{}", told.stderr);
        assert_eq!(files(&stage.path().join(last)).len(), captured, "{last}");
    }
}

#[test]
fn a_kill_leaves_what_was_recorded() {
    let stage = Stage::new(hexadecimal());
    let operator = stage.operator().set("unmatched_after", "\"1s\"");
    let gateway = stage.gateway(&operator);
    two_unmatched(&stage, &gateway, &operator);
    let before = decisions(&gateway, "");
    gateway.kill();
    let file = stage.path().join("data/decisions.ndjson");
    let text = std::fs::read_to_string(&file).unwrap();
    // As if the kill had come in the middle of a line.
    std::fs::write(&file, format!("{text}{}", &text[..100])).unwrap();
    let gateway = stage.gateway(&operator);
    let after = decisions(&gateway, "");
    assert!(
        after.ends_with(&before),
        "{} before, {} after",
        before.len(),
        after.len()
    );
}
