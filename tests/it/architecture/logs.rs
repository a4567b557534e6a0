//! The fields of log lines, as the code gives them, held against the operating guide.

use super::{code, root, rust_files, text};
use std::collections::BTreeSet;

#[test]
fn the_operating_guide_tells_every_field_of_a_log_line_and_no_other() {
    let guide = text(&root().join("docs/operating.md"));
    let logs = guide.split("\n## Logs\n").nth(1).expect("a section of logs");
    let rows = logs
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let told: BTreeSet<_> = rows
        .flat_map(|names| names.split(", ").map(|name| name.trim_matches('`').to_owned()))
        .collect();
    let given: BTreeSet<_> = rust_files("host/src")
        .iter()
        .flat_map(|file| fields(&code(&text(file))))
        .collect();
    assert!(given.len() > 40, "{given:?}");
    assert_eq!(told, given, "the table in docs/operating.md and the code");
    assert!(!given.contains("message"), "that is what the line says");
}

/// The names of what the lines of this code have besides their words.
fn fields(code: &str) -> Vec<String> {
    let levels = ["error", "warn", "info", "debug", "trace"];
    let calls = levels.iter().flat_map(|level| {
        let call = format!("tracing::{level}!(");
        code.split(&call).skip(1).map(arguments).collect::<Vec<_>>()
    });
    let given = calls.flatten().filter_map(|argument| {
        let name = argument.split('=').next().unwrap_or_default();
        let name = name.trim().trim_start_matches(['%', '?']);
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        is_name.then(|| name.to_owned())
    });
    given.collect()
}

/// What stands between the commas of a call, up to its end. What stands in strings is gone already.
fn arguments(call: &str) -> Vec<String> {
    let (mut found, mut depth) = (vec![String::new()], 0);
    for c in call.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => found.push(String::new()),
            _ => {}
        }
        if (c != ',' || depth > 0)
            && let Some(argument) = found.last_mut()
        {
            argument.push(c);
        }
    }
    found
}

#[test]
fn the_fields_of_a_line_are_found() {
    let line = "tracing::warn!(operator = %config.name, %error, slot, at = f(a, b), \"\", R::WHAT); other(x)";
    assert_eq!(fields(line), ["operator", "error", "slot", "at"]);
}
