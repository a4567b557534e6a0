//! Sessions: states, orders, and an operator that is stopped.

use super::desk::{Desk, globe_script};
use super::nothing_asked;
use serde_json::{Value, json};
use smsc_sim::status;

#[test]
fn sessions_are_seen_and_steered() {
    let desk = Desk::new();
    desk.bound();
    desk.play("sessions", json!({}), |order, _| {
        match order {
            "globe refuses the password" => {
                desk.globe
                    .set_script(globe_script().bind_status(status::INVALID_PASSWORD));
                desk.globe.cut_links();
            }
            "globe forgives" => desk.globe.set_script(globe_script()),
            _ => return nothing_asked(order, &Value::Null),
        }
        Value::Null
    });
}
