//! What a machine lacks is told in one sentence, with the command that mends it.

use crate::process::{BINARY, has};
use smpp_connector_tests::toolbox;
use std::process::{Command, Output};

fn doctor(tools: &std::path::Path, path: Option<&std::path::Path>, args: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command
        .args(["plugin", "doctor"])
        .args(args)
        .env("SMPP_CONNECTOR_TOOLS", tools);
    if let Some(path) = path {
        command
            .env("PATH", path)
            .env_remove("CARGO")
            .env_remove("NODE")
            .env_remove("PYTHON");
    }
    command.output().unwrap()
}

#[test]
fn a_machine_with_everything_is_ready() {
    let told = doctor(toolbox().folder(), None, &["--json"]);
    assert!(told.status.success(), "{told:?}");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    for language in ["rust", "javascript", "python"] {
        assert_eq!(told["ready"][language], true, "{told}");
    }
    assert!(
        told["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["found"].is_string()),
        "{told}"
    );
}

#[test]
fn missing_tools_are_told_by_the_doctor_and_by_the_build() {
    let empty = tempfile::tempdir().unwrap();
    let told = doctor(empty.path(), None, &["--lang", "javascript"]);
    assert_eq!(told.status.code(), Some(1));
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    has(
        &text,
        &[
            "javascript: 1 thing to mend",
            "componentize-qjs@",
            "plugin doctor --lang javascript --fix",
        ],
    );
    assert!(!text.contains("python"), "{text}");

    let made = Command::new(BINARY)
        .args(["plugin", "new", "acme", "--lang", "python"])
        .current_dir(empty.path())
        .status()
        .unwrap();
    assert!(made.success());
    let built = Command::new(BINARY)
        .args(["plugin", "build", "acme"])
        .current_dir(empty.path())
        .env("SMPP_CONNECTOR_TOOLS", empty.path())
        .output()
        .unwrap();
    assert_eq!(built.status.code(), Some(1));
    let told = String::from_utf8_lossy(&built.stderr);
    has(
        &told,
        &[
            "componentize-py==",
            "smpp-connector plugin doctor --lang python --fix",
        ],
    );
}

#[test]
fn a_machine_with_nothing_has_a_mend_for_each_thing() {
    let empty = tempfile::tempdir().unwrap();
    let told = doctor(empty.path(), Some(empty.path()), &[]);
    assert_eq!(told.status.code(), Some(1));
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    has(
        &text,
        &[
            "rust: 2 things to mend",
            "rustup.rs",
            "rustup target add",
            "install Node.js",
            "install Python",
            "missing  node",
        ],
    );
}
