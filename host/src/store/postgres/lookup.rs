//! Reading rows and outcomes.

use super::db::{Connection, Db};
use super::id::Id;
use super::parked;
use super::receipts;
use super::rows;
use super::together::Call;
use crate::clock;
use crate::ports::{BackendError, Progress, SAME_KEY, Tracked};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::{MessageId, OperatorId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The row of each key that lives longest, and whether receipts may have told of its message: of most nothing was told yet,
/// and then there is no second question. The order is that of the days' partitions, so they are asked from the last one back,
/// and no more of them once there is a row: nearly always two. What the caller knows is not sent back.
///
/// A receipt ends when the row does by which it was found. Two rows of one part come from two sendings, which lie no farther
/// apart than a response is waited for, an hour at most: so its receipts are on the days of the rows, or beside them at midnight.
/// Parts may lie farther apart. One look for all messages: one for each would cost as much as finding its row.
const FIND: &str = "\
    WITH found AS MATERIALIZED ( \
        SELECT k.n, c.id, c.message_id, c.account_id, c.submitted_at, c.expires_at, c.reference, c.part_number, \
            c.part_count, c.operator_message_id, c.recipient \
        FROM UNNEST($1::uuid[], $2::bytea[]) WITH ORDINALITY AS k (operator, key, n) CROSS JOIN LATERAL ( \
            SELECT * FROM correlation WHERE operator_id = k.operator AND message_key = k.key AND expires_at > $3 \
            ORDER BY expires_at DESC LIMIT 1) AS c) \
    SELECT *, part_count > 1 OR message_id IN ( \
        SELECT message_id FROM receipt WHERE message_id = ANY(ARRAY(SELECT message_id FROM found)) \
            AND expires_at BETWEEN (SELECT min(expires_at) FROM found) - 7200000000 \
            AND (SELECT max(expires_at) FROM found) + 7200000000) \
    FROM found";

/// The first living rows of each key.
const FIND_ALL: &str = "\
    SELECT k.n, c.id, c.message_id, c.account_id, c.submitted_at, c.expires_at, c.reference, c.part_number, \
        c.part_count, c.operator_message_id, c.recipient \
    FROM UNNEST($2::bytea[]) WITH ORDINALITY AS k (key, n) CROSS JOIN LATERAL ( \
        SELECT * FROM correlation WHERE operator_id = $1 AND message_key = k.key AND expires_at > $3 \
        ORDER BY expires_at LIMIT $4) AS c \
    ORDER BY k.n, c.expires_at, c.id";

const ACCEPTED: &str = "\
    SELECT 0, id, message_id, account_id, submitted_at, expires_at, reference, part_number, \
        part_count, operator_message_id, recipient, operator_id, message_key \
    FROM correlation WHERE message_id = ANY($1) ORDER BY part_number, submitted_at, id";

pub(super) const OUTCOMES: &str = "SELECT message_id, event FROM outcome WHERE message_id = ANY($1)";

const INTENDED: &str = "SELECT message_id FROM intent WHERE message_id = ANY($1)";

const SETTLED_SINCE: &str = "\
    SELECT message_id FROM outcome WHERE operator_id = $1 AND settled_at >= $2 \
    ORDER BY settled_at DESC, message_id DESC LIMIT $3";

/// [`crate::ports::CorrelationStore::find`].
pub(super) struct Find;

/// What a row is looked up by.
#[derive(Clone)]
pub(super) struct Key {
    operator: OperatorId,
    key: String,
}

impl Key {
    pub(super) fn all(operator: OperatorId, keys: &[String]) -> Vec<Self> {
        let key = |key: &String| Self {
            operator,
            key: key.clone(),
        };
        keys.iter().map(key).collect()
    }
}

#[async_trait]
impl Call for Find {
    type Item = Key;
    type Answer = Vec<Option<Tracked>>;

    async fn carry_out(db: &Db, calls: &[&[Key]]) -> Result<Vec<Self::Answer>, BackendError> {
        let keys: Vec<&Key> = calls.iter().copied().flatten().collect();
        let mut tracked = find(db, &keys).await?.into_iter();
        let share = |call: &&[Key]| tracked.by_ref().take(call.len()).collect();
        Ok(calls.iter().map(share).collect())
    }
}

async fn find(db: &Db, keys: &[&Key]) -> Result<Vec<Option<Tracked>>, BackendError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = db.connection("looking up message ids").await?;
    let operators: Vec<_> = keys.iter().map(|key| Id(key.operator.0)).collect();
    let octets: Vec<_> = keys.iter().map(|key| key.key.as_bytes()).collect();
    let statement = sqlx::query(FIND)
        .bind(operators)
        .bind(octets)
        .bind(clock::utc_now().timestamp_micros());
    let mut found: Vec<(usize, MessageCorrelation)> = Vec::with_capacity(keys.len());
    let mut told = Vec::new();
    for row in connection.fetch(statement).await? {
        let position = connection.read(rows::position(&row, 0))?;
        let Some(Key { operator, key }) = keys.get(position) else {
            continue;
        };
        let correlation = connection.read(rows::found(&row, *operator, key.clone()))?;
        if connection.read(row.try_get(11))? {
            told.push(correlation.message_id.0);
        }
        found.push((position, correlation));
    }
    let history = receipts::history(&mut connection, told).await?;
    let mut tracked = vec![None; keys.len()];
    for (position, correlation) in found {
        if let Some(entry) = tracked.get_mut(position) {
            *entry = Some(Tracked::of(correlation, &history));
        }
    }
    Ok(tracked)
}

/// [`crate::ports::CorrelationStore::find_all`]. A batch that was sent again has left its rows twice: they count once.
pub(super) async fn find_all(
    db: &Db,
    operator: OperatorId,
    keys: &[String],
) -> Result<Vec<Vec<Tracked>>, BackendError> {
    let mut all = vec![Vec::new(); keys.len()];
    if keys.is_empty() {
        return Ok(all);
    }
    let mut connection = db.connection("looking up numbers").await?;
    let octets: Vec<_> = keys.iter().map(String::as_bytes).collect();
    let statement = sqlx::query(FIND_ALL)
        .bind(Id(operator.0))
        .bind(octets)
        .bind(clock::utc_now().timestamp_micros())
        .bind(rows::row_limit(SAME_KEY));
    let mut found: Vec<(usize, MessageCorrelation)> = Vec::new();
    for row in connection.fetch(statement).await? {
        let position = connection.read(rows::position(&row, 0))?;
        let key = keys.get(position).cloned().unwrap_or_default();
        found.push((position, connection.read(rows::found(&row, operator, key))?));
    }
    let messages = found.iter().map(|(_, row)| row.message_id.0).collect();
    let history = receipts::history(&mut connection, messages).await?;
    let mut seen = HashSet::new();
    for (position, correlation) in found {
        let Some(rows) = all.get_mut(position) else {
            continue;
        };
        if seen.insert((position, correlation.message_id, correlation.part_number)) {
            rows.push(Tracked::of(correlation, &history));
        }
    }
    Ok(all)
}

/// [`crate::ports::CorrelationStore::progress`].
pub(super) struct Known;

#[async_trait]
impl Call for Known {
    type Item = MessageId;
    type Answer = Vec<Progress>;

    async fn carry_out(db: &Db, calls: &[&[MessageId]]) -> Result<Vec<Vec<Progress>>, BackendError> {
        let ids: Vec<_> = calls
            .iter()
            .copied()
            .flatten()
            .map(|message| Id(message.0))
            .collect();
        let mut known = progress(db, &ids).await?.into_iter();
        let share = |call: &&[MessageId]| known.by_ref().take(call.len()).collect();
        Ok(calls.iter().map(share).collect())
    }
}

async fn progress(db: &Db, ids: &[Id]) -> Result<Vec<Progress>, BackendError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = db.connection("reading progress").await?;
    let mut known: HashMap<Uuid, Progress> = HashMap::new();
    for row in connection.fetch(sqlx::query(OUTCOMES).bind(ids)).await? {
        let Id(message) = connection.read(row.try_get(0))?;
        known.entry(message).or_default().outcome = Some(connection.read(row.try_get(1))?);
    }
    let accepted = accepted(&mut connection, ids).await?;
    // Whoever has settled these may have died before it looked: they are left to the sweep.
    parked::waiting(
        &mut connection,
        &accepted.iter().collect::<Vec<_>>(),
        clock::utc_now(),
    )
    .await?;
    for row in accepted {
        known.entry(row.message_id.0).or_default().accepted.push(row);
    }
    for row in connection.fetch(sqlx::query(INTENDED).bind(ids)).await? {
        let Id(message) = connection.read(row.try_get(0))?;
        known.entry(message).or_default().intended = true;
    }
    let told = |Id(id): &Id| known.get(id).cloned().unwrap_or_default();
    Ok(ids.iter().map(told).collect())
}

/// A batch that was sent again, after an answer that was lost, has left its rows twice: the first of them count.
pub(super) async fn accepted(
    connection: &mut Connection<'_>,
    ids: &[Id],
) -> Result<Vec<MessageCorrelation>, BackendError> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for row in connection.fetch(sqlx::query(ACCEPTED).bind(ids)).await? {
        let row = connection.read(rows::correlation(&row))?;
        if seen.insert((row.message_id, row.part_number, row.operator_message_id.clone())) {
            all.push(row);
        }
    }
    Ok(all)
}

/// [`crate::ports::CorrelationStore::settled_since`].
pub(super) async fn settled_since(
    db: &Db,
    operator: OperatorId,
    since: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<MessageId>, BackendError> {
    let mut connection = db.connection("listing settled messages").await?;
    let statement = sqlx::query(SETTLED_SINCE)
        .bind(Id(operator.0))
        .bind(since.timestamp_micros())
        .bind(rows::row_limit(limit));
    let read = |row: &PgRow| row.try_get(0).map(|Id(id)| MessageId(id));
    connection.fetch_as(statement, read).await
}
