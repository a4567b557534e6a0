//! `smpp-connector send`: one message through a running gateway, for trying things out.

use super::client::{Gateway, Where};
use super::message::Manner;
use super::{CommandResult, Failure, load};
use crate::config::Config;
use serde_json::{Value, json};
use smpp_domain::ids::OperatorId;
use std::io::{BufRead, BufReader};
use std::path::Path;
use uuid::Uuid;

#[derive(clap::Args, Debug)]
pub(super) struct Send {
    /// The text
    text: String,
    /// Destination number, E.164
    #[arg(long)]
    to: String,
    /// The operator's id, or its name in the operator files; not needed if there is only one
    #[arg(long)]
    operator: Option<String>,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    at: Where,
    /// Wait for the message's events and print them, up to its final state
    #[arg(long)]
    wait: bool,
}

impl Send {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let gateway = self.at.gateway(config);
        let config = load(config)?;
        let message_id = Uuid::now_v7();
        let mut command = self.manner.message(Some(&self.to), Some(&self.text));
        let operator_id = operator(self.operator.as_deref(), &config)?;
        for (key, id) in [
            ("messageId", json!(message_id)),
            ("operatorId", json!(operator_id)),
            ("accountId", json!(Uuid::nil())),
        ] {
            command.insert(key.to_owned(), id);
        }
        let before = if self.wait { newest(&gateway)? } else { 0 };
        let body = Value::Object(command).to_string();
        gateway.post("messages", Some(("application/json", body.as_bytes())))?;
        println!("{message_id}");
        if self.wait {
            follow(&gateway, before, message_id)
        } else {
            Ok(())
        }
    }
}

fn operator(wanted: Option<&str>, config: &Config) -> Result<OperatorId, Failure> {
    if let Some(id) = wanted.and_then(|text| text.parse().ok()) {
        return Ok(id);
    }
    let named = config
        .operators
        .iter()
        .find(|operator| Some(operator.name.as_str()) == wanted);
    let names: Vec<_> = config
        .operators
        .iter()
        .map(|operator| operator.name.as_str())
        .collect();
    match (wanted, named, config.operators.as_slice()) {
        (_, Some(operator), _) => Ok(operator.operator_id),
        (None, None, [only]) => Ok(only.operator_id),
        _ => {
            let known = if names.is_empty() {
                "none here".to_owned()
            } else {
                names.join(", ")
            };
            eprintln!("error: --operator: give an operator's id or name; known names: {known}");
            Err(Failure::Told(64))
        }
    }
}

/// Events live long: nothing that came before the message is of interest. The newest number is found by asking for all
/// and reading until the stream pauses would be slow; the gateway tells it in a header.
pub(super) fn newest(gateway: &Gateway) -> Result<u64, Failure> {
    let answer = gateway.open(&format!("events?after={}", u64::MAX >> 1))?;
    let header = answer
        .headers()
        .get("x-newest-event")
        .and_then(|value| value.to_str().ok());
    Ok(header.and_then(|text| text.parse().ok()).unwrap_or(0))
}

#[expect(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for a field that it lacks"
)]
fn follow(gateway: &Gateway, after: u64, message_id: Uuid) -> CommandResult {
    let mut answer = gateway.open(&format!("events?after={after}"))?;
    for line in BufReader::new(answer.body_mut().as_reader()).lines() {
        let line = line?;
        let Some(event) = line
            .strip_prefix("data:")
            .and_then(|data| serde_json::from_str::<Value>(data).ok())
        else {
            continue;
        };
        if event["messageId"] != json!(message_id) {
            continue;
        }
        println!("{event}");
        let refused =
            event["type"] == "submit" && event["outcome"] != "ACCEPTED" && event["outcome"] != "UNKNOWN";
        if refused || event["messageFinal"] == json!(true) {
            return Ok(());
        }
    }
    Err(Failure::Failed(anyhow::anyhow!(
        "the gateway ended before the message did"
    )))
}
