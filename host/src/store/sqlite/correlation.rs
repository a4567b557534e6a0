//! [`CorrelationStore`] on SQLite: rows, outcomes and what receipts said. Parked receipts are next door.

use super::expire::Expire;
use super::find::{Find, Found};
use super::intents::{self, Begin, End};
use super::parked::{self, Mark, Park};
use super::rows::{self, json, row_limit};
use super::settle::{Append, Settle};
use super::{Lookups, SqliteDb, Write};
use crate::clock;
use crate::ports::{
    AppendedReceipt, BackendError, CorrelationStore, MessageHistory, ParkedReceipt, ParkedWork, Progress,
    SAME_KEY, Settled, Settlement, Tracked,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::PartState;
use smpp_domain::ids::{MessageId, OperatorId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// As many rows of a key as [`SAME_KEY`] says.
const FIND_ALL: &str = "\
    SELECT k.key, c.id, c.message_id, c.operator_message_id, c.operator_id, c.recipient, c.submitted_at, \
        c.expires_at, c.message_key, c.account_id, c.part_number, c.part_count, c.reference \
    FROM json_each(?2) AS k CROSS JOIN correlation AS c ON c.rowid IN ( \
        SELECT rowid FROM correlation \
        WHERE operator_id = ?1 AND message_key = k.value AND expires_at > ?3 \
        ORDER BY expires_at, id LIMIT ?4) \
    ORDER BY k.key, c.expires_at, c.id";

pub(super) const ACCEPTED: &str = "\
    SELECT k.key, c.id, c.message_id, c.operator_message_id, c.operator_id, c.recipient, c.submitted_at, \
        c.expires_at, c.message_key, c.account_id, c.part_number, c.part_count, c.reference \
    FROM json_each(?1) AS k CROSS JOIN correlation AS c ON c.message_id = unhex(k.value) \
    ORDER BY k.key, c.part_number, c.submitted_at, c.id";

pub(super) const OUTCOMES: &str = "\
    SELECT k.key, o.event FROM json_each(?1) AS k CROSS JOIN outcome AS o ON o.message_id = unhex(k.value)";

const SETTLED_SINCE: &str = "\
    SELECT message_id FROM outcome WHERE operator_id = ?1 AND settled_at >= ?2 \
    ORDER BY settled_at DESC, message_id DESC LIMIT ?3";

pub(super) const HISTORY: &str = "\
    SELECT message_id, part_number, state, is_final FROM receipt \
    WHERE message_id IN (SELECT unhex(value) FROM json_each(?1)) \
    ORDER BY received_at, seq";

/// The correlation store in the embedded database. Times are kept to the microsecond.
#[derive(Clone)]
pub struct SqliteStore {
    db: SqliteDb,
    finds: Arc<Lookups<Find>>,
}

impl SqliteStore {
    /// A store in `db`.
    #[must_use]
    pub fn new(db: SqliteDb) -> Self {
        Self {
            db,
            finds: Arc::default(),
        }
    }

    pub(super) fn db(&self) -> &SqliteDb {
        &self.db
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
        if messages.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<_> = messages.iter().map(|message| message.simple()).collect();
        let ids = json(&ids).map_err(|error| self.db.failed(ACTION, error))?;
        let found = self.db.read(ACTION, sqlx::query(HISTORY).bind(ids)).await?;
        by_message(&found).map_err(|error| self.db.failed(ACTION, error))
    }
}

/// What [`HISTORY`] has found, in its order.
pub(super) fn by_message(found: &[SqliteRow]) -> Result<HashMap<Uuid, Vec<PartState>>, sqlx::Error> {
    let mut history: HashMap<Uuid, Vec<PartState>> = HashMap::new();
    for row in found {
        history.entry(rows::uuid(row, 0)?).or_default().push(PartState {
            part_number: row.try_get(1)?,
            state: rows::state(row, 2)?,
            is_final: row.try_get(3)?,
        });
    }
    Ok(history)
}

#[async_trait]
impl CorrelationStore for SqliteStore {
    async fn settle(&self, batch: &[Settlement]) -> Result<Settled, BackendError> {
        let settle = Settle::new(batch).map_err(|error| self.db.failed(Settle::ACTION, error))?;
        self.db.write(settle).await
    }

    async fn intend(&self, owner: Uuid, messages: &[MessageId]) -> Result<Vec<MessageId>, BackendError> {
        let begin = Begin::new(owner, messages).map_err(|error| self.db.failed(Begin::ACTION, error))?;
        self.db.write(begin).await
    }

    async fn withdraw(&self, owner: Uuid, messages: &[MessageId]) -> Result<(), BackendError> {
        let end = End::new(owner, messages).map_err(|error| self.db.failed(End::ACTION, error))?;
        self.db.write(end).await
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
        operator: OperatorId,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<MessageId>, BackendError> {
        let query = sqlx::query(SETTLED_SINCE)
            .bind(operator.0.as_bytes().as_slice())
            .bind(since.timestamp_micros())
            .bind(row_limit(limit));
        let read = |row: &SqliteRow| rows::uuid(row, 0).map(MessageId);
        self.db.read_as("listing settled messages", query, read).await
    }

    async fn find(
        &self,
        operator: OperatorId,
        keys: &[String],
    ) -> Result<Vec<Option<Tracked>>, BackendError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.db.look_up(&self.finds, Find::new(operator, keys)).await?;
        let told = found.iter().flatten().filter(|found| found.is_told);
        let history = self.history(told.map(|found| found.row.message_id.0).collect());
        let history = history.await?;
        let tracked = |found: Found| Tracked::of(found.row, &history);
        Ok(found.into_iter().map(|found| found.map(tracked)).collect())
    }

    async fn find_all(
        &self,
        operator: OperatorId,
        keys: &[String],
    ) -> Result<Vec<Vec<Tracked>>, BackendError> {
        const ACTION: &str = "looking up numbers";
        let failed = |error| self.db.failed(ACTION, error);
        let query = sqlx::query(FIND_ALL)
            .bind(operator.0.as_bytes().as_slice())
            .bind(json(&keys).map_err(failed)?)
            .bind(clock::utc_now().timestamp_micros())
            .bind(row_limit(SAME_KEY));
        let found = self.db.read(ACTION, query).await?;
        let position_and_row = |row| Ok((rows::position(row, 0)?, rows::correlation(row)?));
        let found: Result<Vec<_>, _> = found.iter().map(position_and_row).collect();
        let found = found.map_err(failed)?;
        let history = self
            .history(found.iter().map(|(_, row)| row.message_id.0).collect())
            .await?;
        let mut all = vec![Vec::new(); keys.len()];
        for (position, correlation) in found {
            if let Some(rows) = all.get_mut(position) {
                rows.push(Tracked::of(correlation, &history));
            }
        }
        Ok(all)
    }

    async fn park(&self, receipts: &[ParkedReceipt]) -> Result<Vec<Uuid>, BackendError> {
        let park = Park::new(receipts).map_err(|error| self.db.failed(Park::ACTION, error))?;
        self.db.write(park).await
    }

    async fn append_receipts(
        &self,
        receipts: &[AppendedReceipt],
        release: &[Uuid],
    ) -> Result<Vec<MessageHistory>, BackendError> {
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

    async fn unmatched(
        &self,
        operator: OperatorId,
        after: Uuid,
        limit: usize,
    ) -> Result<Vec<ParkedReceipt>, BackendError> {
        parked::unmatched(&self.db, operator, after, limit).await
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
