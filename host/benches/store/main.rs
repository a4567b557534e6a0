//! What the correlation store does in a second, beside the same rows in plain SQL, and what forgetting a day costs.
//!
//! ```text
//! cargo bench -p smpp-connector --bench store [-- --seconds 4 --url postgres://user@host/database]
//! ```
//! Without `--url` or `DATABASE_URL` it starts a private PostgreSQL in a temporary folder, if one is installed, with its
//! disk syncs on. It makes tables there: give it an empty database. One connection at a time, batches of 500, random operator
//! ids. Rates are medians over the batches: a second of the machine that is lost to something else does not count.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod expiry;
mod raw;
mod sample;
mod server;

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use clap::Parser;
use raw::{Kept, Raw};
use sample::{OPERATOR, settlements};
use smpp_connector::config::{PostgresConfig, Secret};
use smpp_connector::ports::CorrelationStore;
use smpp_connector::store::postgres::PostgresStore;
use smpp_connector::store::sqlite::{FILE_NAME, SqliteDb, SqliteStore};
use std::future::Future;
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// Rows of a batch.
const BATCH: u16 = 500;

#[derive(Parser)]
struct Options {
    /// How long each rate is measured
    #[arg(long)]
    seconds: Option<f64>,
    /// Rows of the day that is forgotten
    #[arg(long)]
    rows: Option<usize>,
    /// A database to measure in, which should be empty
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    url: Option<String>,
    /// Given by `cargo bench`; without it a short run shows that the benchmark still works
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let seconds = options.seconds.unwrap_or(if options.bench { 4.0 } else { 0.2 });
    let rows = options
        .rows
        .unwrap_or(if options.bench { 300_000 } else { 2_000 });
    let meter = Meter {
        time: Duration::from_secs_f64(seconds),
    };
    println!("a second, in batches of {BATCH}, one connection; median of {seconds} s");
    let server = match options.url {
        Some(url) => Some(server::Server::Given(url)),
        None => server::Server::start()?,
    };
    if let Some(server) = &server {
        postgres(&meter, server.url(), rows).await?;
    } else {
        println!("PostgreSQL is not installed (apt-get install postgresql), and there is no --url: left out");
    }
    sqlite(&meter).await
}

async fn postgres(meter: &Meter, url: &str, rows: usize) -> Result<()> {
    let store = PostgresStore::open(&PostgresConfig {
        url: Secret::new(url),
        connections: 4,
    })
    .await?;
    let mut raw = Raw::open(url, Kept::ByDay).await?;
    let mut one = Raw::open(url, Kept::InOnePiece).await?;
    // So that both have all the days that rows live on.
    for day in raw::DAYS {
        let batch = settlements(BATCH.into(), Utc::now() + TimeDelta::days(day));
        store.settle(&batch).await?;
        raw.insert(&batch).await?;
    }
    // In turns, so that all meet the same machine.
    let (mut noted, mut settled, mut found) = (
        [vec![], vec![]],
        [vec![], vec![], vec![]],
        [vec![], vec![], vec![]],
    );
    let until = Instant::now() + meter.time * 8;
    let mut keys = Vec::new();
    while Instant::now() < until {
        let rows = sample::without_outcomes(settlements(BATCH.into(), Utc::now()));
        time(&mut noted[0], store.settle(&rows)).await?;
        time(&mut noted[1], raw.insert(&rows)).await?;
        let batch = settlements(BATCH.into(), Utc::now());
        keys = sample::keys(&batch);
        time(&mut settled[0], store.settle(&batch)).await?;
        time(&mut settled[1], raw.insert(&batch)).await?;
        time(&mut settled[2], one.insert(&batch)).await?;
        time(&mut found[0], store.find(OPERATOR, &keys)).await?;
        time(&mut found[1], raw.find(&keys)).await?;
        time(&mut found[2], one.find(&keys)).await?;
    }
    const WITHOUT_DAYS: &str = "  plain: the same without days";
    compare(
        ["PostgreSQL: settle, rows alone", "  plain: INSERT .. UNNEST"],
        noted,
    );
    compare(
        [
            "PostgreSQL: settle, rows and outcomes",
            "  plain: two INSERT .. UNNEST",
            WITHOUT_DAYS,
        ],
        settled,
    );
    compare(
        [
            "PostgreSQL: find (rows, history)",
            "  plain: SELECT .. UNNEST JOIN",
            WITHOUT_DAYS,
        ],
        found,
    );
    let tracked = store.find(OPERATOR, &keys).await?;
    anyhow::ensure!(tracked.iter().all(Option::is_some), "rows are missing");
    expiry::measure(&store, &mut raw, rows).await?;
    store.close().await;
    Ok(())
}

async fn sqlite(meter: &Meter) -> Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let tasks = TaskTracker::new();
    let db = SqliteDb::open(&folder.path().join(FILE_NAME), &tasks).await?;
    let store = SqliteStore::new(db.clone());
    let mut figures = [Vec::new(), Vec::new()];
    let [settled, found] = &mut figures;
    let until = Instant::now() + meter.time * 2;
    while Instant::now() < until {
        let batch = settlements(BATCH.into(), Utc::now());
        time(settled, store.settle(&batch)).await?;
        time(found, store.find(OPERATOR, &sample::keys(&batch))).await?;
    }
    let [settled, found] = figures.map(rate);
    println!("{:46} {settled:>9.0}/s", "SQLite: settle, rows and outcomes");
    println!("{:46} {found:>9.0}/s", "SQLite: find (rows, history)");
    db.close().await;
    Ok(())
}

struct Meter {
    time: Duration,
}

/// Takes the time of one batch.
async fn time<T, E>(times: &mut Vec<f64>, work: impl Future<Output = Result<T, E>>) -> Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let started = Instant::now();
    work.await?;
    times.push(started.elapsed().as_secs_f64());
    Ok(())
}

/// Rows a second.
fn rate(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or(f64::INFINITY);
    f64::from(BATCH) / median
}

/// What was measured in turns: ours, the plain pattern, and perhaps another one.
fn compare<const N: usize>(names: [&str; N], times: [Vec<f64>; N]) {
    let rates = times.map(rate);
    let plain = rates.get(1).copied().unwrap_or(f64::NAN);
    for (name, rate) in names.into_iter().zip(rates) {
        println!("{name:46} {rate:>9.0}/s   plain is {:.2} x as fast", plain / rate);
    }
}
