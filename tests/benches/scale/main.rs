//! What a message costs beside millions of others, and what the messages of a moment notice of a day that is forgotten.
//!
//! ```text
//! cargo bench -p smpp-connector-tests --bench scale [-- --rows 10000000 --only "rows, embedded" --runs 3 --messages 100000]
//! ```
//! Rows: the same messages with receipts through a gateway whose store is empty and through one whose store holds the rows, in turns,
//! on the default settings of the databases. The operator's ids are scattered, so that each key is written somewhere else in the index:
//! the dearest that ids can be. No plugin, which would cost the same in both.
//!
//! A day: messages by the clock while rows of a day that is over are forgotten, on PostgreSQL by dropping the day's partition, in
//! SQLite by the gateway's own housekeeping in small steps. All of the messages must get through, or the benchmark fails.
//!
//! 10 million rows take 10 GB of disk in SQLite and as much in PostgreSQL, one after the other, and some ten minutes; `--rows 1000000`
//! a tenth.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod day;
mod fill;
mod rows;

use anyhow::Result;
use clap::Parser;
use smpp_connector_tests::load::{Plugin, Setup, chosen, machine};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Parser)]
struct Options {
    /// Rows of the full store
    #[arg(long)]
    rows: Option<usize>,
    /// Rows of the day that is forgotten
    #[arg(long)]
    day: Option<usize>,
    /// Messages of one run
    #[arg(long)]
    messages: Option<usize>,
    /// Runs of each; the median is printed
    #[arg(long)]
    runs: Option<usize>,
    /// Messages a second while a day is forgotten
    #[arg(long, default_value_t = 1_000)]
    rate: usize,
    /// The cases whose names contain this, alone
    #[arg(long, default_value = "")]
    only: String,
    /// Print the names of the cases and end
    #[arg(long)]
    list: bool,
    /// Where the data is: the disk decides a good part
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    data_dir: PathBuf,
    /// Given by `cargo bench`; without it (`cargo test --benches`) a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn setup(&self, platform: bool) -> Setup {
        Setup {
            platform,
            plugin: Plugin::None,
            receipts: true,
            window: 100,
            latency: Duration::ZERO,
            scattered_ids: true,
            recordings: true,
            data_dir: self.data_dir.clone(),
        }
    }

    /// As asked for, or what is usual in a benchmark and in a short run.
    fn or(&self, asked: Option<usize>, usual: [usize; 2]) -> usize {
        let [benchmark, short] = usual;
        asked.unwrap_or(if self.bench { benchmark } else { short })
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let cases = chosen(CASES, &options.only, ToString::to_string)?;
    if options.list {
        cases.iter().for_each(|case| println!("{case}"));
        return Ok(());
    }
    println!("{}", machine());
    for Case { what, platform } in cases {
        let name = place(platform);
        match what {
            What::Rows => runtime.block_on(rows::measure(&options, name, platform))?,
            What::Day => runtime.block_on(day::measure(&options, name, platform))?,
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum What {
    Rows,
    Day,
}

#[derive(Clone, Copy)]
struct Case {
    what: What,
    /// NATS, PostgreSQL and Redis.
    platform: bool,
}

/// What one database holds is gone before the other is filled.
const CASES: [Case; 4] = [
    Case::new(What::Rows, false),
    Case::new(What::Day, false),
    Case::new(What::Rows, true),
    Case::new(What::Day, true),
];

impl Case {
    const fn new(what: What, platform: bool) -> Self {
        Self { what, platform }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Rows => "rows",
            What::Day => "day",
        };
        write!(f, "{what}, {}", place(self.platform))
    }
}

fn place(platform: bool) -> &'static str {
    if platform { "on servers" } else { "embedded" }
}

/// The gateway, built like the benchmark.
const BINARY: &str = env!("CARGO_BIN_EXE_gateway");
