//! Receipts that wait for their row.
//!
//! Settling and parking both run in the writer, one after the other: whichever comes second sees the first. Settling marks
//! the receipts that its rows have been waiting for; parking marks a receipt whose row is there. So a receipt and its row
//! never miss each other, and the sweep finds the pair by the mark if the caller was cut off in between.

use super::rows::{self, Octets, json, row_limit};
use super::{SqliteDb, Write};
use crate::clock;
use crate::ports::{BackendError, ParkedReceipt, ParkedWork};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashSet;
use uuid::Uuid;

/// The parked receipts that rows have been waiting for: `?1` are those of a settlement, `?4` is now. The look-up behind EXISTS is the
/// one of `find`: a receipt is only handed out when its row will be found.
pub(super) const CLAIM: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    UPDATE parked SET matched = 1 FROM r \
    WHERE parked.operator_id = unhex(r.value ->> 3) AND parked.message_key = r.value ->> 7 \
        AND EXISTS (SELECT 1 FROM correlation AS c WHERE c.operator_id = parked.operator_id \
            AND c.message_key = parked.message_key AND c.expires_at > ?4) \
    RETURNING id, operator_id, message_key, received_at, reading, raw";

/// SQLite cuts NULL, not nothing, out of an empty blob: that is what receipts without a text come to.
const PARK: &str = "\
    INSERT INTO parked (id, operator_id, message_key, received_at, reading, raw, matched) \
    SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, \
        coalesce(substr(?2, value ->> 5, value ->> 6), x''), \
        EXISTS (SELECT 1 FROM correlation AS c WHERE c.operator_id = unhex(value ->> 1) \
            AND c.message_key = value ->> 2 AND c.expires_at > ?3) \
    FROM json_each(?1) WHERE true \
    ON CONFLICT (id) DO NOTHING";

const DUE: &str = "\
    SELECT p.id FROM json_each(?1) AS r CROSS JOIN parked AS p ON p.id = unhex(r.value ->> 0) \
    WHERE EXISTS (SELECT 1 FROM correlation AS c WHERE c.operator_id = p.operator_id \
        AND c.message_key = p.message_key AND c.expires_at > ?2)";

const RELEASE: &str = "DELETE FROM parked WHERE id IN (SELECT unhex(value) FROM json_each(?1))";

const MARK: &str = "UPDATE parked SET reported = 1 WHERE id IN (SELECT unhex(value) FROM json_each(?1))";

const MATCHED: &str = "\
    SELECT id, operator_id, message_key, received_at, reading, raw FROM parked AS p \
    WHERE operator_id = ?1 AND matched = 1 \
        AND EXISTS (SELECT 1 FROM correlation AS c WHERE c.operator_id = p.operator_id \
            AND c.message_key = p.message_key AND c.expires_at > ?2) \
    ORDER BY received_at, id LIMIT ?3";

const OVERDUE: &str = "\
    SELECT id, operator_id, message_key, received_at, reading, raw FROM parked AS p \
    WHERE operator_id = ?1 AND reported = 0 AND received_at < ?4 \
        AND NOT EXISTS (SELECT 1 FROM correlation AS c WHERE c.operator_id = p.operator_id \
            AND c.message_key = p.message_key AND c.expires_at > ?2) \
    ORDER BY received_at, id LIMIT ?3";

const UNMATCHED: &str = "\
    SELECT id, operator_id, message_key, received_at, reading, raw FROM parked \
    WHERE operator_id = ?1 AND reported = 1 AND id > ?2 ORDER BY id LIMIT ?3";

/// Ids for `json_each`.
pub(super) fn ids(ids: &[Uuid]) -> Result<String, sqlx::Error> {
    json(&ids.iter().map(|id| id.simple()).collect::<Vec<_>>())
}

pub(super) async fn release(connection: &mut SqliteConnection, ids: &str) -> Result<(), sqlx::Error> {
    sqlx::query(RELEASE).bind(ids).execute(connection).await.map(drop)
}

pub(super) async fn work(
    db: &SqliteDb,
    operator: OperatorId,
    overdue_before: DateTime<Utc>,
    limit: usize,
) -> Result<ParkedWork, BackendError> {
    const ACTION: &str = "looking through parked receipts";
    let bound = |sql: &'static str| {
        sqlx::query(sql)
            .bind(operator.0.as_bytes().to_vec())
            .bind(clock::utc_now().timestamp_micros())
            .bind(row_limit(limit))
    };
    let matched = db.read(ACTION, bound(MATCHED)).await?;
    let overdue = db
        .read(ACTION, bound(OVERDUE).bind(overdue_before.timestamp_micros()))
        .await?;
    let all = |rows: &[SqliteRow]| rows.iter().map(read).collect::<Result<Vec<_>, _>>();
    let work = all(&matched)
        .and_then(|matched| all(&overdue).map(|overdue| ParkedWork { matched, overdue }))
        .map_err(|error| db.failed(ACTION, error))?;
    Ok(work)
}

pub(super) async fn unmatched(
    db: &SqliteDb,
    operator: OperatorId,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ParkedReceipt>, BackendError> {
    const ACTION: &str = "looking through unmatched receipts";
    let query = sqlx::query(UNMATCHED)
        .bind(operator.0.as_bytes().to_vec())
        .bind(after.as_bytes().to_vec())
        .bind(row_limit(limit));
    let found = db.read(ACTION, query).await?;
    let receipts: Result<_, _> = found.iter().map(read).collect();
    receipts.map_err(|error| db.failed(ACTION, error))
}

pub(super) async fn count(db: &SqliteDb, operator: OperatorId) -> Result<u64, BackendError> {
    let query = sqlx::query("SELECT count(*) FROM parked WHERE operator_id = ?1");
    db.number(
        "counting parked receipts",
        query.bind(operator.0.as_bytes().to_vec()),
    )
    .await
}

/// A row of [`CLAIM`] or of the look-ups.
pub(super) fn read(row: &SqliteRow) -> Result<ParkedReceipt, sqlx::Error> {
    let reading = serde_json::from_str(row.try_get(4)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(ParkedReceipt {
        id: rows::uuid(row, 0)?,
        operator_id: OperatorId(rows::uuid(row, 1)?),
        message_key: row.try_get(2)?,
        received_at: rows::instant(row, 3)?,
        reading,
        raw: rows::octets(row, 5)?,
    })
}

/// [`crate::ports::CorrelationStore::park`].
pub(super) struct Park {
    receipts: String,
    raw: Vec<u8>,
    order: Vec<Uuid>,
    now: i64,
}

impl Park {
    pub(super) fn new(receipts: &[ParkedReceipt]) -> Result<Self, sqlx::Error> {
        let mut raw = Octets::default();
        let mut all = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            let (start, length) = raw.push(&receipt.raw);
            all.push((
                receipt.id.simple(),
                receipt.operator_id.0.simple(),
                &receipt.message_key,
                receipt.received_at.timestamp_micros(),
                json(&receipt.reading)?,
                start,
                length,
            ));
        }
        Ok(Self {
            receipts: json(&all)?,
            raw: raw.into_inner(),
            order: receipts.iter().map(|receipt| receipt.id).collect(),
            now: clock::utc_now().timestamp_micros(),
        })
    }
}

#[async_trait]
impl Write for Park {
    type Answer = Vec<Uuid>;
    const ACTION: &'static str = "parking receipts";

    fn rows(&self) -> usize {
        self.order.len()
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Uuid>, sqlx::Error> {
        let receipts = self.receipts.as_str();
        sqlx::query(PARK)
            .bind(receipts)
            .bind(self.raw.as_slice())
            .bind(self.now)
            .execute(&mut *connection)
            .await?;
        let due = sqlx::query(DUE)
            .bind(receipts)
            .bind(self.now)
            .fetch_all(connection)
            .await?;
        let due = due
            .iter()
            .map(|row| rows::uuid(row, 0))
            .collect::<Result<HashSet<_>, _>>()?;
        Ok(self.order.iter().copied().filter(|id| due.contains(id)).collect())
    }
}

/// [`crate::ports::CorrelationStore::mark_unmatched`].
pub(super) struct Mark {
    ids: String,
    rows: usize,
}

impl Mark {
    pub(super) fn new(receipts: &[Uuid]) -> Result<Self, sqlx::Error> {
        Ok(Self {
            ids: ids(receipts)?,
            rows: receipts.len(),
        })
    }
}

#[async_trait]
impl Write for Mark {
    type Answer = ();
    const ACTION: &'static str = "marking parked receipts";

    fn rows(&self) -> usize {
        self.rows
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(MARK)
            .bind(self.ids.as_str())
            .execute(connection)
            .await
            .map(drop)
    }
}
