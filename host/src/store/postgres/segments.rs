//! The segments of messages from subscribers.
//!
//! What a batch of segments changes depends on what is known, and segments of one message come to several hosts at once.
//! So a host decides while it holds a lock on the operator's messages: it reads what those before it have committed, and
//! nobody comes between that and its decision. The lock is the transaction's and goes with it, however that ends.

use super::PostgresStore;
use super::db::{Connection, Db};
use super::id::Id;
use super::partitions::LOCK_CLASS;
use super::rows::{self, row_limit};
use super::together::Call;
use crate::clock;
use crate::ports::{BackendError, KeptSegments, SegmentStore, Waiting};
use crate::store::segments::{SegmentRow, about, assemblies, count, growth, keys, written};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use smpp_domain::reassembly::{Admission, Assembly, AssemblyState, Segment, admit};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// Locks of operators have a class of their own.
const OPERATOR_LOCK: i32 = LOCK_CLASS + 1;

const LOCK: &str = "SELECT pg_advisory_xact_lock($1, $2)";

const OF_KEYS: &str = "SELECT id FROM mo_message WHERE operator_id = $1 AND message_key = ANY($2)";

const LOAD: &str = "\
    SELECT m.id, m.message_key, m.total, m.opened_at, m.closed_at IS NOT NULL, m.told_at IS NOT NULL, \
        s.number, s.id, s.received_at, s.about, s.octets \
    FROM mo_message AS m JOIN mo_segment AS s ON s.message_id = m.id WHERE m.id = ANY($1) \
    ORDER BY m.opened_at, m.id, s.number";

const CLOSE: &str = "UPDATE mo_message SET closed_at = $2 WHERE id = ANY($1)";

const OPEN: &str = "\
    INSERT INTO mo_message (id, operator_id, message_key, total, opened_at, octets, closed_at) \
    SELECT r.id, $1, r.message_key, r.total, r.opened_at, r.octets, CASE WHEN r.is_closed THEN $8 END \
    FROM UNNEST($2::uuid[], $3::text[], $4::int2[], $5::int8[], $6::int8[], $7::bool[]) \
        AS r (id, message_key, total, opened_at, octets, is_closed)";

const ADD: &str = "\
    INSERT INTO mo_segment (message_id, number, id, received_at, about, octets) \
    SELECT * FROM UNNEST($1::uuid[], $2::int2[], $3::uuid[], $4::int8[], $5::text[], $6::bytea[])";

const GROW: &str = "\
    UPDATE mo_message AS m SET octets = m.octets + r.more \
    FROM UNNEST($1::uuid[], $2::int8[]) AS r (id, more) WHERE m.id = r.id";

const WAITING: &str = "\
    SELECT count(*) FILTER (WHERE operator_id = $1), \
        coalesce(sum(octets) FILTER (WHERE operator_id = $1), 0)::int8, count(*), coalesce(sum(octets), 0)::int8 \
    FROM mo_message WHERE closed_at IS NULL";

/// Without a lock: whether there is anything to lock for.
const DUE: &str = "\
    SELECT r.n FROM UNNEST($1::uuid[], $2::int8[], $3::int8[]) WITH ORDINALITY AS r (operator, opened, closed, n) \
    WHERE EXISTS (SELECT FROM mo_message WHERE operator_id = r.operator AND closed_at IS NULL AND opened_at < r.opened) \
        OR EXISTS (SELECT FROM mo_message WHERE operator_id = r.operator AND closed_at < r.closed AND told_at IS NULL)";

const UNTOLD: &str = "\
    SELECT id FROM mo_message WHERE operator_id = $1 AND closed_at < $2 AND told_at IS NULL ORDER BY closed_at LIMIT $3";

const GIVE_UP: &str = "\
    UPDATE mo_message SET closed_at = $4 WHERE id = ANY(ARRAY(SELECT id FROM mo_message \
        WHERE operator_id = $1 AND closed_at IS NULL AND opened_at < $2 ORDER BY opened_at LIMIT $3)) \
    RETURNING id";

const TOLD: &str = "UPDATE mo_message SET told_at = $2 WHERE id = ANY($1) AND told_at IS NULL";

/// Hosts that forget at once take different messages.
const FORGET: &str = "\
    WITH gone AS (DELETE FROM mo_message WHERE id = ANY(ARRAY(SELECT id FROM mo_message \
            WHERE told_at < $1 ORDER BY told_at LIMIT $2 FOR UPDATE SKIP LOCKED)) \
        RETURNING id), \
    rest AS (DELETE FROM mo_segment WHERE message_id = ANY(ARRAY(SELECT id FROM gone))) \
    SELECT count(*) FROM gone";

#[async_trait]
impl SegmentStore for PostgresStore {
    async fn keep(&self, operator: OperatorId, segments: &[Segment]) -> Result<KeptSegments, BackendError> {
        let mut connection = locked(&self.db, "keeping segments of messages", operator).await?;
        let of_keys = sqlx::query(OF_KEYS).bind(Id(operator.0)).bind(keys(segments));
        let of_keys = ids(&mut connection, of_keys).await?;
        let known = load(&mut connection, of_keys).await?;
        let admission = admit(known, segments.to_vec());
        carry_out(&mut connection, operator, &admission).await?;
        let waiting = sqlx::query(WAITING).bind(Id(operator.0));
        let waiting = connection.fetch(waiting).await?;
        connection.commit().await?;
        let waiting = |from| -> Result<Waiting, BackendError> {
            let number = |index| waiting.first().map_or(Ok(0), |row| row.try_get::<i64, _>(index));
            let number = |index| connection.read(number(index)).map(i64::unsigned_abs);
            Ok(Waiting {
                messages: number(from)?,
                octets: number(from + 1)?,
            })
        };
        Ok(KeptSegments {
            of_operator: waiting(0)?,
            of_all: waiting(2)?,
            tell: admission.tell,
            duplicates: admission.duplicates,
        })
    }

    async fn give_up(
        &self,
        operator: OperatorId,
        opened_before: DateTime<Utc>,
        closed_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Assembly>, BackendError> {
        let (opened_before, closed_before) =
            (opened_before.timestamp_micros(), closed_before.timestamp_micros());
        let look = Look {
            operator,
            opened_before,
            closed_before,
        };
        if !self.shared.dues.call(&self.db, &[look]).await? {
            return Ok(Vec::new());
        }
        let mut connection = locked(&self.db, GIVING_UP, operator).await?;
        let untold = sqlx::query(UNTOLD).bind(Id(operator.0)).bind(closed_before);
        let mut all = ids(&mut connection, untold.bind(row_limit(limit))).await?;
        let give_up = sqlx::query(GIVE_UP)
            .bind(Id(operator.0))
            .bind(opened_before)
            .bind(row_limit(limit))
            .bind(clock::utc_now().timestamp_micros());
        all.extend(ids(&mut connection, give_up).await?);
        let given_up = load(&mut connection, all).await?;
        connection.commit().await?;
        Ok(given_up)
    }

    async fn told(&self, messages: &[Uuid]) -> Result<(), BackendError> {
        let mut ids: Vec<_> = messages.iter().copied().map(Id).collect();
        // In one order for all hosts, so that they do not wait for each other in a circle.
        ids.sort_unstable();
        let mut connection = self.db.connection("noting what was told").await?;
        let told = sqlx::query(TOLD)
            .bind(ids)
            .bind(clock::utc_now().timestamp_micros());
        connection.execute(told).await.map(drop)
    }

    async fn forget_told(&self, told_before: DateTime<Utc>, limit: usize) -> Result<u64, BackendError> {
        let mut connection = self.db.connection("forgetting what was told").await?;
        let forget = sqlx::query(FORGET).bind(told_before.timestamp_micros());
        let gone = connection.fetch(forget.bind(row_limit(limit))).await?;
        let gone = gone.first().map_or(Ok(0), |row| row.try_get::<i64, _>(0));
        connection.read(gone).map(i64::unsigned_abs)
    }
}

const GIVING_UP: &str = "giving up incomplete messages";

/// Whether an operator has messages to be given up, or to be told.
pub(super) struct Due;

/// What is asked of an operator. Times are in microseconds.
#[derive(Clone)]
pub(super) struct Look {
    operator: OperatorId,
    opened_before: i64,
    closed_before: i64,
}

#[async_trait]
impl Call for Due {
    type Item = Look;
    type Answer = bool;

    async fn carry_out(db: &Db, calls: &[&[Look]]) -> Result<Vec<bool>, BackendError> {
        let looks: Vec<_> = calls.iter().filter_map(|call| call.first()).collect();
        let mut connection = db.connection(GIVING_UP).await?;
        let due = sqlx::query(DUE)
            .bind(column(&looks, |look| Id(look.operator.0)))
            .bind(column(&looks, |look| look.opened_before))
            .bind(column(&looks, |look| look.closed_before));
        let found = connection.fetch(due).await?;
        connection.read(rows::marked(&found, calls.len()))
    }
}

/// A connection in a transaction that has the operator's messages to itself.
async fn locked<'d>(
    db: &'d Db,
    action: &'static str,
    operator: OperatorId,
) -> Result<Connection<'d>, BackendError> {
    let mut connection = db.connection(action).await?;
    connection.begin().await?;
    // Operators that share a number wait for each other, and nothing else comes of it.
    let (high, low) = operator.0.as_u64_pair();
    let [.., a, b, c, d] = (high ^ low).to_be_bytes();
    let number = i32::from_be_bytes([a, b, c, d]);
    let lock = sqlx::query(LOCK).bind(OPERATOR_LOCK).bind(number);
    connection.fetch(lock).await?;
    Ok(connection)
}

async fn ids(
    connection: &mut Connection<'_>,
    statement: super::db::Statement<'_>,
) -> Result<Vec<Id>, BackendError> {
    let found = connection.fetch(statement).await?;
    let ids = found.iter().map(|row| rows::id(row, 0).map(Id)).collect();
    connection.read(ids)
}

async fn load(connection: &mut Connection<'_>, messages: Vec<Id>) -> Result<Vec<Assembly>, BackendError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let found = connection.fetch(sqlx::query(LOAD).bind(messages)).await?;
    let found = found.iter().map(row).collect::<Result<_, _>>();
    let read = |rows| assemblies(rows).map_err(|error| sqlx::Error::Decode(error.into()));
    connection.read(found.and_then(read))
}

fn row(row: &PgRow) -> Result<SegmentRow, sqlx::Error> {
    Ok(SegmentRow {
        message: rows::id(row, 0)?,
        key: row.try_get(1)?,
        total: rows::octet(row, 2)?,
        opened_at: rows::instant(row, 3)?,
        is_closed: row.try_get(4)?,
        is_told: row.try_get(5)?,
        number: rows::octet(row, 6)?,
        id: rows::id(row, 7)?,
        received_at: rows::instant(row, 8)?,
        about: row.try_get(9)?,
        octets: row.try_get(10)?,
    })
}

/// What is closed goes first: at no time a key has two open messages.
async fn carry_out(
    connection: &mut Connection<'_>,
    operator: OperatorId,
    admission: &Admission,
) -> Result<(), BackendError> {
    let now = clock::utc_now().timestamp_micros();
    let closed: Vec<_> = admission.closed.iter().copied().map(Id).collect();
    if !closed.is_empty() {
        connection
            .execute(sqlx::query(CLOSE).bind(closed).bind(now))
            .await?;
    }
    let opened = &admission.opened;
    if !opened.is_empty() {
        let open = sqlx::query(OPEN)
            .bind(Id(operator.0))
            .bind(column(opened, |message| Id(message.id)))
            .bind(column(opened, |message| message.key.clone()))
            .bind(column(opened, |message| i16::from(message.total)))
            .bind(column(opened, |message| message.opened_at.timestamp_micros()))
            .bind(column(opened, |message| count(message.octets())))
            .bind(column(opened, |message| message.state != AssemblyState::Open))
            .bind(now);
        connection.execute(open).await?;
    }
    let segments: Vec<_> = written(admission).collect();
    if !segments.is_empty() {
        let about: Result<Vec<_>, _> = segments.iter().map(|(_, segment)| about(segment)).collect();
        let about = connection.read(about.map_err(|error| sqlx::Error::Encode(error.into())))?;
        let add = sqlx::query(ADD)
            .bind(column(&segments, |(message, _)| Id(*message)))
            .bind(column(&segments, |(_, segment)| i16::from(segment.place.number)))
            .bind(column(&segments, |(_, segment)| Id(segment.id)))
            .bind(column(&segments, |(_, segment)| {
                segment.received_at.timestamp_micros()
            }))
            .bind(about)
            .bind(column(&segments, |(_, segment)| segment.part.octets.clone()));
        connection.execute(add).await?;
    }
    let (grown, more): (Vec<_>, Vec<_>) = growth(admission)
        .into_iter()
        .map(|(message, more)| (Id(message), more))
        .unzip();
    if !grown.is_empty() {
        connection
            .execute(sqlx::query(GROW).bind(grown).bind(more))
            .await?;
    }
    Ok(())
}

/// One column of a batch.
fn column<R, T>(rows: &[R], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
