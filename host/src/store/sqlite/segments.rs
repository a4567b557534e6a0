//! The segments of messages from subscribers.
//!
//! What a batch of segments changes is decided inside of the writer, which does one thing after the other: it sees what
//! is known, and nobody comes between that and its decision.

use super::rows::{self, Octets, json, row_limit};
use super::{SqliteStore, Write};
use crate::clock;
use crate::ports::{BackendError, KeptSegments, SegmentStore, Waiting};
use crate::store::segments::{SegmentRow, about, assemblies, count, growth, keys, written};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use smpp_domain::reassembly::{Admission, Assembly, AssemblyState, Segment, admit};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

const OF_KEYS: &str = "\
    SELECT m.id FROM json_each(?2) AS k CROSS JOIN mo_message AS m ON m.operator_id = ?1 AND m.message_key = k.value";

const LOAD: &str = "\
    SELECT m.id, m.message_key, m.total, m.opened_at, m.closed_at IS NOT NULL, m.told_at IS NOT NULL, \
        s.number, s.id, s.received_at, s.about, s.octets \
    FROM json_each(?1) AS k CROSS JOIN mo_message AS m ON m.id = unhex(k.value) \
        CROSS JOIN mo_segment AS s ON s.message_id = m.id \
    ORDER BY m.opened_at, m.id, s.number";

const CLOSE: &str =
    "UPDATE mo_message SET closed_at = ?2 WHERE id IN (SELECT unhex(value) FROM json_each(?1))";

const OPEN: &str = "\
    INSERT INTO mo_message (id, operator_id, message_key, total, opened_at, octets, closed_at) \
    SELECT unhex(value ->> 0), ?2, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 \
    FROM json_each(?1)";

/// SQLite cuts NULL, not nothing, out of an empty blob: a segment may have no text.
const ADD: &str = "\
    INSERT INTO mo_segment (message_id, number, id, received_at, about, octets) \
    SELECT unhex(value ->> 0), value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4, \
        coalesce(substr(?2, value ->> 5, value ->> 6), x'') \
    FROM json_each(?1)";

const GROW: &str = "\
    UPDATE mo_message SET octets = octets + r.more \
    FROM (SELECT unhex(value ->> 0) AS id, value ->> 1 AS more FROM json_each(?1)) AS r WHERE mo_message.id = r.id";

const WAITING: &str = "\
    SELECT count(*) FILTER (WHERE operator_id = ?1), coalesce(sum(octets) FILTER (WHERE operator_id = ?1), 0), \
        count(*), coalesce(sum(octets), 0) \
    FROM mo_message WHERE closed_at IS NULL";

const GIVE_UP: &str = "\
    UPDATE mo_message SET closed_at = ?4 WHERE rowid IN (SELECT rowid FROM mo_message \
        WHERE operator_id = ?1 AND closed_at IS NULL AND opened_at < ?2 ORDER BY opened_at LIMIT ?3) \
    RETURNING id";

const UNTOLD: &str = "\
    SELECT id FROM mo_message WHERE operator_id = ?1 AND closed_at < ?2 AND told_at IS NULL \
    ORDER BY closed_at LIMIT ?3";

const TOLD: &str = "UPDATE mo_message SET told_at = ?2 \
    WHERE told_at IS NULL AND id IN (SELECT unhex(value) FROM json_each(?1))";

const FORGET_SEGMENTS: &str = "DELETE FROM mo_segment WHERE message_id IN \
    (SELECT id FROM mo_message WHERE told_at < ?1 ORDER BY told_at, rowid LIMIT ?2)";
const FORGET_MESSAGES: &str = "DELETE FROM mo_message WHERE rowid IN \
    (SELECT rowid FROM mo_message WHERE told_at < ?1 ORDER BY told_at, rowid LIMIT ?2)";

#[async_trait]
impl SegmentStore for SqliteStore {
    async fn keep(&self, operator: OperatorId, segments: &[Segment]) -> Result<KeptSegments, BackendError> {
        let keep = Keep {
            operator,
            segments: segments.to_vec(),
        };
        self.db().write(keep).await
    }

    async fn give_up(
        &self,
        operator: OperatorId,
        opened_before: DateTime<Utc>,
        closed_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Assembly>, BackendError> {
        let give_up = GiveUp {
            operator,
            opened_before: opened_before.timestamp_micros(),
            closed_before: closed_before.timestamp_micros(),
            limit,
        };
        self.db().write(give_up).await
    }

    async fn told(&self, messages: &[Uuid]) -> Result<(), BackendError> {
        let ids = ids(messages).map_err(|error| self.db().failed(Told::ACTION, error))?;
        let rows = messages.len();
        self.db().write(Told { ids, rows }).await
    }

    async fn forget_told(&self, told_before: DateTime<Utc>, limit: usize) -> Result<u64, BackendError> {
        let told_before = told_before.timestamp_micros();
        self.db().write(ForgetTold { told_before, limit }).await
    }
}

fn ids(messages: &[Uuid]) -> Result<String, sqlx::Error> {
    json(&messages.iter().map(|id| id.simple()).collect::<Vec<_>>())
}

fn all_ids(rows: &[SqliteRow]) -> Result<Vec<Uuid>, sqlx::Error> {
    rows.iter().map(|row| rows::uuid(row, 0)).collect()
}

fn row(row: &SqliteRow) -> Result<SegmentRow, sqlx::Error> {
    Ok(SegmentRow {
        message: rows::uuid(row, 0)?,
        key: row.try_get(1)?,
        total: row.try_get(2)?,
        opened_at: rows::instant(row, 3)?,
        is_closed: row.try_get(4)?,
        is_told: row.try_get(5)?,
        number: row.try_get(6)?,
        id: rows::uuid(row, 7)?,
        received_at: rows::instant(row, 8)?,
        about: row.try_get(9)?,
        octets: rows::octets(row, 10)?,
    })
}

async fn load(connection: &mut SqliteConnection, messages: &[Uuid]) -> Result<Vec<Assembly>, sqlx::Error> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query(LOAD)
        .bind(ids(messages)?)
        .fetch_all(connection)
        .await?;
    let rows = found.iter().map(row).collect::<Result<_, _>>()?;
    assemblies(rows).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// [`SegmentStore::keep`].
struct Keep {
    operator: OperatorId,
    segments: Vec<Segment>,
}

impl Keep {
    async fn known(&self, connection: &mut SqliteConnection) -> Result<Vec<Assembly>, sqlx::Error> {
        let of_keys = sqlx::query(OF_KEYS)
            .bind(self.operator.0.as_bytes().as_slice())
            .bind(json(&keys(&self.segments))?)
            .fetch_all(&mut *connection)
            .await?;
        load(connection, &all_ids(&of_keys)?).await
    }

    /// What is closed goes first: at no time a key has two open messages.
    async fn carry_out(
        &self,
        connection: &mut SqliteConnection,
        admission: &Admission,
    ) -> Result<(), sqlx::Error> {
        let now = clock::utc_now().timestamp_micros();
        let close = sqlx::query(CLOSE).bind(ids(&admission.closed)?).bind(now);
        close.execute(&mut *connection).await?;
        let opened: Vec<_> = admission
            .opened
            .iter()
            .map(|message| {
                let closed_at = (message.state != AssemblyState::Open).then_some(now);
                let opened_at = message.opened_at.timestamp_micros();
                let (id, octets) = (message.id.simple(), count(message.octets()));
                (id, &message.key, message.total, opened_at, octets, closed_at)
            })
            .collect();
        let open = sqlx::query(OPEN).bind(json(&opened)?);
        open.bind(self.operator.0.as_bytes().as_slice())
            .execute(&mut *connection)
            .await?;
        let mut octets = Octets::default();
        let mut segments = Vec::new();
        for (message, segment) in written(admission) {
            let (start, length) = octets.push(&segment.part.octets);
            let about = about(segment).map_err(|error| sqlx::Error::Encode(error.into()))?;
            let (id, received_at) = (segment.id.simple(), segment.received_at.timestamp_micros());
            segments.push((
                message.simple(),
                segment.place.number,
                id,
                received_at,
                about,
                start,
                length,
            ));
        }
        let add = sqlx::query(ADD).bind(json(&segments)?).bind(octets.into_inner());
        add.execute(&mut *connection).await?;
        let growth: Vec<_> = growth(admission)
            .into_iter()
            .map(|(message, more)| (message.simple(), more))
            .collect();
        let grow = sqlx::query(GROW).bind(json(&growth)?);
        grow.execute(connection).await.map(drop)
    }
}

#[async_trait]
impl Write for Keep {
    type Answer = KeptSegments;
    const ACTION: &'static str = "keeping segments of messages";

    fn rows(&self) -> usize {
        self.segments.len() * 2
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<KeptSegments, sqlx::Error> {
        let known = self.known(connection).await?;
        let admission = admit(known, self.segments.clone());
        self.carry_out(connection, &admission).await?;
        let waiting = sqlx::query(WAITING).bind(self.operator.0.as_bytes().as_slice());
        let waiting = waiting.fetch_one(connection).await?;
        let waiting = |from| {
            Ok::<_, sqlx::Error>(Waiting {
                messages: rows::unsigned(&waiting, from)?,
                octets: rows::unsigned(&waiting, from + 1)?,
            })
        };
        Ok(KeptSegments {
            tell: admission.tell,
            duplicates: admission.duplicates,
            of_operator: waiting(0)?,
            of_all: waiting(2)?,
        })
    }
}

/// [`SegmentStore::give_up`].
struct GiveUp {
    operator: OperatorId,
    opened_before: i64,
    closed_before: i64,
    limit: usize,
}

#[async_trait]
impl Write for GiveUp {
    type Answer = Vec<Assembly>;
    const ACTION: &'static str = "giving up incomplete messages";

    fn rows(&self) -> usize {
        self.limit
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Assembly>, sqlx::Error> {
        let operator = self.operator.0.as_bytes().as_slice();
        let untold = sqlx::query(UNTOLD)
            .bind(operator)
            .bind(self.closed_before)
            .bind(row_limit(self.limit))
            .fetch_all(&mut *connection)
            .await?;
        let given_up = sqlx::query(GIVE_UP)
            .bind(operator)
            .bind(self.opened_before)
            .bind(row_limit(self.limit))
            .bind(clock::utc_now().timestamp_micros())
            .fetch_all(&mut *connection)
            .await?;
        let all = [all_ids(&untold)?, all_ids(&given_up)?].concat();
        load(connection, &all).await
    }
}

/// [`SegmentStore::told`].
struct Told {
    ids: String,
    rows: usize,
}

#[async_trait]
impl Write for Told {
    type Answer = ();
    const ACTION: &'static str = "noting what was told";

    fn rows(&self) -> usize {
        self.rows
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let told = sqlx::query(TOLD).bind(self.ids.as_str());
        let told = told.bind(clock::utc_now().timestamp_micros());
        told.execute(connection).await.map(drop)
    }
}

/// [`SegmentStore::forget_told`].
struct ForgetTold {
    told_before: i64,
    limit: usize,
}

#[async_trait]
impl Write for ForgetTold {
    type Answer = u64;
    const ACTION: &'static str = "forgetting what was told";

    fn rows(&self) -> usize {
        self.limit.saturating_mul(4)
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
        let bound = |sql: &'static str| {
            sqlx::query(sql)
                .bind(self.told_before)
                .bind(row_limit(self.limit))
        };
        bound(FORGET_SEGMENTS).execute(&mut *connection).await?;
        let gone = bound(FORGET_MESSAGES).execute(connection).await?;
        Ok(gone.rows_affected())
    }
}
