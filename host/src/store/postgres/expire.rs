//! Forgetting whole days: what is over is not deleted row by row but dropped with its partition, at the price of a few
//! milliseconds and no vacuum.
//!
//! `DETACH … CONCURRENTLY` keeps nobody from reading and writing the other days. It takes two transactions; a host that dies
//! between them, or before the DROP, leaves a partition half detached or a table of its own. Whoever forgets next finds it by
//! its name and goes on.

use super::db::{Connection, Db};
use super::partitions::{LOCK_CLASS, Table, end, start};
use crate::ports::BackendError;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row;
use std::collections::BTreeSet;

/// Held by the host that forgets.
const EXPIRE_LOCK: i32 = 3;

const TRY_LOCK: &str = "SELECT pg_try_advisory_lock($1, $2)";
const UNLOCK: &str = "SELECT pg_advisory_unlock($1, $2)";

/// Every table that is or was a day of ours. One that is being made is not visible before it is attached.
const DAYS: &str = "\
    SELECT c.relname::text, i.inhrelid IS NOT NULL, coalesce(i.inhdetachpending, false) \
    FROM pg_class AS c LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid \
    WHERE c.relkind = 'r' \
        AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'correlation'::regclass) \
        AND c.relname ~ '^(correlation|receipt|outcome|parked)_\\d{4}_\\d{2}_\\d{2}$' \
    ORDER BY c.relname";

/// When the last outcome of a day of publication was settled: from one operator to the next, the last of each.
const LAST_SETTLED: &str = "\
    WITH RECURSIVE o (id) AS ( \
        (SELECT operator_id FROM outcome WHERE published_day = $1 ORDER BY operator_id LIMIT 1) \
        UNION ALL \
        SELECT (SELECT operator_id FROM outcome WHERE published_day = $1 AND operator_id > o.id ORDER BY operator_id LIMIT 1) \
        FROM o WHERE o.id IS NOT NULL) \
    SELECT max(( \
        SELECT settled_at FROM outcome WHERE published_day = $1 AND operator_id = o.id ORDER BY settled_at DESC LIMIT 1)) \
    FROM o";

/// Until when what is over.
pub(super) struct Ends {
    pub(super) now: DateTime<Utc>,
    pub(super) parked_before: DateTime<Utc>,
    pub(super) outcomes_before: DateTime<Utc>,
}

struct Partition {
    table: Table,
    day: NaiveDate,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Attached,
    HalfDetached,
    Detached,
}

/// [`crate::ports::CorrelationStore::expire`]. Returns how many days went. While another host does it, nothing is left to do.
pub(super) async fn expire(db: &Db, ends: Ends) -> Result<u64, BackendError> {
    let mut connection = db.connection("forgetting what is over").await?;
    db.partitions.ahead(&mut connection, ends.now).await?;
    let lock = sqlx::query(TRY_LOCK).bind(LOCK_CLASS).bind(EXPIRE_LOCK);
    let locked = connection.fetch(lock).await?;
    let locked = locked.first().map(|row| row.try_get(0)).transpose();
    if connection.read(locked)? != Some(true) {
        return Ok(0);
    }
    // A connection that fails is closed, which unlocks.
    let gone = drop_days(db, &mut connection, &ends).await?;
    let unlock = sqlx::query(UNLOCK).bind(LOCK_CLASS).bind(EXPIRE_LOCK);
    connection.execute(unlock).await?;
    Ok(gone)
}

async fn drop_days(db: &Db, connection: &mut Connection<'_>, ends: &Ends) -> Result<u64, BackendError> {
    let mut gone = 0;
    let mut left = BTreeSet::new();
    for partition in days(connection).await? {
        if is_over(connection, &partition, ends).await? {
            drop_day(connection, &partition).await?;
            gone += 1;
        } else {
            left.insert((partition.table, partition.day));
        }
    }
    db.partitions.found(&left);
    Ok(gone)
}

async fn days(connection: &mut Connection<'_>) -> Result<Vec<Partition>, BackendError> {
    let mut found = Vec::new();
    for row in connection.fetch(sqlx::query(DAYS)).await? {
        let name: String = connection.read(row.try_get(0))?;
        let (attached, pending) = (connection.read(row.try_get(1))?, connection.read(row.try_get(2))?);
        let state = match (attached, pending) {
            (true, false) => State::Attached,
            (true, true) => State::HalfDetached,
            (false, _) => State::Detached,
        };
        if let Some((table, day)) = Table::of_partition(&name) {
            found.push(Partition { table, day, state });
        }
    }
    Ok(found)
}

async fn is_over(
    connection: &mut Connection<'_>,
    partition: &Partition,
    ends: &Ends,
) -> Result<bool, BackendError> {
    let before = |time: DateTime<Utc>| end(partition.day) <= time.timestamp_micros();
    if partition.state != State::Attached {
        // Somebody has begun.
        return Ok(true);
    }
    match partition.table {
        Table::Correlation | Table::Receipt => Ok(before(ends.now)),
        Table::Parked => Ok(before(ends.parked_before)),
        // A command may have waited for days: its outcome's age counts from when it was settled.
        Table::Outcome if before(ends.outcomes_before) => {
            let day = start(partition.day);
            let rows = connection.fetch(sqlx::query(LAST_SETTLED).bind(day)).await?;
            let last = rows
                .first()
                .map(|row| row.try_get::<Option<i64>, _>(0))
                .transpose();
            let last = connection.read(last)?.flatten();
            Ok(last.is_none_or(|last| last < ends.outcomes_before.timestamp_micros()))
        }
        Table::Outcome => Ok(false),
    }
}

async fn drop_day(connection: &mut Connection<'_>, partition: &Partition) -> Result<(), BackendError> {
    let (parent, name) = (partition.table.name(), partition.table.partition(partition.day));
    let how = match partition.state {
        State::Attached => Some("CONCURRENTLY"),
        State::HalfDetached => Some("FINALIZE"),
        State::Detached => None,
    };
    if let Some(how) = how {
        connection
            .run(&format!("ALTER TABLE {parent} DETACH PARTITION {name} {how}"))
            .await?;
    }
    connection.run(&format!("DROP TABLE {name}")).await
}
