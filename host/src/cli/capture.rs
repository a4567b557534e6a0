//! `smpp-connector capture`: what a running gateway has recorded of an operator, as fixtures and for Wireshark.

mod fixtures;

use super::client::{Gateway, Where};
use super::recorded::{decisions, path};
use super::{CommandResult, Failure};
use crate::policy::fixtures::written;
use crate::ports::DecisionRecord;
use anyhow::Context;
use fixtures::fixtures;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(super) struct Capture {
    /// The operator's name or id
    operator: String,
    /// One hook alone, such as message-ids or inbound
    #[arg(long)]
    hook: Option<String>,
    /// One outcome alone: unmatched, matched, late, rejected, fault, ...
    #[arg(long)]
    outcome: Option<String>,
    /// The latest so many calls, or those of so long: 20, 90s, 1h
    #[arg(long, default_value = "20")]
    last: String,
    /// The folder for fixtures, one file a call [default: fixtures]
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the PDUs of recorded messages here, for Wireshark; without --out nothing else is written
    #[arg(long, value_name = "FILE")]
    pcapng: Option<PathBuf>,
    #[command(flatten)]
    at: Where,
}

/// Octets of a capture at most.
const MOST_OCTETS: u64 = 1 << 30;

impl Capture {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let gateway = self.at.gateway(config);
        if let Some(file) = &self.pcapng {
            self.write_pcapng(&gateway, file)?;
        }
        if self.pcapng.is_some() && self.out.is_none() {
            return Ok(());
        }
        let mut query = vec![("operator", self.operator.as_str())];
        query.extend(self.hook.as_deref().map(|hook| ("hook", hook)));
        query.extend(self.outcome.as_deref().map(|outcome| ("outcome", outcome)));
        let most = self.last.parse().ok();
        if most.is_none() {
            query.push(("since", self.last.as_str()));
        }
        let records = decisions(&gateway, &query, most.unwrap_or(usize::MAX), |_| ())?;
        let records: Vec<DecisionRecord> =
            serde_json::from_value(Value::Array(records)).context("the gateway's answer cannot be read")?;
        if records.is_empty() {
            return Err(self.nothing(&gateway));
        }
        let folder = self.out.as_deref().unwrap_or(Path::new("fixtures"));
        self.write_fixtures(folder, &records)
    }

    fn write_pcapng(&self, gateway: &Gateway, file: &Path) -> CommandResult {
        let mut query = vec![("operator", self.operator.as_str())];
        if self.last.parse::<usize>().is_err() {
            query.push(("since", self.last.as_str()));
        }
        let mut capture = gateway.open(&path("capture.pcapng", &query))?;
        let capture = capture
            .body_mut()
            .with_config()
            .limit(MOST_OCTETS)
            .read_to_vec()?;
        fs::write(file, capture).with_context(|| format!("{} cannot be written", file.display()))?;
        println!("{}", file.display());
        Ok(())
    }

    /// One file a call, numbered on from those that are there.
    fn write_fixtures(&self, folder: &Path, decisions: &[DecisionRecord]) -> CommandResult {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let mut number = last_number(folder);
        for (name, mut fixture) in fixtures(decisions) {
            number += 1;
            let name = format!("{number:02}-{name}");
            if let Some(fields) = fixture.as_object_mut() {
                fields.insert("name".to_owned(), Value::String(name.clone()));
            }
            let file = folder.join(format!("{name}.json"));
            fs::write(&file, written(&fixture))
                .with_context(|| format!("{} cannot be written", file.display()))?;
            println!("{}", file.display());
        }
        // The newest tells the most.
        if let Some(hint) = decisions.iter().find_map(|decision| decision.hint.as_deref()) {
            eprintln!("{}: {hint}", self.operator);
        }
        Ok(())
    }

    fn nothing(&self, gateway: &Gateway) -> Failure {
        let known = gateway.get("operators").unwrap_or_default();
        let list = known.get("operators").unwrap_or(&known).as_array();
        let names = list
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("name")?.as_str());
        let names: Vec<_> = names.collect();
        Failure::Failed(anyhow::anyhow!(
            "nothing of the kind is recorded of {}: GET /api/v1/decisions/summary tells what is; operators here: {}",
            self.operator,
            names.join(", ")
        ))
    }
}

/// The highest number that a file's name begins with.
fn last_number(folder: &Path) -> u32 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers = files.filter_map(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        name.split('-').next()?.parse::<u32>().ok()
    });
    numbers.max().unwrap_or_default()
}
