//! What the repository gives to those who run the gateway: alerts, a dashboard, packages.
#![cfg(test)]

mod dashboard;
mod metrics;
mod packages;
mod rules;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file under `ops`.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace around the tests")
        .join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Runs a tool that `tests/setup` has installed, and returns what it says. It must be content.
#[track_caller]
fn content(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; run tests/setup"));
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{command:?}:\n{said}");
    said
}
