//! The frame: turning pages, the keyboard, every page without traffic; and that each page has its steps.

use super::desk::Desk;
use super::nothing_asked;
use serde_json::json;
use std::path::Path;

#[test]
fn pages_are_turned_by_keys_and_links() {
    let desk = Desk::new();
    desk.bound();
    desk.play("pages", json!({}), nothing_asked);
}

#[test]
fn everything_is_done_with_the_keyboard_alone() {
    let desk = Desk::new();
    desk.bound();
    desk.play("keyboard", json!({}), nothing_asked);
}

#[test]
fn every_page_of_the_console_has_its_steps() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &str, suffix: &str| -> Vec<String> {
        let files = std::fs::read_dir(root.join(folder)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names
            .filter_map(|name| name.strip_suffix(suffix).map(str::to_owned))
            .collect()
    };
    let steps = names("console/pages", ".mjs");
    for page in names("../host/console/pages", ".js") {
        assert!(steps.contains(&page), "tests/console/pages/{page}.mjs is missing");
    }
}
