//! `plugin replay`: the traffic of the last hour, put to a candidate.

use super::{Stage, has, messages, run};
use serde_json::{Value, json};
use smpp_connector_tests::{GatewayProcess, PATIENCE, plugin};
use smsc_sim::IdForm;
use smsc_sim::Script;
use std::time::{Duration, Instant};

/// Ids that were decimal on both sides, then hexadecimal where a message is accepted.
const MESSAGES: u64 = 5;

fn decisions(gateway: &GatewayProcess, query: &str) -> Vec<Value> {
    let page = gateway
        .get(&format!("/api/v1/decisions?limit=10000&{query}"))
        .json();
    page["decisions"].as_array().unwrap().clone()
}

/// Waits until so many calls of this kind are recorded.
fn recorded(gateway: &GatewayProcess, query: &str, count: usize) {
    let deadline = Instant::now() + PATIENCE;
    while decisions(gateway, query).len() < count {
        let outcomes = || {
            decisions(gateway, "")
                .iter()
                .map(|one| format!("{} {}", one["hook"], one["outcome"]))
                .collect::<Vec<_>>()
        };
        assert!(Instant::now() < deadline, "{:?}", outcomes());
        // The gateway says nowhere that a record is written.
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn receipts_that_matched_nothing_find_their_messages() {
    let stage = Stage::new(
        Script::new()
            .first_id(200)
            .ids(IdForm::HexUpper)
            .receipt_ids(IdForm::Decimal),
    );
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway
        .post(&messages(&operator, 48_600_300_000, MESSAGES))
        .unwrap();
    recorded(&gateway, "outcome=unmatched&hook=inbound", 5);
    let (url, wasm) = (gateway.url(""), plugin("hexdec"));
    let wasm = wasm.to_str().unwrap();
    let replay = |more: &[&str]| {
        let args = [
            "plugin",
            "replay",
            wasm,
            "--operator",
            "acme",
            "--url",
            url.as_str(),
        ];
        run(stage.path(), &[&args, more].concat())
    };
    let told = replay(&[]);
    assert_eq!(told.code, 0, "{told:?}");
    has(
        &told.stdout,
        &[
            "5 receipts: 0 unchanged, 5 unmatched -> matched, 0 lost",
            ": unmatched -> matched, key 200\n",
            "message-ids: ",
            "C8 (submit-resp): recorded null, candidate \"200\"",
        ],
    );
    let json: Value = serde_json::from_str(&replay(&["--json"]).stdout).unwrap();
    assert_eq!(
        (&json["receipts"]["found"], &json["receipts"]["lost"]),
        (&json!(5), &json!(0))
    );
    assert_eq!(json["unreadable"], json!(0));

    // The same out of a folder: no gateway is asked.
    let captured = run(
        stage.path(),
        &["capture", "acme", "--last", "1h", "-o", "captured", "--url", &url],
    );
    assert_eq!(captured.code, 0, "{captured:?}");
    drop(gateway);
    let offline = run(stage.path(), &["plugin", "replay", wasm, "--capture", "captured"]);
    assert_eq!(offline.code, 0, "{offline:?}");
    has(&offline.stdout, &["unmatched -> matched", "0 lost"]);
}

#[test]
fn a_candidate_that_loses_receipts_is_told_by_its_exit_code() {
    let stage = Stage::new(Script::new().first_id(200).ids(IdForm::HexUpper));
    let operator = stage.operator();
    let gateway = stage.gateway(&operator);
    gateway
        .post(&messages(&operator, 48_600_400_000, MESSAGES))
        .unwrap();
    recorded(&gateway, "hook=inbound", 5);
    let (url, wasm) = (gateway.url(""), plugin("hexdec"));
    let args = [
        "plugin",
        "replay",
        wasm.to_str().unwrap(),
        "--operator",
        "acme",
        "--url",
        &url,
        "--show",
        "2",
    ];
    let told = run(stage.path(), &args);
    assert_eq!(told.code, 1, "{told:?}");
    has(
        &told.stdout,
        &["matched -> lost, key C", "5 lost", "and 3 more (--show 5)"],
    );
    let nothing = run(stage.path(), &[&args[..], &["--last", "1s"]].concat());
    assert!(
        nothing.code == 0 || nothing.stdout.contains("lost"),
        "{nothing:?}"
    );

    // The built-in behaviour, as the quirks plugin without settings.
    let same = run(
        stage.path(),
        &["plugin", "replay", "quirks", "--operator", "acme", "--url", &url],
    );
    assert_eq!(same.code, 0, "{same:?}");
    has(
        &same.stdout,
        &["5 receipts: 5 unchanged, 0 unmatched -> matched, 0 lost"],
    );
}
