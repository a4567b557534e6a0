//! Forgetting a day: its partition dropped, beside a DELETE of as many rows and the VACUUM after it.

use crate::raw::Raw;
use crate::{BATCH, sample};
use anyhow::Result;
use chrono::{TimeDelta, Utc};
use smpp_connector::ports::CorrelationStore;
use smpp_connector::store::postgres::PostgresStore;
use std::time::Instant;

const POSITION: &str = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint";

pub(crate) async fn measure(store: &PostgresStore, raw: &mut Raw, rows: usize) -> Result<()> {
    // They end two days ago.
    let at = Utc::now() - TimeDelta::days(5);
    for _ in 0..rows.div_ceil(BATCH) {
        let batch = sample::without_outcomes(sample::settlements(BATCH, at));
        store.settle(&batch).await?;
    }
    let day = (at + TimeDelta::hours(72)).format("correlation_%Y_%m_%d");
    raw.execute(&format!(
        "DROP TABLE IF EXISTS deleted; CREATE TABLE deleted (LIKE correlation); INSERT INTO deleted SELECT * FROM {day}; \
         CREATE INDEX ON deleted (operator_id, message_key); CREATE INDEX ON deleted (message_id); CHECKPOINT"
    ))
    .await?;
    let count = raw.number("SELECT count(*) FROM deleted").await?;
    println!("a day of {count} rows is forgotten");
    let (started, before) = (Instant::now(), raw.number(POSITION).await?);
    let never = Utc::now() - TimeDelta::days(90);
    store.expire(Utc::now(), never, never, usize::MAX).await?;
    tell("the partition is dropped", started, before, raw).await?;
    raw.execute("CHECKPOINT").await?;
    let (started, before) = (Instant::now(), raw.number(POSITION).await?);
    raw.execute("DELETE FROM deleted").await?;
    tell("DELETE", started, before, raw).await?;
    let (started, before) = (Instant::now(), raw.number(POSITION).await?);
    raw.execute("VACUUM deleted").await?;
    tell("and VACUUM after it", started, before, raw).await?;
    raw.execute("DROP TABLE deleted").await?;
    Ok(())
}

async fn tell(what: &str, started: Instant, before: i64, raw: &mut Raw) -> Result<()> {
    let millis = started.elapsed().as_secs_f64() * 1_000.0;
    let octets = raw.number(POSITION).await? - before;
    println!("  {what:44} {millis:>9.1} ms   {octets:>12} octets of WAL");
    Ok(())
}
