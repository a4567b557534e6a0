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
use chrono::Utc;
use clap::Parser;
use sample::{OPERATOR, settlements};
use smpp_connector::config::{PostgresConfig, Secret};
use smpp_connector::ports::CorrelationStore;
use smpp_connector::store::postgres::PostgresStore;
use smpp_connector::store::sqlite::{FILE_NAME, SqliteDb, SqliteStore};
use std::future::Future;
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// Rows of a batch.
const BATCH: usize = 500;

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
    let mut raw = raw::Raw::open(url).await?;
    // In turns, so that both meet the same machine.
    let mut figures = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    let [ours, theirs, found, joined] = &mut figures;
    let until = Instant::now() + meter.time * 4;
    let mut keys = Vec::new();
    while Instant::now() < until {
        let batch = settlements(BATCH, Utc::now());
        keys = sample::keys(&batch);
        time(ours, store.settle(&batch)).await?;
        time(theirs, raw.insert(&batch)).await?;
        time(found, store.find(OPERATOR, &keys)).await?;
        time(joined, raw.find(&keys)).await?;
    }
    let rates = figures.map(rate);
    let [ours, theirs, found, joined] = rates;
    row("PostgreSQL: settle (row, outcome, claims)", ours, theirs / ours);
    row("  plain: INSERT .. UNNEST of rows alone", theirs, 1.0);
    row("PostgreSQL: find (row, history)", found, joined / found);
    row("  plain: SELECT .. UNNEST JOIN", joined, 1.0);
    let rows_only = meter.over(|| async {
        let batch = sample::without_outcomes(settlements(BATCH, Utc::now()));
        store.settle(&batch).await.map(drop)
    });
    let rows_only = rows_only.await?;
    row("PostgreSQL: settle, rows alone", rows_only, theirs / rows_only);
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
        let batch = settlements(BATCH, Utc::now());
        time(settled, store.settle(&batch)).await?;
        time(found, store.find(OPERATOR, &sample::keys(&batch))).await?;
    }
    let [settled, found] = figures.map(rate);
    row("SQLite: settle (row, outcome, claims)", settled, 1.0);
    row("SQLite: find (row, history)", found, 1.0);
    db.close().await;
    Ok(())
}

struct Meter {
    time: Duration,
}

impl Meter {
    /// The rate of one step alone.
    async fn over<T, E, F>(&self, mut step: impl FnMut() -> F) -> Result<f64>
    where
        F: Future<Output = Result<T, E>>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let (mut times, until) = (Vec::new(), Instant::now() + self.time);
        while Instant::now() < until {
            time(&mut times, step()).await?;
        }
        Ok(rate(times))
    }
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
    500.0 / median
}

fn row(name: &str, rate: f64, ratio: f64) {
    println!("{name:46} {rate:>9.0}/s   plain is {ratio:.2} x as fast");
}
