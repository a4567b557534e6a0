//! The commands of a plugin's author that need no gateway: `plugin check` and `plugin test`.

use super::{Told, has, run};
use serde_json::{Value, json};
use smpp_connector::policy::fixtures;
use smpp_connector_tests::plugin;
use std::path::{Path, PathBuf};

/// A folder with the hexdec plugin, and with fixtures beside it.
struct Desk {
    dir: tempfile::TempDir,
    wasm: String,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let wasm = plugin("hexdec").display().to_string();
        Self { dir, wasm }
    }

    fn put(&self, name: &str, fixture: &Value) -> PathBuf {
        let file = self.dir.path().join("fixtures").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, fixture.to_string()).unwrap();
        file
    }

    fn test(&self, more: &[&str]) -> Told {
        let args = [&["plugin", "test", self.wasm.as_str()], more].concat();
        run(self.dir.path(), &args)
    }
}

fn id(name: &str, raw: &str, expect: Value) -> Value {
    json!({
        "name": name, "hook": "message-ids", "expect": expect,
        "input": { "raw": raw, "origin": "submit-resp" },
    })
}

fn receipt(expect: Value) -> Value {
    let reading = json!({ "message-id": "1", "state": "unknown", "is-final": false, "raw-state": "FAILED" });
    json!({
        "name": "failed", "hook": "inbound", "expect": expect,
        "input": { "pdu": { "esm-class": 4 }, "reading": reading },
    })
}

#[test]
fn a_plugin_is_tested_with_the_fixtures_that_it_carries() {
    let desk = Desk::new();
    let told = desk.test(&[]);
    assert_eq!(told.code, 0, "{told:?}");
    has(&told.stdout, &["hexdec 0.1.0: 18 fixtures, 18 passed, 0 failed"]);
    let few = desk.test(&["--only", "id", "--json"]);
    let json: Value = serde_json::from_str(&few.stdout).unwrap();
    assert!(
        json["fixtures"].as_u64().unwrap() < 18 && json["failed"] == json!([]),
        "{json:#}"
    );
    let none = desk.test(&["--only", "no such name"]);
    assert_eq!(none.code, 1);
    has(&none.stderr, &["no such fixtures", "capture"]);
}

#[test]
fn what_fails_is_told_field_by_field_and_updated_on_demand() {
    let desk = Desk::new();
    desk.put("good.json", &id("good", "10", json!("16")));
    let hex = desk.put("hex.json", &id("hex", "1A2B", json!("1a2b")));
    desk.put("hex2.json", &id("hex again", "1A2C", json!("1a2c")));
    let wanted = json!({ "receipt": { "message-id": "1", "state": "expired", "is-final": true, "raw-state": "FAILED" } });
    let failed = desk.put("failed.json", &receipt(wanted));
    let told = desk.test(&["--fixtures", "fixtures"]);
    assert_eq!(told.code, 1, "{told:?}");
    has(
        &told.stdout,
        &[
            "FAILED  inbound: 1 fixture in /receipt/state\n",
            "/receipt/state: expected \"expired\", got \"undeliverable\"",
            "FAILED  message-ids: 2 fixtures, the whole answer\n",
            "\"hex\" (fixtures/hex.json)\n    expected \"1a2b\", got \"6699\"",
            "\"hex again\" (fixtures/hex2.json): expected \"1a2c\", got \"6700\"",
            "4 fixtures, 1 passed, 3 failed",
        ],
    );

    let json = desk.test(&["--fixtures", "fixtures", "--json"]);
    assert_eq!(json.code, 1);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&json["passed"], json["failed"].as_array().unwrap().len()),
        (&json!(1), 3)
    );
    let first = &json["failed"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "hex")
        .unwrap();
    assert_eq!(
        first["differences"],
        json!([{ "path": "", "expected": "1a2b", "got": "6699" }])
    );

    let updated = desk.test(&["--fixtures", "fixtures", "--update"]);
    assert_eq!(updated.code, 0, "{updated:?}");
    has(
        &updated.stdout,
        &["expected \"1a2b\", got \"6699\"", "3 of these updated"],
    );
    assert_eq!(desk.test(&["--fixtures", "fixtures"]).code, 0);
    let text = std::fs::read_to_string(hex).unwrap();
    assert!(
        text.starts_with("{\n  \"name\": \"hex\",\n  \"hook\"")
            && text.ends_with("\"expect\": \"6699\"\n}\n"),
        "{text}"
    );
    let text = std::fs::read_to_string(failed).unwrap();
    assert!(
        !text.contains("unknown-word") && text.contains("undeliverable"),
        "{text}"
    );
    assert_eq!(
        desk.test(&["--update"]).code,
        1,
        "a component's own fixtures stay"
    );
}

#[test]
fn wrong_fixtures_are_told_all_at_once() {
    let desk = Desk::new();
    desk.put("a.json", &json!({ "name": "a", "hook": "message_ids" }));
    desk.put("b.json", &id("b", "1", json!({ "fault": "broken" })));
    std::fs::write(desk.dir.path().join("fixtures/c.json"), "{").unwrap();
    let told = desk.test(&["--fixtures", "fixtures"]);
    assert_eq!(told.code, 1);
    has(
        &told.stderr,
        &[
            "fixtures/a.json: /hook: \"message_ids\" is not allowed here; use one of",
            "did you mean \"message-ids\"?",
            "fixtures/b.json: /expect/fault: use nothing but one of",
            "fixtures/c.json: is not JSON",
        ],
    );
}

#[test]
fn a_folder_is_built_when_its_sources_are_newer() {
    let desk = Desk::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/hexdec");
    let args = ["plugin", "test", folder.to_str().unwrap()];
    let told = |cache: &str| {
        let output = std::process::Command::new(super::BINARY)
            .args(args)
            .current_dir(desk.dir.path())
            .env("XDG_CACHE_HOME", desk.dir.path().join(cache))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(told("cache").contains("building"));
    assert!(!told("cache").contains("building"), "nothing has changed");
    assert!(told("another").contains("building"));
}

#[test]
fn check_says_what_a_plugin_is_and_why_it_would_be_refused() {
    let desk = Desk::new();
    let check = |args: &[&str]| run(desk.dir.path(), &[&["plugin", "check"], args].concat());
    let told = check(&[&desk.wasm]);
    assert_eq!(told.code, 0, "{told:?}");
    has(
        &told.stdout,
        &[
            "a gateway takes it",
            "hexdec 0.1.0, SDK 1.0.0, contract 1.0.0",
            "hooks     message-ids, inbound",
            "10 ms a call, 32 MiB of memory",
            "fixtures  18, all of which pass",
        ],
    );
    let json: Value = serde_json::from_str(&check(&[&desk.wasm, "--json"]).stdout).unwrap();
    assert_eq!((&json["ok"], &json["fixtures"]), (&json!(true), &json!(18)));

    let dlt = plugin("dlt").display().to_string();
    let without = check(&[&dlt]);
    assert_eq!(without.code, 1);
    has(
        &without.stderr,
        &[
            "a gateway refuses it (admit)",
            "/entity_id",
            "give its settings: --settings JSON",
        ],
    );
    let operator = desk.dir.path().join("acme.toml");
    std::fs::write(
        &operator,
        "operator_id = \"x\"\n[policy]\nsettings = { entity_id = \"12\" }\n",
    )
    .unwrap();
    assert_eq!(check(&[&dlt, "--settings", "@acme.toml"]).code, 0);

    let one = fixtures::read_value("x", &id("wrong", "10", json!("10"))).unwrap();
    let bad = fixtures::pack(&std::fs::read(plugin("hexdec")).unwrap(), &[one]).unwrap();
    std::fs::write(desk.dir.path().join("bad.wasm"), bad).unwrap();
    let refused = check(&["bad.wasm", "--json"]);
    assert_eq!(refused.code, 1);
    let json: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!((&json["ok"], &json["stage"]), (&json!(false), &json!("fixtures")));
    has(
        json["reason"].as_str().unwrap(),
        &["\"wrong\": expected \"10\", got \"16\""],
    );
    let gone = check(&["gone.wasm"]);
    has(&gone.stderr, &["there is no such file or folder"]);
}
