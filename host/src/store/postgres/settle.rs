//! Rows and outcomes, all or none.
//!
//! Two hosts may settle one message: one of them was thought dead and was not. Its outcome's primary key is the message and
//! the day of its command's publication, which is the same for both, so the second insert waits for the first to commit. Then it
//! fails, and is done again by a statement that passes over what is there; its host reads what stands. Both batches are in the order of their messages, so that two hosts never
//! wait for each other in a circle; the other tables have no unique index, so that nobody waits there.

use super::db::{Connection, Db, Statement};
use super::id::Id;
use super::parked;
use super::partitions::{Table, start};
use super::together::Call;
use crate::clock;
use crate::ports::{BackendError, ParkedReceipt, Settled, SettledOutcome, Settlement};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::{MessageId, OperatorId};
use sqlx::Row;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

const ACTION: &str = "settling messages";

/// `$1` to `$12` are the columns of the rows, `$13` is now, `$14` to `$18` are those of the outcomes. A parked receipt is
/// marked as matched by the very transaction that makes its row: see [`super::parked`].
macro_rules! settle {
    ($on_conflict:literal) => {
        concat!(
            "\
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
        SELECT * FROM UNNEST($14::uuid[], $15::uuid[], $16::int8[], $17::int8[], $18::bytea[]) ",
            $on_conflict,
            " RETURNING 1 \
    ) \
    SELECT count(*) FROM new"
        )
    };
}

/// For messages that nobody has settled, which are nearly all: an insert that may meet others costs half as much again.
const SETTLE_NEW: &str = settle!("");
const SETTLE: &str = settle!("ON CONFLICT DO NOTHING");

const STANDING: &str = "SELECT message_id, event FROM outcome WHERE message_id = ANY($1)";

/// Days of publication that an outcome's partition may have, before and after today. A command that says something else
/// counts as of the first or the last of them.
const OLDEST: TimeDelta = TimeDelta::days(7);
const NEWEST: TimeDelta = TimeDelta::days(1);

/// [`crate::ports::CorrelationStore::settle`].
pub(super) struct Settle;

#[async_trait]
impl Call for Settle {
    type Item = Settlement;
    type Answer = Settled;

    async fn carry_out(db: &Db, calls: &[&[Settlement]]) -> Result<Vec<Settled>, BackendError> {
        let now = clock::utc_now();
        let rows: Vec<_> = calls.iter().copied().flat_map(rows_of).collect();
        let mut outcomes: Vec<_> = calls.iter().copied().flat_map(outcomes_of).collect();
        if rows.is_empty() && outcomes.is_empty() {
            return Ok(vec![Settled::default(); calls.len()]);
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
        let events = if new < outcomes.len() {
            standing(&mut connection, &outcomes).await?
        } else {
            HashMap::new()
        };
        let mut matched = by_call(parked::waiting(&mut connection, &rows, now).await?, calls);
        let settled = |(call, batch): (usize, &&[Settlement])| Settled {
            matched: matched.remove(&call).unwrap_or_default(),
            standing: others(batch, &events),
        };
        Ok(calls.iter().enumerate().map(settled).collect())
    }
}

fn rows_of(batch: &[Settlement]) -> impl Iterator<Item = &MessageCorrelation> {
    batch.iter().flat_map(|settlement| &settlement.correlations)
}

fn outcomes_of(batch: &[Settlement]) -> impl Iterator<Item = &SettledOutcome> {
    batch.iter().filter_map(|settlement| settlement.outcome.as_ref())
}

/// Whose rows these receipts have waited for.
fn by_call(receipts: Vec<ParkedReceipt>, calls: &[&[Settlement]]) -> HashMap<usize, Vec<ParkedReceipt>> {
    let mut by_call: HashMap<usize, Vec<ParkedReceipt>> = HashMap::new();
    if receipts.is_empty() {
        return by_call;
    }
    let mut of: HashMap<(OperatorId, &str), usize> = HashMap::new();
    for (call, batch) in calls.iter().enumerate() {
        for row in rows_of(batch) {
            of.entry((row.operator_id, &row.message_key)).or_insert(call);
        }
    }
    for receipt in receipts {
        let key = (receipt.operator_id, receipt.message_key.as_str());
        let call = of.get(&key).copied().unwrap_or_default();
        by_call.entry(call).or_default().push(receipt);
    }
    by_call
}

/// Of what stands, which a batch says otherwise.
fn others(batch: &[Settlement], standing: &HashMap<Uuid, Vec<u8>>) -> Vec<(MessageId, Vec<u8>)> {
    if standing.is_empty() {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let first = outcomes_of(batch).filter(|outcome| seen.insert(outcome.message_id));
    let other = first.filter_map(|outcome| {
        let event = standing.get(&outcome.message_id.0)?;
        (*event != outcome.event).then(|| (outcome.message_id, event.clone()))
    });
    other.collect()
}

/// Returns how many of the outcomes are new.
async fn write(
    connection: &mut Connection<'_>,
    rows: &[&MessageCorrelation],
    outcomes: &[&SettledOutcome],
    now: DateTime<Utc>,
) -> Result<usize, BackendError> {
    let statement = bound(SETTLE_NEW, rows, outcomes, now);
    if connection.execute_unless_there(statement).await? {
        return Ok(outcomes.len());
    }
    let counted = connection.fetch(bound(SETTLE, rows, outcomes, now)).await?;
    let new: i64 = match counted.first() {
        Some(row) => connection.read(row.try_get(0))?,
        None => 0,
    };
    Ok(usize::try_from(new).unwrap_or(0))
}

fn bound<'q>(
    statement: &'static str,
    rows: &[&'q MessageCorrelation],
    outcomes: &[&'q SettledOutcome],
    now: DateTime<Utc>,
) -> Statement<'q> {
    sqlx::query(statement)
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
        .bind(column(outcomes, |outcome| &*outcome.event))
}

/// The events that stand, ours or others.
async fn standing(
    connection: &mut Connection<'_>,
    outcomes: &[&SettledOutcome],
) -> Result<HashMap<Uuid, Vec<u8>>, BackendError> {
    let ids = column(outcomes, |outcome| Id(outcome.message_id.0));
    let mut events: HashMap<Uuid, Vec<u8>> = HashMap::with_capacity(outcomes.len());
    for row in connection.fetch(sqlx::query(STANDING).bind(ids)).await? {
        let Id(message) = connection.read(row.try_get(0))?;
        events.insert(message, connection.read(row.try_get(1))?);
    }
    Ok(events)
}

/// By which an outcome's partition is chosen.
fn published(outcome: &SettledOutcome, now: DateTime<Utc>) -> DateTime<Utc> {
    outcome.published_at.clamp(now - OLDEST, now + NEWEST)
}

/// One column of a batch.
fn column<'r, R, T>(rows: &[&'r R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(|row| value(row)).collect()
}
