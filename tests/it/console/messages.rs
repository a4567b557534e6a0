//! Messages: one message's whole story.

use super::desk::Desk;
use super::nothing_asked;
use serde_json::json;

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
    desk.play("messages", facts, nothing_asked);
}
