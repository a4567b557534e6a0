//! `smpp-connector plugin test`.

use super::settings;
use super::source::Source;
use super::{CommandResult, Failure, counted};
use crate::policy::fixtures::{self, Case, Expect, Fixture, Read, Runner};
use crate::policy::{Report, TestBench};
use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector plugin test                                     the plugin of this folder, built if it has changed
  smpp-connector plugin test plugins/acme.wasm                   a component, with the fixtures that it carries
  smpp-connector plugin test quirks.wasm --fixtures captured/ --settings @operators/acme.toml --all
  smpp-connector plugin test --update                            take the answers that were found into the fixtures

A fixture is a JSON file in the folder fixtures/:
  {\"name\": \"hex id\", \"hook\": \"message-ids\", \"input\": {\"raw\": \"1A2B\", \"origin\": \"submit-resp\"}, \"expect\": \"6699\"}
It may have `settings`, `operator`, `now-ms` and a `note`. `expect` is the hook's answer as in the contract, or
{\"fault\": \"malformed\"}. Forms of one id have one key:
  {\"name\": \"one id\", \"hook\": \"message-ids\", \"same-key\": [{\"raw\": \"1A2B\", \"origin\": \"submit-resp\"},
                                                      {\"raw\": \"6699\", \"origin\": \"receipt-text\"}]}
The exit code is 1 when a fixture fails.";

/// Fixtures of one group that are named.
const NAMED: usize = 5;

#[derive(clap::Args, Debug)]
pub(in super::super) struct Test {
    /// The folder of a plugin's sources, which is built if it has changed, or a component
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    path: PathBuf,
    /// Run the fixtures of this folder, not the plugin's own
    #[arg(long, value_name = "FOLDER")]
    fixtures: Option<PathBuf>,
    /// Only fixtures with this in their name
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Settings for fixtures that bring none: JSON, or a file of JSON or TOML, which may be an operator's
    #[arg(long, value_name = settings::VALUE_NAME, default_value = "{}")]
    settings: String,
    /// Use --settings for fixtures that bring their own, too: to see what other settings change
    #[arg(long, requires = "settings")]
    all: bool,
    /// Show what fails, then write the answers that were found into the fixtures
    #[arg(long)]
    update: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One that fails.
struct Failed {
    fixture: Fixture,
    file: Option<PathBuf>,
    failure: fixtures::Failure,
}

/// What the run came to.
struct Outcome {
    count: usize,
    failed: Vec<Failed>,
    updated: Vec<PathBuf>,
    millis: u64,
}

impl Test {
    /// All fixtures of the plugin in a folder.
    pub(super) fn of(path: PathBuf, settings: String) -> Self {
        Self {
            path,
            fixtures: None,
            only: None,
            settings,
            all: false,
            update: false,
            json: false,
        }
    }

    pub(super) fn run(self) -> CommandResult {
        let settings = settings::read(&self.settings)?;
        let source = Source::of(&self.path)?;
        let bench = TestBench::load(&source.wasm)
            .map_err(|error| anyhow!("{}: {}", source.wasm.display(), error.in_words()))?;
        let tests = self.tests(&source, &bench)?;
        let started = crate::clock::now();
        let mut outcome = Outcome {
            count: tests.len(),
            failed: run_all(&mut bench.runner(&settings), tests, self.json),
            updated: Vec::new(),
            millis: 0,
        };
        let took = crate::clock::now().saturating_duration_since(started);
        outcome.millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if !self.json {
            tell(&outcome.failed);
        }
        if self.update {
            update(&mut outcome)?;
        }
        self.tell_all(&bench.report(), &outcome);
        if outcome.failed.len() > outcome.updated.len() {
            Err(Failure::Told(1))
        } else {
            Ok(())
        }
    }

    fn tests(&self, source: &Source, bench: &TestBench) -> Result<Vec<(Option<PathBuf>, Fixture)>, Failure> {
        let folder = self.fixtures.clone().or_else(|| source.fixtures());
        let mut tests: Vec<_> = match &folder {
            Some(folder) => {
                let read = fixtures::read_folder(folder)?;
                read.into_iter()
                    .map(|Read { file, fixture }| (Some(file), fixture))
                    .collect()
            }
            None => bench
                .fixtures()
                .iter()
                .map(|fixture| (None, fixture.clone()))
                .collect(),
        };
        if let Some(only) = &self.only {
            tests.retain(|(_, fixture)| fixture.name.contains(only.as_str()));
        }
        if tests.is_empty() {
            let place = folder.map_or_else(
                || format!("{} carries", source.wasm.display()),
                |folder| format!("{} has", folder.display()),
            );
            return Err(anyhow!(
                "{place} no such fixtures: write one (see --help), or take some from traffic with `smpp-connector capture`"
            )
            .into());
        }
        if self.update && folder.is_none() {
            return Err(anyhow!("--update needs files: give the plugin's folder, or --fixtures").into());
        }
        if self.all {
            tests.iter_mut().for_each(|(_, fixture)| fixture.settings = None);
        }
        Ok(tests)
    }

    fn tell_all(&self, report: &Report, outcome: &Outcome) {
        let (failed, updated) = (outcome.failed.len(), outcome.updated.len());
        if self.json {
            let failed = outcome.failed.iter().map(as_json).collect::<Vec<_>>();
            let told = json!({
                "plugin": report.name,
                "version": report.version,
                "sha256": report.sha256,
                "fixtures": outcome.count,
                "passed": outcome.count - failed.len(),
                "failed": failed,
                "updated": outcome.updated,
                "millis": outcome.millis,
            });
            println!("{told}");
            return;
        }
        let written = match updated {
            0 => String::new(),
            updated => format!(", {updated} of these updated"),
        };
        println!(
            "{} {}: {}, {} passed, {failed} failed{written} ({} ms)",
            report.name,
            report.version,
            counted(outcome.count, "fixture"),
            outcome.count - failed,
            outcome.millis
        );
    }
}

fn run_all(runner: &mut Runner, tests: Vec<(Option<PathBuf>, Fixture)>, quiet: bool) -> Vec<Failed> {
    let bar = progress(tests.len(), quiet);
    let mut failed = Vec::new();
    for (file, fixture) in tests {
        if let Err(failure) = runner.run(&fixture) {
            failed.push(Failed {
                fixture,
                file,
                failure,
            });
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    failed
}

/// For people who wait.
pub(super) fn progress(count: usize, quiet: bool) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() && !quiet {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(count), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// Fixtures of one hook that fail in the same fields are one problem, most of the time: the first is shown whole.
fn tell(failed: &[Failed]) {
    let mut groups: BTreeMap<(&str, Vec<String>), Vec<&Failed>> = BTreeMap::new();
    for one in failed {
        let mut fields: Vec<_> = one
            .failure
            .differences
            .iter()
            .map(|field| field.path.clone())
            .collect();
        fields.sort();
        groups
            .entry((one.fixture.hook().name(), fields))
            .or_default()
            .push(one);
    }
    for ((hook, fields), group) in &groups {
        let place = match fields.as_slice() {
            [] => String::new(),
            [field] if field.is_empty() => ", the whole answer".to_owned(),
            fields => format!(" in {}", fields.join(", ")),
        };
        println!("FAILED  {hook}: {}{place}", counted(group.len(), "fixture"));
        let Some(first) = group.first() else {
            continue;
        };
        println!("  {}", label(first));
        for line in first.failure.lines() {
            println!("    {line}");
        }
        for other in group.iter().skip(1).take(NAMED) {
            println!("  {}: {}", label(other), other.failure.in_words());
        }
        if let Some(more) = group.len().checked_sub(NAMED + 1).filter(|more| *more > 0) {
            println!("  and {more} more");
        }
    }
}

fn label(failed: &Failed) -> String {
    match &failed.file {
        Some(file) => format!("{:?} ({})", failed.fixture.name, file.display()),
        None => format!("{:?}", failed.fixture.name),
    }
}

fn as_json(failed: &Failed) -> Value {
    let differences = failed.failure.differences.iter().map(|difference| {
        json!({ "path": difference.path, "expected": difference.expected, "got": difference.got })
    });
    json!({
        "name": failed.fixture.name,
        "file": failed.file,
        "hook": failed.fixture.hook(),
        "differences": differences.collect::<Vec<_>>(),
        "remark": failed.failure.remark,
        "found": failed.failure.found.as_ref().map(Expect::to_json),
    })
}

/// Writes what was found into the files. A law of ids says what must be, so it stays.
fn update(outcome: &mut Outcome) -> CommandResult {
    for failed in &outcome.failed {
        let (Some(file), Some(found)) = (&failed.file, &failed.failure.found) else {
            continue;
        };
        if let Case::Call { .. } = failed.fixture.case {
            write_expect(file, &found.to_json())?;
            outcome.updated.push(file.clone());
        }
    }
    Ok(())
}

fn write_expect(file: &Path, expect: &Value) -> anyhow::Result<()> {
    let name = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(name)?;
    let mut fixture: Value = serde_json::from_str(&text).with_context(name)?;
    if let Some(object) = fixture.as_object_mut() {
        object.insert("expect".to_owned(), expect.clone());
    }
    std::fs::write(file, fixtures::written(&fixture)).with_context(name)
}
