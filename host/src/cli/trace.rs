//! `smpp-connector trace`: what became of one message, as a running gateway knows it.

use super::CommandResult;
use super::client::{Where, encoded};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

#[derive(clap::Args, Debug)]
pub(super) struct Trace {
    /// The command's messageId
    message_id: String,
    /// One line of JSON, as the API gives it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

impl Trace {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let gateway = self.at.gateway(config);
        let story = gateway.get(&format!("messages/{}", encoded(&self.message_id)))?;
        if self.json {
            println!("{story}");
        } else {
            print!("{}", in_words(&story));
        }
        Ok(())
    }
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
    if let Some(outcome) = story.get("outcome").filter(|outcome| outcome.is_object()) {
        line(
            1,
            format!("{} at {}", word(outcome, "outcome"), word(outcome, "submittedAt")),
        );
        for key in [
            "reason",
            "rejectionCode",
            "commandStatus",
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
    for part in list(story, "parts") {
        line(
            1,
            format!(
                "part {}/{} to {}: operator's id {} (key {}), accepted {}",
                word(part, "partNumber"),
                word(part, "partCount"),
                word(part, "to"),
                word(part, "operatorMessageId"),
                word(part, "messageKey"),
                word(part, "submittedAt"),
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
                "policy": { "plugin": "hexdec", "version": "0.1.0", "sha256": "0123456789abcdef" }
            },
            "parts": [
                {
                    "partNumber": 1, "partCount": 2, "to": "***67", "operatorMessageId": "1A", "messageKey": "26",
                    "submittedAt": "T1", "receiptsUntil": "T9",
                    "receipts": [{ "receivedAt": "T2", "state": "DELIVERED", "final": true }]
                },
                {
                    "partNumber": 2, "partCount": 2, "to": "***67", "operatorMessageId": "1B", "messageKey": "27",
                    "submittedAt": "T1", "receiptsUntil": "T9", "receipts": []
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
                "  part 1/2 to ***67: operator's id 1A (key 26), accepted T1",
                "    T2 DELIVERED (final)",
                "  part 2/2 to ***67: operator's id 1B (key 27), accepted T1",
                "    no receipt yet; waited for until T9",
            ]
        );
    }
}
