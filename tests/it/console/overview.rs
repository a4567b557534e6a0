//! Overview: is anything wrong, and where do its links lead.

use super::desk::{Desk, acme_script, hexdec};
use super::nothing_asked;
use serde_json::{Value, json};
use smsc_sim::{Rule, Then, When, status};

#[test]
fn nothing_is_wrong() {
    let desk = Desk::new();
    desk.bound();
    let _traffic = desk.traffic();
    desk.play("overview", json!({}), nothing_asked);
}

#[test]
fn what_is_wrong_leads_to_where_it_is_told() {
    let desk = Desk::with("", |operators| {
        let [acme, globe] = hexdec(operators);
        [acme.session("response_timeout", "\"1s\""), globe]
    });
    desk.bound();
    std::fs::write(desk.dir.path().join("plugins/acme.wasm"), b"no component").unwrap();
    desk.play("overview-wrong", json!({}), |order, _| {
        match order {
            "globe goes away" => desk.runtime.block_on(async {
                desk.globe.stop_listening().await;
                desk.globe.cut_links();
            }),
            "acme is full" => {
                let full = Rule::when(When::Always).then(Then::Status(status::THROTTLED));
                desk.acme.set_script(acme_script().respond(full));
                desk.gateway.post(&[desk.message(0, "+48601234567")]).unwrap();
            }
            "a wrong file" => {
                let file = desk.dir.path().join("operators/acme.toml");
                let before = std::fs::read_to_string(&file).unwrap();
                std::fs::write(&file, format!("colour = 1\n{before}")).unwrap();
            }
            "acme is silent" => {
                let silent = Rule::when(When::Always).then(Then::Ignore);
                desk.acme.set_script(acme_script().respond(silent));
                desk.gateway.post(&[desk.message(0, "+48601234567")]).unwrap();
            }
            "acme has room" => desk.acme.set_script(acme_script()),
            "receipts for nobody" => {
                desk.acme.stray_receipts(20).unwrap();
            }
            _ => return nothing_asked(order, &Value::Null),
        }
        Value::Null
    });
}
