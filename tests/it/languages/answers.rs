//! One policy in three languages: every hook, every import, the same answers.

use super::{fixture, load};
use serde_json::{Value, json};
use smpp_connector::policy::{Limits, PolicyHost};
use smpp_connector::ports::Policy;
use smpp_connector_tests::build_plugin;
use smpp_domain::policy::question::Question;
use std::sync::Arc;

#[test]
fn rust_gives_the_answers() {
    the_answers_are_those_of_the_fixtures("rust");
}

#[test]
fn javascript_gives_the_same_answers() {
    the_answers_are_those_of_the_fixtures("javascript");
}

#[test]
fn python_gives_the_same_answers() {
    the_answers_are_those_of_the_fixtures("python");
}

/// Builds the sources of the published plugin with what authors have today.
fn the_answers_are_those_of_the_fixtures(language: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("every-hook.wasm");
    build_plugin(&fixture("published/src").join(language), &file).unwrap();
    let host = PolicyHost::new(Limits::default()).unwrap();
    let plain = load(&host, &file, json!({})).unwrap();
    let settled = load(&host, &file, json!({"service_type": "VMA"})).unwrap();
    let refused = load(&host, &file, json!({"service_type": "VMAVMA", "colour": 1}))
        .err()
        .unwrap();
    let refused = refused.in_words();
    assert!(
        refused.contains("/service_type") && refused.contains("/colour"),
        "{refused}"
    );

    let mut questions = 0;
    for entry in std::fs::read_dir(fixture("published/fixtures")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let asked: Value = serde_json::from_str(&text).unwrap();
        let policy = if asked.get("settings").is_some() {
            &settled
        } else {
            &plain
        };
        assert_eq!(
            answer(policy, &asked),
            asked["expect"],
            "{language}: {}",
            asked["name"]
        );
        questions += 1;
    }
    assert_eq!(questions, 23);
}

/// What the policy says to a fixture's question, in the form of fixtures.
fn answer(policy: &Arc<dyn Policy>, asked: &Value) -> Value {
    let question = json!({"hook": asked["hook"], "input": asked["input"]});
    let question: Question = serde_json::from_value(question).unwrap();
    match policy.ask(&question) {
        Ok(answer) => serde_json::to_value(answer).unwrap(),
        Err(fault) => json!({"fault": fault.cause.name()}),
    }
}
