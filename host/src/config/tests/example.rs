//! `docs/operator-example.toml`: it is read, and has every key that README.md names.

use crate::config::Config;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The sections that the example is about.
const SECTIONS: [&str; 4] = ["source", "destination", "submit", "splitting"];

#[test]
fn the_example_is_a_good_file_with_every_key_of_the_readme() {
    let example = document("docs/operator-example.toml");
    let table: toml::Table = example.parse().unwrap();
    let shown: BTreeSet<String> = SECTIONS
        .into_iter()
        .flat_map(|section| {
            let keys = table[section].as_table().unwrap().keys();
            keys.map(move |key| format!("{section}.{key}"))
        })
        .collect();
    let readme = document("README.md");
    // Further down, tables of figures name hooks.
    let (configuration, _) = readme.split_once("\n## Policy plugins").unwrap();
    let listed: BTreeSet<String> = configuration
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" | ").next())
        .flat_map(|cell| cell.split(['`', ',', ' ']))
        .filter(|name| SECTIONS.iter().any(|s| name.starts_with(&format!("{s}."))))
        .map(str::to_owned)
        .collect();
    assert!(listed.len() > 25, "{listed:?}");
    assert_eq!(shown, listed);

    let (_dir, host) = super::files(&example.replace("{ env = \"ACME_PASSWORD\" }", "\"geheim\""));
    let config = Config::load(Some(&host)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.operators.len(), 1);
}
