//! A page that is left open.

use super::desk::Desk;
use serde_json::json;

#[test]
fn a_page_that_is_left_open_does_not_grow() {
    let desk = Desk::new();
    desk.bound();
    let _traffic = desk.traffic();
    desk.play("memory", json!({}), super::nothing_asked);
}
