//! `smpp-connector plugin dev`.

use super::source::{self, Source};
use super::test::Test;
use super::{CommandResult, Failure};
use crate::cli::client::{Gateway, Where, encoded};
use crate::cli::view::{text, version};
use crate::policy::fixtures::FOLDER;
use anyhow::{Context, anyhow};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector plugin dev --operator acme                 this folder's plugin, into the gateway that runs here
  smpp-connector plugin dev plugins/acme                    build and test alone

The sources and the fixtures are watched, not what is built. A version whose fixtures fail is not brought to the gateway, and
what the gateway refuses leaves the version before in its place. Ctrl-C ends.";

/// Between two looks at the sources.
const LOOK: Duration = Duration::from_millis(200);
/// Home, and clear what is below.
const CLEAR: &str = "\x1b[H\x1b[2J";

#[derive(clap::Args, Debug)]
pub(in super::super) struct Dev {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Whose plugin it becomes on each success: name or id
    #[arg(long)]
    operator: Option<String>,
    /// Settings for fixtures that bring none
    #[arg(long, value_name = super::settings::VALUE_NAME, default_value = "{}")]
    settings: String,
    #[command(flatten)]
    at: Where,
}

impl Dev {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        if !self.dir.is_dir() {
            return Err(anyhow!(
                "{}: there is no such folder; give that of a plugin's sources",
                self.dir.display()
            )
            .into());
        }
        let gateway = self.operator.is_some().then(|| self.at.gateway(config));
        let mut before = None;
        loop {
            let state = self.settled(before);
            before = Some(state);
            if std::io::stdout().is_terminal() {
                print!("{CLEAR}");
            }
            let started = crate::clock::now();
            match self.round(gateway.as_ref()) {
                Ok(()) => {}
                // Fixtures that fail have been shown.
                Err(Failure::Told(_)) => println!("mend it and save: the version before goes on"),
                Err(Failure::Failed(error) | Failure::Unavailable(error)) => println!("error: {error:#}"),
                Err(other) => return Err(other),
            }
            let took = crate::clock::now().saturating_duration_since(started);
            println!(
                "{:.1} s; waiting for changes in {}, Ctrl-C ends",
                took.as_secs_f64(),
                self.dir.display()
            );
        }
    }

    /// One way from the sources to the gateway.
    fn round(&self, gateway: Option<&Gateway>) -> CommandResult {
        let source = Source::of(&self.dir)?;
        Test::of(self.dir.clone(), self.settings.clone()).run()?;
        let (Some(gateway), Some(operator)) = (gateway, &self.operator) else {
            return Ok(());
        };
        let wasm = std::fs::read(&source.wasm).with_context(|| source.wasm.display().to_string())?;
        let path = format!("plugins/{}/deploy", encoded(operator));
        let policy = gateway.post(&path, Some(("application/wasm", &wasm)))?;
        println!(
            "{}: {} decides now",
            text(&policy, "/operator"),
            version(&policy, "/active")
        );
        Ok(())
    }

    /// Waits for sources that are not those of `before` and hold still.
    fn settled(&self, before: Option<State>) -> State {
        let mut last = self.state();
        loop {
            std::thread::sleep(LOOK);
            let now = self.state();
            if now == last && Some(now) != before {
                return now;
            }
            last = now;
        }
    }

    fn state(&self) -> State {
        (source::newest(&self.dir), source::newest(&self.dir.join(FOLDER)))
    }
}

/// When a source, and a fixture, was changed last.
type State = (Option<SystemTime>, Option<SystemTime>);
