//! How many messages a second the whole gateway carries on this machine, and what one costs.
//!
//! ```text
//! cargo bench -p smpp-connector-tests --bench whole_path [-- --platform --messages 50000 --runs 3 --window 100 --data-dir DIR]
//! ```
//! A gateway with its embedded backends and a simulated operator run in this process, the operator on a thread of its own
//! behind a TCP socket. With `--platform` the gateway runs on private servers instead (nats-server, PostgreSQL with fsync,
//! redis-server), started fresh for each run on the same machine, and events are read from the stream. Commands are published into the durable queue, 200 at a time, while those before them are being sent:
//! at most 4,000 are under way. A message counts when its last event has been read from the event log: `smpp.dlr` with
//! `messageFinal`, or `smpp.submit` where receipts are off. The clock runs from the first publish to the last of these
//! events. Embedded, everything is on disk before it is answered (`synchronous = FULL`), as in production; a single NATS server
//! acknowledges what is in its files and fsyncs every two minutes, unless `sync_interval` says otherwise. Texts have one part.
//!
//! Not measured: the HTTP intake's parsing, TLS, and an operator that is far away. The last line offers a fixed load that the
//! machine carries easily, and tells how long a message takes from its publish call until its events can be read.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod cpu;
mod reader;
mod stage;
mod traffic;

use anyhow::Result;
use clap::Parser;
use stage::{Plugins, Stage};
use std::path::PathBuf;

#[derive(Parser)]
struct Options {
    /// Messages of one run
    #[arg(long)]
    messages: Option<usize>,
    /// Runs of each case; the median is printed
    #[arg(long)]
    runs: Option<usize>,
    /// Unanswered submit_sm
    #[arg(long, default_value_t = 100)]
    window: u16,
    /// On NATS JetStream, PostgreSQL and Redis, started for each run, instead of the embedded backends
    #[arg(long)]
    platform: bool,
    /// Without recording hook calls and their PDUs: what that costs is the difference
    #[arg(long)]
    no_recordings: bool,
    /// The case whose name contains this, alone
    #[arg(long, default_value = "")]
    only: String,
    /// Messages a second of the latency line
    #[arg(long, default_value_t = 1_000)]
    rate: usize,
    /// Where the gateways keep their data: the disk decides a good part
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    data_dir: PathBuf,
    /// Given by `cargo bench`; without it (`cargo test --benches`) a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

/// The kept plugin in Rust, which answers each of the seven calls of a message.
pub(crate) const EVERY_HOOK: &str = "every-hook";

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    plugin: Option<&'static str>,
    receipts: bool,
}

const CASES: [Case; 5] = [
    Case {
        name: "hexdec plugin, receipts",
        plugin: Some("hexdec"),
        receipts: true,
    },
    Case {
        name: "latin1 plugin, receipts",
        plugin: Some("latin1"),
        receipts: true,
    },
    Case {
        name: "every hook in Rust, receipts",
        plugin: Some(EVERY_HOOK),
        receipts: true,
    },
    Case {
        name: "no plugin, receipts",
        plugin: None,
        receipts: true,
    },
    Case {
        name: "hexdec plugin, no receipts",
        plugin: Some("hexdec"),
        receipts: false,
    },
];

fn main() -> Result<()> {
    let options = Options::parse();
    let runs = options.runs.unwrap_or(if options.bench { 3 } else { 1 });
    let messages = options
        .messages
        .unwrap_or(if options.bench { 50_000 } else { 600 });
    let plugins = Plugins::build(&options.data_dir)?;
    println!(
        "{messages} messages a run, median of {runs} runs, window {}, {}",
        options.window,
        cpu::machine()
    );
    println!(
        "{:28} {:>10} {:>26}   CPU a message",
        "", "messages/s", "(slowest .. fastest run)"
    );
    let cases: Vec<_> = CASES
        .into_iter()
        .filter(|case| case.name.contains(&options.only))
        .collect();
    let mut figures: Vec<Vec<Figures>> = vec![Vec::new(); cases.len()];
    // In turns, so that a busy minute of the machine does not fall on one case.
    for _ in 0..runs {
        for (case, figures) in cases.iter().zip(&mut figures) {
            figures.push(Stage::play(*case, &options, &plugins, |stage| {
                stage.flood(messages)
            })?);
        }
    }
    let medians: Vec<_> = figures.into_iter().map(median).collect();
    for (case, (all, rates)) in cases.iter().zip(&medians) {
        print_figures(case.name, all, rates);
    }
    let rate_of = |plugin, receipts| {
        let mut found = cases.iter().zip(&medians);
        found
            .find(|(case, _)| case.plugin == plugin && case.receipts == receipts)
            .map(|(_, (all, _))| all.rate)
    };
    if let (Some(on), Some(off)) = (rate_of(Some("hexdec"), true), rate_of(Some("hexdec"), false)) {
        println!("receipts on / off: {:.2}", on / off);
    }
    if let (Some(on), Some(none)) = (rate_of(Some("hexdec"), true), rate_of(None, true)) {
        println!("hexdec plugin / none: {:.2}", on / none);
    }
    let cpu_of = |plugin| {
        let mut found = cases.iter().zip(&medians);
        let found = found.find(|(case, _)| case.plugin == plugin && case.receipts);
        // The gateway's own threads and those of its database.
        found.map(|(_, (all, _))| all.cpu[0] + all.cpu[1])
    };
    if let (Some(every), Some(none)) = (cpu_of(Some(EVERY_HOOK)), cpu_of(None)) {
        println!(
            "every hook takes {:.1} us of the {every:.1} us of CPU that a message costs: {:.1} %",
            every - none,
            100.0 * (every - none) / every
        );
    }
    if let Some(case) = cases.first() {
        let seconds = if options.bench { 5 } else { 1 };
        println!(
            "{}",
            Stage::play(*case, &options, &plugins, |stage| stage
                .latency(options.rate, seconds))?
        );
    }
    Ok(())
}

/// What one run came to.
#[derive(Clone)]
struct Figures {
    /// Messages a second.
    rate: f64,
    /// CPU microseconds a message, by who used them.
    cpu: [f64; 6],
}

/// The run in the middle, and the rates of the slowest and the fastest.
fn median(mut runs: Vec<Figures>) -> (Figures, (f64, f64)) {
    runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let rate = |figures: Option<&Figures>| figures.map_or(0.0, |figures| figures.rate);
    let rates = (rate(runs.first()), rate(runs.last()));
    let middle = runs.len() / 2;
    (
        runs.into_iter().nth(middle).unwrap_or(Figures {
            rate: 0.0,
            cpu: [0.0; 6],
        }),
        rates,
    )
}

fn print_figures(name: &str, figures: &Figures, (slowest, fastest): &(f64, f64)) {
    let used = cpu::USERS
        .iter()
        .zip(figures.cpu)
        .filter(|(_, used)| *used >= 0.5);
    let used: Vec<_> = used.map(|(user, used)| format!("{user} {used:.0} us")).collect();
    let range = format!("({slowest:.0} .. {fastest:.0})");
    println!(
        "{name:28} {:>10.0} {range:>26}   {}",
        figures.rate,
        used.join(", ")
    );
}
