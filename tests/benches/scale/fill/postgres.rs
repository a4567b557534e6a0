//! Rows in PostgreSQL, in the days' partitions that the gateway would have made.

use super::{DAY, EVENT, agrees, key};
use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use smpp_connector::store::postgres::PostgresStore;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

/// So many messages, each with its outcome and its receipt, in three days, the last of them that of the messages to come: it is as
/// full as at its end.
pub(crate) async fn days_that_live(
    store: &PostgresStore,
    url: &str,
    operator: Uuid,
    rows: usize,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut database = PgConnection::connect(url).await?;
    let last = (now + TimeDelta::days(3)).date_naive();
    for back in 0..3 {
        let day = last - TimeDelta::days(back);
        let first = usize::try_from(back)? * rows / 3;
        fill_day(&mut database, operator, day, first, rows / 3).await?;
    }
    let key = format!("SELECT {}::text FROM generate_series(7::bigint, 7) n", key());
    let seventh: String = sqlx::query(&key).fetch_one(&mut database).await?.try_get(0)?;
    agrees(7, &seventh)?;
    // What PostgreSQL does by itself a while later.
    for table in ["correlation", "outcome", "receipt"] {
        let vacuum = format!("VACUUM (ANALYZE) {table}");
        sqlx::raw_sql(&vacuum).execute(&mut database).await?;
    }
    sqlx::raw_sql("CHECKPOINT").execute(&mut database).await?;
    store.close().await;
    Ok(database.close().await?)
}

/// So many messages of the day before; returns the partition that the gateway drops first.
pub(crate) async fn a_day_that_is_over(
    url: &str,
    operator: Uuid,
    rows: usize,
    now: DateTime<Utc>,
) -> Result<String> {
    let mut database = PgConnection::connect(url).await?;
    let day = now.date_naive() - TimeDelta::days(1);
    fill_day(&mut database, operator, day, 0, rows).await?;
    sqlx::raw_sql("CHECKPOINT").execute(&mut database).await?;
    database.close().await?;
    Ok(partition("correlation", day))
}

/// Whether there is a table of this name.
pub(crate) async fn is_there(database: &mut PgConnection, table: &str) -> Result<bool> {
    let look = sqlx::query("SELECT to_regclass($1) IS NOT NULL").bind(table);
    Ok(look.fetch_one(database).await?.try_get(0)?)
}

fn partition(table: &str, day: NaiveDate) -> String {
    format!("{table}_{}", day.format("%Y_%m_%d"))
}

fn start(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp_micros()
}

/// Messages that end on this day; their outcomes are of three days before.
async fn fill_day(
    database: &mut PgConnection,
    operator: Uuid,
    day: NaiveDate,
    first: usize,
    rows: usize,
) -> Result<()> {
    let step = DAY / i64::try_from(rows.max(1))?;
    let from = start(day);
    // A UUID whose first 48 bits grow, as those of version 7 do, and lie before those of the messages to come.
    let message = "('0199d' || lpad(to_hex(n), 7, '0') || '7000' || lpad(to_hex(n), 16, '0'))::uuid";
    let end = format!("{from} + (n - {first} - 1) * {step}");
    let account = Uuid::nil();
    let key = key();
    let tables = [
        (
            "correlation",
            day,
            format!(
                "gen_random_uuid(), {message}, '{operator}'::uuid, '{account}'::uuid, {end} - {}, {end}, NULL, 1, 1, \
                 convert_to({key}::text, 'UTF8'), convert_to({key}::text, 'UTF8'), '49151' || lpad(n::text, 8, '0')",
                3 * DAY
            ),
        ),
        (
            "outcome",
            day - TimeDelta::days(3),
            format!(
                "{message}, '{operator}'::uuid, {}, {end} - {}, convert_to(lpad(n::text, {EVENT}, '0'), 'UTF8')",
                start(day - TimeDelta::days(3)),
                3 * DAY
            ),
        ),
        (
            "receipt",
            day,
            format!(
                "nextval('receipt_seq'), {message}, {end} - {}, {end}, 1, 2, true",
                3 * DAY - 1_000_000
            ),
        ),
    ];
    for (table, day, columns) in tables {
        let (partition, from) = (partition(table, day), start(day));
        let sql = format!(
            "CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS); \
             INSERT INTO {partition} SELECT {columns} FROM generate_series({}::bigint, {}) n; \
             ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({from}) TO ({})",
            first + 1,
            first + rows,
            from + DAY
        );
        sqlx::raw_sql(&sql).execute(&mut *database).await?;
    }
    Ok(())
}
