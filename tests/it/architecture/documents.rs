//! What the documents list, held against what there is.

use super::{root, rust_files, text};
use std::collections::BTreeSet;

/// The names in code marks that begin a row of a table in a document.
fn listed_in(document: &str, prefix: &str) -> BTreeSet<String> {
    text(&root().join(document))
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| name.starts_with(prefix))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_readme_lists_every_metric() {
    assert_eq!(
        listed_in("README.md", "smpp_connector_"),
        gateway_metrics(),
        "the table in README.md and the families in host/src/metrics"
    );
    assert_eq!(listed_in("README.md", "process_"), process_metrics());
}

/// The gateway's own families, as the code registers them.
pub(super) fn gateway_metrics() -> BTreeSet<String> {
    let sources: String = rust_files("host/src/metrics")
        .iter()
        .chain([&root().join("host/src/metrics.rs")])
        .map(|file| text(file))
        .collect();
    let prefix = between(&sources, "const PREFIX: &str = \"").expect("a prefix");
    let registered: BTreeSet<_> = sources
        .split("registry.register(")
        .skip(1)
        .filter(|call| call.trim_start().starts_with('"'))
        .map(|call| format!("{prefix}_{}", between(call, "\"").expect("a family's name")))
        .collect();
    assert!(registered.len() >= 20, "{registered:?}");
    // Those that are read from the policies' own counters at each scrape.
    let collected: BTreeSet<_> = sources
        .split("encode_descriptor(\"policy_")
        .skip(1)
        .filter_map(|rest| Some(format!("{prefix}_policy_{}", rest.split('"').next()?)))
        .collect();
    assert!(collected.len() >= 9, "{collected:?}");
    registered.union(&collected).cloned().collect()
}

/// What is told of the process.
pub(super) fn process_metrics() -> BTreeSet<String> {
    let source = text(&root().join("host/src/metrics/process.rs"));
    let names = source.split("\"process_").skip(1);
    let names: BTreeSet<_> = names
        .filter_map(|rest| rest.split('"').next())
        .map(|name| format!("process_{name}"))
        .collect();
    assert!(names.len() >= 6, "{names:?}");
    names
}

#[test]
fn the_document_on_odd_pdus_lists_every_kind() {
    let kinds: BTreeSet<_> = [
        ("host/codec/src/lib.rs", "&'static str = \""),
        ("host/domain/src/session/event.rs", " => \""),
        ("host/src/smpp/connection/odd.rs", "kind: \""),
    ]
    .into_iter()
    .flat_map(|(file, start)| {
        let source = text(&root().join(file));
        let kinds = source.split(start).skip(1);
        let kinds: Vec<_> = kinds
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect();
        kinds
    })
    .collect();
    assert!(kinds.len() >= 15, "{kinds:?}");
    assert_eq!(
        listed_in("docs/odd-pdus.md", ""),
        kinds,
        "the table in docs/odd-pdus.md and the code"
    );
}

#[test]
fn the_readme_links_every_document() {
    let readme = text(&root().join("README.md"));
    let mut documents = 0;
    for folder in ["docs", "docs/plugins"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder of documents") {
            let name = entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name");
            let path = format!("{folder}/{name}");
            if [".md", ".toml"].iter().any(|end| name.ends_with(end)) {
                documents += 1;
                assert!(
                    readme.contains(&format!("({path})")),
                    "README.md has no link to {path}"
                );
            }
        }
    }
    assert!(documents >= 12, "{documents}");
}

#[test]
fn the_map_names_every_part_of_the_gateway() {
    let map = text(&root().join("host/ARCHITECTURE.md"));
    let modules = text(&root().join("host/src/lib.rs"));
    let modules = modules
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let missing: Vec<_> = modules
        .filter(|module| !map.contains(&format!("{module}`")) && !map.contains(&format!("{module}.rs`")))
        .collect();
    assert!(
        missing.is_empty(),
        "host/ARCHITECTURE.md says nothing of {missing:?}"
    );
}

/// What stands between `start` and the next quotation mark.
fn between<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split('"').next()
}
