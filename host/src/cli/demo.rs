//! `smpp-connector demo`: the whole product in under a minute, with nothing installed but Rust.
//!
//! Two simulated operators with different quirks, their policy plugins, a few thousand messages, and a plugin swapped
//! while they flow.

mod stage;
mod story;
mod tally;
mod traffic;

use super::{CommandResult, Failure, block_on};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use stage::Stage;
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use tally::Tally;
use tokio::sync::watch;

/// How long the slowest machine may take for the traffic before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(clap::Args, Debug)]
pub(super) struct Demo {
    /// How many messages
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    messages: u32,
    /// How many plugin swaps during the traffic
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    swaps: u32,
    /// Leave everything running afterwards, to play with
    #[arg(long)]
    keep: bool,
    /// End with one line of JSON instead of the table
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub(super) fn run(self) -> CommandResult {
        block_on(self.play())
    }

    async fn play(self) -> CommandResult {
        self.say("building the example plugins (the first time this takes a little longer)");
        let stage = Stage::set(self.keep).await?;
        self.say(&format!(
            "two simulated operators and the gateway run; its HTTP side is http://{}",
            stage.http_addr()
        ));
        let bar = self.progress();
        let started = Instant::now();
        let tally = self.traffic(&stage, &bar).await;
        bar.finish_and_clear();
        let took = started.elapsed();
        let result = match tally {
            Ok(tally) => self.tell(&stage, &tally, took),
            Err(error) => Err(error),
        };
        if self.keep && result.is_ok() {
            stage.explain();
            drop(tokio::signal::ctrl_c().await);
        }
        stage.strike().await;
        result
    }

    /// Sends, swaps and waits until every message is through.
    async fn traffic(&self, stage: &Stage, bar: &ProgressBar) -> Result<Tally, Failure> {
        let mut tally = Tally::new(stage.events(), self.messages);
        let (swapped_in, swapped) = watch::channel(false);
        let (sent_in, sent_all) = watch::channel(false);
        let sending = async {
            let sent = traffic::send_all(stage.queue(), self.messages, swapped).await;
            sent_in.send_replace(true);
            sent
        };
        let decided = tally.decided();
        let swapping = async {
            let swaps = stage
                .swap_during(self.swaps, self.messages, decided, sent_all)
                .await;
            swapped_in.send_replace(true);
            swaps
        };
        let counting = async {
            let done = tokio::time::timeout(PATIENCE, tally.follow(bar)).await;
            if done.is_err() {
                tracing::error!("not every message was through after {PATIENCE:?}");
            }
            done.unwrap_or(Ok(()))
        };
        let (sent, swapped, counted) = tokio::join!(sending, swapping, counting);
        sent?;
        counted?;
        tally.swaps = swapped?;
        tally.count_repetitions(&stage.submits_per_part());
        Ok(tally)
    }

    fn tell(&self, stage: &Stage, tally: &Tally, took: Duration) -> CommandResult {
        let swap_ms = tally.slowest_swap().as_secs_f64() * 1_000.0;
        if self.json {
            println!(
                "{}",
                json!({
                    "sent": tally.sent(),
                    "delivered": tally.delivered(),
                    "lost": tally.lost(),
                    "duplicated": tally.duplicated(),
                    "swaps": tally.swaps.len(),
                    "swap_ms": (swap_ms * 10.0).round() / 10.0,
                })
            );
        } else {
            story::table(tally, took);
            story::tell(stage, tally);
        }
        if tally.lost() == 0 && tally.duplicated() == 0 && tally.delivered() == tally.sent() {
            return Ok(());
        }
        eprintln!("error: not every message was delivered exactly once");
        Err(Failure::Told(1))
    }

    fn say(&self, line: &str) {
        if self.json {
            eprintln!("{line}")
        } else {
            println!("{line}")
        }
    }

    fn progress(&self) -> ProgressBar {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(u64::from(self.messages)), target);
        let template = "{bar:40} {pos}/{len} delivered, {per_sec}, {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }
}
