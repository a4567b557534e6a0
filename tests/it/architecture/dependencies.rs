//! What each package may depend on, as cargo sees it.

use super::root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// All that the domain may be linked with, and what these need.
const DOMAIN: [&str; 17] = [
    "smpp-domain",
    "chrono",
    "num-traits",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "itoa",
    "memchr",
    "zmij",
    "thiserror",
    "thiserror-impl",
    "uuid",
    // Of the derive macros, at compile time.
    "proc-macro2",
    "quote",
    "syn",
    "unicode-ident",
];

#[test]
fn the_domain_depends_on_little() {
    let tree = cargo(&["tree", "-p", "smpp-domain", "-e", "normal", "--prefix", "none"]);
    let found: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(found.contains("smpp-domain"), "{tree}");
    let new: Vec<_> = found.iter().filter(|name| !DOMAIN.contains(name)).collect();
    assert!(new.is_empty(), "the domain has come to depend on {new:?}");
}

/// Which packages of this workspace each one may depend on, in whatever way.
const WITHIN: [(&str, &[&str]); 14] = [
    ("smpp-domain", &[]),
    ("smpp-codec", &["smpp-domain"]),
    ("smpp-fuzz", &["smpp-codec", "smpp-domain"]),
    ("smsc-sim", &[]),
    ("smpp-plugin-sdk", &[]),
    ("smpp-connector", &["smpp-codec", "smpp-domain", "smsc-sim"]),
    ("latin1", &["smpp-plugin-sdk"]),
    ("hexdec", &["smpp-plugin-sdk"]),
    ("dlt", &["smpp-plugin-sdk"]),
    ("quirks", &["smpp-plugin-sdk"]),
    ("cutter", &["smpp-plugin-sdk"]),
    ("hostile", &["smpp-plugin-sdk"]),
    ("every-hook", &["smpp-plugin-sdk"]),
    (
        "smpp-connector-tests",
        &["smpp-connector", "smpp-domain", "smsc-sim"],
    ),
];

#[test]
fn packages_depend_on_each_other_as_the_map_says() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let Some((_, allowed)) = WITHIN.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("say here what {name} may depend on"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let target = dependency["name"].as_str().expect("a name");
            // Those of this workspace have a path.
            if dependency["path"].is_string() && !allowed.contains(&target) {
                wrong.push(format!("{name} -> {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(packages.len() >= WITHIN.len(), "a package of the list is gone");
}

/// What the cargo that runs the tests answers.
fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}
