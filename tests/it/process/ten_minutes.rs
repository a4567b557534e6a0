//! The ten-minute path, as its script plays it: an operator's receipts turn from hexadecimal to decimal under traffic, and the fix is
//! captured, tested, replayed, deployed beside what it replaces, and taken back. `--nocapture` shows the seconds of each step.

use super::BINARY;
use smpp_connector_tests::toolbox;
use std::path::Path;
use std::process::{Command, Stdio};

fn plays(way: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plugins/ten-minutes.sh");
    let cache = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .arg(&script)
        .arg(way)
        .env("SMPP_CONNECTOR", BINARY)
        .env("SMPP_CONNECTOR_TOOLS", toolbox().folder())
        .env("XDG_CACHE_HOME", cache.path())
        .env("SHADOW", "2s")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{complained}");
    let summary = told.split("seconds per step").nth(1).unwrap();
    println!("{summary}");
    assert!(summary.contains("found their messages again"), "{told}");
}

#[test]
fn settings_mend_what_an_operator_changed() {
    plays("settings");
}

#[test]
fn a_function_in_rust_mends_what_an_operator_changed() {
    plays("rust");
}

#[test]
fn a_function_in_javascript_mends_what_an_operator_changed() {
    plays("javascript");
}
