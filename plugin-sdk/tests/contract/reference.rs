//! `docs/plugins/reference.md` is the contract's own comments: made from the WIT, and held against it.
//! `UPDATE=1 cargo test -p smpp-plugin-sdk --test contract` writes it.

use crate::items::{shape_name, signature};
use crate::text::Contract;
use std::path::Path;
use wit_parser::{Docs, Interface, Resolve, TypeDef, TypeDefKind};

/// The hooks, in the order in which they are asked; then what a plugin may call; then what both speak of.
const CHAPTERS: [(&str, &[&str]); 3] = [
    (
        "Hooks",
        &[
            "settings",
            "encoding",
            "splitting",
            "submit",
            "submit-result",
            "message-ids",
            "inbound",
        ],
    ),
    (
        "What a plugin may call",
        &["call-context", "logging", "metrics", "charset"],
    ),
    ("Shared types", &["types", "smpp:pdu/types"]),
];

const HEAD: &str = "# Reference of the plugin contract

Made from [`plugin-sdk/wit`](../../plugin-sdk/wit) by `UPDATE=1 cargo test -p smpp-plugin-sdk --test contract`. Names are those of WIT:
kebab-case. Rust writes `message_id`, JavaScript `messageId`, Python `message_id`; a fixture writes them as here. The
[guide](guide.md) says how to begin, the [cookbook](cookbook.md) which hook mends what.

";

fn made() -> String {
    let contract = Contract::now();
    let resolve = contract.resolve();
    let mut page = HEAD.to_owned();
    line(&mut page, &format!("Contract {}.\n", contract.version()));
    for (chapter, interfaces) in CHAPTERS {
        line(&mut page, &format!("## {chapter}\n"));
        for name in interfaces {
            interface(&mut page, &resolve, name);
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

fn find<'a>(resolve: &'a Resolve, name: &str) -> &'a Interface {
    let (package, name) = match name.split_once('/') {
        Some((_, name)) => ("pdu", name),
        None => ("operator-policy", name),
    };
    let mut interfaces = resolve.interfaces.iter().map(|(_, interface)| interface);
    let is_it = |interface: &&Interface| {
        let owner = interface
            .package
            .map(|id| resolve.packages[id].name.name.as_str());
        owner == Some(package) && interface.name.as_deref() == Some(name)
    };
    interfaces
        .find(is_it)
        .unwrap_or_else(|| panic!("no interface {name}"))
}

fn interface(page: &mut String, resolve: &Resolve, name: &str) {
    let interface = find(resolve, name);
    line(page, &format!("### `{name}`\n\n{}", text(&interface.docs, name)));
    for (function, definition) in &interface.functions {
        let of = format!("{name}.{function}");
        line(
            page,
            &format!(
                "**`{function}: {}`**\n\n{}",
                signature(resolve, definition),
                text(&definition.docs, &of)
            ),
        );
    }
    for id in interface.types.values() {
        let definition = &resolve.types[*id];
        // What is only used from elsewhere is told there.
        let elsewhere = matches!(definition.kind, TypeDefKind::Type(wit_parser::Type::Id(_)));
        if !elsewhere {
            type_definition(page, resolve, name, definition);
        }
    }
}

fn type_definition(page: &mut String, resolve: &Resolve, interface: &str, definition: &TypeDef) {
    let name = definition.name.as_deref().unwrap_or_default();
    let of = format!("{interface}.{name}");
    let kind = definition.kind.as_str();
    line(
        page,
        &format!("**{kind} `{name}`**\n\n{}", text(&definition.docs, &of)),
    );
    let (head, rows): (&str, Vec<(String, &Docs)>) = match &definition.kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            let row = |field: &'_ wit_parser::Field| {
                format!("`{}` | `{}`", field.name, shape_name(resolve, field.ty))
            };
            (
                "field | type",
                fields.map(|field| (row(field), &field.docs)).collect(),
            )
        }
        TypeDefKind::Variant(variant) => {
            let row = |case: &'_ wit_parser::Case| {
                let ty = case.ty.map(|ty| format!("`{}`", shape_name(resolve, ty)));
                format!("`{}` | {}", case.name, ty.unwrap_or_default())
            };
            let cases = variant.cases.iter();
            ("case | with", cases.map(|case| (row(case), &case.docs)).collect())
        }
        TypeDefKind::Enum(cases) => {
            let cases = cases.cases.iter();
            let rows = cases.map(|case| (format!("`{}` |", case.name), &case.docs));
            ("case | ", rows.collect())
        }
        _ => return,
    };
    line(page, &format!("| {head} | |\n|---|---|---|"));
    for (row, docs) in rows {
        let about = text(docs, &format!("{of} {row}"));
        line(
            page,
            &format!(
                "| {row} | {} |",
                about.trim_end().replace('\n', " ").replace('|', "\\|")
            ),
        );
    }
    page.push('\n');
}

/// The comment of an item, of which each has one.
fn text(docs: &Docs, of: &str) -> String {
    let text = docs.contents.as_deref().unwrap_or_default().trim();
    assert!(!text.is_empty(), "{of} has no comment");
    format!("{text}\n")
}

#[test]
fn the_reference_is_what_the_contract_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plugins/reference.md");
    let made = made();
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        std::fs::write(&file, &made).expect("docs/plugins/reference.md");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        made == kept,
        "docs/plugins/reference.md is not what plugin-sdk/wit says; make it anew with UPDATE=1 cargo test -p smpp-plugin-sdk --test contract"
    );
}
