//! This gateway beside Kannel, in the same run, on the same machine, against the same operator.
//!
//! ```text
//! cargo bench -p smpp-connector-tests --bench peers [-- --runs 3 --messages 40000 --only Kannel --data-dir DIR]
//! ```
//! About five minutes. Cases are played in turns, so that a busy minute of the machine does not fall on one of them; each starts its
//! gateway and its servers anew. A message counts when the last thing that is to be known of it can be read by whoever sent it: the
//! report of its receipt (an event, or Kannel's `dlr-url`), or without receipts its outcome (an event; for Kannel, which tells
//! none, the operator's answer, which is earlier). At most 4,000 are under way. The operator answers at once, and sends
//! each receipt 50 ms later; window 100, one bind, one part a message.
//!
//! Kannel's configurations are the files beside this one. Its durable ones keep less than ours does: see there.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod targets;

use anyhow::Result;
use clap::Parser;
use smpp_connector_tests::load::{
    Figures, Intake, Kannel, KannelSetup, Latency, Ours, Plugin, Setup, Stage, chosen, machine, median,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Parser)]
struct Options {
    /// Messages of one run of ours; Kannel gets a share of them, by how fast it is
    #[arg(long)]
    messages: Option<usize>,
    /// Runs of each case; the median is printed
    #[arg(long)]
    runs: Option<usize>,
    /// The cases whose names contain this, alone
    #[arg(long, default_value = "")]
    only: String,
    /// Where the gateways keep their data: the disk decides a good part
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    data_dir: PathBuf,
    /// Names the cases and ends
    #[arg(long)]
    list: bool,
    /// Given by `cargo bench`; without it (`cargo test --benches`) a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

/// Messages a second of the latency runs.
const RATE: usize = 1_000;

#[derive(Clone, Copy)]
enum Gateway {
    Kannel {
        configuration: &'static str,
        intake: Intake,
        postgres: bool,
    },
    Ours {
        platform: bool,
    },
}

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    gateway: Gateway,
    receipts: bool,
    /// Of 40,000 messages, so many are enough.
    messages: usize,
}

const MEMORY: &str = include_str!("memory.conf");
const POSTGRES: &str = include_str!("postgres.conf");
const SPOOL: &str = include_str!("spool.conf");

const fn kannel(configuration: &'static str, intake: Intake) -> Gateway {
    Gateway::Kannel {
        configuration,
        intake,
        postgres: false,
    }
}

const KANNEL_STRAIGHT: Case = Case {
    name: "Kannel, straight in, no receipts",
    gateway: kannel(MEMORY, Intake::Box),
    receipts: false,
    messages: 40_000,
};
const KANNEL_STRAIGHT_RECEIPTS: Case = Case {
    name: "Kannel, straight in, receipts in memory",
    gateway: kannel(MEMORY, Intake::Box),
    receipts: true,
    messages: 15_000,
};
const KANNEL_HTTP: Case = Case {
    name: "Kannel, HTTP, no receipts",
    gateway: kannel(MEMORY, Intake::Http),
    receipts: false,
    messages: 20_000,
};
const KANNEL_HTTP_RECEIPTS: Case = Case {
    name: "Kannel, HTTP, receipts in memory",
    gateway: kannel(MEMORY, Intake::Http),
    receipts: true,
    messages: 12_000,
};
const KANNEL_POSTGRES: Case = Case {
    name: "Kannel, HTTP, receipts in PostgreSQL",
    gateway: Gateway::Kannel {
        configuration: POSTGRES,
        intake: Intake::Http,
        postgres: true,
    },
    receipts: true,
    messages: 5_000,
};
const KANNEL_SPOOL: Case = Case {
    name: "Kannel, HTTP, everything in files",
    gateway: kannel(SPOOL, Intake::Http),
    receipts: true,
    messages: 4_000,
};
const PLATFORM: Case = Case {
    name: "ours, NATS+PostgreSQL+Redis, receipts",
    gateway: Gateway::Ours { platform: true },
    receipts: true,
    messages: 40_000,
};
const PLATFORM_SUBMITS: Case = Case {
    name: "ours, NATS+PostgreSQL+Redis, no receipts",
    receipts: false,
    ..PLATFORM
};
const EMBEDDED: Case = Case {
    name: "ours, embedded (SQLite), receipts",
    gateway: Gateway::Ours { platform: false },
    receipts: true,
    messages: 40_000,
};
const EMBEDDED_SUBMITS: Case = Case {
    name: "ours, embedded (SQLite), no receipts",
    receipts: false,
    ..EMBEDDED
};
const CASES: [Case; 10] = [
    KANNEL_STRAIGHT,
    PLATFORM_SUBMITS,
    KANNEL_HTTP,
    EMBEDDED_SUBMITS,
    KANNEL_STRAIGHT_RECEIPTS,
    PLATFORM,
    KANNEL_HTTP_RECEIPTS,
    EMBEDDED,
    KANNEL_POSTGRES,
    KANNEL_SPOOL,
];

/// What is known of each case after the runs.
struct Played {
    case: Case,
    figures: Figures,
    ends: [f64; 2],
}

fn main() -> Result<()> {
    let options = Options::parse();
    let runs = options.runs.unwrap_or(if options.bench { 3 } else { 1 });
    let messages = options
        .messages
        .unwrap_or(if options.bench { 40_000 } else { 800 });
    let cases = chosen(CASES, &options.only, |case| case.name.to_owned())?;
    if options.list {
        cases.iter().for_each(|case| println!("{}", case.name));
        return Ok(());
    }
    println!(
        "up to {messages} messages a run, median of {runs} runs, {}; ours with the plugin in Rust that has every hook",
        machine()
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut figures = vec![Vec::new(); cases.len()];
    for _ in 0..runs {
        for (case, figures) in cases.iter().zip(&mut figures) {
            let count = case.messages * messages / 40_000;
            figures.push(runtime.block_on(async {
                let mut stage = start(*case, &options.data_dir, count).await?;
                stage.flood(count).await
            })?);
        }
    }
    let played: Vec<_> = cases
        .into_iter()
        .zip(figures)
        .map(|(case, figures)| {
            let (figures, ends) = median(figures);
            Played { case, figures, ends }
        })
        .collect();
    print_table(&played);
    let rate_of = |wanted: Case| {
        let found = played.iter().find(|played| played.case.name == wanted.name);
        found.map(|played| &played.figures)
    };
    targets::print_rates(&rate_of);
    let seconds = if options.bench { 5 } else { 1 };
    let latency = |case: Case, rate: usize| -> Result<Latency> {
        runtime.block_on(async {
            let mut stage = start(case, &options.data_dir, rate * seconds).await?;
            stage.steady(rate, seconds).await
        })
    };
    if options.only.is_empty() {
        let half = rate_of(PLATFORM).map_or(RATE, Figures::half_rate);
        println!(
            "\n{:42} submit on the wire    receipt readable    (p50, p99, ms)",
            ""
        );
        let mut told = Vec::new();
        for (case, rate) in [
            (KANNEL_HTTP_RECEIPTS, RATE),
            (KANNEL_POSTGRES, RATE / 2),
            (PLATFORM, RATE),
            (EMBEDDED, RATE),
            (PLATFORM, half),
        ] {
            let latency = latency(case, rate)?;
            let [submit, receipt] =
                [latency.submit, latency.receipt].map(|[p50, p99]| format!("{p50:8.1} {p99:8.1}"));
            println!("{:42} {submit} {receipt}   at {rate}/s", case.name);
            told.push(latency);
        }
        targets::print_latencies(&told);
    }
    Ok(())
}

async fn start(case: Case, data_dir: &Path, messages: usize) -> Result<Stage> {
    match case.gateway {
        Gateway::Kannel {
            configuration,
            intake,
            postgres,
        } => {
            let setup = KannelSetup {
                configuration,
                intake,
                receipts: case.receipts,
                postgres,
                data_dir: data_dir.to_owned(),
            };
            Kannel::start(&setup, messages).await
        }
        Gateway::Ours { platform } => {
            let setup = Setup {
                platform,
                plugin: Plugin::EveryHook,
                receipts: case.receipts,
                window: 100,
                latency: Duration::ZERO,
                data_dir: data_dir.to_owned(),
                scattered_ids: false,
                recordings: true,
            };
            Ours::start(env!("CARGO_BIN_EXE_gateway"), &setup, messages).await
        }
    }
}

fn print_table(played: &[Played]) {
    println!(
        "{:42} {:>10} {:>19} {:>6}   CPU us a message",
        "", "messages/s", "(slowest .. fastest)", "MiB"
    );
    for Played { case, figures, ends } in played {
        let [slowest, fastest] = ends;
        println!(
            "{:42} {:>10.0} {:>20} {:>6.0}   {}",
            case.name,
            figures.rate,
            format!("({slowest:.0} .. {fastest:.0})"),
            figures.memory,
            figures.cpu_in_words(0)
        );
    }
}
