//! The playground: what is shown, what is refused, and that a saved call is a fixture.

use super::desk::Desk;
use crate::process::BINARY;
use serde_json::{Value, json};
use smpp_connector_tests::plugin;
use std::process::Command;

/// A submit_sm_resp with the id 1A2B.
const RESPONSE: &str = "0000001580000004000000000000000731413242 00";

/// A submit_sm that says `Hi`, to +48600123456.
const SUBMIT: &str = "00000032000000040000000000000009 00 0500 64656d6f00 0101 343836303031323334353600 00 00 00 00 00 01 00 00 00 02 4869";

#[test]
fn decisions_are_played_without_being_made() {
    let desk = Desk::new();
    desk.bound();
    let fixture = json!({ "name": "an id", "hook": "message-ids", "input": { "raw": "1A2B", "origin": "submit-resp" } });
    let facts = json!({ "response": RESPONSE, "submit": SUBMIT, "fixture": fixture });
    desk.play("playground", facts, |order, more| match order {
        "submits" => json!(desk.acme.counters().submits),
        "test this fixture" => tested(&desk, more),
        _ => super::nothing_asked(order, more),
    });
    assert_eq!(desk.acme.counters().submits + desk.globe.counters().submits, 0);
}

/// `plugin test` takes it, and the plugin passes it.
fn tested(desk: &Desk, fixture: &Value) -> Value {
    let folder = desk.dir.path().join("saved");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("saved.json"), fixture.to_string()).unwrap();
    let output = Command::new(BINARY)
        .args(["plugin", "test"])
        .arg(plugin("hexdec"))
        .arg("--fixtures")
        .arg(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    Value::Null
}
