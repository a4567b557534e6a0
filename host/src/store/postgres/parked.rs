//! Receipts that wait for their row.
//!
//! A receipt may be parked (P) by one host while another one settles its row (S). Both write, commit, and then look for what
//! the other has written. Of two commits one is the second; who made it looks after both, so it sees the other's: P names a
//! receipt whose row is there, S the receipts that waited. Both may see each other: then both name the receipt, and whoever
//! is late finds it appended.
//!
//! What is named is marked as matched before anybody hears of it, so that the sweep finds it when its host dies. A host may
//! die before that, between its commit and its look:
//! - A receipt that was there when S wrote is marked by S's own transaction.
//! - Another one was parked while S was committing. S's command is not acknowledged then, so it comes again, and whoever
//!   reads its progress looks in S's place. P's receipt is not answered, so the operator sends it again.
//! - The rest waits: the sweep looks for a receipt's row before it calls it overdue.

use super::db::{Connection, Db};
use super::id::Id;
use super::partitions::Table;
use super::rows::{self, row_limit};
use super::together::Call;
use crate::clock;
use crate::ports::{BackendError, ParkedReceipt, ParkedWork};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::OperatorId;
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::HashSet;
use uuid::Uuid;

/// `$7` is now. The look-up behind EXISTS, here and below, is that of `find`: a receipt is only handed out when its row will
/// be found.
const PARK: &str = "\
    INSERT INTO parked (id, operator_id, message_key, received_at, reading, raw, matched) \
    SELECT r.*, EXISTS (SELECT FROM correlation AS c WHERE c.operator_id = r.operator_id \
        AND c.message_key = r.message_key AND c.expires_at > $7) \
    FROM UNNEST($1::uuid[], $2::uuid[], $3::bytea[], $4::int8[], $5::text[], $6::bytea[]) \
        AS r (id, operator_id, message_key, received_at, reading, raw) \
    ON CONFLICT DO NOTHING";

const DUE: &str = "\
    SELECT r.id FROM UNNEST($1::uuid[], $2::uuid[], $3::bytea[]) AS r (id, operator_id, message_key) \
    WHERE EXISTS (SELECT FROM correlation AS c WHERE c.operator_id = r.operator_id \
        AND c.message_key = r.message_key AND c.expires_at > $4)";

const WAITING: &str = "\
    SELECT p.id, p.operator_id, p.message_key, p.received_at, p.reading, p.raw, p.matched \
    FROM UNNEST($1::uuid[], $2::bytea[]) AS r (operator_id, message_key) \
    JOIN parked AS p ON p.operator_id = r.operator_id AND p.message_key = r.message_key";

/// In one order for all hosts, as parking is.
const NAME: &str = "\
    UPDATE parked SET matched = true WHERE (id, received_at) IN ( \
        SELECT id, received_at FROM parked WHERE id = ANY($1) AND NOT matched ORDER BY id FOR UPDATE)";

const MARK: &str = "UPDATE parked SET reported = true WHERE id = ANY($1) AND NOT reported";

/// Whether there is anything to look for.
const BUSY: &str = "\
    SELECT r.n FROM UNNEST($1::uuid[], $2::int8[]) WITH ORDINALITY AS r (operator, before, n) \
    WHERE EXISTS (SELECT FROM parked WHERE operator_id = r.operator AND matched) \
        OR EXISTS (SELECT FROM parked WHERE operator_id = r.operator AND NOT reported AND received_at < r.before)";

const MATCHED: &str = "\
    SELECT id, operator_id, message_key, received_at, reading, raw FROM parked AS p \
    WHERE operator_id = $1 AND matched \
        AND EXISTS (SELECT FROM correlation AS c WHERE c.operator_id = p.operator_id \
            AND c.message_key = p.message_key AND c.expires_at > $2) \
    ORDER BY received_at, id LIMIT $3";

/// Those that are old and not reported, and whether their row is there.
const OLD: &str = "\
    SELECT id, operator_id, message_key, received_at, reading, raw, \
        EXISTS (SELECT FROM correlation AS c WHERE c.operator_id = p.operator_id \
            AND c.message_key = p.message_key AND c.expires_at > $2) \
    FROM (SELECT * FROM parked WHERE operator_id = $1 AND NOT reported AND received_at < $3 \
        ORDER BY received_at, id LIMIT $4) AS p \
    ORDER BY received_at, id";

const UNMATCHED: &str = "\
    SELECT id, operator_id, message_key, received_at, reading, raw FROM parked \
    WHERE operator_id = $1 AND reported AND id > $2 ORDER BY id LIMIT $3";

/// [`crate::ports::CorrelationStore::park`].
pub(super) struct Park;

#[async_trait]
impl Call for Park {
    type Item = ParkedReceipt;
    type Answer = Vec<Uuid>;

    async fn carry_out(db: &Db, calls: &[&[ParkedReceipt]]) -> Result<Vec<Vec<Uuid>>, BackendError> {
        let receipts: Vec<_> = calls.iter().copied().flatten().collect();
        let due = park(db, receipts).await?;
        let share = |call: &&[ParkedReceipt]| {
            let ids = call.iter().map(|receipt| receipt.id);
            ids.filter(|id| due.contains(id)).collect()
        };
        Ok(calls.iter().map(share).collect())
    }
}

/// Returns those whose row is there.
async fn park(db: &Db, mut receipts: Vec<&ParkedReceipt>) -> Result<HashSet<Uuid>, BackendError> {
    if receipts.is_empty() {
        return Ok(HashSet::new());
    }
    let mut connection = db.connection("parking receipts").await?;
    let came = receipts.iter().map(|receipt| receipt.received_at);
    db.partitions.ensure(&mut connection, Table::Parked, came).await?;
    // One order for all hosts, so that they do not wait for each other in a circle.
    receipts.sort_unstable_by_key(|receipt| receipt.id);
    let readings: Result<Vec<_>, _> = receipts
        .iter()
        .map(|receipt| serde_json::to_string(&receipt.reading))
        .collect();
    let readings = connection.read(readings.map_err(|error| sqlx::Error::Encode(error.into())))?;
    let now = clock::utc_now().timestamp_micros();
    let ids = column(&receipts, |receipt| Id(receipt.id));
    let operators = column(&receipts, |receipt| Id(receipt.operator_id.0));
    let keys = column(&receipts, |receipt| receipt.message_key.as_bytes());
    let statement = sqlx::query(PARK)
        .bind(&ids)
        .bind(&operators)
        .bind(&keys)
        .bind(column(&receipts, |receipt| {
            receipt.received_at.timestamp_micros()
        }))
        .bind(readings)
        .bind(column(&receipts, |receipt| receipt.raw.as_slice()))
        .bind(now);
    connection.execute(statement).await?;
    let statement = sqlx::query(DUE).bind(&ids).bind(&operators).bind(&keys).bind(now);
    let due = connection.fetch(statement).await?;
    let due: Result<HashSet<_>, _> = due.iter().map(|row| row.try_get(0).map(|Id(id)| id)).collect();
    let due = connection.read(due)?;
    name(&mut connection, due.iter().copied().map(Id).collect()).await?;
    Ok(due)
}

/// The parked receipts that these rows, which are committed, have been waiting for, oldest first. They are marked.
pub(super) async fn waiting(
    connection: &mut Connection<'_>,
    correlations: &[&MessageCorrelation],
    now: DateTime<Utc>,
) -> Result<Vec<ParkedReceipt>, BackendError> {
    let living = correlations.iter().filter(|row| row.expires_at > now);
    let mut of: Vec<_> = living
        .map(|row| (Id(row.operator_id.0), row.message_key.as_bytes()))
        .collect();
    of.sort_unstable();
    of.dedup();
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let (operators, keys): (Vec<_>, Vec<_>) = of.into_iter().unzip();
    let found = connection
        .fetch(sqlx::query(WAITING).bind(operators).bind(keys))
        .await?;
    let mut receipts = Vec::with_capacity(found.len());
    let mut unnamed = Vec::new();
    for row in &found {
        let receipt = connection.read(read(row))?;
        if !connection.read(row.try_get::<bool, _>(6))? {
            unnamed.push(Id(receipt.id));
        }
        receipts.push(receipt);
    }
    name(connection, unnamed).await?;
    receipts.sort_unstable_by_key(|receipt| (receipt.received_at, receipt.id));
    Ok(receipts)
}

/// Marks receipts that a look has found. There are none, mostly: their row, or they, were there before.
async fn name(connection: &mut Connection<'_>, receipts: Vec<Id>) -> Result<(), BackendError> {
    if receipts.is_empty() {
        return Ok(());
    }
    connection
        .execute(sqlx::query(NAME).bind(receipts))
        .await
        .map(drop)
}

/// Whether an operator has parked receipts that want attention: of most there are none.
pub(super) struct Busy;

/// What is asked of an operator.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) operator: OperatorId,
    pub(super) overdue_before: DateTime<Utc>,
}

#[async_trait]
impl Call for Busy {
    type Item = Look;
    type Answer = bool;

    async fn carry_out(db: &Db, calls: &[&[Look]]) -> Result<Vec<bool>, BackendError> {
        let looks: Vec<_> = calls.iter().filter_map(|call| call.first()).collect();
        let operators: Vec<_> = looks.iter().map(|look| Id(look.operator.0)).collect();
        let before = looks.iter().map(|look| look.overdue_before.timestamp_micros());
        let mut connection = db.connection(LOOKING).await?;
        let busy = sqlx::query(BUSY).bind(operators).bind(before.collect::<Vec<_>>());
        let found = connection.fetch(busy).await?;
        connection.read(rows::marked(&found, calls.len()))
    }
}

const LOOKING: &str = "looking through parked receipts";

/// [`crate::ports::CorrelationStore::parked_work`], where there is some.
pub(super) async fn work(
    db: &Db,
    operator: OperatorId,
    overdue_before: DateTime<Utc>,
    limit: usize,
) -> Result<ParkedWork, BackendError> {
    let mut connection = db.connection(LOOKING).await?;
    let now = clock::utc_now().timestamp_micros();
    let statement = sqlx::query(MATCHED)
        .bind(Id(operator.0))
        .bind(now)
        .bind(row_limit(limit));
    let found = connection.fetch(statement).await?;
    let mut matched = connection.read(found.iter().map(read).collect::<Result<Vec<_>, _>>())?;
    let statement = sqlx::query(OLD)
        .bind(Id(operator.0))
        .bind(now)
        .bind(overdue_before.timestamp_micros())
        .bind(row_limit(limit.saturating_mul(2)));
    let known: HashSet<_> = matched.iter().map(|receipt| receipt.id).collect();
    let mut overdue = Vec::new();
    for row in connection.fetch(statement).await? {
        let receipt = connection.read(read(&row))?;
        if !connection.read(row.try_get(6))? {
            overdue.push(receipt);
        } else if !known.contains(&receipt.id) {
            matched.push(receipt);
        }
    }
    matched.sort_unstable_by_key(|receipt| (receipt.received_at, receipt.id));
    matched.truncate(limit);
    overdue.truncate(limit);
    Ok(ParkedWork { matched, overdue })
}

/// [`crate::ports::CorrelationStore::unmatched`].
pub(super) async fn unmatched(
    db: &Db,
    operator: OperatorId,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ParkedReceipt>, BackendError> {
    let mut connection = db.connection("looking through unmatched receipts").await?;
    let statement = sqlx::query(UNMATCHED)
        .bind(Id(operator.0))
        .bind(Id(after))
        .bind(row_limit(limit));
    let found = connection.fetch(statement).await?;
    connection.read(found.iter().map(read).collect())
}

/// [`crate::ports::CorrelationStore::mark_unmatched`].
pub(super) async fn mark(db: &Db, receipts: &[Uuid]) -> Result<(), BackendError> {
    if receipts.is_empty() {
        return Ok(());
    }
    let mut connection = db.connection("marking parked receipts").await?;
    let statement = sqlx::query(MARK).bind(receipts.iter().copied().map(Id).collect::<Vec<_>>());
    connection.execute(statement).await.map(drop)
}

fn read(row: &PgRow) -> Result<ParkedReceipt, sqlx::Error> {
    let reading = serde_json::from_str(row.try_get(4)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(ParkedReceipt {
        id: rows::id(row, 0)?,
        operator_id: OperatorId(rows::id(row, 1)?),
        message_key: rows::text(row, 2)?,
        received_at: rows::instant(row, 3)?,
        reading,
        raw: row.try_get(5)?,
    })
}

/// One column of a batch.
fn column<'r, T>(receipts: &[&'r ParkedReceipt], value: impl Fn(&'r ParkedReceipt) -> T) -> Vec<T> {
    receipts.iter().map(|receipt| value(receipt)).collect()
}
