//! What the documents list, held against what there is.

use super::{root, text};
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
    let source = text(&root().join("host/src/metrics.rs"));
    let prefix = between(&source, "Registry::with_prefix(\"").expect("a prefix");
    let registered: BTreeSet<_> = source
        .split("registry.register(")
        .skip(1)
        .map(|call| format!("{prefix}_{}", between(call, "\"").expect("a family's name")))
        .collect();
    assert!(registered.len() >= 8, "{registered:?}");
    assert_eq!(
        listed_in("README.md", prefix),
        registered,
        "the table in README.md and metrics.rs"
    );
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
