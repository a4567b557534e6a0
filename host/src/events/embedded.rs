//! The event log in the embedded database, shared with [`crate::store::sqlite`] (one family of adapters, one file).
//!
//! An event is a row with the next number. A `dedup_id` is remembered for as long as its event is kept: `prune` is the end
//! of both.

use crate::clock;
use crate::ports::{BackendError, Event, EventLog, EventSink, LoggedEvent};
use crate::store::sqlite::{Octets, SqliteDb, Write, instant, json, row_limit};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::sync::Arc;
use tokio::sync::watch;

const NEWEST: &str = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)";

const PUBLISH: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO event (dedup_id, subject, at, payload) \
    SELECT value ->> 0, value ->> 1, ?3, CAST(substr(?2, value ->> 2, value ->> 3) AS TEXT) \
    FROM r WHERE true \
    ON CONFLICT (dedup_id) DO NOTHING";

const READ: &str = "SELECT seq, subject, at, payload FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2";

/// Looks at the oldest events only: their times ascend with their numbers, so no index by time is needed.
const PRUNE: &str = "DELETE FROM event WHERE seq IN \
    (SELECT seq FROM (SELECT seq, at FROM event ORDER BY seq LIMIT ?2) WHERE at < ?1)";

/// The event log in the embedded database. There is one for a database: its clones share what wakes the readers.
#[derive(Clone)]
pub struct EmbeddedEvents {
    db: SqliteDb,
    newest: Arc<watch::Sender<u64>>,
}

impl EmbeddedEvents {
    /// The log in `db`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(db: SqliteDb) -> Result<Self, BackendError> {
        let newest = db.number("opening the event log", sqlx::query(NEWEST)).await?;
        Ok(Self {
            db,
            newest: Arc::new(watch::Sender::new(newest)),
        })
    }
}

#[async_trait]
impl EventSink for EmbeddedEvents {
    async fn publish(&self, events: &[Event]) -> Result<(), BackendError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut payloads = Octets::default();
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            // JSON is UTF-8. A payload that is not would make the log unreadable from there on.
            let (start, length) = match std::str::from_utf8(&event.payload) {
                Ok(payload) => payloads.push(payload.as_bytes()),
                Err(_) => payloads.push(String::from_utf8_lossy(&event.payload).as_bytes()),
            };
            let subject = format!("smpp.{}.{}", event.kind.name(), event.operator_id);
            rows.push((event.dedup_id.clone(), subject, start, length));
        }
        let publish = Publish {
            events: rows,
            payloads: payloads.into_inner(),
            newest: Arc::clone(&self.newest),
        };
        self.db.write(publish).await.map(drop)
    }
}

#[async_trait]
impl EventLog for EmbeddedEvents {
    async fn read_after(&self, after: u64, limit: usize) -> Result<Vec<LoggedEvent>, BackendError> {
        const ACTION: &str = "reading events";
        // No event has a number above SQLite's highest.
        let Ok(after) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let found = self
            .db
            .read(ACTION, sqlx::query(READ).bind(after).bind(row_limit(limit)))
            .await?;
        let events: Result<_, _> = found.iter().map(read).collect();
        events.map_err(|error| self.db.failed(ACTION, error))
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    async fn prune(&self, before: DateTime<Utc>, limit: usize) -> Result<u64, BackendError> {
        let before = before.timestamp_micros();
        self.db.write(Prune { before, limit }).await
    }
}

fn read(row: &SqliteRow) -> Result<LoggedEvent, sqlx::Error> {
    let seq = u64::try_from(row.try_get::<i64, _>(0)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(LoggedEvent {
        seq,
        subject: row.try_get(1)?,
        at: instant(row, 2)?,
        payload: row.try_get(3)?,
    })
}

struct Publish {
    /// Id, subject, and where in `payloads` the payload starts, from 1, and how long it is.
    events: Vec<(String, String, usize, usize)>,
    payloads: Vec<u8>,
    newest: Arc<watch::Sender<u64>>,
}

#[async_trait]
impl Write for Publish {
    /// The highest number given, if any event was new.
    type Answer = Option<u64>;
    const ACTION: &'static str = "publishing events";

    fn rows(&self) -> usize {
        self.events.len()
    }

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Option<u64>, sqlx::Error> {
        let answers = Self::apply_all(&[self], connection).await?;
        Ok(answers.into_iter().flatten().next())
    }

    /// All are told the highest number of all: that is how far readers may go.
    async fn apply_all(
        alike: &[&Self],
        connection: &mut SqliteConnection,
    ) -> Result<Vec<Option<u64>>, sqlx::Error> {
        let (mut events, mut payloads) = (Vec::new(), Vec::new());
        for publish in alike {
            let before = payloads.len();
            payloads.extend_from_slice(&publish.payloads);
            let own = publish.events.iter();
            events.extend(own.map(|(id, subject, start, length)| (id, subject, before + start, length)));
        }
        let query = sqlx::query(PUBLISH)
            .bind(json(&events)?)
            .bind(payloads)
            .bind(clock::utc_now().timestamp_micros());
        let done = query.execute(connection).await?;
        let newest = match done.rows_affected() {
            0 => None,
            _ => u64::try_from(done.last_insert_rowid()).ok(),
        };
        Ok(vec![newest; alike.len()])
    }

    fn committed(&self, answer: &Option<u64>) {
        if let Some(newest) = *answer {
            self.newest.send_replace(newest);
        }
    }
}

struct Prune {
    before: i64,
    limit: usize,
}

#[async_trait]
impl Write for Prune {
    type Answer = u64;
    const ACTION: &'static str = "pruning events";

    fn rows(&self) -> usize {
        self.limit
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
        let query = sqlx::query(PRUNE).bind(self.before).bind(row_limit(self.limit));
        query.execute(connection).await.map(|done| done.rows_affected())
    }
}
