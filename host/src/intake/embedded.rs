//! The queue of commands in the embedded database, shared with [`crate::store::sqlite`] (one family of adapters, one file).
//!
//! Commands are numbered as they are committed. An intake walks the numbers with a cursor in memory: fetching writes
//! nothing, and acknowledging deletes. So what was fetched and never acknowledged comes again after a restart, or when the
//! operator's intake is made anew, and not before.

mod fetch;
mod search;

use crate::clock;
use crate::ports::{BackendError, CommandQueue, Delivery, Intake, IntakeOrder, QueuedCommand, Searched};
use crate::store::sqlite::{Lookups, Octets, SqliteDb, Write, instant, json, octets};
use async_trait::async_trait;
use bytes::Bytes;
use fetch::Fetch;
use smpp_domain::ids::{MessageId, OperatorId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, Notify, watch};
use uuid::fmt::Simple;

const NEWEST: &str = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'dispatch'), 0)";

const PUBLISH: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO dispatch (operator_id, published_at, body) \
    SELECT unhex(value ->> 0), ?3, substr(?2, value ->> 1, value ->> 2) FROM r";

/// In the columns of [`Fetch`].
const FETCH_RETURNED: &str = "\
    SELECT 0, seq, body, published_at FROM dispatch \
    WHERE operator_id = ?1 AND seq IN (SELECT value FROM json_each(?2)) ORDER BY seq";

/// In the order of the operators.
const DEPTHS: &str = "\
    SELECT (SELECT count(*) FROM dispatch WHERE operator_id = unhex(o.value)) FROM json_each(?1) AS o ORDER BY o.key";

const ACK: &str = "DELETE FROM dispatch WHERE seq IN (SELECT value FROM json_each(?1))";

/// The command queue in the embedded database. There is one for a database: its clones share what wakes the intakes.
#[derive(Clone)]
pub struct EmbeddedQueue {
    db: SqliteDb,
    fetches: Arc<Lookups<Fetch>>,
    lanes: Arc<Lanes>,
    /// One search at a time.
    searching: Arc<AsyncMutex<()>>,
}

/// What the intakes of this process know of the queue.
struct Lanes {
    /// Numbers up to this were there when the queue was opened: they may have been handed out by an earlier process.
    inherited: i64,
    state: Mutex<LaneMap>,
}

struct LaneMap {
    newest: i64,
    by_operator: HashMap<OperatorId, Arc<Lane>>,
}

/// One operator's.
struct Lane {
    /// No command has a higher number; grows when one is published.
    newest: watch::Sender<i64>,
    /// The highest number that was handed out, by any intake.
    handed_out: AtomicI64,
}

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, LaneMap> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under one lock, so that a lane made at this moment either starts with `newest` or is told.
    fn published(&self, newest: i64, operators: &[OperatorId]) {
        let mut state = self.lock();
        state.newest = state.newest.max(newest);
        for lane in operators
            .iter()
            .filter_map(|operator| state.by_operator.get(operator))
        {
            lane.newest.send_replace(newest);
        }
    }

    fn lane(&self, operator: OperatorId) -> Arc<Lane> {
        let mut state = self.lock();
        let newest = state.newest;
        let lane = state.by_operator.entry(operator).or_insert_with(|| {
            Arc::new(Lane {
                newest: watch::Sender::new(newest),
                handed_out: AtomicI64::new(self.inherited),
            })
        });
        Arc::clone(lane)
    }
}

impl EmbeddedQueue {
    /// The queue in `db`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(db: SqliteDb) -> Result<Self, BackendError> {
        let newest = db
            .number("opening the command queue", sqlx::query(NEWEST))
            .await?;
        let inherited = i64::try_from(newest).unwrap_or(i64::MAX);
        let state = Mutex::new(LaneMap {
            newest: inherited,
            by_operator: HashMap::new(),
        });
        Ok(Self {
            db,
            fetches: Arc::default(),
            lanes: Arc::new(Lanes { inherited, state }),
            searching: Arc::default(),
        })
    }
}

#[async_trait]
impl CommandQueue for EmbeddedQueue {
    async fn publish(&self, commands: &[QueuedCommand]) -> Result<(), BackendError> {
        if commands.is_empty() {
            return Ok(());
        }
        let mut bodies = Octets::default();
        let mut rows = Vec::with_capacity(commands.len());
        for command in commands {
            let (start, length) = bodies.push(&command.body);
            rows.push((command.operator_id.0.simple(), start, length));
        }
        let mut operators: Vec<_> = commands.iter().map(|command| command.operator_id).collect();
        operators.sort_unstable();
        operators.dedup();
        let publish = Publish {
            commands: rows,
            bodies: bodies.into_inner(),
            operators,
            lanes: Arc::clone(&self.lanes),
        };
        self.db.write(publish).await.map(drop)
    }

    /// Counts in the index: some ten milliseconds for a million.
    async fn depths(&self, operators: &[OperatorId]) -> Result<Vec<u64>, BackendError> {
        const ACTION: &str = "counting commands";
        let failed = |error| self.db.failed(ACTION, error);
        let ids: Vec<_> = operators.iter().map(|operator| operator.0.simple()).collect();
        let query = sqlx::query(DEPTHS).bind(json(&ids).map_err(failed)?);
        let found = self.db.read(ACTION, query).await?;
        let depth = |row: &SqliteRow| row.try_get::<i64, _>(0).map(i64::unsigned_abs);
        found.iter().map(depth).collect::<Result<_, _>>().map_err(failed)
    }

    async fn search(&self, message: MessageId) -> Result<Searched, BackendError> {
        self.find(message).await
    }

    /// Starts from the operator's oldest command that is not acknowledged. An operator has one intake at a time: two
    /// would hand out the same commands.
    fn intake(&self, order: IntakeOrder) -> Arc<dyn Intake> {
        Arc::new(EmbeddedIntake {
            db: self.db.clone(),
            fetches: Arc::clone(&self.fetches),
            operator: order.operator_id,
            lane: self.lanes.lane(order.operator_id),
            cursor: AsyncMutex::new(0),
            returned: Mutex::default(),
            bell: Notify::new(),
        })
    }
}

struct Publish {
    /// Operator, and where in `bodies` the body starts, from 1, and how long it is.
    commands: Vec<(Simple, usize, usize)>,
    bodies: Vec<u8>,
    operators: Vec<OperatorId>,
    lanes: Arc<Lanes>,
}

#[async_trait]
impl Write for Publish {
    /// The highest number given.
    type Answer = i64;
    const ACTION: &'static str = "queueing commands";

    fn rows(&self) -> usize {
        self.commands.len()
    }

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
        let answers = Self::apply_all(&[self], connection).await?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }

    /// All are told the highest number of all: an intake looks up to there, and finds its own.
    async fn apply_all(alike: &[&Self], connection: &mut SqliteConnection) -> Result<Vec<i64>, sqlx::Error> {
        let (mut commands, mut bodies) = (Vec::new(), Vec::new());
        for publish in alike {
            let before = bodies.len();
            bodies.extend_from_slice(&publish.bodies);
            let own = publish.commands.iter();
            commands.extend(own.map(|(operator, start, length)| (operator, before + start, length)));
        }
        let query = sqlx::query(PUBLISH)
            .bind(json(&commands)?)
            .bind(bodies)
            .bind(clock::utc_now().timestamp_micros());
        let done = query.execute(connection).await?;
        Ok(vec![done.last_insert_rowid(); alike.len()])
    }

    fn committed(&self, newest: &i64) {
        self.lanes.published(*newest, &self.operators);
    }
}

struct EmbeddedIntake {
    db: SqliteDb,
    fetches: Arc<Lookups<Fetch>>,
    operator: OperatorId,
    lane: Arc<Lane>,
    /// The last number that this intake handed out or saw to be empty.
    cursor: AsyncMutex<i64>,
    /// Numbers that were handed out and given back.
    returned: Mutex<BTreeSet<i64>>,
    /// Rings when something was given back.
    bell: Notify,
}

impl EmbeddedIntake {
    const ACTION: &'static str = "fetching commands";

    fn returned(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.returned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to `max` of those that were given back, oldest first.
    async fn fetch_returned(&self, max: usize) -> Result<Vec<Delivery>, BackendError> {
        let failed = |error| self.db.failed(Self::ACTION, error);
        let numbers: Vec<i64> = self.returned().iter().copied().take(max.max(1)).collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let query = sqlx::query(FETCH_RETURNED)
            .bind(self.operator.0.as_bytes().as_slice())
            .bind(json(&numbers).map_err(failed)?);
        let found = self.db.read(Self::ACTION, query).await?;
        // No await from here on: what is taken off the list is handed out.
        let found = found
            .iter()
            .map(|row| self.delivery(row).map(|(_, delivery)| delivery));
        let found = found.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let mut returned = self.returned();
        for number in numbers {
            returned.remove(&number);
        }
        Ok(found)
    }

    fn delivery(&self, row: &SqliteRow) -> Result<(i64, Delivery), sqlx::Error> {
        let seq: i64 = row.try_get(1)?;
        let token = u64::try_from(seq).map_err(|_| sqlx::Error::Decode("a number is negative".into()))?;
        // What was given back has a number that was handed out, too.
        let redelivered = seq <= self.lane.handed_out.load(Ordering::Acquire);
        Ok((
            seq,
            Delivery {
                token,
                body: Bytes::from(octets(row, 2)?),
                redelivered,
                published_at: instant(row, 3)?,
            },
        ))
    }
}

#[async_trait]
impl Intake for EmbeddedIntake {
    async fn fetch(&self, max: usize) -> Result<Vec<Delivery>, BackendError> {
        let mut cursor = self.cursor.lock().await;
        let mut newest = self.lane.newest.subscribe();
        loop {
            let again = self.fetch_returned(max).await?;
            if !again.is_empty() {
                return Ok(again);
            }
            let from = *cursor;
            let until = tokio::select! {
                // The sender lives in the lane, so that this wait cannot fail.
                until = newest.wait_for(|newest| *newest > from) => until.map_or(from, |newest| *newest),
                () = self.bell.notified() => continue,
            };
            let fetch = Fetch {
                operator: self.operator,
                from,
                max: max.max(1),
            };
            let found = self.db.look_up(&self.fetches, fetch).await?;
            // No await from here on: what the cursor passes is handed out.
            let found = found
                .iter()
                .map(|row| self.delivery(row))
                .collect::<Result<Vec<_>, _>>();
            let found = found.map_err(|error| self.db.failed(Self::ACTION, error))?;
            let Some((last, _)) = found.last() else {
                *cursor = until;
                continue;
            };
            // Those that others' commands have come after are not looked for again.
            *cursor = if found.len() < max.max(1) {
                until.max(*last)
            } else {
                *last
            };
            self.lane.handed_out.fetch_max(*last, Ordering::AcqRel);
            return Ok(found.into_iter().map(|(_, delivery)| delivery).collect());
        }
    }

    async fn release(&self, tokens: &[u64]) -> Result<(), BackendError> {
        let numbers = tokens.iter().filter_map(|token| i64::try_from(*token).ok());
        self.returned().extend(numbers);
        self.bell.notify_one();
        Ok(())
    }

    fn let_go(&self, _tokens: &[u64]) {}

    /// Nobody else has this file.
    fn hold_every(&self) -> Option<Duration> {
        None
    }

    async fn hold(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn ack(&self, tokens: &[u64]) -> Result<(), BackendError> {
        if tokens.is_empty() {
            return Ok(());
        }
        self.db
            .write(Ack {
                tokens: tokens.to_vec(),
            })
            .await
    }
}

struct Ack {
    tokens: Vec<u64>,
}

#[async_trait]
impl Write for Ack {
    type Answer = ();
    const ACTION: &'static str = "acknowledging commands";

    fn rows(&self) -> usize {
        self.tokens.len()
    }

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        Self::apply_all(&[self], connection).await.map(drop)
    }

    async fn apply_all(alike: &[&Self], connection: &mut SqliteConnection) -> Result<Vec<()>, sqlx::Error> {
        let tokens: Vec<_> = alike.iter().flat_map(|ack| &ack.tokens).collect();
        sqlx::query(ACK).bind(json(&tokens)?).execute(connection).await?;
        Ok(vec![(); alike.len()])
    }
}
