//! The same messages through an empty store and through a full one.

use crate::{BINARY, Options, fill};
use anyhow::{Context, Result};
use chrono::Utc;
use smpp_connector::config::{PostgresConfig, Secret};
use smpp_connector::store::postgres::PostgresStore;
use smpp_connector_tests::load::{Figures, Ground, Ours, median};
use std::sync::Arc;
use std::time::Instant;

/// Whose work grows, if anything's does.
const GROWS: [&str; 3] = ["gateway", "SQLite", "PostgreSQL"];

pub(crate) async fn measure(options: &Options, name: &str, platform: bool) -> Result<()> {
    let rows = options.or(options.rows, [10_000_000, 3_000]);
    let messages = options.or(options.messages, [100_000, 400]);
    let setup = options.setup(platform);
    let full = Arc::new(Ground::new(&setup)?);
    let started = Instant::now();
    fill(&full, rows).await?;
    println!("{name}: {rows} rows made in {:.0?}", started.elapsed());
    let (mut without, mut with) = (Vec::new(), Vec::new());
    // In turns, so that a busy minute of the machine does not fall on one of them.
    for _ in 0..options.or(options.runs, [3, 1]) {
        let empty = Arc::new(Ground::new(&setup)?);
        for (ground, figures) in [(empty, &mut without), (full.clone(), &mut with)] {
            let mut stage = Ours::start_on(BINARY, &setup, ground, messages).await?;
            figures.push(stage.flood(messages).await.context(name.to_owned())?);
        }
    }
    let (without, with) = (median(without), median(with));
    tell("no rows", &without);
    tell(&format!("{rows} rows"), &with);
    let cost = |(figures, _): &(Figures, _)| figures.cpu_of(&GROWS);
    println!(
        "  CPU of gateway and database a message: {:.1} and {:.1} us, {:.2} times\n",
        cost(&without),
        cost(&with),
        cost(&with) / cost(&without)
    );
    Ok(())
}

/// The store of the ground's gateway.
pub(crate) async fn store(url: &str) -> Result<PostgresStore> {
    let config = PostgresConfig {
        url: Secret::new(url),
        connections: 1,
    };
    Ok(PostgresStore::open(&config).await?)
}

async fn fill(ground: &Ground, rows: usize) -> Result<()> {
    let (now, operator) = (Utc::now(), ground.operator);
    match ground.postgres().map(|server| server.url()) {
        Some(url) => fill::days_that_live(&store(&url).await?, &url, operator, rows, now).await,
        None => fill::three_days(&ground.sqlite(), operator, rows, now.timestamp_micros()).await,
    }
}

fn tell(what: &str, (figures, [slowest, fastest]): &(Figures, [f64; 2])) {
    println!(
        "  {what:16} {:>7.0} a second ({slowest:.0}..{fastest:.0}), {:.0} MiB, CPU us a message: {}",
        figures.rate,
        figures.memory,
        figures.cpu_in_words(1)
    );
}
