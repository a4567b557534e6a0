//! Messages: one message's whole story.

use super::desk::{Desk, globe_script};
use super::nothing_asked;
use serde_json::{Value, json};
use smsc_sim::{Rule, Then, When, status};

#[test]
fn a_messages_whole_story_is_told() {
    let desk = Desk::new();
    desk.bound();
    let long = "Der lange Bericht über die Brücke. ".repeat(10);
    let long = desk.message(1, "+48600000001").text(&long);
    let short = desk.message(0, "+48600000002");
    let refused = desk.message(1, "+48600000066");
    let undelivered = desk.message(1, "+48600000077");
    desk.send(&[long.clone(), short.clone(), refused.clone(), undelivered.clone()]);
    let facts = json!({
        "long": long.id().to_string(), "short": short.id().to_string(),
        "refused": refused.id().to_string(), "undelivered": undelivered.id().to_string(),
    });
    desk.play("messages", facts, |order, _| match order {
        "a message while globe is full" => {
            let full = Rule::when(When::Always).then(Then::Status(status::THROTTLED));
            desk.globe.set_script(globe_script().respond(full));
            let waiting = desk.message(1, "+48600000003");
            desk.gateway.post(std::slice::from_ref(&waiting)).unwrap();
            json!(waiting.id().to_string())
        }
        "globe forgives" => {
            desk.globe.set_script(globe_script());
            Value::Null
        }
        _ => nothing_asked(order, &Value::Null),
    });
}
