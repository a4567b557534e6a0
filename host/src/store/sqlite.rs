//! The embedded database: one SQLite file that holds what the gateway must not lose.
//!
//! ```text
//!  SqliteStore ─┐                  ┌─► writer: a thread, one connection, group commit ─┐
//!  Queue ───────┼─► SqliteDb ──────┤                                                   ├─► smpp-connector.db (WAL)
//!  EventLog ────┘   (a handle)     └─► readers: a small pool, never write ─────────────┘
//! ```
//! [`SqliteStore`], [`crate::intake::embedded`] and [`crate::events::embedded`] are one family of adapters on one file:
//! they share the handle and the writer, and nothing else.
//!
//! A write answers after its commit has reached the disk (`synchronous = FULL`), because an HTTP 202 and a deliver_sm_resp
//! promise that. What is on disk is therefore what was answered, or more: a caller that was cut off may find its write done.

mod checkpoints;
mod correlation;
mod error;
mod expire;
mod find;
mod intents;
mod lookups;
mod migrate;
mod parked;
mod rows;
mod segments;
mod settle;
mod stops;
mod story;
mod writer;

pub use correlation::SqliteStore;
pub use error::OpenError;
pub(crate) use lookups::{Lookup, Lookups};
pub(crate) use rows::{Octets, instant, json, octets, row_limit};
pub(crate) use writer::Write;

use crate::ports::{BackendError, BackendErrorKind, Probe};
use async_trait::async_trait;
use checkpoints::Checkpoints;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::error::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use writer::{Job, Pending, Writer};

/// The database's name in the data folder.
pub const FILE_NAME: &str = "smpp-connector.db";

/// Writes that may wait for the writer; further callers wait for a place.
const WAITING_WRITES: usize = 256;
/// Look-ups that run side by side.
const READERS: u32 = 3;
/// Pages that a connection keeps, in KiB and negated, as SQLite wants it: 56 MiB in all, which is most of the memory of a gateway
/// with embedded backends. What is not among them is still in the system's own cache. The writer's are the ones that count: a
/// transaction that changes more than fits is written twice.
const WRITER_CACHE: &str = "-32768";
const READER_CACHE: &str = "-8192";
/// How long a statement or a look-up waits for its turn before the caller is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// A handle to the open database. Cheap to clone; the file is closed when the last one is gone.
#[derive(Clone)]
pub struct SqliteDb {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    jobs: mpsc::Sender<Box<dyn Job>>,
    readers: SqlitePool,
    closing: CancellationToken,
    closed: CancellationToken,
}

impl SqliteDb {
    /// Opens the database at `path`, creating its folder and its tables, and starts its writer, which counts as one of `tasks`.
    ///
    /// # Errors
    /// When the file cannot be used; the text says how to mend it.
    pub async fn open(path: &Path, tasks: &TaskTracker) -> Result<Self, OpenError> {
        let lock = claim(path)?;
        let damaged = |source| OpenError::from_sqlx(path, source);
        let mut connection = options(path).connect().await.map_err(damaged)?;
        migrate::up(&mut connection, path).await?;
        let checkpoints = options(path).connect().await.map_err(damaged)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(reader_options(path))
            .await
            .map_err(damaged)?;
        let (jobs, waiting) = mpsc::channel(WAITING_WRITES);
        let shared = Arc::new(Shared {
            name: format!("SQLite {}", path.display()),
            jobs,
            readers,
            closing: CancellationToken::new(),
            closed: CancellationToken::new(),
        });
        let writer = Writer::new(
            connection,
            Checkpoints::start(checkpoints),
            waiting,
            shared.closing.clone(),
            shared.closed.clone().drop_guard(),
            lock,
        );
        let no_thread = |source| OpenError::Thread {
            path: path.to_owned(),
            source,
        };
        writer.start(tasks.token()).map_err(no_thread)?;
        Ok(Self { shared })
    }

    /// Creates or brings up to date the database at `path`, and nothing else. Returns the migrations that it lacked.
    ///
    /// # Errors
    /// When the file cannot be used, as long as a gateway has it open too; the text says how to mend it.
    pub async fn migrate(path: &Path) -> Result<Vec<&'static str>, OpenError> {
        let _lock = claim(path)?;
        let damaged = |source| OpenError::from_sqlx(path, source);
        let mut connection = options(path).connect().await.map_err(damaged)?;
        let applied = migrate::up(&mut connection, path).await?;
        close(connection).await;
        Ok(applied)
    }

    /// Finishes the writes that were begun, refuses further ones, and closes the file. Doing it twice is harmless.
    pub async fn close(&self) {
        self.shared.readers.close().await;
        self.shared.closing.cancel();
        self.shared.closed.cancelled().await;
    }

    /// Has the writer do `write`, together with others, and answers once it is on disk. A dropped call may still be
    /// carried out.
    pub(crate) async fn write<W: Write>(&self, write: W) -> Result<W::Answer, BackendError> {
        let (reply, answer) = oneshot::channel();
        let closed = |_| self.failed(W::ACTION, sqlx::Error::PoolClosed);
        self.shared
            .jobs
            .send(Box::new(Pending::new(write, reply)))
            .await
            .map_err(|_| closed(()))?;
        let answer = answer.await.map_err(|_| closed(()))?;
        answer.map_err(|error| self.error(W::ACTION, error::kind(&error), error))
    }

    /// Looks something up, together with others of its kind.
    pub(crate) async fn look_up<L: Lookup>(
        &self,
        lookups: &Lookups<L>,
        lookup: L,
    ) -> Result<L::Answer, BackendError> {
        let found = lookups.find(&self.shared.readers, lookup).await;
        found.map_err(|error| self.error(L::ACTION, error::kind(&error), error))
    }

    /// Runs a look-up on one of the readers.
    pub(crate) async fn read<'q>(
        &self,
        action: &'static str,
        query: sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments<'q>>,
    ) -> Result<Vec<SqliteRow>, BackendError> {
        query
            .fetch_all(&self.shared.readers)
            .await
            .map_err(|error| self.failed(action, error))
    }

    /// The same, each row read as it comes: of many that are small their rows would be most of the memory.
    pub(crate) async fn read_as<'q, T>(
        &self,
        action: &'static str,
        query: sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments<'q>>,
        mut read: impl FnMut(&SqliteRow) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>, BackendError>
    where
        T: Send + Unpin,
    {
        let query = query.try_map(move |row| read(&row));
        let found = query.fetch_all(&self.shared.readers).await;
        found.map_err(|error| self.failed(action, error))
    }

    /// Reads one number, such as a count.
    pub(crate) async fn number<'q>(
        &self,
        action: &'static str,
        query: sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments<'q>>,
    ) -> Result<u64, BackendError> {
        let row = query.fetch_one(&self.shared.readers).await;
        row.and_then(|row| rows::unsigned(&row, 0))
            .map_err(|error| self.failed(action, error))
    }

    /// The port's error for one of SQLite's.
    pub(crate) fn failed(&self, action: &'static str, error: sqlx::Error) -> BackendError {
        self.error(action, error::kind(&error), error)
    }

    fn error(
        &self,
        action: &'static str,
        kind: BackendErrorKind,
        source: impl Error + Send + Sync + 'static,
    ) -> BackendError {
        BackendError {
            backend: self.shared.name.clone(),
            action,
            kind,
            source: Box::new(source),
        }
    }
}

#[async_trait]
impl Probe for SqliteDb {
    fn name(&self) -> String {
        self.shared.name.clone()
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }

    async fn probe(&self) -> Result<String, BackendError> {
        let newest = sqlx::query("SELECT max(version) FROM schema_migrations");
        let version = self.number("reading its version", newest).await?;
        Ok(format!("tables of version {version}"))
    }
}

/// The lock that says whose the database is.
struct Claim(File);

impl Drop for Claim {
    /// Closing is not enough: a child process that is being started holds a copy of the handle for a moment.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the embedded database stays locked until this process ends");
        }
    }
}

/// One process at a time: two writers would each believe their numbers and cursors to be the only ones. A file of its own
/// is locked, since SQLite locks ranges of the database file itself.
fn claim(path: &Path) -> Result<Claim, OpenError> {
    let unusable = |source| OpenError::Folder {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(Claim(lock)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

/// The commit that moves what is left of the log into the file, and lets the log begin anew, comes late (20,000 pages, 80 MB); see
/// [`checkpoints`].
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .foreign_keys(false)
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", "20000")
        .row_buffer_size(512)
        .disable_statement_logging()
}

fn reader_options(path: &Path) -> SqliteConnectOptions {
    options(path)
        .create_if_missing(false)
        .pragma("cache_size", READER_CACHE)
        .pragma("query_only", "ON")
}

/// Closes a connection that is not needed any more; SQLite then folds the WAL into the file.
async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the embedded database did not close cleanly; it recovers when it is opened again");
    }
}
