//! `smpp-connector pdus`: the last PDUs of an operator's binds, as a running gateway knows them.

use super::CommandResult;
use super::client::{Where, encoded};
use super::fields;
use super::view::{list, number};
use serde_json::Value;
use std::path::Path;

#[derive(clap::Args, Debug)]
pub(super) struct Pdus {
    /// The operator's name or id
    operator: String,
    /// Only this session, counted from 1
    #[arg(long)]
    session: Option<usize>,
    /// Only this bind of each session, counted from 1
    #[arg(long)]
    bind: Option<usize>,
    /// PDUs of each bind at most, up to 50
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Those that broke the standard instead, of all binds and over restarts
    #[arg(long, conflicts_with_all = ["session", "bind"])]
    odd: bool,
    /// Each field by its name in SMPP, with its value and what that means
    #[arg(long)]
    fields: bool,
    /// The octets too
    #[arg(long)]
    hex: bool,
    /// One line of JSON, as the API gives it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

impl Pdus {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let list_of = if self.odd { "odd-pdus" } else { "pdus" };
        let mut path = format!(
            "{list_of}?operator={}&limit={}",
            encoded(&self.operator),
            self.limit
        );
        for (name, value) in [("session", self.session), ("bind", self.bind)] {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={value}"));
            }
        }
        let told = self.at.gateway(config).get(&path)?;
        if self.json {
            println!("{told}");
            return Ok(());
        }
        for pdu in list(&told, "/oddPdus") {
            self.tell(pdu, "summary");
        }
        for bind in list(&told, "/binds") {
            println!(
                "session {}, bind {}, newest first:",
                number(bind, "/session"),
                number(bind, "/bind")
            );
            for pdu in list(bind, "/pdus") {
                self.tell(pdu, "told");
            }
        }
        Ok(())
    }

    /// `line` is the field that has it in one.
    fn tell(&self, pdu: &Value, line: &str) {
        let word = |key: &str| pdu.get(key).and_then(Value::as_str).unwrap_or_default();
        let arrow = if word("direction") == "sent" { "->" } else { "<-" };
        let odd = match word("oddity") {
            "" => String::new(),
            oddity => format!("  odd: {oddity}"),
        };
        println!("  {} {arrow} {}{odd}", word("at"), word(line));
        if self.fields {
            for line in fields::lines(pdu) {
                println!("       {line}");
            }
        }
        if self.hex {
            for octets in word("octets").as_bytes().chunks(64) {
                println!("       {}", String::from_utf8_lossy(octets));
            }
        }
    }
}
