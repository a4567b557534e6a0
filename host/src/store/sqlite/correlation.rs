//! [`CorrelationStore`] on SQLite: rows, outcomes and what receipts said. Parked receipts are next door.

use super::expire::Expire;
use super::intents::{self, Intents};
use super::parked::{self, Mark, Park};
use super::rows::{self, Octets, json, row_limit};
use super::{SqliteDb, Write};
use crate::clock;
use crate::ports::{
    AppendedReceipt, BackendError, CorrelationStore, ParkedReceipt, ParkedWork, Progress, Settlement, Tracked,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::{MessageCorrelation, PartState};
use smpp_domain::ids::{MessageId, OperatorId};
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;
use uuid::Uuid;

/// Materialised, here and below, because `json_each` writes out `value` each time that a column asks for it: a quarter of the
/// time here.
const INSERT_CORRELATIONS: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO correlation (id, message_id, operator_message_id, operator_id, recipient, submitted_at, expires_at, \
        message_key, account_id, part_number, part_count, reference) \
    SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5, \
        value ->> 6, value ->> 7, unhex(value ->> 8), value ->> 9, value ->> 10, value ->> 11 \
    FROM r WHERE true \
    ON CONFLICT (message_id, part_number, operator_message_id) DO NOTHING";

const INSERT_OUTCOMES: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO outcome (message_id, operator_id, settled_at, event) \
    SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, substr(?2, value ->> 3, value ->> 4) \
    FROM r WHERE true \
    ON CONFLICT (message_id) DO NOTHING";

const FIND: &str = "\
    SELECT k.key, c.id, c.message_id, c.operator_message_id, c.operator_id, c.recipient, c.submitted_at, \
        c.expires_at, c.message_key, c.account_id, c.part_number, c.part_count, c.reference \
    FROM json_each(?2) AS k CROSS JOIN correlation AS c ON c.rowid = ( \
        SELECT rowid FROM correlation \
        WHERE operator_id = ?1 AND message_key = k.value AND expires_at > ?3 \
        ORDER BY submitted_at DESC, id DESC LIMIT 1)";

const ACCEPTED: &str = "\
    SELECT k.key, c.id, c.message_id, c.operator_message_id, c.operator_id, c.recipient, c.submitted_at, \
        c.expires_at, c.message_key, c.account_id, c.part_number, c.part_count, c.reference \
    FROM json_each(?1) AS k CROSS JOIN correlation AS c ON c.message_id = unhex(k.value) \
    ORDER BY k.key, c.part_number, c.submitted_at, c.id";

const OUTCOMES: &str = "\
    SELECT k.key, o.event FROM json_each(?1) AS k CROSS JOIN outcome AS o ON o.message_id = unhex(k.value)";

const SETTLED_SINCE: &str = "SELECT message_id FROM outcome WHERE settled_at >= ?1 ORDER BY settled_at DESC, message_id DESC LIMIT ?2";

const HISTORY: &str = "\
    SELECT message_id, part_number, state, is_final FROM receipt \
    WHERE message_id IN (SELECT unhex(value) FROM json_each(?1)) \
    ORDER BY received_at, seq";

const APPEND: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO receipt (message_id, received_at, part_number, state, is_final, expires_at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 \
    FROM r WHERE true \
    ON CONFLICT (message_id, received_at, part_number, state, is_final) DO NOTHING";

/// The correlation store in the embedded database. Times are kept to the microsecond.
#[derive(Clone)]
pub struct SqliteStore {
    db: SqliteDb,
}

impl SqliteStore {
    /// A store in `db`.
    #[must_use]
    pub fn new(db: SqliteDb) -> Self {
        Self { db }
    }

    /// How many receipts of the operator are parked.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn parked_count(&self, operator: OperatorId) -> Result<u64, BackendError> {
        parked::count(&self.db, operator).await
    }

    async fn history(&self, messages: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<PartState>>, BackendError> {
        const ACTION: &str = "reading receipts";
        let mut history: HashMap<Uuid, Vec<PartState>> = HashMap::new();
        if messages.is_empty() {
            return Ok(history);
        }
        let ids: Vec<_> = messages.iter().map(|message| message.simple()).collect();
        let ids = json(&ids).map_err(|error| self.db.failed(ACTION, error))?;
        for row in self.db.read(ACTION, sqlx::query(HISTORY).bind(ids)).await? {
            let (message, part) = read_part(&row).map_err(|error| self.db.failed(ACTION, error))?;
            history.entry(message).or_default().push(part);
        }
        Ok(history)
    }
}

fn read_part(row: &sqlx::sqlite::SqliteRow) -> Result<(Uuid, PartState), sqlx::Error> {
    let part = PartState {
        part_number: row.try_get(1)?,
        state: rows::state(row, 2)?,
        is_final: row.try_get(3)?,
    };
    Ok((rows::uuid(row, 0)?, part))
}

#[async_trait]
impl CorrelationStore for SqliteStore {
    async fn settle(&self, batch: &[Settlement]) -> Result<Vec<ParkedReceipt>, BackendError> {
        let settle = Settle::new(batch).map_err(|error| self.db.failed(Settle::ACTION, error))?;
        self.db.write(settle).await
    }

    async fn intend(&self, messages: &[MessageId]) -> Result<(), BackendError> {
        let intend = Intents::begin(messages).map_err(|error| self.db.failed(Intents::ACTION, error))?;
        self.db.write(intend).await
    }

    async fn withdraw(&self, messages: &[MessageId]) -> Result<(), BackendError> {
        let withdraw = Intents::end(messages).map_err(|error| self.db.failed(Intents::ACTION, error))?;
        self.db.write(withdraw).await
    }

    async fn progress(&self, messages: &[MessageId]) -> Result<Vec<Progress>, BackendError> {
        const ACTION: &str = "reading progress";
        let failed = |error| self.db.failed(ACTION, error);
        let ids: Vec<_> = messages.iter().map(|message| message.0.simple()).collect();
        let ids = json(&ids).map_err(failed)?;
        let mut progress = vec![Progress::default(); messages.len()];
        for row in self.db.read(ACTION, sqlx::query(OUTCOMES).bind(&ids)).await? {
            if let Some(entry) = progress.get_mut(rows::position(&row, 0).map_err(failed)?) {
                entry.outcome = Some(rows::octets(&row, 1).map_err(failed)?);
            }
        }
        for row in self.db.read(ACTION, sqlx::query(ACCEPTED).bind(&ids)).await? {
            if let Some(entry) = progress.get_mut(rows::position(&row, 0).map_err(failed)?) {
                entry.accepted.push(rows::correlation(&row).map_err(failed)?);
            }
        }
        for row in self
            .db
            .read(ACTION, sqlx::query(intents::READ).bind(&ids))
            .await?
        {
            if let Some(entry) = progress.get_mut(rows::position(&row, 0).map_err(failed)?) {
                entry.intended = true;
            }
        }
        Ok(progress)
    }

    async fn settled_since(
        &self,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<MessageId>, BackendError> {
        const ACTION: &str = "listing settled messages";
        let query = sqlx::query(SETTLED_SINCE)
            .bind(since.timestamp_micros())
            .bind(row_limit(limit));
        let found = self.db.read(ACTION, query).await?;
        let ids: Result<_, _> = found
            .iter()
            .map(|row| rows::uuid(row, 0).map(MessageId))
            .collect();
        ids.map_err(|error| self.db.failed(ACTION, error))
    }

    async fn find(
        &self,
        operator: OperatorId,
        keys: &[String],
    ) -> Result<Vec<Option<Tracked>>, BackendError> {
        const ACTION: &str = "looking up message ids";
        let failed = |error| self.db.failed(ACTION, error);
        let query = sqlx::query(FIND)
            .bind(operator.0.as_bytes().as_slice())
            .bind(json(&keys).map_err(failed)?)
            .bind(clock::utc_now().timestamp_micros());
        let mut found: Vec<(usize, MessageCorrelation)> = Vec::with_capacity(keys.len());
        for row in self.db.read(ACTION, query).await? {
            found.push((
                rows::position(&row, 0).map_err(failed)?,
                rows::correlation(&row).map_err(failed)?,
            ));
        }
        let history = self
            .history(found.iter().map(|(_, row)| row.message_id.0).collect())
            .await?;
        let mut tracked = vec![None; keys.len()];
        for (position, correlation) in found {
            if let Some(entry) = tracked.get_mut(position) {
                let history = history
                    .get(&correlation.message_id.0)
                    .cloned()
                    .unwrap_or_default();
                *entry = Some(Tracked { correlation, history });
            }
        }
        Ok(tracked)
    }

    async fn park(&self, receipts: &[ParkedReceipt]) -> Result<Vec<Uuid>, BackendError> {
        let park = Park::new(receipts).map_err(|error| self.db.failed(Park::ACTION, error))?;
        self.db.write(park).await
    }

    async fn append_receipts(
        &self,
        receipts: &[AppendedReceipt],
        release: &[Uuid],
    ) -> Result<(), BackendError> {
        let append = Append::new(receipts, release).map_err(|error| self.db.failed(Append::ACTION, error))?;
        self.db.write(append).await
    }

    async fn parked_work(
        &self,
        operator: OperatorId,
        overdue_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<ParkedWork, BackendError> {
        parked::work(&self.db, operator, overdue_before, limit).await
    }

    async fn mark_unmatched(&self, receipts: &[Uuid]) -> Result<(), BackendError> {
        let mark = Mark::new(receipts).map_err(|error| self.db.failed(Mark::ACTION, error))?;
        self.db.write(mark).await
    }

    async fn expire(
        &self,
        now: DateTime<Utc>,
        parked_before: DateTime<Utc>,
        outcomes_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<u64, BackendError> {
        self.db
            .write(Expire {
                now,
                parked_before,
                outcomes_before,
                limit: row_limit(limit),
            })
            .await
    }
}

struct Settle {
    correlations: String,
    outcomes: String,
    events: Vec<u8>,
    rows: usize,
    now: i64,
}

impl Settle {
    fn new(batch: &[Settlement]) -> Result<Self, sqlx::Error> {
        let correlations: Vec<_> = batch
            .iter()
            .flat_map(|settlement| &settlement.correlations)
            .map(row_of)
            .collect();
        let mut events = Octets::default();
        let outcomes: Vec<_> = batch
            .iter()
            .filter_map(|settlement| settlement.outcome.as_ref())
            .map(|outcome| {
                let (start, length) = events.push(&outcome.event);
                let ids = (outcome.message_id.0.simple(), outcome.operator_id.0.simple());
                (ids.0, ids.1, outcome.settled_at.timestamp_micros(), start, length)
            })
            .collect();
        Ok(Self {
            rows: correlations.len() + outcomes.len(),
            correlations: json(&correlations)?,
            outcomes: json(&outcomes)?,
            events: events.into_inner(),
            now: clock::utc_now().timestamp_micros(),
        })
    }
}

fn row_of(row: &MessageCorrelation) -> impl serde::Serialize + '_ {
    (
        row.id.simple(),
        row.message_id.0.simple(),
        &row.operator_message_id,
        row.operator_id.0.simple(),
        &row.to,
        row.submitted_at.timestamp_micros(),
        row.expires_at.timestamp_micros(),
        &row.message_key,
        row.account_id.0.simple(),
        row.part_number,
        row.part_count,
        row.reference,
    )
}

#[async_trait]
impl Write for Settle {
    type Answer = Vec<ParkedReceipt>;
    const ACTION: &'static str = "settling messages";

    fn rows(&self) -> usize {
        self.rows
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, sqlx::Error> {
        sqlx::query(INSERT_CORRELATIONS)
            .bind(self.correlations.as_str())
            .execute(&mut *connection)
            .await?;
        sqlx::query(INSERT_OUTCOMES)
            .bind(self.outcomes.as_str())
            .bind(self.events.as_slice())
            .execute(&mut *connection)
            .await?;
        sqlx::query(intents::SETTLED)
            .bind(self.outcomes.as_str())
            .execute(&mut *connection)
            .await?;
        parked::claim(connection, &self.correlations, self.now).await
    }
}

struct Append {
    receipts: String,
    release: String,
    rows: usize,
}

impl Append {
    fn new(receipts: &[AppendedReceipt], release: &[Uuid]) -> Result<Self, sqlx::Error> {
        let states: Vec<_> = receipts
            .iter()
            .map(|receipt| {
                (
                    receipt.message_id.0.simple(),
                    receipt.received_at.timestamp_micros(),
                    receipt.part.part_number,
                    rows::state_number(receipt.part.state),
                    u8::from(receipt.part.is_final),
                    receipt.expires_at.timestamp_micros(),
                )
            })
            .collect();
        let rows = receipts.len() + release.len();
        Ok(Self {
            receipts: json(&states)?,
            release: parked::ids(release)?,
            rows,
        })
    }
}

#[async_trait]
impl Write for Append {
    type Answer = ();
    const ACTION: &'static str = "appending receipts";

    fn rows(&self) -> usize {
        self.rows
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(APPEND)
            .bind(self.receipts.as_str())
            .execute(&mut *connection)
            .await?;
        parked::release(connection, &self.release).await
    }
}
