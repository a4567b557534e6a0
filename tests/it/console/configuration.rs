//! The page of what is in force.

use super::desk::Desk;
use serde_json::{Value, json};

#[test]
fn what_is_in_force_is_told_with_where_it_comes_from() {
    let desk = Desk::new();
    desk.bound();
    let file = desk.dir.path().join("operators/acme.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    desk.play("configuration", json!({}), |order, more| {
        let text = match order {
            "a wrong file" => before.replace("tps_limit = 200", "tps_limit = \"every\""),
            "a right file" => before.replace("tps_limit = 200", "tps_limit = 150"),
            _ => return super::nothing_asked(order, more),
        };
        assert_ne!(text, before);
        std::fs::write(&file, text).unwrap();
        Value::Null
    });
}
