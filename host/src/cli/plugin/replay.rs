//! `smpp-connector plugin replay`: what a candidate would have done with the traffic of the last hour.

mod receipts;
mod recorded;
mod told;

use super::source::Source;
use super::test::progress;
use super::{CommandResult, Failure, settings};
use crate::cli::client::{Gateway, Where, encoded};
use crate::cli::duration;
use crate::policy::TestBench;
use crate::policy::fixtures::{self, Call};
use anyhow::anyhow;
use chrono::TimeDelta;
use receipts::{Change, Receipt};
use recorded::{Recorded, Recording};
use serde_json::Value;
use smpp_domain::policy::Fault;
use smpp_domain::policy::question::{Answer, Question};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector plugin replay --operator acme                     this folder's plugin, the last hour of acme
  smpp-connector plugin replay acme.wasm --operator acme --last 15m
  smpp-connector plugin replay quirks.wasm --operator acme --settings @operators/acme.toml
  smpp-connector plugin replay . --capture captured/               what `smpp-connector capture` has written

Every recorded call is put to the candidate. Of receipts and submit_sm_resp the ids are put through its message-ids, so
that it shows which receipts would find their messages. The exit code is 1 when a receipt that was matched would be lost,
or when a hook faults that did not.";

#[derive(clap::Args, Debug)]
pub(in super::super) struct Replay {
    /// The folder of a plugin's sources, which is built if it has changed, or a component
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    path: PathBuf,
    /// Whose traffic: name or id
    #[arg(long, required_unless_present = "capture")]
    operator: Option<String>,
    /// How far back, such as 15m, 1h or 2d
    #[arg(long, default_value = "1h", value_parser = duration, value_name = "TIME")]
    last: TimeDelta,
    /// Replay a folder of fixtures; no gateway is asked
    #[arg(long, value_name = "FOLDER", conflicts_with = "operator")]
    capture: Option<PathBuf>,
    /// The candidate's settings: JSON, or a file of JSON or TOML, which may be an operator's; without it those that run
    #[arg(long, value_name = settings::VALUE_NAME)]
    settings: Option<String>,
    /// Changes that are shown of each kind
    #[arg(long, default_value_t = 10, value_name = "N")]
    show: usize,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

/// The candidate. An error is a call that cannot be made.
type Ask<'a> = dyn FnMut(&Recorded, &Question) -> Result<Result<Answer, Fault>, String> + 'a;

/// A call that comes to something else.
struct Changed<'a> {
    recorded: &'a Recorded,
    failure: fixtures::Failure,
}

/// What became of the calls of one hook.
#[derive(Default)]
struct OfHook<'a> {
    calls: usize,
    changed: Vec<Changed<'a>>,
    /// Of the changed, those that fault and did not.
    faults: usize,
}

/// The whole replay.
struct Outcome<'a> {
    hooks: BTreeMap<&'static str, OfHook<'a>>,
    receipts: Vec<Receipt<'a>>,
    unreadable: usize,
}

impl Outcome<'_> {
    fn count(&self, change: Change) -> usize {
        self.receipts
            .iter()
            .filter(|receipt| receipt.change == change)
            .count()
    }

    fn faults(&self) -> usize {
        self.hooks.values().map(|hook| hook.faults).sum()
    }
}

impl Replay {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let own = self.settings.as_deref().map(settings::read).transpose()?;
        let source = Source::of(&self.path)?;
        let bench = TestBench::load(&source.wasm)
            .map_err(|error| anyhow!("{}: {}", source.wasm.display(), error.in_words()))?;
        let (recording, running) = match (&self.capture, &self.operator) {
            (Some(folder), _) => (recorded::of_folder(folder)?, None),
            (None, Some(operator)) => {
                let gateway = self.at.gateway(config);
                (self.recording(&gateway, operator)?, running(&gateway, operator)?)
            }
            (None, None) => return Err(anyhow!("--operator or --capture says what is replayed").into()),
        };
        let settings = own.or(running);
        let mut runner = bench.runner(&Value::Object(serde_json::Map::new()));
        let mut ask = |recorded: &Recorded, question: &Question| {
            runner.ask(&Call {
                question,
                settings: settings.as_ref().or(recorded.settings.as_ref()),
                operator: recorded.operator.as_deref(),
                now_ms: recorded.now_ms,
            })
        };
        let outcome = self
            .replay(&recording, &mut ask)
            .map_err(|refused| anyhow!("{refused}"))?;
        if self.json {
            println!("{}", told::as_json(&outcome, &bench.report()));
        } else {
            print!("{}", told::in_words(&outcome, self.show));
        }
        if outcome.count(Change::Lost) > 0 || outcome.faults() > 0 {
            return Err(Failure::Told(1));
        }
        Ok(())
    }

    fn recording(&self, gateway: &Gateway, operator: &str) -> Result<Recording, Failure> {
        let bar = progress(0, self.json);
        let since = crate::clock::utc_now() - self.last;
        let recording = recorded::of_gateway(gateway, operator, since, |count| {
            bar.set_length(u64::try_from(count).unwrap_or(u64::MAX));
        });
        bar.finish_and_clear();
        recording
    }

    fn replay<'a>(&self, recording: &'a Recording, ask: &mut Ask<'_>) -> Result<Outcome<'a>, String> {
        let bar = progress(recording.calls.len(), self.json);
        let mut hooks: BTreeMap<&'static str, OfHook<'a>> = BTreeMap::new();
        for recorded in recording.calls.iter().filter(|call| !call.is_law()) {
            let answer = ask(recorded, &recorded.question)?;
            let faults = answer.is_err() && !recorded.is_fault();
            let of_hook = hooks.entry(recorded.question.hook().name()).or_default();
            of_hook.calls += 1;
            if let Err(failure) = fixtures::compare(&recorded.question, Some(&recorded.answer), answer) {
                of_hook.faults += usize::from(faults);
                of_hook.changed.push(Changed { recorded, failure });
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(Outcome {
            hooks,
            receipts: receipts::judge(&recording.calls, ask)?,
            unreadable: recording.unreadable,
        })
    }
}

/// The settings that the operator's active version has.
fn running(gateway: &Gateway, operator: &str) -> Result<Option<Value>, Failure> {
    let policy = gateway.get(&format!("plugins/{}", encoded(operator)))?;
    Ok(policy
        .pointer("/active/settings")
        .filter(|settings| !settings.is_null())
        .cloned())
}
