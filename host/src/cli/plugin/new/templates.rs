//! What `plugin new` writes: files of `plugin-sdk/templates`, and for Rust the SDK itself.

use super::Template;
use crate::policy::build::contract;

/// A place in the new folder, and what stands there.
pub(super) type TemplateFile = (String, &'static str);

type Files = &'static [(&'static str, &'static str)];

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../../../plugin-sdk/templates/", $path))
    };
}

macro_rules! sdk {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../../../plugin-sdk/", $path)))
    };
}

const FIXTURES: Files = &[
    (
        "fixtures/a-state-of-its-own.json",
        template!("fixtures/a-state-of-its-own.json"),
    ),
    (
        "fixtures/an-id-that-is-no-number.json",
        template!("fixtures/an-id-that-is-no-number.json"),
    ),
    (
        "fixtures/one-key-for-both-forms-of-an-id.json",
        template!("fixtures/one-key-for-both-forms-of-an-id.json"),
    ),
];

const RUST: Files = &[
    ("Cargo.toml", template!("rust/Cargo.toml")),
    ("Cargo.lock", template!("rust/Cargo.lock")),
    ("README.md", template!("rust/README.md")),
    (".gitignore", template!("rust/gitignore")),
    ("src/lib.rs", template!("rust/src/lib.rs")),
];

const JAVASCRIPT: Files = &[
    ("plugin.toml", template!("javascript/plugin.toml")),
    ("jsconfig.json", template!("javascript/jsconfig.json")),
    ("README.md", template!("javascript/README.md")),
    (".gitignore", template!("javascript/gitignore")),
    ("plugin.js", template!("javascript/plugin.js")),
    ("sdk/smpp.js", template!("javascript/sdk/smpp.js")),
    ("sdk/smpp.d.ts", template!("javascript/sdk/smpp.d.ts")),
];

const TYPESCRIPT: Files = &[
    ("plugin.toml", template!("typescript/plugin.toml")),
    ("tsconfig.json", template!("typescript/tsconfig.json")),
    ("README.md", template!("typescript/README.md")),
    (".gitignore", template!("javascript/gitignore")),
    ("plugin.ts", template!("typescript/plugin.ts")),
    ("sdk/smpp.js", template!("javascript/sdk/smpp.js")),
    ("sdk/smpp.d.ts", template!("javascript/sdk/smpp.d.ts")),
];

const PYTHON: Files = &[
    ("plugin.toml", template!("python/plugin.toml")),
    ("README.md", template!("python/README.md")),
    (".gitignore", template!("python/gitignore")),
    ("plugin.py", template!("python/plugin.py")),
    ("sdk/smpp.py", template!("python/sdk/smpp.py")),
];

const SDK: Files = &[
    sdk!("src/bindings.rs"),
    sdk!("src/charset.rs"),
    sdk!("src/context.rs"),
    sdk!("src/export.rs"),
    sdk!("src/hooks.rs"),
    sdk!("src/host.rs"),
    sdk!("src/lib.rs"),
    sdk!("src/log.rs"),
    sdk!("src/manifest.rs"),
    sdk!("src/metrics.rs"),
    sdk!("src/settings.rs"),
    sdk!("src/testing.rs"),
];

/// The files of a new plugin. `{{name}}` and `{{sdk}}` stand for what is known only then.
pub(super) fn of(template: Template) -> Vec<TemplateFile> {
    let files = match template {
        Template::Rust => RUST,
        Template::Javascript => JAVASCRIPT,
        Template::Typescript => TYPESCRIPT,
        Template::Python => PYTHON,
    };
    let all = files.iter().chain(FIXTURES);
    all.map(|(path, text)| ((*path).to_owned(), *text)).collect()
}

/// The SDK as a crate that needs no workspace around it.
pub(super) fn rust_sdk() -> Vec<TemplateFile> {
    let mut files = vec![("sdk/Cargo.toml".to_owned(), template!("rust/sdk.toml"))];
    files.extend(SDK.iter().map(|(path, text)| (format!("sdk/{path}"), *text)));
    files.extend(contract::FILES.map(|(path, text)| (format!("sdk/wit/{path}"), text)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn names(folder: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../plugin-sdk")
            .join(folder);
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn listed(files: Files, folder: &str) -> BTreeSet<String> {
        let inside = files
            .iter()
            .filter_map(|(path, _)| path.strip_prefix(folder)?.strip_prefix('/'));
        inside.map(str::to_owned).collect()
    }

    #[test]
    fn every_file_of_the_sdk_and_every_fixture_is_carried() {
        assert_eq!(listed(SDK, "src"), names("src"));
        assert_eq!(listed(FIXTURES, "fixtures"), names("templates/fixtures"));
        assert_eq!(listed(JAVASCRIPT, "sdk"), names("templates/javascript/sdk"));
        assert_eq!(listed(PYTHON, "sdk"), names("templates/python/sdk"));
    }

    /// The copy of the SDK stands on the same crates as the SDK of the workspace, whose lock file a new plugin begins with.
    #[test]
    fn the_copy_of_the_sdk_has_the_versions_of_the_workspace() {
        let table = |text: &str| text.parse::<toml::Table>().unwrap();
        let workspace = table(include_str!("../../../../../Cargo.toml"));
        let versions = workspace["workspace"]["dependencies"].as_table().unwrap();
        let sdk = table(include_str!("../../../../../plugin-sdk/Cargo.toml"));
        let copy = table(template!("rust/sdk.toml"));
        assert_eq!(sdk["package"]["version"], copy["package"]["version"]);
        let (wanted, found) = (&sdk["dependencies"], copy["dependencies"].as_table().unwrap());
        assert_eq!(wanted.as_table().unwrap().len(), found.len());
        for (name, dependency) in found {
            assert_eq!(dependency, &versions[name], "{name}");
        }
        let locked = |text: &str| -> BTreeSet<(String, String)> {
            let packages = table(text)["package"].as_array().unwrap().clone();
            let key = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
            packages
                .iter()
                .map(|package| (key(package, "name"), key(package, "version")))
                .collect()
        };
        let all = locked(include_str!("../../../../../Cargo.lock"));
        for package in locked(template!("rust/Cargo.lock")) {
            assert!(
                package.0 == "{{name}}" || all.contains(&package),
                "{package:?}: make the lock file again"
            );
        }
    }

    #[test]
    fn each_template_has_what_a_project_needs() {
        for template in [
            Template::Rust,
            Template::Javascript,
            Template::Typescript,
            Template::Python,
        ] {
            let files = of(template);
            for wanted in ["README.md", ".gitignore"] {
                assert!(
                    files.iter().any(|(path, _)| path == wanted),
                    "{template:?}: {wanted}"
                );
            }
            assert!(
                files
                    .iter()
                    .filter(|(path, _)| path.starts_with("fixtures/"))
                    .count()
                    >= 3
            );
        }
    }
}
