//! The script that tells whether anything has become dearer.
#![cfg(test)]

use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Compares these figures with that base; `None` is a base that is not there.
fn compare(base: Option<&str>, measured: &str, options: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().unwrap();
    let [base_file, measured_file] = ["base.json", "measured.json"].map(|name| folder.path().join(name));
    if let Some(base) = base {
        std::fs::write(&base_file, base).unwrap();
    }
    std::fs::write(&measured_file, measured).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare");
    let mut command = Command::new(script);
    command.arg("--base").arg(&base_file);
    command.arg("--measured").arg(&measured_file).args(options);
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("python3");
    let base = std::fs::read_to_string(base_file).unwrap_or_default();
    let told = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (status.code(), told.concat() + &base)
}

#[test]
fn what_costs_more_than_the_limit_fails() {
    let base = r#"{"encode": 1000, "decode": 1000}"#;
    let (code, told) = compare(Some(base), r#"{"encode": 1031, "decode": 900}"#, &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("without one: encode\n"),
        "decode is not blamed: {told}"
    );
}

#[test]
fn what_costs_as_much_or_less_is_fine() {
    let base = r#"{"encode": 1000, "decode": 1000}"#;
    let (code, told) = compare(Some(base), r#"{"encode": 1030, "decode": 500}"#, &[]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = compare(Some(base), r#"{"encode": 1090}"#, &["--limit", "10"]);
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn what_the_base_does_not_have_fails() {
    let (code, told) = compare(Some(r#"{"encode": 1000}"#), r#"{"decode": 1}"#, &[]);
    assert_eq!(code, Some(1), "{told}");
    let (code, told) = compare(None, r#"{"decode": 1}"#, &[]);
    assert_eq!(code, Some(1), "{told}");
}

#[test]
fn a_base_is_recorded_as_measured() {
    let (code, told) = compare(None, r#"{"decode": 17}"#, &["--record"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(r#""decode": 17"#), "{told}");
}
