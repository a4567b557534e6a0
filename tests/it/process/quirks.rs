//! Settings of the plugin that the gateway brings along, at the command line.

use super::{has, run};
use serde_json::Value;

#[test]
fn profiles_are_listed_shown_and_good() {
    let dir = tempfile::tempdir().unwrap();
    let list = run(dir.path(), &["quirks", "list", "--json"]);
    let profiles: Value = serde_json::from_str(&list.stdout).expect("JSON");
    let profiles = profiles.as_array().expect("a list");
    assert!(profiles.len() >= 12, "{}", list.stdout);
    let shown = run(dir.path(), &["quirks", "show", "hex-to-decimal"]);
    has(
        &shown.stdout,
        &["[policy.settings.message_id]", "plugin = \"quirks\""],
    );
    std::fs::write(dir.path().join("acme.toml"), &shown.stdout).unwrap();
    let good = run(dir.path(), &["quirks", "check", "acme.toml"]);
    assert_eq!(good.code, 0, "{good:?}");
    let unknown = run(dir.path(), &["quirks", "show", "nope"]);
    assert_eq!(unknown.code, 1);
    has(&unknown.stderr, &["nope", "quirks list"]);
}

#[test]
fn problems_are_told_with_file_place_and_mend() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[policy.settings.message_id]\nrecipt = \"decimal\"\n";
    std::fs::write(dir.path().join("acme.toml"), text).unwrap();
    std::fs::write(dir.path().join("bare.json"), r#"{"statuses": {"0x45": "rety"}}"#).unwrap();
    let wrong = run(dir.path(), &["quirks", "check", "acme.toml"]);
    assert_eq!(wrong.code, 78);
    has(
        &wrong.stdout,
        &[
            "acme.toml: /policy/settings/message_id/recipt: ",
            "did you mean `receipt`?",
        ],
    );
    let wrong = run(dir.path(), &["quirks", "check", "bare.json"]);
    has(
        &wrong.stdout,
        &["bare.json: /statuses/0x45: ", "did you mean \"retry\"?"],
    );
    let schema = run(dir.path(), &["quirks", "schema"]);
    let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
