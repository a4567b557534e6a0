//! `smpp-connector trace`: what became of one message, as a running gateway knows it.

use super::{CommandResult, Failure, load};
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
    /// The gateway; without it http.listen of the configuration
    #[arg(long)]
    url: Option<String>,
    /// The gateway's token
    #[arg(long, env = "SMPP_CONNECTOR_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl Trace {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let config = load(config)?;
        let listen = config.host.http.listen;
        let url = self.url.unwrap_or_else(|| format!("http://{listen}"));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let own = || config.host.http.token.map(|token| token.expose().to_owned());
        let token = self.token.or_else(own).unwrap_or_default();
        let asked = agent
            .get(format!("{url}/api/v1/messages/{}", self.message_id))
            .header("Authorization", format!("Bearer {token}"))
            .call();
        let mut answer = asked.map_err(|error| {
            Failure::Unavailable(anyhow::anyhow!(
                "{url}: {error}: is `smpp-connector run` running?"
            ))
        })?;
        let text = answer.body_mut().read_to_string()?;
        if !answer.status().is_success() {
            eprintln!("error: {}", refusal(&text));
            return Err(Failure::Told(1));
        }
        if self.json {
            println!("{text}");
        } else {
            print!("{}", in_words(&serde_json::from_str(&text)?));
        }
        Ok(())
    }
}

/// `{"error", "details"}` as people read it.
fn refusal(body: &str) -> String {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let Some(error) = json.get("error").and_then(Value::as_str) else {
        return body.to_owned();
    };
    let details = json.get("details").and_then(Value::as_array);
    let details = details.into_iter().flatten().filter_map(Value::as_str);
    details.fold(error.to_owned(), |text, detail| format!("{text}\n  {detail}"))
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

    #[test]
    fn a_refusal_is_told_with_its_details() {
        assert_eq!(
            refusal(r#"{"error": "no", "details": ["a", "b"]}"#),
            "no\n  a\n  b"
        );
        assert_eq!(refusal("gone"), "gone");
    }
}
