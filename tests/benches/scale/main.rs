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
use smpp_connector_tests::load::{Plugin, Setup, machine};
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
    /// The cases whose names contain this, alone: "rows, embedded", "rows, on servers", "day, embedded", "day, on servers"
    #[arg(long, default_value = "")]
    only: String,
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
    println!("{}", machine());
    for (name, platform) in [("embedded", false), ("on servers", true)] {
        let is_wanted = |case: &str| format!("{case}, {name}").contains(&options.only);
        if is_wanted("rows") {
            runtime.block_on(rows::measure(&options, name, platform))?;
        }
        if is_wanted("day") {
            runtime.block_on(day::measure(&options, name, platform))?;
        }
    }
    Ok(())
}

/// The gateway, built like the benchmark.
const BINARY: &str = env!("CARGO_BIN_EXE_gateway");
