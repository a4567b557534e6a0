//! `smpp-connector capture`: what a running gateway has recorded of an operator, as fixtures and for Wireshark.

mod fixtures;

use super::{CommandResult, Failure, load};
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
    /// The gateway; without it http.listen of the configuration
    #[arg(long)]
    url: Option<String>,
    /// The gateway's token
    #[arg(long, env = "SMPP_CONNECTOR_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// The most calls that the gateway gives at once.
const AT_MOST: &str = "10000";

/// A gateway that is asked.
struct Gateway {
    url: String,
    token: String,
}

impl Capture {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let config = load(config)?;
        let url = self.url.clone();
        let own = || config.host.http.token.map(|token| token.expose().to_owned());
        let gateway = Gateway {
            url: url.unwrap_or_else(|| format!("http://{}", config.host.http.listen)),
            token: self.token.clone().or_else(own).unwrap_or_default(),
        };
        let span = match self.last.parse::<usize>() {
            Ok(_) => vec![("limit", self.last.as_str())],
            Err(_) => vec![("since", self.last.as_str()), ("limit", AT_MOST)],
        };
        if let Some(file) = &self.pcapng {
            self.write_pcapng(&gateway, file)?;
        }
        if self.pcapng.is_some() && self.out.is_none() {
            return Ok(());
        }
        let mut query = vec![("operator", self.operator.as_str())];
        query.extend(self.hook.as_deref().map(|hook| ("hook", hook)));
        query.extend(self.outcome.as_deref().map(|outcome| ("outcome", outcome)));
        query.extend(span);
        let answer = gateway.get("/api/v1/decisions", &query)?;
        let answer: Answer =
            serde_json::from_slice(&answer).context("the gateway's answer cannot be read")?;
        if answer.decisions.is_empty() {
            return Err(self.nothing(&gateway));
        }
        let folder = self.out.as_deref().unwrap_or(Path::new("fixtures"));
        self.write_fixtures(folder, &answer.decisions)
    }

    fn write_pcapng(&self, gateway: &Gateway, file: &Path) -> CommandResult {
        let mut query = vec![("operator", self.operator.as_str())];
        if self.last.parse::<usize>().is_err() {
            query.push(("since", self.last.as_str()));
        }
        let capture = gateway.get("/api/v1/capture.pcapng", &query)?;
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
            let text = format!("{fixture:#}\n");
            fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
            println!("{}", file.display());
        }
        // The newest tells the most.
        if let Some(hint) = decisions.iter().find_map(|decision| decision.hint.as_deref()) {
            eprintln!("{}: {hint}", self.operator);
        }
        Ok(())
    }

    fn nothing(&self, gateway: &Gateway) -> Failure {
        let known = gateway.get("/api/v1/operators", &[]).ok();
        let known: Value = known
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default();
        let list = known.get("operators").unwrap_or(&known).as_array();
        let names = list
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("name")?.as_str());
        let names: Vec<_> = names.collect();
        Failure::Failed(anyhow::anyhow!(
            "nothing of the kind is recorded of {}: look at {}/api/v1/decisions/summary for what is; operators here: {}",
            self.operator,
            gateway.url,
            names.join(", ")
        ))
    }
}

#[derive(serde::Deserialize)]
struct Answer {
    decisions: Vec<DecisionRecord>,
}

impl Gateway {
    fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let Self { url, token } = self;
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let asked = agent
            .get(format!("{url}{path}"))
            .query_pairs(query.iter().copied())
            .header("Authorization", format!("Bearer {token}"))
            .call();
        let mut answer = asked.map_err(|error| {
            Failure::Unavailable(anyhow::anyhow!(
                "{url}: {error}: is `smpp-connector run` running?"
            ))
        })?;
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec()?;
        if answer.status().is_success() {
            return Ok(body);
        }
        Err(Failure::Failed(anyhow::anyhow!(
            "the gateway answered {}: {}",
            answer.status(),
            String::from_utf8_lossy(&body)
        )))
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
