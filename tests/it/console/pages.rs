//! The frame: turning pages, the keyboard, every page without traffic.

use super::desk::Desk;
use super::nothing_asked;
use serde_json::json;

#[test]
fn pages_are_turned_by_keys_and_links() {
    let desk = Desk::new();
    desk.bound();
    desk.play("pages", json!({}), nothing_asked);
}
