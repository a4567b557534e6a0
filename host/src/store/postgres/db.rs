//! The connections, and what every statement on them has in common: its bounds in time and its errors.

use super::error::{self, OpenError};
use super::partitions::Partitions;
use crate::ports::BackendError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{ConnectOptions, Connection as _, Executor, PgConnection, Postgres};
use std::future::Future;
use std::io;
use std::time::Duration;

/// How long a caller waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);
/// A connection that was idle for so long is tried before it is used: its server may have gone meanwhile. Under load, where
/// each round trip counts, there is none for this.
const IDLE: Duration = Duration::from_secs(1);
/// How long a statement may take. The server ends it a little before we give up on the server.
const STATEMENT: Duration = Duration::from_secs(11);

/// Settings of each connection.
///
/// Every statement looks a batch of keys up by an index. Left to its statistics, which come late for a partition of today,
/// the planner may read whole days instead; so it is told not to. Plans are made once: the partitions that a statement needs
/// are chosen when it runs.
const SESSION: &str = "\
    SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '30s'; \
    SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; \
    SET plan_cache_mode = force_generic_plan";

/// A server as the configuration names it.
pub(super) struct Server {
    /// Without secrets: `PostgreSQL at db.example:5432/smpp`.
    pub(super) name: String,
    pub(super) options: PgConnectOptions,
}

impl Server {
    pub(super) fn new(url: &str) -> Result<Self, OpenError> {
        let options: PgConnectOptions = url.parse().map_err(|source| OpenError::Url { source })?;
        let options = options
            .application_name("smpp-connector")
            .disable_statement_logging();
        let place = match options.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let database = options.get_database().unwrap_or(options.get_username());
        Ok(Self {
            name: format!("PostgreSQL at {place}/{database}"),
            options,
        })
    }
}

/// The database, for as long as the process runs.
pub(super) struct Db {
    name: String,
    pool: PgPool,
    pub(super) partitions: Partitions,
}

/// A statement with its arguments.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

impl Db {
    /// Connects when it is asked for the first time.
    pub(super) fn new(server: Server, connections: u32) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .before_acquire(|connection, known| {
                let tried = known.idle_for >= IDLE;
                Box::pin(async move {
                    if tried {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(SESSION).await.map(drop) })
            })
            .connect_lazy_with(server.options);
        Self {
            name: server.name,
            pool,
            partitions: Partitions::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// A connection for one call. `action` is for people, in errors.
    pub(super) async fn connection(&self, action: &'static str) -> Result<Connection<'_>, BackendError> {
        match self.pool.acquire().await {
            Ok(inner) => Ok(Connection {
                inner,
                db: self,
                action,
                sound: true,
                open: false,
            }),
            Err(error) => Err(self.failed(action, error)),
        }
    }

    /// The port's error for one of PostgreSQL's.
    pub(super) fn failed(&self, action: &'static str, source: sqlx::Error) -> BackendError {
        if error::lacks_partition(&source) {
            // Another host has dropped a day that we took for there. It is made again for whoever tries again.
            self.partitions.forget();
        }
        BackendError {
            backend: self.name.clone(),
            action,
            kind: error::kind(&source),
            source: Box::new(source),
        }
    }
}

/// A connection that goes back to the pool if all went well, and is closed else: after an error, a timeout or a caller that
/// was cancelled nobody knows what is on its way.
pub(super) struct Connection<'d> {
    inner: PoolConnection<Postgres>,
    db: &'d Db,
    action: &'static str,
    sound: bool,
    /// It is in a transaction.
    open: bool,
}

impl Connection<'_> {
    /// Runs a statement and returns its rows.
    pub(super) async fn fetch(&mut self, statement: Statement<'_>) -> Result<Vec<PgRow>, BackendError> {
        self.sound = false;
        let rows = bounded(statement.fetch_all(&mut *self.inner)).await;
        self.checked(rows)
    }

    /// The same, each row read as it comes: of many that are small their rows would be most of the memory.
    pub(super) async fn fetch_as<T>(
        &mut self,
        statement: Statement<'_>,
        mut read: impl FnMut(&PgRow) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>, BackendError>
    where
        T: Send + Unpin,
    {
        self.sound = false;
        let statement = statement.try_map(move |row| read(&row));
        let found = bounded(statement.fetch_all(&mut *self.inner)).await;
        self.checked(found)
    }

    /// Runs a statement that inserts what is there rarely. False: something of it is there, and nothing was done.
    pub(super) async fn execute_unless_there(
        &mut self,
        statement: Statement<'_>,
    ) -> Result<bool, BackendError> {
        self.sound = false;
        let done = match bounded(statement.execute(&mut *self.inner)).await {
            // The server has taken the statement back: the connection is as it was.
            Err(error) if error::is_there(&error) => Ok(false),
            done => done.map(|_| true),
        };
        self.checked(done)
    }

    /// Runs a statement and returns how many rows it has touched.
    pub(super) async fn execute(&mut self, statement: Statement<'_>) -> Result<u64, BackendError> {
        self.sound = false;
        let done = bounded(statement.execute(&mut *self.inner)).await;
        self.checked(done.map(|done| done.rows_affected()))
    }

    /// Runs SQL that names tables, which is not worth to be prepared.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), BackendError> {
        self.sound = false;
        let connection: &mut PgConnection = &mut self.inner;
        let done = bounded(connection.execute(sqlx::raw_sql(sql))).await;
        self.checked(done.map(drop))
    }

    /// Begins a transaction. A connection that is given up before [`Self::commit`] is closed, which takes everything back.
    pub(super) async fn begin(&mut self) -> Result<(), BackendError> {
        self.run("BEGIN").await?;
        self.open = true;
        Ok(())
    }

    /// Makes what was done since [`Self::begin`] stand.
    pub(super) async fn commit(&mut self) -> Result<(), BackendError> {
        self.run("COMMIT").await?;
        self.open = false;
        Ok(())
    }

    /// The port's error for a row that cannot be read.
    pub(super) fn read<T>(&self, value: Result<T, sqlx::Error>) -> Result<T, BackendError> {
        value.map_err(|error| self.db.failed(self.action, error))
    }

    fn checked<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T, BackendError> {
        self.sound = done.is_ok();
        self.read(done)
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        if !self.sound || self.open {
            self.inner.close_on_drop();
        }
    }
}

/// A server that hangs with its connections open would not tell.
pub(super) async fn bounded<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(STATEMENT, work).await {
        Ok(done) => done,
        Err(_) => {
            let told = "the server has not answered for 11 s";
            Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, told)))
        }
    }
}
