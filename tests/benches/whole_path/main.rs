//! How many messages a second the whole gateway carries on this machine, what one costs, and what decides about that.
//!
//! ```text
//! cargo bench -p smpp-connector-tests --bench whole_path [-- --platform --all --only "window 10," --runs 3 --messages 20000]
//! ```
//! The gateway is a process of its own, so that its CPU and memory are its own, with its embedded backends; with `--platform` on
//! private servers (nats-server, PostgreSQL with fsync, redis-server), started anew for each run. One base case, and from it
//! each setting by itself: receipts, plugin, window, and how long the operator takes to answer. `--all` plays every combination
//! of them, embedded and on servers. Under 3 minutes; with `--all` about a quarter of an hour.
//!
//! Commands go in by HTTP (NDJSON, 200 a request) or NATS (200 a batch), 4 at once, while those before them are being sent; at most
//! 4,000 are under way. A message counts when its last event has been read from the event stream (HTTP's or NATS'): `dlr` with the
//! message's final state, or `submit` where receipts are off. The clock runs from the first command to the last of these events.
//! Embedded, everything is on disk before it is answered (`synchronous = FULL`), as in production; a single NATS server
//! acknowledges what is in its files and fsyncs every two minutes, unless `sync_interval` says otherwise. Texts have one part.
//!
//! Latency, at a load that the machine carries easily and at half of the best rate: from handing over the command until the operator
//! has read its submit_sm, and from the operator's writing of the receipt until its event can be read.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod cases;
mod count;
mod operator;

use anyhow::{Context, Result};
use cases::Case;
use clap::Parser;
use smpp_connector_tests::load::{Figures, Ours, Stage, chosen, machine, median};
use std::path::PathBuf;

#[derive(Parser)]
struct Options {
    /// Messages of one run; fewer where the window and the operator's answers allow only few
    #[arg(long)]
    messages: Option<usize>,
    /// Runs of each case; the median is printed
    #[arg(long)]
    runs: Option<usize>,
    /// On NATS JetStream, PostgreSQL and Redis, started for each run, instead of the embedded backends
    #[arg(long)]
    platform: bool,
    /// Every combination, embedded and on servers
    #[arg(long)]
    all: bool,
    /// Without recording hook calls and their PDUs: what that costs is the difference
    #[arg(long)]
    no_recordings: bool,
    /// Instructions and allocations a message instead of time, by valgrind's callgrind; the base case unless others are named
    #[arg(long)]
    count: bool,
    /// The cases whose names contain this, alone
    #[arg(long, default_value = "")]
    only: String,
    /// Names the cases and ends
    #[arg(long)]
    list: bool,
    /// Messages a second of the first latency line
    #[arg(long, default_value_t = 1_000)]
    rate: usize,
    /// Where the gateways keep their data: the disk decides a good part
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    data_dir: PathBuf,
    /// Given by `cargo bench`; without it (`cargo test --benches`) a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn cases(&self) -> Result<Vec<Case>> {
        let cases = match (self.all, self.bench) {
            (true, _) => Case::all(),
            (false, true) if !self.count || !self.only.is_empty() => Case::from_base(self.platform),
            (false, _) => vec![Case::base(self.platform)],
        };
        chosen(cases, &self.only, Case::name)
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let cases = options.cases()?;
    if options.list {
        cases.iter().for_each(|case| println!("{}", case.name()));
        return Ok(());
    }
    let several = if options.bench && !options.all { 3 } else { 1 };
    let runs = options.runs.unwrap_or(several);
    let messages = options
        .messages
        .unwrap_or(if options.bench { 20_000 } else { 600 });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if options.count {
        return runtime.block_on(print_counts(&options, &cases));
    }
    println!(
        "up to {messages} messages a run, median of {runs} runs, {}",
        machine()
    );
    println!(
        "the operator alone answers {:.0} submit_sm/s of a bare client, window 100\n",
        operator::rate(messages)?
    );
    let start = async |case: Case, messages: usize| -> Result<Stage> {
        let setup = case.setup(&options.data_dir, !options.no_recordings);
        let stage = Ours::start(env!("CARGO_BIN_EXE_gateway"), &setup, messages).await;
        stage.with_context(|| case.name())
    };
    let mut figures = vec![Vec::new(); cases.len()];
    // In turns, so that a busy minute of the machine does not fall on one case.
    for _ in 0..runs {
        for (case, figures) in cases.iter().zip(&mut figures) {
            let messages = case.at_most(messages);
            figures.push(runtime.block_on(async {
                let mut stage = start(*case, messages).await?;
                stage.flood(messages).await.with_context(|| case.name())
            })?);
        }
    }
    let medians: Vec<_> = figures.into_iter().map(median).collect();
    print_table(&cases, &medians);
    let Some((case, (best, _))) = cases.first().zip(medians.first()) else {
        return Ok(());
    };
    let seconds = if options.bench { 5 } else { 1 };
    for rate in [options.rate, best.half_rate()] {
        let latency = runtime.block_on(async {
            let mut stage = start(*case, rate * seconds).await?;
            stage.steady(rate, seconds).await
        })?;
        println!("at {rate} messages/s, {}: {latency}", case.name());
    }
    Ok(())
}

/// What a message costs in each case, whatever else the machine does.
async fn print_counts(options: &Options, cases: &[Case]) -> Result<()> {
    let messages = options.messages.unwrap_or(4_000);
    println!("{:74} {:>12} {:>11}", "a message", "instructions", "allocations");
    for case in cases {
        let setup = case.setup(&options.data_dir, !options.no_recordings);
        let profile = options.data_dir.join("callgrind.out");
        let counted = count::count(env!("CARGO_BIN_EXE_gateway"), &setup, messages, &profile)
            .await
            .with_context(|| case.name())?;
        println!(
            "{:74} {:>12.0} {:>11.1}",
            case.name(),
            counted.instructions,
            counted.allocations
        );
        println!("by function: callgrind_annotate {}", profile.display());
    }
    Ok(())
}

/// Each case, and what it is of the first.
fn print_table(cases: &[Case], medians: &[(Figures, [f64; 2])]) {
    println!(
        "{:74} {:>8} {:>18} {:>6} {:>5}   CPU us a message",
        "", "a second", "(all runs)", "ratio", "MiB"
    );
    let base = medians.first().map_or(1.0, |(figures, _)| figures.rate);
    for (case, (figures, [slowest, fastest])) in cases.iter().zip(medians) {
        println!(
            "{:62} {:>8.0} {:>18} {:>6.2} {:>5.0}   {}",
            case.name(),
            figures.rate,
            format!("({slowest:.0}..{fastest:.0})"),
            figures.rate / base,
            figures.memory,
            figures.cpu_in_words(0)
        );
    }
}
