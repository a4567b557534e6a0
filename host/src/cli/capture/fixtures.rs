//! Recorded calls as fixtures of a plugin.

use crate::ports::{DecisionRecord, IdInPlace};
use serde_json::{Map, Value, json};
use smpp_domain::policy::FaultCause;
use std::collections::BTreeSet;

/// Characters of a name's telling end.
const DETAIL: usize = 32;

/// A fixture for each call, the oldest first, with a name for its file. Calls that are alike make one. Where it is known
/// which ids are one, that law stands in the place of the call: its answer was not the right one.
pub(super) fn fixtures(decisions: &[DecisionRecord]) -> Vec<(String, Value)> {
    let mut seen = BTreeSet::new();
    let mut fixtures = Vec::new();
    for decision in decisions.iter().rev() {
        let fixture = if decision.hook == "message-ids" && !decision.same_key.is_empty() {
            same_key(decision)
        } else {
            call(decision)
        };
        let essence = ["hook", "input", "expect", "settings", "same-key"];
        let essence: Vec<_> = essence.iter().map(|key| fixture.get(*key)).collect();
        if seen.insert(json!(essence).to_string()) {
            fixtures.push((name(decision), fixture));
        }
    }
    fixtures
}

fn same_key(decision: &DecisionRecord) -> Value {
    let mut fixture = Map::new();
    fixture.insert("hook".to_owned(), json!("message-ids"));
    fixture.insert("same-key".to_owned(), json!(decision.same_key));
    fixture.insert("note".to_owned(), json!(note(decision)));
    Value::Object(fixture)
}

fn call(decision: &DecisionRecord) -> Value {
    let mut fixture = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fixture.insert(key.to_owned(), value);
        }
    };
    put("hook", Some(json!(decision.hook)));
    put("input", decision.question.get("input").cloned());
    put("settings", decision.settings.clone());
    put("operator", Some(json!(decision.operator_id)));
    put("now-ms", Some(json!(decision.now_ms)));
    put("note", Some(json!(note(decision))));
    let fault = decision.fault.as_ref().map(|fault| {
        let known = FaultCause::named(&fault.cause).map(FaultCause::fixture_name);
        json!({ "fault": known.unwrap_or(&fault.cause) })
    });
    put("expect", fault.or_else(|| decision.answer.clone()));
    Value::Object(fixture)
}

fn note(decision: &DecisionRecord) -> String {
    let mut note = format!(
        "{}, {}: recorded with numbers masked.",
        decision.operator,
        decision.at.format("%Y-%m-%dT%H:%M:%SZ")
    );
    if decision.outcome.as_deref() == Some("unmatched") {
        note += " This receipt matched nothing";
        note += match decision.same_key.is_empty() {
            true => ": `expect` is what was answered, not what is right.",
            false => ".",
        };
    }
    if let Some(hint) = &decision.hint {
        note += &format!(" It {hint}.").replace("..", ".");
    }
    let made = |case: &str| {
        decision
            .answer
            .as_ref()
            .is_some_and(|answer| answer.get(case).is_some())
    };
    if made("encoded") || made("parts") {
        note += " The octets in `expect` are masked one by one: where the plugin makes others of the masked text, take its own.";
    }
    note
}

/// What tells it from others: `unmatched-message-ids-43969`.
fn name(decision: &DecisionRecord) -> String {
    let outcome = match (&decision.fault, &decision.outcome) {
        (Some(fault), _) => fault.cause.as_str(),
        (None, Some(outcome)) => outcome.as_str(),
        (None, None) => "recorded",
    };
    let input = |path: &str| {
        decision.question.pointer(path).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let law = decision.hook == "message-ids" && !decision.same_key.is_empty();
    let hook = if law { "same-key" } else { decision.hook.as_str() };
    let detail = match hook {
        "same-key" => {
            let raw = decision.same_key.iter().map(|IdInPlace { raw, .. }| raw.as_str());
            Some(raw.collect::<Vec<_>>().join("-"))
        }
        "message-ids" => input("/input/raw"),
        "inbound" => input("/input/reading/message-id"),
        "submit-result" => input("/input/response/status"),
        "encoding" => input("/input/message/encoding"),
        "splitting" => input("/input/octets"),
        "submit" => input("/input/part/number"),
        _ => None,
    };
    let words = [Some(outcome.to_owned()), Some(hook.to_owned()), detail];
    let words: Vec<_> = words.into_iter().flatten().map(|word| plain(&word)).collect();
    words.join("-").trim_end_matches('-').to_owned()
}

/// For the name of a file.
fn plain(word: &str) -> String {
    let plain = word.chars().take(DETAIL);
    plain
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::ports::FaultRecord;
    use smpp_domain::ids::OperatorId;
    use uuid::Uuid;

    fn decision(raw: &str) -> DecisionRecord {
        DecisionRecord {
            at: clock::utc_now(),
            operator_id: OperatorId(Uuid::nil()),
            operator: "acme".to_owned(),
            hook: "message-ids".to_owned(),
            outcome: Some("unmatched".to_owned()),
            message_id: None,
            sequence_number: None,
            question: json!({"hook": "message-ids", "input": {"raw": raw, "origin": "receipt-text"}}),
            answer: Some(Value::Null),
            fault: None,
            policy: None,
            micros: 0,
            now_ms: 7,
            share: 1.0,
            hint: None,
            same_key: Vec::new(),
            settings: None,
        }
    }

    #[test]
    fn a_call_becomes_a_fixture_with_its_answer() {
        let made = fixtures(&[decision("43969"), decision("43969"), decision("../x y")]);
        let names: Vec<_> = made.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["unmatched-message-ids----x-y", "unmatched-message-ids-43969"],
            "the oldest first, and each once"
        );
        let (_, fixture) = &made[1];
        assert_eq!(fixture["expect"], Value::Null);
        assert!(fixture.get("expect").is_some(), "null is an answer");
        assert_eq!(fixture["input"]["raw"], "43969");
        assert_eq!(fixture["now-ms"], 7);
        assert!(fixture["note"].as_str().unwrap().contains("not what is right"));
    }

    #[test]
    fn ids_that_are_one_become_a_law() {
        let id = |raw: &str, origin: &str| IdInPlace {
            raw: raw.to_owned(),
            origin: origin.to_owned(),
        };
        let hinted = DecisionRecord {
            hint: Some("would match ABC1 if ...".to_owned()),
            same_key: vec![id("ABC1", "submit-resp"), id("43969", "receipt-text")],
            ..decision("43969")
        };
        let made = fixtures(&[hinted]);
        let (name, fixture) = &made[0];
        assert_eq!(name, "unmatched-same-key-ABC1-43969");
        assert_eq!(
            fixture["same-key"],
            json!([{"raw": "ABC1", "origin": "submit-resp"}, {"raw": "43969", "origin": "receipt-text"}])
        );
        assert!(fixture.get("input").is_none() && fixture.get("expect").is_none());
        assert!(fixture["note"].as_str().unwrap().contains("It would match ABC1"));
    }

    #[test]
    fn a_fault_is_expected_by_its_class() {
        let fault = DecisionRecord {
            answer: None,
            fault: Some(FaultRecord {
                cause: "bad_answer".to_owned(),
                text: "no".to_owned(),
            }),
            ..decision("1")
        };
        let made = fixtures(&[fault]);
        assert_eq!(made[0].1["expect"], json!({"fault": "bad-answer"}));
        assert_eq!(made[0].0, "bad-answer-message-ids-1");
    }
}
