//! `smpp-connector certify`: a new operator's connection, tried out by test messages to one number.
//!
//! It is a client of a running gateway: what it sends goes through the queue, the operator's policy and the TPS as all
//! traffic does, one message after the other. What came back is read from the events, and from the recorded calls.

mod came;
mod cases;
mod facts;
mod findings;
mod report;
mod run;
mod verdict;

use super::client::{Gateway, Where, encoded};
use super::view::{list, text};
use super::{CommandResult, Failure, block_on, duration};
use anyhow::Context;
use cases::{Case, Choice, chosen};
use chrono::TimeDelta;
use report::Report;
use serde_json::Value;
use smpp_domain::pdu::masked;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector certify acme --to +491511234567                          everything, to your own handset
  smpp-connector certify acme --to +491511234567 --only gsm7,length       tests whose names begin so
  smpp-connector certify acme --to +491511234567 --from Acme --from 12345 other senders too
  smpp-connector certify acme --to +491511234567 --report acme.json --json

Some 35 messages are sent, about 60 submit_sm, through the gateway that runs: within the operator's TPS, and as its file and
plugin say. The exit code is 0 when nothing is to be mended, 1 when something is, 130 after Ctrl-C, which ends it with
what is known by then. docs/onboarding.md tells what to do before and after.";

/// After Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

#[derive(clap::Args, Debug)]
pub(super) struct Certify {
    /// The operator's name or id
    operator: String,
    /// The number that the test messages go to, E.164: a handset at hand
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// The sender; given again, other senders that are tried with one message each
    #[arg(long, value_name = "SENDER", default_value = "Certify")]
    from: Vec<String>,
    /// Only tests whose names begin so
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// No tests whose names begin so
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    without: Vec<String>,
    /// Also what Latin-1 has and GSM 7-bit lacks, for operators whose file or plugin sends it in Latin-1
    #[arg(long)]
    latin1: bool,
    /// How long an outcome, and after the last message the receipts, are waited for; longer than the operator's unmatched_after
    #[arg(long, default_value = "90s", value_parser = duration, value_name = "TIME")]
    wait: TimeDelta,
    /// Write the report here too, the number masked: JSON where the name ends in .json, else text
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print one JSON object, the number masked
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

impl Certify {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let cases = self.cases()?;
        let gateway = self.at.gateway(config);
        let (operator, operator_id) = self.operator(&gateway)?;
        let order = run::Order {
            operator: &operator,
            operator_id: &operator_id,
            to: &self.to,
            wait: self.wait.to_std().context("--wait")?,
            shows_progress: !self.json,
        };
        let report = block_on(async {
            let run = run::run(&gateway, &order, cases).await?;
            Ok(Report::of(operator.clone(), &run.seen()))
        })?;
        if let Some(file) = &self.report {
            let is_json = file.extension().is_some_and(|end| end == "json");
            let (to, text) = (masked(&self.to).to_string(), |to: &str| match is_json {
                true => format!("{}\n", report.json(to)),
                false => report.in_words(to),
            });
            std::fs::write(file, text(&to))
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        if self.json {
            println!("{}", report.json(&masked(&self.to).to_string()));
        } else {
            print!("{}", report.in_words(&self.to));
        }
        match (report.interrupted, report.is_good()) {
            (true, _) => Err(Failure::Told(INTERRUPTED)),
            (false, true) => Ok(()),
            (false, false) => Err(Failure::Told(1)),
        }
    }

    fn cases(&self) -> Result<Vec<Case>, Failure> {
        let choice = Choice {
            from: &self.from,
            only: &self.only,
            without: &self.without,
            latin1: self.latin1,
        };
        chosen(&choice).map_err(|error| {
            eprintln!("error: {error}");
            Failure::Told(64)
        })
    }

    /// The operator's name and id, if it can be sent to.
    fn operator(&self, gateway: &Gateway) -> Result<(String, Value), Failure> {
        let operator = gateway.get(&format!("operators/{}", encoded(&self.operator)))?;
        let binds = list(&operator, "/sessions")
            .iter()
            .flat_map(|session| list(session, "/binds"));
        if !binds.clone().any(|bind| text(bind, "/state") == "BOUND") {
            let why: Vec<_> = binds.map(|bind| text(bind, "/lastError")).collect();
            return Err(Failure::Unavailable(anyhow::anyhow!(
                "{0} is not bound ({1}): `smpp-connector check --bind {0}` tries it and says what is wrong",
                self.operator,
                why.join("; ")
            )));
        }
        let id = operator.get("operatorId").cloned().unwrap_or_default();
        Ok((text(&operator, "/name"), id))
    }
}
