//! What became of one message: over HTTP and on the command line.

use super::{Stage, has, messages, run};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, PATIENCE, plugin};
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
    the_command_line_tells_what_the_console_tells(&stage, &gateway, &id);
    fields_are_told_where_they_are_asked_for(&stage, &gateway, &id);
}

/// Every value of the two answers that the console's page of a message draws.
fn the_command_line_tells_what_the_console_tells(stage: &Stage, gateway: &GatewayProcess, id: &str) {
    let story = gateway.get(&format!("/api/v1/messages/{id}")).json();
    let path = format!("/api/v1/decisions?message={id}&limit=100");
    let started = Instant::now();
    // The key of its receipt is the last that is recorded.
    while gateway.get(&path).json()["decisions"][0]["question"]["input"]["origin"] != "receipt-text" {
        assert!(
            started.elapsed() < PATIENCE,
            "the receipt's calls are not recorded"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let decisions = gateway.get(&path).json();
    let mut json: Value = serde_json::from_str(&trace(stage, gateway, id, true).stdout).unwrap();
    let told = json.as_object_mut().unwrap().remove("decisions").unwrap();
    assert_eq!(told, decisions["decisions"]);
    assert_eq!(json, story);
    let words = trace(stage, gateway, id, false).stdout;
    let part = &story["parts"][0];
    for key in ["to", "operatorMessageId", "messageKey", "submittedAt"] {
        has(&words, &[part[key].as_str().unwrap()]);
    }
    let calls = decisions["decisions"].as_array().unwrap();
    let hooks: Vec<_> = calls.iter().map(|call| call["hook"].as_str().unwrap()).collect();
    for hook in [
        "encoding",
        "splitting",
        "submit",
        "submit-result",
        "message-ids",
        "inbound",
    ] {
        assert!(hooks.contains(&hook), "{hooks:?}");
        has(&words, &[&format!("Z {hook}")]);
    }
    for call in calls {
        let pdu = &call["question"]["input"]["pdu"]["short-message"];
        has(&words, &pdu.as_str().into_iter().collect::<Vec<_>>());
    }
    // The simulated operator counts its own PDUs, and its answers have our numbers.
    for hook in ["submit-result", "inbound"] {
        let call = calls.iter().find(|call| call["hook"] == hook).unwrap();
        let number = call["sequenceNumber"].as_u64().expect("a number");
        has(&words, &[&format!(", sequence_number {number},")]);
        let told = gateway.get("/api/v1/pdus?operator=acme").json();
        let pdus = told["binds"][0]["pdus"].as_array().unwrap();
        let kind = if hook == "inbound" {
            "deliver_sm"
        } else {
            "submit_sm"
        };
        let numbers: Vec<_> = pdus
            .iter()
            .filter(|pdu| of_name(pdu, "command_id", "meaning") == kind)
            .map(|pdu| of_name(pdu, "sequence_number", "value"))
            .collect();
        assert_eq!(numbers, [number.to_string()], "{hook}");
    }
    has(
        &words,
        &[
            "by the built-in behaviour",
            "ESME_ROK",
            "stat UNDELIV (undeliverable), err 021",
        ],
    );
}

fn of_name<'a>(pdu: &'a Value, name: &str, what: &str) -> &'a str {
    let fields = pdu["fields"].as_array().unwrap();
    let field = fields.iter().find(|field| field["name"] == name);
    field.unwrap_or_else(|| panic!("no {name} in {pdu:#}"))[what]
        .as_str()
        .unwrap()
}

/// The PDUs that were sent and came, as they are recorded.
fn fields_are_told_where_they_are_asked_for(stage: &Stage, gateway: &GatewayProcess, id: &str) {
    let path = format!("/api/v1/decisions?message={id}&limit=100&fields=true");
    let decisions = gateway.get(&path).json();
    let calls = decisions["decisions"].as_array().unwrap();
    let meaning = |hook: &str, name: &str| {
        let call = calls.iter().find(|call| call["hook"] == hook).unwrap();
        let fields = call["pdu"]["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["name"] == name);
        field.unwrap_or_else(|| panic!("no {name} in {call:#}"))["meaning"].clone()
    };
    assert_eq!(
        meaning("submit", "registered_delivery"),
        "receipt of success and failure"
    );
    assert_eq!(meaning("inbound", "esm_class"), "delivery receipt");
    let others = calls
        .iter()
        .filter(|call| call["hook"] != "submit" && call["hook"] != "inbound");
    assert!(
        others.into_iter().all(|call| call.get("pdu").is_none()),
        "{decisions:#}"
    );
    let words = run(
        stage.path(),
        &["trace", id, "--fields", "--url", &gateway.url("")],
    )
    .stdout;
    has(&words, &["receipt of success and failure", "delivery receipt"]);
    assert!(!words.contains("48600123452"), "{words}");
}

#[test]
fn a_plugins_part_in_a_message_is_traced() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator().plugin(plugin("latin1"));
    let gateway = stage.gateway(&operator);
    let sent = [messages(&operator, 48_600_123_452, 1)
        .remove(0)
        .text("Grüße, ça va?")];
    gateway.post(&sent).unwrap();
    gateway.events_until(|events| events.iter().any(|event| event["type"] == "dlr"));
    let id = sent[0].id().to_string();
    let story = gateway.get(&format!("/api/v1/messages/{id}")).json();
    let told = trace(&stage, &gateway, &id, false).stdout;
    let policy = &story["outcome"]["policy"];
    let short = &policy["sha256"].as_str().unwrap()[..12];
    has(
        &told,
        &[
            &format!("by acme {} ({short})", policy["version"].as_str().unwrap()),
            "data_coding 0x03",
        ],
    );
    assert!(
        !told.contains("Grüße") && !told.contains(&hex::encode("Gr")),
        "{told}"
    );
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
