//! `smpp-connector preview`: what a running gateway would do with a message or a PDU.

use super::client::Where;
use super::fields;
use super::message::Manner;
use super::plugin::settings;
use super::{CommandResult, Failure, counted};
use anyhow::Context;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  smpp-connector preview acme --to +491511234567 'Hello'              what goes out, octet by octet
  smpp-connector preview acme --to +491511234567 'Hello' --against built-in
  smpp-connector preview acme --pdu 0000003d0000000500000000…          what a receipt is taken for
  smpp-connector preview acme --pdu 0000003b0000000400000000… --fields   what the policy makes of a submit_sm
  smpp-connector preview acme --fixture captured/unmatched-1.json --settings @new.json --against active";

#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Preview {
    /// The operator's name or id
    operator: String,
    /// The text of a message
    #[arg(required_unless_present_any = ["pdu", "fixture"], conflicts_with_all = ["pdu", "fixture"], requires = "to")]
    text: Option<String>,
    /// Destination number, E.164
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    manner: Manner,
    /// A PDU in hexadecimal, header included: of the operator, or a submit_sm for it
    #[arg(long, value_name = "HEX", conflicts_with = "fixture")]
    pdu: Option<String>,
    /// A fixture: one hook call
    #[arg(long, value_name = "FILE")]
    fixture: Option<PathBuf>,
    /// active, candidate, built-in, a version, or the beginning of a sha256
    #[arg(long, default_value = "active")]
    version: String,
    /// Other settings for it: JSON, or a file of JSON or TOML, which may be an operator's
    #[arg(long, value_name = settings::VALUE_NAME)]
    settings: Option<String>,
    /// Compare with this version
    #[arg(long, value_name = "VERSION")]
    against: Option<String>,
    /// Each field of the PDUs by its name in SMPP, with its value and what that means
    #[arg(long)]
    fields: bool,
    #[command(flatten)]
    at: Where,
    /// One line of JSON, as the API gives it
    #[arg(long)]
    json: bool,
}

impl Preview {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let body = Value::Object(self.request()?).to_string();
        let gateway = self.at.gateway(config);
        let view = gateway.post("preview", Some(("application/json", body.as_bytes())))?;
        if self.json {
            println!("{view}");
        } else {
            print!("{}", in_words(&view, self.against.as_deref(), self.fields));
        }
        Ok(())
    }

    fn request(&self) -> Result<Map<String, Value>, Failure> {
        let mut request = Map::new();
        request.insert("operator".to_owned(), json!(self.operator));
        request.insert("version".to_owned(), json!(self.version));
        if let Some(settings) = &self.settings {
            request.insert("settings".to_owned(), settings::read(settings)?);
        }
        if let Some(against) = &self.against {
            request.insert("against".to_owned(), json!(against));
        }
        let (kind, subject) = if let Some(pdu) = &self.pdu {
            ("pdu", json!(pdu))
        } else if let Some(file) = &self.fixture {
            let told = || format!("{}", file.display());
            let text = std::fs::read_to_string(file).with_context(told)?;
            ("fixture", serde_json::from_str(&text).with_context(told)?)
        } else {
            (
                "message",
                json!(self.manner.message(self.to.as_deref(), self.text.as_deref())),
            )
        };
        request.insert(kind.to_owned(), subject);
        Ok(request)
    }
}

fn in_words(view: &Value, against: Option<&str>, by_field: bool) -> String {
    let mut text = String::new();
    // A String takes everything.
    let mut line =
        |depth: usize, line: &str| writeln!(text, "{:1$}{line}", "", depth * 2).unwrap_or_default();
    if let Some(pdu) = view.get("pdu") {
        line(0, &word(pdu, "told"));
        if !pdu["oddity"].is_null() {
            line(1, &format!("odd: {}", word(pdu, "oddity")));
        }
        let told = if by_field { fields::lines(pdu) } else { Vec::new() };
        told.iter().for_each(|told| line(1, told));
    }
    let result = &view["result"];
    line(0, &version(result));
    for call in list(result, "calls") {
        let fault = call.get("fault").map(|fault| format!(": {}", plain(fault)));
        line(
            1,
            &format!(
                "{:<14} {}{} ({} us)",
                word(call, "hook"),
                call["answer"],
                fault.unwrap_or_default(),
                call["micros"]
            ),
        );
    }
    for logged in list(result, "log") {
        let fields = if logged["fields"].is_null() {
            String::new()
        } else {
            format!(" {}", logged["fields"])
        };
        line(
            1,
            &format!("logs {}: {}{fields}", word(logged, "level"), word(logged, "text")),
        );
    }
    let outcome = &result["outcome"];
    line(0, &told(outcome));
    for change in list(outcome, "changes") {
        let (path, before, after) = (word(change, "path"), &change["before"], &change["after"]);
        line(1, &format!("{path}: {before} before, {after} after"));
    }
    for part in list(outcome, "parts").iter().chain(outcome.get("part")) {
        line(1, &word(part, "told"));
        let told = if by_field { fields::lines(part) } else { Vec::new() };
        told.iter().for_each(|told| line(2, told));
        for octets in word(part, "octets").as_bytes().chunks(64) {
            line(2, &String::from_utf8_lossy(octets));
        }
    }
    if let (Some(against), Some(differences)) = (against, view["differences"].as_array()) {
        line(0, &format!("beside {against}, {}", version(&view["against"])));
        if differences.is_empty() {
            line(1, "no difference");
        }
        for difference in differences {
            let path = word(difference, "path");
            let path = if path.is_empty() { "all of it" } else { &path };
            line(
                1,
                &format!(
                    "{path}: {} there, {} here",
                    difference["expected"], difference["got"]
                ),
            );
        }
    }
    text
}

fn version(side: &Value) -> String {
    match side.get("policy").filter(|policy| policy.is_object()) {
        None => "decided by the built-in behaviour".to_owned(),
        Some(policy) => {
            let digest = word(policy, "sha256");
            let short = digest.get(..12).unwrap_or(&digest);
            format!(
                "decided by {} {} ({short})",
                word(policy, "plugin"),
                word(policy, "version")
            )
        }
    }
}

/// The outcome in one line.
fn told(outcome: &Value) -> String {
    let word = |key: &str| plain(&outcome[key]);
    match outcome["kind"].as_str().unwrap_or_default() {
        "submit" => format!(
            "sent as {} part(s), {} (data_coding {})",
            list(outcome, "parts").len(),
            word("encoding"),
            outcome["dataCoding"]
        ),
        "sent" if list(outcome, "changes").is_empty() => "sent as it is".to_owned(),
        "sent" => format!("sent with {}", counted(list(outcome, "changes").len(), "change")),
        "rejected" => format!("rejected: {}", word("reason")),
        "waits" => format!("waits, the policy failed: {}", word("reason")),
        "receipt" => format!(
            "a receipt, looked up by {}: {}",
            outcome["keys"], outcome["reading"]
        ),
        "message" => format!("a message from a subscriber: {}", outcome["event"]),
        "ignored" => format!("acknowledged and dropped: {}", word("reason")),
        "refused" => format!("answered with {}: {}", word("status"), word("reason")),
        "response" => format!("{}: {}, key {}", word("status"), outcome["verdict"], word("key")),
        "answer" => format!("answered: {}", outcome["answer"]),
        _ => word("reason"),
    }
}

fn word(of: &Value, key: &str) -> String {
    of.get(key).map_or_else(String::new, plain)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
