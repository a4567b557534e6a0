//! Bad configuration and bad plugins: each names the thing and the mend, and all are told at once.

use super::{Stage, Told, has, run};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, Operator, plugin, write_files};
use smsc_sim::Script;
use std::path::Path;

/// A folder with one operator, whose file is changed by `edit`.
fn folder(edit: impl Fn(Operator) -> Operator) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let operator = edit(Operator::at("127.0.0.1:2775".parse().unwrap()));
    write_files(dir.path(), &[operator]);
    dir
}

fn check(dir: &Path) -> Told {
    run(dir, &["check"])
}

#[test]
fn a_good_folder_has_nothing_to_mend() {
    let dir = folder(|operator| operator.plugin(plugin("latin1")));
    let told = check(dir.path());
    assert_eq!(told.code, 0, "{told:?}");
    has(
        &told.stdout,
        &["acme: latin1", "encoding", "1 operator, nothing to mend"],
    );
    let json = run(dir.path(), &["check", "--json"]);
    let value: Value = serde_json::from_str(json.stdout.trim()).unwrap();
    assert_eq!((json.code, &value["ok"]), (0, &Value::Bool(true)));
    assert_eq!(value["operators"][0]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let dir = folder(|operator| {
        operator
            .set("tps_limit", "0")
            .set("unknown_key", "1")
            .set("on_unanswered", "\"maybe\"")
    });
    let write = |file: &str, text: &str| std::fs::write(dir.path().join(file), text).unwrap();
    write(
        "smpp-connector.toml",
        "shutdown_grace = \"soon\"\n[http]\nlisten = \"0.0.0.0:0\"\n[nats]\nuser = \"x\"\n",
    );
    write("operators/broken.toml", "operator_id = \n");
    // A plugin that cannot be used is told beside the problems of other files.
    let id = "6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001";
    let session =
        "[[session]]\nhost = \"x\"\nport = 1\nsystem_id = \"x\"\npassword = { env = \"NO_SUCH_VARIABLE\" }\n";
    write(
        "operators/other.toml",
        &format!("operator_id = \"{id}\"\ntps_limit = 1\n{session}"),
    );
    let plugged = session.replace("password = { env = \"NO_SUCH_VARIABLE\" }\n", "");
    let id = id.replace("0001", "0002");
    write(
        "operators/plugged.toml",
        &format!("operator_id = \"{id}\"\ntps_limit = 1\n[policy]\nplugin = \"gone.wasm\"\n{plugged}"),
    );
    let wanted = [
        "smpp-connector.toml: shutdown_grace = \"soon\"",
        "http.token",
        "nats.url: is missing",
        "nats.user: goes with password",
        "acme.toml: tps_limit = 0: use a whole number from 1",
        "acme.toml: unknown_key: is not a known key",
        "acme.toml: on_unanswered = \"maybe\": use one of \"resend\", \"report\"",
        "broken.toml: is not TOML",
        "other.toml: session[0].password",
        "NO_SUCH_VARIABLE",
        "plugged.toml: policy.plugin",
        "gone.wasm",
        "to mend",
    ];
    for command in ["check", "run"] {
        let told = run(dir.path(), &[command]);
        assert_eq!(told.code, 78, "{told:?}");
        // A plugin does not keep the gateway from starting, so `run` does not look at it.
        let left_out = if command == "run" {
            &["plugged", "gone"][..]
        } else {
            &[]
        };
        let wanted = wanted
            .iter()
            .filter(|text| !left_out.iter().any(|word| text.contains(word)));
        has(&told.stderr, &wanted.copied().collect::<Vec<_>>());
    }
    let json = run(dir.path(), &["check", "--json"]);
    let value: Value = serde_json::from_str(json.stdout.trim()).unwrap();
    assert_eq!((json.code, &value["ok"]), (78, &Value::Bool(false)));
    assert!(value["problems"].as_array().unwrap().len() >= 8, "{value:#}");
}

#[test]
fn an_unreadable_configuration_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["check", "run"] {
        let told = run(dir.path(), &[command, "--config", "nowhere/my.toml"]);
        assert_eq!(told.code, 78);
        has(&told.stderr, &["nowhere/my.toml", "cannot be read"]);
    }
    std::fs::write(dir.path().join("smpp-connector.toml"), [0xFF, 0xFE, 0]).unwrap();
    let told = check(dir.path());
    assert_eq!(told.code, 78);
    has(&told.stderr, &["smpp-connector.toml", "UTF-8"]);
}

#[test]
fn a_plugin_that_cannot_be_used_names_the_file_and_the_mend() {
    let whole = std::fs::read(plugin("latin1")).unwrap();
    let component = b"\0asm\x0d\0\x01\0";
    let (module, text) = (b"\0asm\x01\0\0\0", b"this is no plugin");
    let cases: [(&[u8], &[&str]); 5] = [
        (
            &whole[..whole.len() / 2],
            &["not a whole WASM component", "Copy it again"],
        ),
        (text, &["not a whole WASM component", "magic number"]),
        (module, &["core WASM module", "plugin build"]),
        (component, &["exports no hook", "smpp:operator-policy"]),
        (b"", &["empty"]),
    ];
    for (octets, wanted) in cases {
        let dir = folder(|operator| operator.plugin(plugin("latin1")));
        std::fs::write(dir.path().join("plugins/acme.wasm"), octets).unwrap();
        let told = check(dir.path());
        assert_eq!(told.code, 78, "{told:?}");
        has(
            &told.stderr,
            &["acme.toml: policy.plugin", "acme.wasm", "1 problem to mend"],
        );
        has(&told.stderr, wanted);
    }
    let gone = folder(|operator| operator.policy("plugin", "\"gone.wasm\""));
    has(
        &check(gone.path()).stderr,
        &["policy.plugin", "gone.wasm", "No such file"],
    );
    let folder_in_name = folder(|operator| operator.policy("plugin", "\"../gone.wasm\""));
    has(
        &check(folder_in_name.path()).stderr,
        &["policy.plugin", "without a folder"],
    );
}

#[test]
fn settings_and_digest_must_fit_the_plugin() {
    let dir = folder(|operator| {
        operator
            .plugin(plugin("latin1"))
            .policy("settings", "{ max_parts = \"many\" }")
    });
    let told = check(dir.path());
    assert_eq!(told.code, 78, "{told:?}");
    has(&told.stderr, &["acme", "max_parts", "[policy.settings]"]);

    let pin = "0".repeat(64);
    let dir = folder(|operator| {
        operator
            .plugin(plugin("latin1"))
            .policy("sha256", &format!("\"{pin}\""))
    });
    let told = check(dir.path());
    assert_eq!(told.code, 78, "{told:?}");
    has(
        &told.stderr,
        &["acme.toml: policy.sha256", &pin, "acme.wasm has "],
    );
}

#[test]
fn a_bad_plugin_does_not_keep_the_gateway_from_starting() {
    let stage = Stage::new(Script::new());
    let operator = stage.operator().plugin(plugin("latin1"));
    write_files(stage.path(), std::slice::from_ref(&operator));
    std::fs::write(stage.path().join("plugins/acme.wasm"), "no plugin").unwrap();
    let gateway = GatewayProcess::launch(super::BINARY, stage.path(), "warn");
    has(&gateway.log(), &["acme", "waits", "plugin"]);
    // Its commands wait for a good one.
    gateway.post(&super::messages(&operator, 48_600, 3)).unwrap();
    std::fs::copy(plugin("latin1"), stage.path().join("plugins/acme.wasm")).unwrap();
    stage.wait_until(|counters| counters.accepted == 3);
    assert!(gateway.terminate().success());
}
