//! Rows in the embedded database.

use super::{DAY, EVENT, agrees, key};
use anyhow::Result;
use smpp_connector::store::sqlite::SqliteDb;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};
use std::fs::File;
use std::path::Path;
use uuid::Uuid;

/// So many messages of the last three days, each with its outcome and its receipt: all of them live for another hour or more.
pub(crate) async fn three_days(path: &Path, operator: Uuid, rows: usize, now: i64) -> Result<()> {
    fill(path, operator, rows, [now + DAY / 24, now + 3 * DAY]).await
}

/// So many messages of a day that is over, as it is after a time without the gateway.
pub(crate) async fn over(path: &Path, operator: Uuid, rows: usize, now: i64) -> Result<()> {
    fill(path, operator, rows, [now - DAY, now]).await
}

/// Indexes come last: made of all rows at once, each is sorted instead of grown.
async fn fill(path: &Path, operator: Uuid, rows: usize, [from, until]: [i64; 2]) -> Result<()> {
    SqliteDb::migrate(path).await?;
    let options = SqliteConnectOptions::new().filename(path);
    let options = options
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-262144")
        .disable_statement_logging();
    let mut database = options.connect().await?;
    let indexes = drop_indexes(&mut database).await?;
    let step = (until - from) / i64::try_from(rows.max(1))?;
    for insert in inserts() {
        let sql =
            format!("WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ?1) {insert}");
        sqlx::query(&sql)
            .bind(i64::try_from(rows)?)
            .bind(operator.as_bytes().as_slice())
            .bind(from)
            .bind(step)
            .execute(&mut database)
            .await?;
    }
    for index in indexes {
        sqlx::query(&index).execute(&mut database).await?;
    }
    let last = sqlx::query("SELECT message_key FROM correlation WHERE rowid = ?1").bind(i64::try_from(rows)?);
    let key: String = last.fetch_one(&mut database).await?.try_get(0)?;
    agrees(u64::try_from(rows)?, &key)?;
    database.close().await?;
    // Else the system writes these gigabytes while the messages are measured, and each of their syncs waits for it.
    Ok(File::open(path)?.sync_all()?)
}

/// `?2` is the operator, `?3` the first end of life, `?4` how much later each next one is.
fn inserts() -> [String; 3] {
    // A UUID whose first 48 bits grow, as those of version 7 do, and lie before those of the messages to come.
    let message = "unhex(printf('0199d%07x7000%016x', n, n))";
    let (end, key) = ("?3 + n * ?4", key());
    [
        format!(
            "INSERT INTO correlation (message_id, part_number, operator_message_id, operator_id, message_key, id, recipient, \
             account_id, part_count, reference, submitted_at, expires_at) \
             SELECT {message}, 1, CAST({key} AS TEXT), ?2, CAST({key} AS TEXT), randomblob(16), \
             printf('49151%08d', n), zeroblob(16), 1, NULL, {end} - {}, {end} FROM r",
            3 * DAY
        ),
        format!(
            "INSERT INTO outcome (message_id, operator_id, settled_at, event) \
             SELECT {message}, ?2, {end} - {}, CAST(printf('%0{EVENT}d', n) AS BLOB) FROM r",
            3 * DAY
        ),
        format!(
            "INSERT INTO receipt (message_id, received_at, part_number, state, is_final, expires_at) \
             SELECT {message}, {end} - {}, 1, 2, 1, {end} FROM r",
            3 * DAY - 1_000_000
        ),
    ]
}

/// Returns the statements that make them again.
async fn drop_indexes(database: &mut SqliteConnection) -> Result<Vec<String>> {
    const OF_TABLES: &str = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL \
        AND tbl_name IN ('correlation', 'outcome', 'receipt')";
    let mut statements = Vec::new();
    for row in sqlx::query(OF_TABLES).fetch_all(&mut *database).await? {
        let (name, sql): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        sqlx::query(&format!("DROP INDEX {name}"))
            .execute(&mut *database)
            .await?;
        statements.push(sql);
    }
    Ok(statements)
}
