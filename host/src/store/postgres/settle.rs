//! Rows and outcomes, all or none.
//!
//! Two hosts may settle one message: one of them was thought dead and was not. Its outcome's primary key is the message and
//! the day of its command's publication, which is the same for both, so the second insert waits for the first to commit and
//! then does nothing; its host reads what stands. Both batches are in the order of their messages, so that two hosts never
//! wait for each other in a circle; the other tables have no unique index, so that nobody waits there.

use super::db::{Connection, Db};
use super::id::Id;
use super::parked;
use super::partitions::{Table, start};
use crate::clock;
use crate::ports::{BackendError, Settled, SettledOutcome, Settlement};
use chrono::{DateTime, TimeDelta, Utc};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::MessageId;
use sqlx::Row;
use std::collections::HashMap;
use uuid::Uuid;

const ACTION: &str = "settling messages";

/// `$1` to `$12` are the columns of the rows, `$13` is now, `$14` to `$18` are those of the outcomes. A parked receipt is
/// marked as matched by the very transaction that makes its row: see [`super::parked`].
const SETTLE: &str = "\
    WITH noted AS ( \
        INSERT INTO correlation (id, message_id, operator_id, account_id, submitted_at, expires_at, reference, part_number, \
            part_count, operator_message_id, message_key, recipient) \
        SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int8[], $6::int8[], $7::int4[], $8::int2[], \
            $9::int2[], $10::bytea[], $11::bytea[], $12::text[]) \
    ), claimed AS ( \
        UPDATE parked SET matched = true \
        FROM UNNEST($3::uuid[], $11::bytea[], $6::int8[]) AS r (operator_id, message_key, expires_at) \
        WHERE parked.operator_id = r.operator_id AND parked.message_key = r.message_key AND r.expires_at > $13 \
            AND NOT parked.matched \
    ), ended AS ( \
        DELETE FROM intent WHERE message_id = ANY($14::uuid[]) \
    ), new AS ( \
        INSERT INTO outcome (message_id, operator_id, published_day, settled_at, event) \
        SELECT * FROM UNNEST($14::uuid[], $15::uuid[], $16::int8[], $17::int8[], $18::bytea[]) \
        ON CONFLICT DO NOTHING RETURNING 1 \
    ) \
    SELECT count(*) FROM new";

const STANDING: &str = "SELECT message_id, event FROM outcome WHERE message_id = ANY($1)";

/// Days of publication that an outcome's partition may have, before and after today. A command that says something else
/// counts as of the first or the last of them.
const OLDEST: TimeDelta = TimeDelta::days(7);
const NEWEST: TimeDelta = TimeDelta::days(1);

/// [`crate::ports::CorrelationStore::settle`].
pub(super) async fn settle(db: &Db, batch: &[Settlement]) -> Result<Settled, BackendError> {
    let now = clock::utc_now();
    let rows: Vec<_> = batch
        .iter()
        .flat_map(|settlement| &settlement.correlations)
        .collect();
    let mut outcomes: Vec<_> = batch
        .iter()
        .filter_map(|settlement| settlement.outcome.as_ref())
        .collect();
    if rows.is_empty() && outcomes.is_empty() {
        return Ok(Settled::default());
    }
    // Stable: of two outcomes of one message in a batch the first stands.
    outcomes.sort_by_key(|outcome| outcome.message_id.0);
    let mut connection = db.connection(ACTION).await?;
    let expiry = rows.iter().map(|row| row.expires_at);
    db.partitions
        .ensure(&mut connection, Table::Correlation, expiry)
        .await?;
    let published = outcomes.iter().map(|outcome| published(outcome, now));
    db.partitions
        .ensure(&mut connection, Table::Outcome, published)
        .await?;
    let new = write(&mut connection, &rows, &outcomes, now).await?;
    let standing = if new < outcomes.len() {
        standing(&mut connection, &outcomes).await?
    } else {
        Vec::new()
    };
    Ok(Settled {
        matched: parked::waiting(&mut connection, &rows, now).await?,
        standing,
    })
}

/// Returns how many of the outcomes are new.
async fn write(
    connection: &mut Connection<'_>,
    rows: &[&MessageCorrelation],
    outcomes: &[&SettledOutcome],
    now: DateTime<Utc>,
) -> Result<usize, BackendError> {
    let statement = sqlx::query(SETTLE)
        .bind(column(rows, |row| Id(row.id)))
        .bind(column(rows, |row| Id(row.message_id.0)))
        .bind(column(rows, |row| Id(row.operator_id.0)))
        .bind(column(rows, |row| Id(row.account_id.0)))
        .bind(column(rows, |row| row.submitted_at.timestamp_micros()))
        .bind(column(rows, |row| row.expires_at.timestamp_micros()))
        .bind(column(rows, |row| row.reference.map(i32::from)))
        .bind(column(rows, |row| i16::from(row.part_number)))
        .bind(column(rows, |row| i16::from(row.part_count)))
        .bind(column(rows, |row| row.operator_message_id.as_bytes()))
        .bind(column(rows, |row| row.message_key.as_bytes()))
        .bind(column(rows, |row| row.to.as_str()))
        .bind(now.timestamp_micros())
        .bind(column(outcomes, |outcome| Id(outcome.message_id.0)))
        .bind(column(outcomes, |outcome| Id(outcome.operator_id.0)))
        .bind(column(outcomes, |outcome| {
            start(published(outcome, now).date_naive())
        }))
        .bind(column(outcomes, |outcome| outcome.settled_at.timestamp_micros()))
        .bind(column(outcomes, |outcome| &*outcome.event));
    let counted = connection.fetch(statement).await?;
    let new: i64 = match counted.first() {
        Some(row) => connection.read(row.try_get(0))?,
        None => 0,
    };
    Ok(usize::try_from(new).unwrap_or(0))
}

/// What was settled before with another event.
async fn standing(
    connection: &mut Connection<'_>,
    outcomes: &[&SettledOutcome],
) -> Result<Vec<(MessageId, Vec<u8>)>, BackendError> {
    let ids = column(outcomes, |outcome| Id(outcome.message_id.0));
    let mut events: HashMap<Uuid, Vec<u8>> = HashMap::with_capacity(outcomes.len());
    for row in connection.fetch(sqlx::query(STANDING).bind(ids)).await? {
        let Id(message) = connection.read(row.try_get(0))?;
        events.insert(message, connection.read(row.try_get(1))?);
    }
    let others = outcomes.iter().filter_map(|outcome| {
        let event = events.remove(&outcome.message_id.0)?;
        (event != outcome.event).then_some((outcome.message_id, event))
    });
    Ok(others.collect())
}

/// By which an outcome's partition is chosen.
fn published(outcome: &SettledOutcome, now: DateTime<Utc>) -> DateTime<Utc> {
    outcome.published_at.clamp(now - OLDEST, now + NEWEST)
}

/// One column of a batch.
fn column<'r, R, T>(rows: &[&'r R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(|row| value(row)).collect()
}
