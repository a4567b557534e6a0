//! The contract as the gateway carries it, for the binding generators of other languages than Rust.

use super::BuildError;
use super::project::Project;
use smpp_domain::policy::Hook;
use std::path::Path;

/// Version of the SDK whose parts this gateway carries.
pub const SDK_VERSION: &str = "1.0.0";

/// The WIT package, by the places of its files.
pub const FILES: [(&str, &str); 3] = [
    (
        "operator-policy.wit",
        include_str!("../../../../plugin-sdk/wit/operator-policy.wit"),
    ),
    ("hooks.wit", include_str!("../../../../plugin-sdk/wit/hooks.wit")),
    (
        "deps/smpp-pdu/pdu.wit",
        include_str!("../../../../plugin-sdk/wit/deps/smpp-pdu/pdu.wit"),
    ),
];

/// Name of the world that is made for a plugin.
pub(super) const WORLD: &str = "plugin";

/// Writes the contract into this folder, with a world of exactly the project's hooks.
pub(super) fn write(folder: &Path, project: &Project) -> Result<(), BuildError> {
    let mut world =
        format!("package smpp:operator-policy@{SDK_VERSION};\n\nworld {WORLD} {{\n  include imports;\n");
    for hook in &project.hooks {
        world.push_str(&format!("  export {};\n", hook.name()));
    }
    world.push_str("}\n");
    for (name, text) in FILES.into_iter().chain([("plugin-world.wit", world.as_str())]) {
        super::write_file(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// The function of a hook's interface.
pub(super) fn function(hook: Hook) -> &'static str {
    match hook {
        Hook::Settings => "validate",
        Hook::Encoding => "choose",
        Hook::Splitting => "plan",
        Hook::Submit => "rewrite",
        Hook::SubmitResult => "classify",
        Hook::MessageIds => "normalise",
        Hook::Inbound => "interpret",
    }
}

/// The manifest of a plugin that no compiler writes one into.
pub(super) fn manifest(project: &Project) -> String {
    let mut manifest = serde_json::json!({
        "name": project.name,
        "version": project.version,
        "sdk": SDK_VERSION,
        "contract": SDK_VERSION,
        "hooks": project.hooks.iter().map(|hook| hook.name()).collect::<Vec<_>>(),
    });
    if let (Some(manifest), false) = (manifest.as_object_mut(), project.counters.is_empty()) {
        manifest.insert("counters".to_owned(), project.counters.clone().into());
    }
    manifest.to_string()
}

/// `submit-result` in another case: `submitResult` with `upper` false, `SubmitResult` with it.
pub(super) fn camel(name: &str, upper: bool) -> String {
    let mut camel = String::with_capacity(name.len());
    for (at, part) in name.split('-').enumerate() {
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if upper || at > 0 => camel.push(first.to_ascii_uppercase()),
            first => camel.extend(first),
        }
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_their_case() {
        assert_eq!(camel("submit-result", false), "submitResult");
        assert_eq!(camel("submit-result", true), "SubmitResult");
        assert_eq!(camel("inbound", false), "inbound");
    }

    #[test]
    fn the_version_is_that_of_the_sdk_and_of_the_wit_package() {
        let sdk: toml::Table = include_str!("../../../../plugin-sdk/Cargo.toml").parse().unwrap();
        assert_eq!(sdk["package"]["version"].as_str(), Some(SDK_VERSION));
        for (name, text) in FILES {
            let package = text.lines().find(|line| line.starts_with("package ")).unwrap();
            assert!(package.ends_with(&format!("@{SDK_VERSION};")), "{name}");
        }
    }

    #[test]
    fn every_file_of_the_contract_is_carried() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin-sdk/wit");
        let mut count = 0;
        for place in ["", "deps/smpp-pdu"] {
            let entries = std::fs::read_dir(folder.join(place)).unwrap();
            count += entries
                .filter(|entry| entry.as_ref().unwrap().path().is_file())
                .count();
        }
        assert_eq!(count, FILES.len());
    }

    #[test]
    fn each_hook_has_its_function() {
        let (_, wit) = FILES[0];
        for hook in Hook::ALL {
            let interface = wit
                .split(&format!("\ninterface {} {{", hook.name()))
                .nth(1)
                .unwrap();
            let interface = interface.split("\n}").next().unwrap();
            assert!(
                interface.contains(&format!("  {}: func(", function(hook))),
                "{hook}"
            );
        }
    }
}
