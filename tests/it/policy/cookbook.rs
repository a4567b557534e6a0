//! What the documents for authors show can be done: settings are settings that the `quirks` plugin takes, and commands are
//! commands that there are. (Rust code is compiled with the SDK's own documents.)

use serde_json::Value;
use smpp_connector::policy::prebuilt::problems;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/plugins")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of a language, as they stand there.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let blocks = text.split(&*fence).skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect()
}

#[test]
fn each_kind_of_quirk_has_settings_that_the_quirks_plugin_takes() {
    let cookbook = document("cookbook.md");
    let recipes: Vec<_> = cookbook.split("\n## ").skip(1).collect();
    let letters: String = recipes
        .iter()
        .filter_map(|recipe| recipe.chars().next())
        .collect();
    assert_eq!(letters, "ABCDEFGHIJK");
    for recipe in recipes {
        let name = recipe.lines().next().unwrap_or_default();
        for language in ["rust", "js"] {
            assert!(
                !blocks(recipe, language).is_empty(),
                "{name} has no code in {language}"
            );
        }
        let settings = blocks(recipe, "toml");
        assert!(!settings.is_empty(), "{name} has no settings");
        for block in settings {
            let table: toml::Table = block.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
            let settings: Value = serde_json::to_value(&table["policy"]["settings"]).expect("settings");
            assert_eq!(problems(&settings).expect("the embedded plugin"), [], "{name}");
        }
    }
}

/// Words of a command line up to its first argument that is no command: `plugin test`.
fn command(line: &str) -> Option<Vec<&str>> {
    let words: Vec<_> = line
        .trim()
        .strip_prefix("smpp-connector ")?
        .split_whitespace()
        .collect();
    let depth = match words.first() {
        Some(&"plugin" | &"quirks") => 2,
        _ => 1,
    };
    Some(words.into_iter().take(depth).collect())
}

#[test]
fn every_command_of_the_documents_is_one() {
    let gateway = env!("CARGO_BIN_EXE_gateway");
    let mut seen = BTreeSet::new();
    for name in ["guide.md", "reload.md", "cookbook.md"] {
        let text = document(name);
        for line in blocks(&text, "sh").iter().flat_map(|block| block.lines()) {
            let Some(words) = command(line) else { continue };
            let options = line.split('#').next().unwrap_or_default().split_whitespace();
            let options: Vec<_> = options.filter(|word| word.starts_with("--")).collect();
            let help = Command::new(gateway)
                .args(&words)
                .arg("--help")
                .output()
                .expect("the gateway");
            let help = String::from_utf8_lossy(&help.stdout).into_owned();
            assert!(help.contains("Usage:"), "{name}: {line}");
            for option in options {
                assert!(help.contains(option), "{name}: {line}: no {option}");
            }
            seen.insert(words.join(" "));
        }
    }
    for wanted in [
        "capture",
        "plugin new",
        "plugin test",
        "plugin replay",
        "plugin deploy",
        "plugin rollback",
        "quirks check",
    ] {
        assert!(seen.contains(wanted), "{wanted} is not in {seen:?}");
    }
}
