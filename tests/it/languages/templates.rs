//! From nothing to a passing test, in each language, by the commands that an author types.

use super::{fixture, load};
use crate::process::{BINARY, has};
use serde_json::json;
use smpp_connector::policy::{Limits, PolicyHost};
use smpp_connector_tests::{Gateway, Message, Operator, build_plugin, toolbox};
use smpp_domain::policy::IdOrigin;
use smsc_sim::{Mo, Receipts, Rule, Script, Smsc, Then, When};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;
use tempfile::TempDir;

/// Runs a command of the gateway's binary in a folder, with the tools of `tests/setup` and a cache of its own.
fn command(folder: &TempDir, args: &[&str]) -> Output {
    Command::new(BINARY)
        .args(args)
        .current_dir(folder.path())
        .env("SMPP_CONNECTOR_TOOLS", toolbox().folder())
        .env("XDG_CACHE_HOME", folder.path().join("cache"))
        .output()
        .unwrap()
}

/// `plugin new` and `plugin test`; prints the seconds of both.
fn from_nothing_to_a_passing_test(language: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let made = command(&folder, &["plugin", "new", "acme", "--lang", language]);
    assert!(made.status.success(), "{made:?}");
    let tested = command(&folder, &["plugin", "test", "acme"]);
    let told = String::from_utf8_lossy(&tested.stdout);
    assert!(
        tested.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&tested.stderr)
    );
    has(&told, &["acme 0.1.0: 3 fixtures, 3 passed, 0 failed"]);
    println!(
        "{language}: from nothing to a passing test in {:.1} s",
        started.elapsed().as_secs_f64()
    );

    let again = command(&folder, &["plugin", "new", "acme", "--lang", language]);
    assert!(!again.status.success());
    has(
        &String::from_utf8_lossy(&again.stderr),
        &["acme is not empty", "--dir"],
    );
    folder
}

#[test]
fn a_new_plugin_in_rust_passes() {
    from_nothing_to_a_passing_test("rust");
}

#[test]
fn a_new_plugin_in_python_passes() {
    from_nothing_to_a_passing_test("python");
}

#[test]
fn a_new_plugin_in_typescript_passes_until_it_is_broken() {
    let folder = from_nothing_to_a_passing_test("typescript");
    let module = folder.path().join("acme/plugin.ts");
    let text = std::fs::read_to_string(&module).unwrap();
    std::fs::write(&module, text.replace("? 16 : 10", "? 10 : 16")).unwrap();
    let tested = command(&folder, &["plugin", "test", "acme"]);
    assert_eq!(tested.status.code(), Some(1));
    has(
        &String::from_utf8_lossy(&tested.stdout),
        &["FAILED  message-ids", "one key for both forms of an id"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_plugin_in_javascript_decides_in_a_gateway() {
    let folder = from_nothing_to_a_passing_test("javascript");
    let component = folder.path().join("acme.wasm");
    build_plugin(&folder.path().join("acme"), &component).unwrap();

    let taken = Rule::when(When::Nth(1)).then(Then::Body(b"39F99DD5\0".to_vec().into()));
    let smsc = Smsc::start(Script::new().respond(taken).receipts(Receipts::off()))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr())
        .plugin(component)
        .policy("settings", "{ states = { NOCRED = \"rejected\" } }");
    let gateway = Gateway::start(vec![operator]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    let receipt = Mo {
        esm_class: 0x04,
        octets: b"id:0972660181 sub:001 dlvrd:000 stat:NOCRED err:042"
            .to_vec()
            .into(),
        ..Mo::text("491510000009", "Story", "")
    };
    assert_eq!(smsc.send_mo(receipt).await, Ok(0));
    let end = gateway.end(message.id()).await;
    assert_eq!(end["messageState"], "REJECTED", "{end}");
}

/// The SDK's helpers, beyond what the template shows.
#[test]
fn settings_are_judged_with_pointers() {
    let folder = tempfile::tempdir().unwrap();
    let made = command(&folder, &["plugin", "new", "acme", "--lang", "js"]);
    assert!(made.status.success(), "{made:?}");
    let component = folder.path().join("acme.wasm");
    build_plugin(&folder.path().join("acme"), &component).unwrap();
    let host = PolicyHost::new(Limits::default()).unwrap();
    let wrong = json!({"receipt_ids": "octal", "states": {"N/A": "gone"}, "colour": 1});
    let refused = load(&host, &component, wrong).err().unwrap().in_words();
    has(
        &refused,
        &[
            "/receipt_ids: must be one of decimal, hex",
            "/states/N~1A: must be one of",
            "/colour: unknown setting",
        ],
    );
    let policy = load(&host, &component, json!({"receipt_ids": "hex"})).unwrap();
    let key = policy.message_key("0039f99dd5", IdOrigin::ReceiptText).unwrap();
    assert_eq!(key.as_deref(), Some("972660181"));
}

/// What an author reads first.
#[test]
fn templates_say_nothing_that_is_filled_in_later() {
    let folder = tempfile::tempdir().unwrap();
    for language in ["rust", "javascript", "typescript", "python"] {
        let made = command(
            &folder,
            &["plugin", "new", "acme", "--lang", language, "--dir", language],
        );
        assert!(made.status.success(), "{made:?}");
        let mut folders = vec![folder.path().join(language)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = std::fs::read_to_string(&path).unwrap();
                    assert!(
                        !text.contains("{{name}}") && !text.contains("{{sdk}}"),
                        "{path:?}"
                    );
                }
            }
        }
    }
    assert_carried(&folder.path().join("rust/sdk/src"), "../../plugin-sdk/src");
}

fn assert_carried(copy: &Path, of: &str) {
    for entry in std::fs::read_dir(fixture("").join(of)).unwrap() {
        let file = entry.unwrap();
        let copied = std::fs::read(copy.join(file.file_name())).unwrap();
        assert_eq!(
            copied,
            std::fs::read(file.path()).unwrap(),
            "{:?}",
            file.file_name()
        );
    }
}
