//! Messages by the clock while a day's rows are forgotten.

use crate::rows::store;
use crate::{BINARY, Options, fill};
use anyhow::Result;
use chrono::{TimeDelta, Utc};
use smpp_connector::ports::CorrelationStore;
use smpp_connector_tests::load::{Ground, Ours, Stage, count, whole};
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds of messages before the day goes, of which the first are not looked at, and after it.
const BEFORE: usize = 10;
const AFTER: usize = 5;
const FIRST: usize = 2;
/// The gateway's housekeeping comes every half minute, for the first time that long after the start.
const HOUSEKEEPING: usize = 30;

pub(crate) async fn measure(options: &Options, name: &str, platform: bool) -> Result<()> {
    let rows = options.or(options.day, [3_000_000, 3_000]);
    let setup = options.setup(platform);
    let ground = Arc::new(Ground::new(&setup)?);
    println!(
        "{name}: {rows} rows of a day are forgotten at {} messages/s",
        options.rate
    );
    if platform {
        on_servers(options, &ground, rows).await
    } else {
        embedded(options, &ground, rows).await
    }
}

/// As another host would: the gateway knows nothing of it.
async fn on_servers(options: &Options, ground: &Arc<Ground>, rows: usize) -> Result<()> {
    let url = ground.postgres().map(|server| server.url()).unwrap_or_default();
    let (store, now) = (store(&url).await?, Utc::now());
    let partition = fill::a_day_that_is_over(&url, ground.operator, rows, now).await?;
    let setup = options.setup(true);
    let messages = options.rate * (BEFORE + AFTER);
    let mut stage = Ours::start_on(BINARY, &setup, ground.clone(), messages).await?;
    stage.warm().await?;
    let (first, started) = (stage.next(), Instant::now());
    let drop_day = async {
        tokio::time::sleep(Duration::from_secs(u64::try_from(BEFORE)?)).await;
        let from = started.elapsed();
        let keep = now - TimeDelta::days(3);
        let gone = store.expire(now, keep, keep, usize::MAX).await?;
        anyhow::Ok((gone, from, started.elapsed()))
    };
    let (told, dropped) = tokio::join!(stage.steady(options.rate, BEFORE + AFTER), drop_day);
    told?;
    let (gone, from, until) = dropped?;
    let mut database = PgConnection::connect(&url).await?;
    anyhow::ensure!(
        !fill::is_there(&mut database, &partition).await?,
        "{partition} is there still"
    );
    store.close().await;
    println!("  {gone} partitions went in {:.1?}", until - from);
    let number = |seconds: f64| first + whole(seconds * count(options.rate));
    let second = until.as_secs_f64().max(from.as_secs_f64() + 1.0);
    tell(
        &stage,
        "the seconds before",
        number(count(FIRST))..number(from.as_secs_f64()),
    );
    tell(
        &stage,
        "while they went, and until a second after",
        number(from.as_secs_f64())..number(second),
    );
    tell(&stage, "the seconds after", number(second)..stage.next());
    println!();
    Ok(())
}

/// By the gateway itself.
async fn embedded(options: &Options, ground: &Arc<Ground>, rows: usize) -> Result<()> {
    fill::over(
        &ground.sqlite(),
        ground.operator,
        rows,
        Utc::now().timestamp_micros(),
    )
    .await?;
    let setup = options.setup(false);
    let seconds = HOUSEKEEPING + BEFORE;
    let started = Instant::now();
    let mut stage = Ours::start_on(BINARY, &setup, ground.clone(), options.rate * seconds).await?;
    stage.warm().await?;
    let (first, late) = (stage.next(), started.elapsed().as_secs_f64());
    stage.steady(options.rate, seconds).await?;
    let number = |seconds: f64| first + whole(seconds * count(options.rate));
    let began = count(HOUSEKEEPING) - late;
    tell(
        &stage,
        "the seconds before",
        number(count(FIRST))..number(began - 1.0),
    );
    tell(
        &stage,
        "while housekeeping goes on",
        number(began + 1.0)..stage.next(),
    );
    println!();
    Ok(())
}

fn tell(stage: &Stage, what: &str, numbers: std::ops::Range<usize>) {
    let latency = stage.latency(numbers.clone());
    println!(
        "  {what:42} {:>6} messages: {latency}; the longest in all {:.0} ms",
        numbers.len(),
        stage.longest(numbers)
    );
}
