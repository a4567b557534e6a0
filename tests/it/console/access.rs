//! Who may look, and a gateway that cannot be reached.

use super::desk::{Desk, hexdec};
use super::nothing_asked;
use crate::process::BINARY;
use serde_json::{Value, json};
use smpp_connector_tests::GatewayProcess;

#[test]
fn the_token_is_asked_for_until_it_is_right() {
    let desk = Desk::with("http.token = \"sesame\"\n", hexdec);
    desk.bound();
    desk.play("token", json!({ "token": "sesame" }), nothing_asked);
}

#[test]
fn a_gateway_that_goes_away_and_comes_back_is_followed() {
    let desk = Desk::new();
    desk.bound();
    // It comes back at the same address, where the browser looks for it.
    let file = desk.dir.path().join("smpp-connector.toml");
    let address = desk.gateway.url("").replace("http://", "");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("127.0.0.1:0", &address)).unwrap();
    let mut returned: Option<GatewayProcess> = None;
    desk.play("away", json!({}), |order, _| {
        match order {
            "the gateway goes away" => match returned.take() {
                Some(gateway) => gateway.kill(),
                None => desk.gateway.signal("KILL"),
            },
            "the gateway comes back" => {
                returned = Some(GatewayProcess::launch(BINARY, desk.dir.path(), "warn"));
            }
            "a message" => {
                let gateway = returned.as_ref().unwrap();
                gateway.post(&[desk.message(1, "+48601234567")]).unwrap();
            }
            _ => return nothing_asked(order, &Value::Null),
        }
        Value::Null
    });
}

#[test]
fn without_javascript_it_says_where_the_same_is_told() {
    let desk = Desk::new();
    desk.play("plain", json!({}), nothing_asked);
}
