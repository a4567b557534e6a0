//! Sessions: states, orders, and an operator that is stopped.

use super::desk::{Desk, globe_script, hexdec};
use super::nothing_asked;
use serde_json::{Value, json};
use smsc_sim::{Rule, Then, When, status};

#[test]
fn sessions_are_seen_and_steered() {
    let desk = Desk::with("", |operators| {
        let [acme, globe] = hexdec(operators);
        let acme = acme.session("enquire_link", "\"1s\"");
        [acme, globe.set("statuses", "{ \"0x45\" = \"stop-operator\" }")]
    });
    desk.bound();
    desk.play("sessions", json!({}), |order, _| {
        match order {
            "globe refuses the password" => {
                desk.globe
                    .set_script(globe_script().bind_status(status::INVALID_PASSWORD));
                desk.globe.cut_links();
            }
            "globe wants nothing more" => {
                let no_more = Rule::when(When::Always).then(Then::Status(status::SUBMIT_FAILED));
                desk.globe.set_script(globe_script().respond(no_more));
                desk.gateway.post(&[desk.message(1, "+48601234567")]).unwrap();
            }
            "globe is full" => {
                let full = Rule::when(When::Always).then(Then::Status(status::THROTTLED));
                desk.globe.set_script(globe_script().respond(full));
                desk.gateway.post(&[desk.message(1, "+48601234567")]).unwrap();
            }
            "globe forgives" => desk.globe.set_script(globe_script()),
            _ => return nothing_asked(order, &Value::Null),
        }
        Value::Null
    });
}
