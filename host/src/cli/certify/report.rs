//! The report of a certification: for people, and for scripts.

use super::came::{Came, Part, Receipt};
use super::facts;
use super::findings::{self, Finding, Level, Run};
use super::verdict::{self, Grade, Verdict, delay};
use crate::cli::view::{table, text};
use serde_json::{Value, json};

/// All that is reported.
pub(super) struct Report {
    operator: String,
    pub(super) interrupted: bool,
    came: Vec<Came>,
    verdicts: Vec<Verdict>,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn of(operator: String, run: &Run<'_>) -> Self {
        Self {
            operator,
            interrupted: run.interrupted,
            came: run.came.to_vec(),
            verdicts: run.came.iter().map(verdict::on).collect(),
            findings: findings::of(run),
        }
    }

    fn count(&self, grade: Grade) -> usize {
        self.verdicts
            .iter()
            .filter(|verdict| verdict.grade == grade)
            .count()
    }

    /// Everything was sent and came back as it should, and nothing is to be mended.
    pub(super) fn is_good(&self) -> bool {
        let problem = self
            .findings
            .iter()
            .any(|finding| finding.level == Level::Problem);
        let wrong = self.verdicts.iter().any(|verdict| verdict.grade > Grade::Noted);
        !problem && !wrong && !self.interrupted && !self.came.is_empty()
    }

    /// For people. `to` is the number as it may be shown where this goes.
    pub(super) fn in_words(&self, to: &str) -> String {
        let mut words = format!("Certification of {} by messages to {to}\n\n", self.operator);
        let mut rows = vec![
            ["test", "verdict", "sent", "answer", "receipts"]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.rows());
        words += &table(&rows);
        if self.verdicts.iter().any(|verdict| !verdict.notes.is_empty()) {
            words += "\n";
        }
        for (came, verdict) in self.came.iter().zip(&self.verdicts) {
            for note in &verdict.notes {
                words += &format!("{} {}: {note}\n", verdict.grade.word(), came.case.name);
            }
        }
        let facts = facts::of(&self.came);
        if !facts.is_empty() {
            words += "\nHow the operator writes\n";
            for (name, fact) in facts {
                words += &format!("  {name:30} {fact}\n");
            }
        }
        for (title, level) in [("To mend", Level::Problem), ("To know", Level::Advice)] {
            let found: Vec<_> = self
                .findings
                .iter()
                .filter(|finding| finding.level == level)
                .collect();
            if !found.is_empty() {
                words += &format!("\n{title}\n");
            }
            for finding in found {
                words += &format!("- {}. {}\n", finding.what, finding.mend);
            }
        }
        if let Some(toml) = self.toml() {
            words += &format!(
                "\nSuggested for operators/{}.toml (merge it in; changes apply within a second), then certify again\n\n{toml}",
                self.operator
            );
        }
        words + &self.checklist() + &self.summary()
    }

    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.came.iter().zip(&self.verdicts).map(|(came, verdict)| {
            let parts = came.parts();
            let sent = came
                .way()
                .map_or_else(String::new, |way| format!("{}, ", way.name()));
            let coding =
                verdict::data_coding(came).map_or_else(String::new, |coding| format!("dcs {coding:#04x}"));
            vec![
                came.case.name.clone(),
                verdict.grade.word().to_owned(),
                format!("{sent}{coding}"),
                answer(came, &parts),
                receipts(&parts),
            ]
        })
    }

    /// What cannot be seen from here.
    fn checklist(&self) -> String {
        let shown: Vec<_> = self.came.iter().filter(|came| came.is_accepted()).collect();
        if shown.is_empty() {
            return String::new();
        }
        let mut words = "\nLook at the handset: the alphabet that the operator takes for data_coding 0 (GSM or Latin-1, packed or not), \
                         and whether parts are put together, cannot be seen from here\n"
            .to_owned();
        for came in shown {
            let text: String = came.case.text.chars().take(70).collect();
            let more = if text.len() < came.case.text.len() {
                "…"
            } else {
                ""
            };
            let text = text.replace(['\n', '\r'], "⏎");
            words += &format!("  [ ] {text}{more}\n      {}\n", came.case.look);
        }
        words
            + "  @ shown as another letter, or umlauts as others: `smpp-connector quirks show latin1-default`, or packed-gsm\n"
    }

    fn summary(&self) -> String {
        let count = |grade| self.count(grade);
        let end = match (self.interrupted, self.is_good()) {
            (true, _) => "it was ended before its time",
            (false, true) => "nothing to mend",
            (false, false) => "mend it and certify again",
        };
        format!(
            "\n{} passed, {} noted, {} failed, {} unfinished: {end}\n",
            count(Grade::Passed),
            count(Grade::Noted),
            count(Grade::Failed),
            count(Grade::Unfinished),
        )
    }

    /// The settings in the form of the operator's file.
    fn toml(&self) -> Option<String> {
        let settings = findings::settings(&self.findings);
        let is_empty = settings.as_object().is_none_or(serde_json::Map::is_empty);
        (!is_empty).then(|| toml::to_string(&settings).unwrap_or_default())
    }

    /// For scripts. `to` is the number as it may be shown.
    pub(super) fn json(&self, to: &str) -> Value {
        let cases = self.came.iter().zip(&self.verdicts);
        let findings = self.findings.iter().map(|finding| {
            json!({
                "level": if finding.level == Level::Problem { "problem" } else { "advice" },
                "what": finding.what, "mend": finding.mend, "settings": finding.settings,
            })
        });
        json!({
            "operator": self.operator,
            "to": to,
            "ok": self.is_good(),
            "interrupted": self.interrupted,
            "cases": cases.map(|(came, verdict)| case_json(came, verdict)).collect::<Vec<_>>(),
            "facts": facts::json(&facts::of(&self.came)),
            "findings": findings.collect::<Vec<_>>(),
            "settings": findings::settings(&self.findings),
            "toml": self.toml(),
        })
    }
}

/// What the operator answered: the status in words, or the ids.
fn answer(came: &Came, parts: &[Part]) -> String {
    if let Some(code) = came.refused_by() {
        let status = smpp_domain::pdu::CommandStatus(code);
        return format!("{} ({status})", smpp_domain::status::name(status));
    }
    if !came.is_accepted() {
        return came.outcome_word().to_owned();
    }
    let first = parts.first().and_then(|part| part.id.clone()).unwrap_or_default();
    match parts.len() {
        0 | 1 => format!("id {first}"),
        more => format!("{more} parts, id {first}…"),
    }
}

fn receipts(parts: &[Part]) -> String {
    let mut told = Vec::new();
    for part in parts {
        let word = match &part.receipt {
            Receipt::NotAsked => continue,
            Receipt::None => "none".to_owned(),
            Receipt::Misread { .. } => "for another id".to_owned(),
            Receipt::Matched(event) => {
                let seconds = delay(event).map_or_else(String::new, |millis| {
                    format!(" {}.{} s", millis / 1_000, millis % 1_000 / 100)
                });
                format!("{}{seconds}", text(event, "/state"))
            }
        };
        told.push(word);
    }
    told.join(", ")
}

fn case_json(came: &Came, verdict: &Verdict) -> Value {
    let parts = came.parts();
    let parts = parts.iter().map(|part| {
        let receipt = match &part.receipt {
            Receipt::NotAsked => json!({ "asked": false }),
            Receipt::None => json!({ "asked": true, "came": false }),
            Receipt::Misread { forms, id, .. } => json!({
                "asked": true, "came": true, "matched": false, "operatorMessageId": id,
                "readAs": forms.map(|forms| json!({
                    "submitResp": forms.submit_resp.name(), "receipt": forms.receipt.name(),
                })),
            }),
            Receipt::Matched(event) => json!({
                "asked": true, "came": true, "matched": true, "state": event.get("state"), "final": event.get("final"),
                "operatorMessageId": event.get("operatorMessageId"), "rawState": event.get("rawState"),
                "rawError": event.get("rawError"), "networkErrorCode": event.get("networkErrorCode"),
                "doneAt": event.get("doneAt"), "afterMs": delay(event),
            }),
        };
        json!({
            "partNumber": part.number, "commandStatus": part.status, "operatorMessageId": part.id, "receipt": receipt,
        })
    });
    json!({
        "name": came.case.name,
        "text": came.case.text,
        "look": came.case.look,
        "messageId": came.message_id,
        "verdict": verdict.grade.word(),
        "notes": verdict.notes,
        "outcome": came.outcome.as_ref().map(|_| came.outcome_word()),
        "commandStatus": came.refused_by(),
        "encoding": came.outcome.as_ref().and_then(|event| event.get("encoding")),
        "dataCoding": verdict::data_coding(came),
        "way": came.way().map(|way| way.name()),
        "parts": parts.collect::<Vec<_>>(),
    })
}
