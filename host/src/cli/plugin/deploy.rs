//! `smpp-connector plugin deploy`.

use super::source::Source;
use super::{CommandResult, Failure, block_on, shadow};
use crate::cli::client::{Gateway, Where, encoded};
use crate::cli::view::{has, text, version};
use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

pub(super) const EXAMPLES: &str = "Examples:
  smpp-connector plugin deploy --operator acme                        this folder's plugin, at once
  smpp-connector plugin deploy . --operator acme --shadow 60s         beside the active version; then you decide
  smpp-connector plugin deploy acme.wasm --operator acme --calls 1000 --promote

The gateway checks the plugin first, fixtures included, and refuses it in words. With --shadow or --calls live calls go to
both versions and the old one decides. With --promote the new one takes over at the end, unless it fails more often.
Ctrl-C leaves the shadow running.";

/// Between two looks at a shadow.
const LOOK: Duration = Duration::from_millis(500);

#[derive(clap::Args, Debug)]
pub(in super::super) struct Deploy {
    /// The folder of a plugin's sources, which is built if it has changed, or a component
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    path: PathBuf,
    /// Whose plugin it becomes: name or id
    #[arg(long)]
    operator: String,
    /// Run it beside the active version for so long first, such as 60s or 5m
    #[arg(long, value_name = "TIME")]
    shadow: Option<String>,
    /// Run it beside the active version for so many calls first
    #[arg(long, value_name = "N")]
    calls: Option<u64>,
    /// Make it active after the shadow, unless it fails more often than the active version
    #[arg(long)]
    promote: bool,
    /// Print one JSON object at the end, as the API gives it
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

/// How a shadow ended, or the wait for it.
enum End {
    /// No candidate is left.
    Decided(Value),
    /// It waits for a person.
    Ready(Value),
    /// Ctrl-C.
    Left(Value),
}

impl Deploy {
    pub(super) fn run(self, config: Option<&Path>) -> CommandResult {
        let source = Source::of(&self.path)?;
        let wasm = std::fs::read(&source.wasm).with_context(|| source.wasm.display().to_string())?;
        let sha256 = hex::encode(Sha256::digest(&wasm));
        let gateway = self.at.gateway(config);
        let operator = format!("plugins/{}", encoded(&self.operator));
        let path = format!("{operator}/deploy{}", self.query());
        let policy = gateway.post(&path, Some(("application/wasm", &wasm)))?;
        if text(&policy, "/candidate/sha256") != sha256 {
            return self.decided(&policy, &sha256);
        }
        match block_on(self.follow(&gateway, &operator, &sha256, policy))? {
            End::Decided(policy) => self.decided(&policy, &sha256),
            End::Ready(policy) => {
                self.waits(&policy, "it waits for you");
                Ok(())
            }
            End::Left(policy) => {
                self.waits(&policy, "it goes on without you");
                Err(Failure::Told(130))
            }
        }
    }

    fn query(&self) -> String {
        let mut parts = Vec::new();
        if let Some(time) = &self.shadow {
            parts.push(format!("shadow={}", encoded(time)));
        }
        if let Some(calls) = self.calls {
            parts.push(format!("calls={calls}"));
        }
        if self.promote {
            parts.push("promote=true".to_owned());
        }
        match parts.as_slice() {
            [] => String::new(),
            parts => format!("?{}", parts.join("&")),
        }
    }

    /// Looks at the shadow until something is decided, with a line that lives.
    async fn follow(
        &self,
        gateway: &Gateway,
        operator: &str,
        sha256: &str,
        mut policy: Value,
    ) -> Result<End, Failure> {
        let mut stop = signal(SignalKind::interrupt())?;
        if !self.json {
            println!(
                "{}: {} runs beside {}",
                text(&policy, "/operator"),
                version(&policy, "/candidate"),
                version(&policy, "/active")
            );
        }
        let target = if std::io::stderr().is_terminal() && !self.json {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let line = ProgressBar::with_draw_target(None, target);
        let end = loop {
            if text(&policy, "/candidate/sha256") != sha256 {
                break End::Decided(policy);
            }
            if text(&policy, "/candidate/stage") == "ready" {
                break End::Ready(policy);
            }
            line.set_message(shadow::standing(&policy));
            line.tick();
            tokio::select! {
                _ = stop.recv() => break End::Left(policy),
                () = tokio::time::sleep(LOOK) => {}
            }
            policy = gateway.get(operator)?;
        };
        line.finish_and_clear();
        Ok(end)
    }

    fn decided(&self, policy: &Value, sha256: &str) -> CommandResult {
        let is_active = text(policy, "/active/sha256") == sha256;
        if self.json {
            println!("{policy}");
        }
        let operator = text(policy, "/operator");
        if is_active {
            if !self.json {
                println!("{operator}: {} decides now", version(policy, "/active"));
            }
            return Ok(());
        }
        let reason = if has(policy, "/reason") {
            text(policy, "/reason")
        } else {
            "another one came in between".to_owned()
        };
        Err(anyhow!(
            "{operator}: it did not become active: {reason}; {} goes on",
            version(policy, "/active")
        )
        .into())
    }

    fn waits(&self, policy: &Value, what: &str) {
        if self.json {
            println!("{policy}");
            return;
        }
        let operator = text(policy, "/operator");
        println!("{}", shadow::standing(policy));
        print!("{}", shadow::differences(policy));
        println!(
            "\n{what}:\n  smpp-connector plugin promote {operator}    makes it active\n  smpp-connector plugin discard {operator}    forgets it\n  smpp-connector plugin status {operator}     says how it stands"
        );
    }
}
