//! Plugins as they were compiled with a published contract, one a language: every later host loads them, asks each of
//! their hooks, and gets the answers of then. Their sources, and how they are built, are in tests/fixtures/published.

use super::{Bench, no_settings};
use serde_json::Value;
use smpp_connector::ports::{Policy, PolicySource};
use smpp_connector_tests::published;
use smpp_domain::policy::Hook;
use smpp_domain::policy::question::{Answer, Question};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/published")
}

/// The files of a folder with this ending, by name.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    files
}

/// Every plugin of every version: where it is kept, and what it is.
fn kept() -> Vec<(PathBuf, Vec<u8>)> {
    let versions = std::fs::read_dir(folder()).expect("tests/fixtures/published");
    let versions = versions.map(|entry| entry.expect("an entry")).filter(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with(|c: char| c.is_ascii_digit())
    });
    let packed = versions.flat_map(|version| {
        let files = files(&version.path(), "zst").into_iter();
        files.map(move |file| (version.file_name().to_string_lossy().into_owned(), file))
    });
    packed
        .map(|(version, file)| {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            let language = name.strip_suffix(".wasm.zst").expect("a packed component");
            (file.clone(), published(&version, language))
        })
        .collect()
}

/// One recorded call, with the answer that it had.
struct Call {
    name: String,
    settings: Value,
    question: Question,
    expect: Value,
}

fn calls() -> Vec<Call> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a fixture");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let question = serde_json::json!({ "hook": json["hook"], "input": json["input"] });
        Call {
            name: json["name"].as_str().expect("a name").to_owned(),
            settings: json.get("settings").cloned().unwrap_or_else(no_settings),
            question: serde_json::from_value(question)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            expect: json["expect"].clone(),
        }
    };
    files(&folder().join("fixtures"), "json")
        .into_iter()
        .map(read)
        .collect()
}

/// What is wrong with the answer to a call.
fn wrong(policy: &dyn Policy, call: &Call) -> Option<String> {
    let answered = policy.ask(&call.question);
    let expected = match call.expect.get("fault").and_then(Value::as_str) {
        Some(cause) => match &answered {
            Err(fault) if fault.cause.name() == cause => return None,
            _ => format!("the fault {cause}"),
        },
        // As the contract has it: what it has no field for is no part of the answer.
        None => match Answer::read(call.question.hook(), &call.expect) {
            Ok(expected) => {
                let form = |answer: &Answer| serde_json::to_value(answer).expect("an answer as JSON");
                if answered
                    .as_ref()
                    .is_ok_and(|answer| form(answer) == form(&expected))
                {
                    return None;
                }
                form(&expected).to_string()
            }
            Err(error) => format!("an answer that can be read ({error})"),
        },
    };
    Some(format!("{}: {answered:?} instead of {expected}", call.name))
}

/// Answers of a plugin to all calls that are wrong, and the hooks that were asked.
fn judge(bench: &Bench, file: &Path, calls: &[Call]) -> (Vec<String>, BTreeSet<Hook>) {
    let (mut found, mut asked) = (Vec::new(), BTreeSet::new());
    let mut operators = Vec::new();
    for call in calls {
        let known = operators
            .iter()
            .position(|(settings, _)| *settings == call.settings);
        let index = known.unwrap_or_else(|| {
            let operator = bench.load(file, call.settings.clone());
            let operator =
                operator.unwrap_or_else(|error| panic!("{}: {}", file.display(), error.in_words()));
            operators.push((call.settings.clone(), operator));
            operators.len() - 1
        });
        asked.insert(call.question.hook());
        found.extend(wrong(&*operators[index].1.current(), call));
    }
    (found, asked)
}

#[test]
fn plugins_of_every_published_contract_answer_as_they_did() {
    let (calls, kept) = (calls(), kept());
    assert!(calls.len() >= 15, "recorded calls");
    assert!(kept.len() >= 3, "one plugin a language");
    for (file, component) in kept {
        let bench = Bench::patient();
        let loaded = bench.put("kept.wasm", &component);
        let (found, asked) = judge(&bench, &loaded, &calls);
        assert!(found.is_empty(), "{}: {found:#?}", file.display());
        let unasked: Vec<_> = Hook::ALL
            .into_iter()
            .filter(|hook| *hook != Hook::Settings && !asked.contains(hook))
            .collect();
        assert!(unasked.is_empty(), "nothing is recorded of {unasked:?}");
        // What is still kept of a version serves all of its hooks.
        let operator = bench
            .load(&loaded, no_settings())
            .expect("it was loaded just now");
        let lacks: Vec<_> = Hook::ALL
            .into_iter()
            .filter(|hook| !operator.current().has(*hook))
            .collect();
        assert!(lacks.is_empty(), "{} lacks {lacks:?}", file.display());
    }
}

#[test]
fn an_answer_that_has_changed_is_noticed() {
    let mut calls = calls();
    for call in &mut calls {
        call.expect = match call.question.hook() {
            Hook::MessageIds => serde_json::json!("another key"),
            Hook::SubmitResult => serde_json::json!({ "stop-operator": "another reason" }),
            _ => serde_json::json!({ "refuse": "another reason" }),
        };
        if call.question.hook() == Hook::Inbound {
            call.expect = serde_json::json!({ "refuse": 99 });
        }
    }
    let kept = kept();
    let (_, small) = kept
        .iter()
        .min_by_key(|(_, component)| component.len())
        .expect("a plugin");
    let bench = Bench::patient();
    let file = bench.put("kept.wasm", small);
    let (found, _) = judge(&bench, &file, &calls);
    assert_eq!(found.len(), calls.len(), "{found:#?}");
}
