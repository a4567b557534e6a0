//! The catalogues of what goes wrong in the field, and of how plugins brought their hosts down: each entry names tests that show it,
//! and these are there.

use super::{root, text};
use std::collections::BTreeMap;

/// The number of every entry in a document, and the tests that its last column names.
fn entries(document: &str, letters: &[char]) -> BTreeMap<String, Vec<String>> {
    let document = text(&root().join(document));
    let rows = document.lines().filter_map(|line| {
        let cells: Vec<_> = line
            .strip_prefix("| ")?
            .trim_end_matches(" |")
            .split(" | ")
            .collect();
        let [number, _, _, tests] = cells.as_slice() else {
            return None;
        };
        let is_number = number.starts_with(letters) && number[1..].parse::<u32>().is_ok();
        let tests = tests.split('`').skip(1).step_by(2).map(str::to_owned);
        is_number.then(|| ((*number).to_owned(), tests.collect()))
    });
    rows.collect()
}

#[test]
fn every_field_problem_has_its_test() {
    let numbers = (1..=30)
        .map(|n| format!("P{n}"))
        .chain((1..=20).map(|n| format!("B{n}")));
    every_entry_has_its_test("docs/field-problems.md", numbers);
}

#[test]
fn every_failure_of_another_host_has_its_test() {
    every_entry_has_its_test("docs/plugins/failures.md", (1..=20).map(|n| format!("F{n}")));
}

fn every_entry_has_its_test(document: &str, numbers: impl IntoIterator<Item = String>) {
    let numbers: Vec<_> = numbers.into_iter().collect();
    let letters: Vec<_> = numbers
        .iter()
        .filter_map(|number| number.chars().next())
        .collect();
    let entries = entries(document, &letters);
    let mut wrong = Vec::new();
    for number in &numbers {
        match entries.get(number) {
            None => wrong.push(format!("{number} is missing")),
            Some(tests) if tests.is_empty() => wrong.push(format!("{number} names no test")),
            Some(tests) => wrong.extend(tests.iter().filter_map(|test| problem(number, test))),
        }
    }
    assert!(wrong.is_empty(), "{document}: {wrong:#?}");
    assert_eq!(entries.len(), numbers.len(), "{:?}", entries.keys());
}

/// What is wrong with a test's name, if anything is.
fn problem(number: &str, test: &str) -> Option<String> {
    let Some((module, function)) = test.rsplit_once("::") else {
        return Some(format!("{number}: {test} has no module"));
    };
    let file = root().join(format!("tests/it/{}.rs", module.replace("::", "/")));
    let Ok(source) = std::fs::read_to_string(&file) else {
        return Some(format!("{number}: there is no module {module}"));
    };
    let attributes = ["#[test]", "#[tokio::test"];
    let mut tests = attributes
        .into_iter()
        .flat_map(|attribute| source.split(attribute).skip(1));
    let is_there = tests.any(|after| {
        let head = after.split('{').next().unwrap_or_default();
        head.contains(&format!("fn {function}("))
    });
    (!is_there).then(|| format!("{number}: {module} has no test {function}"))
}
