//! Recorded calls: from a gateway, or from a folder of fixtures.

use crate::cli::Failure;
use crate::cli::client::Gateway;
use crate::cli::recorded::decisions;
use crate::cli::view::list;
use crate::policy::fixtures::{self, Case, Expect};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use smpp_domain::policy::question::{Answer, Question};
use smpp_domain::policy::{FaultCause, IdOrigin};
use std::path::Path;

/// One recorded call.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Recorded {
    /// When it was asked; of a fixture its name.
    pub(super) at: String,
    pub(super) question: Question,
    pub(super) answer: Expect,
    /// What became of it: `matched`, `late` or `unmatched` of receipts.
    pub(super) outcome: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) operator: Option<String>,
    pub(super) now_ms: u64,
    pub(super) settings: Option<Value>,
    /// Ids that are one, where a hint of the gateway's says so.
    pub(super) same_key: Vec<(String, IdOrigin)>,
}

/// The outcome of what was never asked: see [`Recorded::is_law`].
const LAW: &str = "law";

impl Recorded {
    /// It says which ids are one; nobody has recorded an answer.
    pub(super) fn is_law(&self) -> bool {
        self.outcome.as_deref() == Some(LAW)
    }

    pub(super) fn is_fault(&self) -> bool {
        matches!(self.answer, Expect::Fault(_))
    }
}

/// What was found, oldest first.
#[derive(Default, Debug)]
pub(super) struct Recording {
    pub(super) calls: Vec<Recorded>,
    /// Records that this version cannot read.
    pub(super) unreadable: usize,
}

/// The calls that a gateway has recorded of an operator since then. `progress` hears how many there are so far.
pub(super) fn of_gateway(
    gateway: &Gateway,
    operator: &str,
    since: DateTime<Utc>,
    progress: impl Fn(usize),
) -> Result<Recording, Failure> {
    let since = since.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let query = [("operator", operator), ("since", since.as_str())];
    let records = decisions(gateway, &query, usize::MAX, progress)?;
    let mut recording = Recording::default();
    for record in records.iter().rev() {
        match of_record(record) {
            Some(call) => recording.calls.push(call),
            None => recording.unreadable += 1,
        }
    }
    Ok(recording)
}

/// One record of `GET decisions`.
pub(super) fn of_record(record: &Value) -> Option<Recorded> {
    let question = Question::deserialize(record.get("question")?).ok()?;
    let answer = match record.get("fault").filter(|fault| !fault.is_null()) {
        Some(fault) => {
            let cause = fault.get("cause").unwrap_or(fault).as_str()?;
            Expect::Fault(FaultCause::named(cause)?)
        }
        None => {
            let answer = record.get("answer").cloned().unwrap_or_default();
            Answer::read(question.hook(), &answer).ok()?;
            Expect::Answer(answer)
        }
    };
    let word = |key: &str| record.get(key).and_then(Value::as_str).map(str::to_owned);
    let same_key = list(record, "/sameKey").iter().filter_map(id_in_place);
    Some(Recorded {
        at: word("at")?,
        question,
        answer,
        outcome: word("outcome"),
        message_id: word("messageId"),
        operator: word("operatorId"),
        now_ms: record.get("nowMs").and_then(Value::as_u64).unwrap_or_default(),
        settings: record
            .get("settings")
            .filter(|settings| !settings.is_null())
            .cloned(),
        same_key: same_key.collect(),
    })
}

fn id_in_place(id: &Value) -> Option<(String, IdOrigin)> {
    let question = json!({ "hook": "message-ids", "input": id });
    match Question::deserialize(&question).ok()? {
        Question::MessageIds { raw, origin } => Some((raw, origin)),
        _ => None,
    }
}

/// The calls of a folder of fixtures, as `capture` writes them.
pub(super) fn of_folder(folder: &Path) -> Result<Recording, Failure> {
    let mut recording = Recording::default();
    for read in fixtures::read_folder(folder)? {
        let fixture = read.fixture;
        let call = |question: Question, answer: Expect| Recorded {
            at: fixture.name.clone(),
            question,
            answer,
            outcome: None,
            message_id: None,
            operator: fixture.operator.clone(),
            now_ms: fixture.now_ms.unwrap_or_default(),
            settings: fixture.settings.clone(),
            same_key: Vec::new(),
        };
        match &fixture.case {
            Case::Call {
                question,
                expect: Some(expect),
            } => recording.calls.push(call((**question).clone(), expect.clone())),
            Case::Call { expect: None, .. } => recording.unreadable += 1,
            // A law is what a gateway's hint becomes: a receipt that should have matched.
            Case::SameKey(forms) => recording.calls.extend(lawful(forms, call)),
        }
    }
    Ok(recording)
}

/// Forms of one id, of which nothing was recorded but that they should have had one key.
fn lawful(forms: &[(String, IdOrigin)], call: impl Fn(Question, Expect) -> Recorded) -> Vec<Recorded> {
    let asked = forms.iter().map(|(raw, origin)| Question::MessageIds {
        raw: raw.clone(),
        origin: *origin,
    });
    asked
        .map(|question| Recorded {
            outcome: Some(LAW.to_owned()),
            ..call(question, Expect::Answer(Value::Null))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_domain::policy::FaultCause;

    #[test]
    fn a_record_of_the_gateway_is_read() {
        let record = json!({
            "at": "2026-11-26T02:41:00Z", "operator": "acme", "operatorId": "6f1c", "hook": "message-ids",
            "question": { "hook": "message-ids", "input": { "raw": "1A2B", "origin": "receipt-text" } },
            "answer": null, "policy": null, "micros": 1, "outcome": "unmatched", "nowMs": 7,
            "hint": "read as hexadecimal", "sameKey": [{ "raw": "6699", "origin": "submit-resp" }], "share": 0.5,
        });
        let call = of_record(&record).unwrap();
        assert_eq!((call.now_ms, call.outcome.as_deref()), (7, Some("unmatched")));
        assert_eq!(call.answer, Expect::Answer(Value::Null));
        assert_eq!(call.same_key, [("6699".to_owned(), IdOrigin::SubmitResp)]);
        let mut failed = record.clone();
        failed["fault"] = json!({ "cause": "bad_answer", "text": "a key of 10 kB" });
        assert_eq!(
            of_record(&failed).unwrap().answer,
            Expect::Fault(FaultCause::BadAnswer)
        );
        failed["question"]["hook"] = json!("a-later-hook");
        assert_eq!(of_record(&failed), None);
    }
}
