//! Files that can be read at one go, and words that do not belong into them.

use super::{code, name, root, rust_files, text};

const FOLDERS: [&str; 4] = ["host", "plugin-sdk", "plugins", "tests"];
const LONGEST: usize = 400;

#[test]
fn no_file_is_longer_than_400_lines_and_none_is_called_mod() {
    let mut wrong = Vec::new();
    for file in FOLDERS.into_iter().flat_map(rust_files) {
        let lines = text(&file).lines().count();
        if lines > LONGEST {
            wrong.push(format!("{} has {lines} lines: divide it", name(&file)));
        }
        if file.ends_with("mod.rs") {
            wrong.push(format!("{}: name it after its module", name(&file)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where each word may stand; nowhere, mostly.
const WORDS: [(&str, &[&str]); 7] = [
    // The section that carries a plugin's manifest.
    ("unsafe", &["plugin-sdk/src/export.rs"]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
    ("dbg!", &[]),
    // `#[expect]` says when its reason is gone.
    ("#[allow", &[]),
    ("#![allow", &[]),
    ("unbounded_channel", &[]),
];

#[test]
fn words_stand_only_where_they_may() {
    let mut wrong = Vec::new();
    for file in FOLDERS.into_iter().flat_map(rust_files) {
        let code = code(&text(&file));
        for (number, line) in code.lines().enumerate() {
            for (word, allowed) in WORDS {
                if holds(line, word) && !allowed.contains(&name(&file).as_str()) {
                    wrong.push(format!("{}:{}: {word}", name(&file), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What would give the domain a clock, a runtime, a log or I/O. Its tests may look at a clock to have a first instant.
const IMPURE: [&str; 11] = [
    "::now()",
    "now_v7",
    "async",
    ".await",
    "tokio",
    "tracing",
    "std::fs",
    "std::net",
    "std::thread",
    "std::env",
    "std::io",
];

#[test]
fn the_domain_has_no_clock_no_await_no_log_and_no_io() {
    let mut wrong = Vec::new();
    for file in rust_files("host/domain/src") {
        let path = name(&file);
        if path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/golden.rs") {
            continue;
        }
        let code = code(&text(&file));
        let product = code.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in product.lines().enumerate() {
            for word in IMPURE.into_iter().filter(|word| holds(line, word)) {
                wrong.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let names = migrations("sqlite");
    assert_eq!(names, migrations("postgres"), "both databases move together");
    assert!(!names.is_empty());
    for (index, name) in names.iter().enumerate() {
        let number = format!("{:04}_", index + 1);
        assert!(
            name.starts_with(&number) && name.ends_with(".sql"),
            "{name} should be {number}*.sql"
        );
    }
}

/// The names of a database's migrations, in order.
fn migrations(database: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join("migrations").join(database)).expect("migrations");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

/// Whether the word stands there as a word, and not within `unsafe_code` or `my_todo!`.
fn holds(line: &str, word: &str) -> bool {
    let within = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (
            line[..at].chars().next_back(),
            line[at + word.len()..].chars().next(),
        );
        let starts = word.starts_with(char::is_alphabetic);
        let ends = word.ends_with(char::is_alphabetic);
        !(starts && within(before) || ends && within(after))
    })
}

#[test]
fn words_are_found_as_words() {
    assert!(holds("    unsafe { x }", "unsafe"));
    assert!(holds("#[unsafe(link_section)]", "unsafe"));
    assert!(!holds("#![forbid(unsafe_code)]", "unsafe"));
    assert!(holds("Instant::now()", "::now()"));
    assert_eq!(
        code("let a = \"unsafe\"; // unsafe\n/// unsafe"),
        "let a = ; \n\n"
    );
}
