//! A new user's path, as docs/getting-started.md tells it: its script gives every command that stands there. `--nocapture` shows the
//! seconds of each step.

use super::BINARY;
use smpp_connector_tests::toolbox;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn every_command_of_getting_started_works() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let cache = tempfile::tempdir().unwrap();
    // It waits for what comes in seconds, and has no patience of its own.
    let output = Command::new("timeout")
        .args(["--kill-after=20", "900", "sh"])
        .arg(docs.join("getting-started.sh"))
        .env("SMPP_CONNECTOR", BINARY)
        .env("SMPP_CONNECTOR_TOOLS", toolbox().folder())
        .env("XDG_CACHE_HOME", cache.path())
        .env_remove("SMPP_CONNECTOR_CONFIG")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{complained}");
    println!("{}", told.split("seconds per step").nth(1).unwrap());
    // Each step has said what it should.
    for wanted in [
        "duplicated          0",
        "everything can be reached",
        "<title>",
        "no receipt yet",
        "would match",
        "submit_resp = \"hex\"",
        "\"messageState\":\"DELIVERED\"",
        "its fixtures hold what it did before",
        "key acme-",
    ] {
        assert!(
            told.contains(wanted),
            "{wanted:?} is not in:\n{told}\n{complained}"
        );
    }
    let guide = std::fs::read_to_string(docs.join("getting-started.md")).unwrap();
    let commands = guide.lines().filter(|line| line.starts_with("smpp-connector "));
    let left_out: Vec<_> = commands
        .filter(|command| !command.contains("127.0.0.1:") && *command != "smpp-connector version")
        .filter(|command| !told.contains(&format!("$ {command}")))
        .collect();
    assert!(left_out.is_empty(), "{left_out:?} are not played");
}
