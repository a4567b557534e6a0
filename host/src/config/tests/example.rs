//! `docs/operator-example.toml`: it is read, and has every key that the reference names.

use crate::config::Config;
use crate::config::reference::GROUPS;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The sections that the example is about.
const SECTIONS: [&str; 4] = ["source", "destination", "submit", "splitting"];

#[test]
fn the_example_is_a_good_file_with_every_key_of_the_reference() {
    let example = document("docs/operator-example.toml");
    let table: toml::Table = example.parse().unwrap();
    let shown: BTreeSet<String> = SECTIONS
        .into_iter()
        .flat_map(|section| {
            let keys = table[section].as_table().unwrap().keys();
            keys.map(move |key| format!("{section}.{key}"))
        })
        .collect();
    let keys = GROUPS.iter().flat_map(|group| group.keys).map(|key| key.name);
    let listed: BTreeSet<String> = keys
        .filter(|name| SECTIONS.iter().any(|s| name.starts_with(&format!("{s}."))))
        .filter(|name| name.split('.').count() == 2)
        .map(str::to_owned)
        .collect();
    assert!(listed.len() > 25, "{listed:?}");
    assert_eq!(shown, listed);

    let (_dir, host) = super::files(&example.replace("{ env = \"ACME_PASSWORD\" }", "\"geheim\""));
    let config = Config::load(Some(&host)).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.operators.len(), 1);
}
