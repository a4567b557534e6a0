//! `smpp-connector trace`: what became of one message, as a running gateway knows it, and what was decided on its way.

use super::client::{Gateway, Where, encoded};
use super::fields;
use super::recorded::{self, told};
use super::{CommandResult, Failure};
use serde_json::Value;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::status;
use std::fmt::Write;
use std::path::Path;

#[derive(clap::Args, Debug)]
pub(super) struct Trace {
    /// The command's messageId
    message_id: String,
    /// One line of JSON, as the API gives it: the message, and the recorded calls about it as `decisions`
    #[arg(long)]
    json: bool,
    /// Each field of its PDUs by its name in SMPP, with its value and what that means
    #[arg(long)]
    fields: bool,
    #[command(flatten)]
    at: Where,
}

impl Trace {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let gateway = self.at.gateway(config);
        let mut story = gateway.get(&format!("messages/{}", encoded(&self.message_id)))?;
        let decisions = decisions(&gateway, &self.message_id, self.fields)?;
        if self.json {
            if let Some(fields) = story.as_object_mut() {
                fields.insert("decisions".to_owned(), Value::from(decisions));
            }
            println!("{story}");
        } else {
            print!("{}{}", in_words(&story), decided(&decisions));
        }
        Ok(())
    }
}

/// The recorded calls about it, newest first as the API gives them. Where nothing is recorded there are none.
fn decisions(gateway: &Gateway, message_id: &str, by_field: bool) -> Result<Vec<Value>, Failure> {
    let by_field = if by_field { "true" } else { "false" };
    let wanted = [("message", message_id), ("fields", by_field)];
    match recorded::decisions(gateway, &wanted, usize::MAX, |_| ()) {
        Err(Failure::Failed(_)) => Ok(Vec::new()),
        answer => answer,
    }
}

/// The calls in words, oldest first.
fn decided(decisions: &[Value]) -> String {
    if decisions.is_empty() {
        return "  no decisions are recorded of it\n".to_owned();
    }
    let mut text = "  decisions, as recorded: numbers and texts are masked\n".to_owned();
    for decision in decisions.iter().rev() {
        for (place, line) in told::lines(decision).iter().enumerate() {
            let indent = if place == 0 { 4 } else { 6 };
            // A String takes everything.
            writeln!(text, "{:indent$}{line}", "").unwrap_or_default();
        }
        for line in decision.get("pdu").map(fields::lines).unwrap_or_default() {
            writeln!(text, "{:8}{line}", "").unwrap_or_default();
        }
    }
    text
}

fn in_words(story: &Value) -> String {
    let mut text = String::new();
    let mut line = |depth: usize, line: String| {
        // A String takes everything.
        writeln!(text, "{:1$}{line}", "", depth * 2).unwrap_or_default();
    };
    let (message, stage) = (word(story, "messageId"), word(story, "stage"));
    let operator = match story.get("operator").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => word(story, "operatorId"),
    };
    line(0, format!("{message} to {operator}: {stage}"));
    for told in under_way(story) {
        line(1, told);
    }
    if let Some(outcome) = story.get("outcome").filter(|outcome| outcome.is_object()) {
        line(
            1,
            format!("{} at {}", word(outcome, "outcome"), word(outcome, "submittedAt")),
        );
        for key in [
            "reason",
            "rejectionCode",
            "commandStatus",
            "partial",
            "encoding",
            "dataCoding",
            "longMessageStrategy",
        ] {
            if outcome.get(key).is_some_and(|value| !value.is_null()) {
                line(2, format!("{key} {}", word(outcome, key)));
            }
        }
        if let Some(policy) = outcome.get("policy").filter(|policy| policy.is_object()) {
            let (plugin, version, digest) = (
                word(policy, "plugin"),
                word(policy, "version"),
                word(policy, "sha256"),
            );
            let short = digest.get(..12).unwrap_or(&digest);
            line(2, format!("decided by {plugin} {version} ({short})"));
        }
    }
    let refused = story
        .get("outcome")
        .map_or(&[][..], |outcome| list(outcome, "parts"));
    for part in refused {
        let code = part
            .get("commandStatus")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        if code != 0 {
            let status = CommandStatus(u32::try_from(code).unwrap_or(u32::MAX));
            line(
                1,
                format!("part {}: {}", word(part, "partNumber"), status::explain(status)),
            );
        }
    }
    for part in list(story, "parts") {
        line(
            1,
            format!(
                "part {}/{} to {}: operator's id {} (key {}), reference {}, submitted {}, answered {}",
                word(part, "partNumber"),
                word(part, "partCount"),
                word(part, "to"),
                word(part, "operatorMessageId"),
                word(part, "messageKey"),
                word(part, "reference"),
                word(part, "submittedAt"),
                word(part, "answeredAt"),
            ),
        );
        if list(part, "receipts").is_empty() {
            line(
                2,
                format!("no receipt yet; waited for until {}", word(part, "receiptsUntil")),
            );
        }
        for receipt in list(part, "receipts") {
            let is_final = receipt.get("final").and_then(Value::as_bool) == Some(true);
            let final_word = if is_final { "final" } else { "not final" };
            line(
                2,
                format!(
                    "{} {} ({final_word})",
                    word(receipt, "receivedAt"),
                    word(receipt, "state")
                ),
            );
        }
    }
    text
}

/// Where a message is that has no outcome yet, and since when.
fn under_way(story: &Value) -> Vec<String> {
    let Some(told) = story.get("underWay").filter(|told| told.is_object()) else {
        return Vec::new();
    };
    let mut times = format!("accepted {}", word(told, "publishedAt"));
    if told.get("since") != told.get("publishedAt") {
        times += &format!(", waits for this since {}", word(told, "since"));
    }
    if told.get("until").is_some_and(|until| !until.is_null()) {
        times += &format!(", until {}", word(told, "until"));
    }
    vec![word(told, "words"), times]
}

fn list<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn word(json: &Value, key: &str) -> String {
    match json.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_story_is_told_in_words() {
        let story = json!({
            "messageId": "m-1", "operator": "acme", "stage": "settled",
            "outcome": {
                "outcome": "ACCEPTED", "submittedAt": "T1", "encoding": "GSM7", "reason": null,
                "policy": { "plugin": "hexdec", "version": "0.1.0", "sha256": "0123456789abcdef" },
                "parts": [{ "partNumber": 1, "commandStatus": 0 }, { "partNumber": 2, "commandStatus": 88 }]
            },
            "parts": [
                {
                    "partNumber": 1, "partCount": 2, "to": "***67", "operatorMessageId": "1A", "messageKey": "26", "reference": 47,
                    "submittedAt": "T1", "answeredAt": "T1b", "receiptsUntil": "T9",
                    "receipts": [{ "receivedAt": "T2", "state": "DELIVERED", "final": true }]
                },
                {
                    "partNumber": 2, "partCount": 2, "to": "***67", "operatorMessageId": "1B", "messageKey": "27", "reference": 47,
                    "submittedAt": "T1", "answeredAt": null, "receiptsUntil": "T9", "receipts": []
                }
            ]
        });
        let told = in_words(&story);
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "m-1 to acme: settled",
                "  ACCEPTED at T1",
                "    encoding GSM7",
                "    decided by hexdec 0.1.0 (0123456789ab)",
                "  part 2: ESME_RTHROTTLED (0x00000058): more than the operator allows; sending pauses and slows down",
                "  part 1/2 to ***67: operator's id 1A (key 26), reference 47, submitted T1, answered T1b",
                "    T2 DELIVERED (final)",
                "  part 2/2 to ***67: operator's id 1B (key 27), reference 47, submitted T1, answered -",
                "    no receipt yet; waited for until T9",
            ]
        );
    }

    #[test]
    fn a_message_under_way_says_for_what_it_waits_and_since_when() {
        let story = json!({
            "messageId": "m-1", "operator": "acme", "stage": "under way", "outcome": null, "parts": [],
            "underWay": { "waitsFor": "throttle", "words": "it gets too much", "publishedAt": "T1", "since": "T2", "until": "T3" }
        });
        assert_eq!(
            in_words(&story).lines().collect::<Vec<_>>(),
            [
                "m-1 to acme: under way",
                "  it gets too much",
                "  accepted T1, waits for this since T2, until T3"
            ]
        );
    }
}
