//! Plugins: what runs, what is tried beside it, the way back, and a plugin that fails.

use super::desk::Desk;
use serde_json::{Value, json};
use smpp_connector_tests::{Message, http, plugin};
use std::path::Path;

/// Deploys a component beside or instead of what acme has.
fn deploy(desk: &Desk, component: &Path, how: &str) {
    let url = desk.gateway.url(&format!("/api/v1/plugins/acme/deploy?{how}"));
    let wasm = std::fs::read(component).unwrap();
    let answer = http::request("POST", &url, &[], &wasm).unwrap();
    assert_eq!(answer.status, 202, "{}", answer.body);
}

fn some(desk: &Desk) -> Vec<Message> {
    let message = |n| desk.message(0, &format!("+4860000{n:04}")).text("Gruß à tous: é");
    (0..10).map(message).collect()
}

#[test]
fn versions_are_tried_promoted_and_taken_back() {
    let desk = Desk::new();
    desk.bound();
    desk.send(&some(&desk));
    desk.play("plugins", json!({}), |order, more| {
        match order {
            "another version" => deploy(&desk, &desk.version(more.as_str().unwrap()), "shadow=10m"),
            "a version that decides otherwise" => deploy(&desk, &plugin("latin1"), "shadow=10m"),
            "messages" => desk.gateway.post(&some(&desk)).unwrap(),
            "a file that is no plugin" => {
                std::fs::write(desk.dir.path().join("plugins/acme.wasm"), b"no component").unwrap();
            }
            _ => panic!("{order}"),
        }
        Value::Null
    });
}

#[test]
fn a_plugin_that_fails_is_shown_with_its_faults() {
    let desk = Desk::with("", |[acme, globe]| {
        [acme.plugin(plugin("hostile")).policy("budget", "\"off\""), globe]
    });
    desk.bound();
    let failing = |n| desk.message(0, &format!("+4860000{n:04}")).text("!encoding:trap");
    desk.gateway
        .post(&(0..12).map(failing).collect::<Vec<_>>())
        .unwrap();
    desk.play("plugins-failing", json!({}), super::nothing_asked);
}
