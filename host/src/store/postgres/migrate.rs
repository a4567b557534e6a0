//! Brings the tables up to what this version needs. Only forward: an older program refuses a newer database.
//!
//! The migrations of both databases go by the same numbers and names. One transaction holds a lock from the first look to the
//! last statement: of hosts that start at once the first one migrates, and the others find it done.

use super::db::{Db, Server, bounded};
use super::error::{self, OpenError};
use super::partitions::LOCK_CLASS;
use crate::clock;
use crate::ports::{BackendError, BackendErrorKind};
use crate::store::migrations::{Migration, migrations};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use std::io;
use std::time::Duration;

const MIGRATIONS: &[Migration] = migrations!("postgres");

/// Held by the host that migrates.
const MIGRATE_LOCK: i32 = 1;

/// How long the server may take to come up, and how often it is tried meanwhile.
const CONNECT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);

const LOCK: &str = "SELECT pg_advisory_xact_lock($1, $2)";

/// Ours is known by its columns: other programs have a table of this name.
const FOREIGN: &str = "\
    SELECT coalesce( \
        (SELECT 'schema_migrations' WHERE to_regclass('schema_migrations') IS NOT NULL AND 3 <> ( \
            SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('schema_migrations') \
                AND attname IN ('version', 'name', 'applied_at') AND NOT attisdropped)), \
        (SELECT t FROM UNNEST(ARRAY['correlation', 'outcome', 'intent', 'receipt', 'parked', 'mo_message', 'mo_segment']) AS t \
            WHERE to_regclass(t) IS NOT NULL AND to_regclass('schema_migrations') IS NULL LIMIT 1))";

const CREATE: &str = "\
    CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)";

const NEWEST: &str = "SELECT coalesce(max(version), 0) FROM schema_migrations";

const APPLIED: &str = "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)";

const READ_ONLY: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool";

const PROBE: &str = "SELECT current_setting('server_version'), \
    pg_is_in_recovery() OR current_setting('transaction_read_only')::bool, \
    (SELECT coalesce(max(version), 0) FROM schema_migrations)";

/// Applies what is missing, all or nothing, and returns the names of that.
pub(super) async fn up(server: &Server) -> Result<Vec<&'static str>, OpenError> {
    let mut connection = connect(server).await?;
    let failed = |source| OpenError::from_sqlx(&server.name, source);
    let mut transaction = connection.begin().await.map_err(failed)?;
    let applied = apply(&mut transaction, &server.name).await?;
    transaction.commit().await.map_err(failed)?;
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "the connection of the migration did not close cleanly");
    }
    Ok(applied)
}

/// What [`up`] would do, in words. Changes nothing: what it makes is rolled back.
pub(super) async fn look(server: &Server) -> Result<String, OpenError> {
    let mut connection = connect(server).await?;
    let failed = |source| OpenError::from_sqlx(&server.name, source);
    let mut transaction = connection.begin().await.map_err(failed)?;
    let found = prepare(&mut transaction, &server.name).await?;
    transaction.rollback().await.map_err(failed)?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    Ok(match found {
        newer if newer > known => {
            return Err(OpenError::Newer {
                name: server.name.clone(),
                found,
                known,
            });
        }
        0 => "it has no tables yet: the start, or `smpp-connector migrate`, makes them".to_owned(),
        older if older < known => {
            format!(
                "its schema is {found} of {known}: the start, or `smpp-connector migrate`, brings it up to date"
            )
        }
        _ => format!("its schema is {found}, which is what this version needs"),
    })
}

/// A server that is starting, or about to be started, gets its time.
async fn connect(server: &Server) -> Result<PgConnection, OpenError> {
    let until = clock::now() + CONNECT;
    loop {
        let left = until.saturating_duration_since(clock::now());
        let attempt = tokio::time::timeout(left, server.options.connect()).await;
        let error = match attempt {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => error,
            Err(_) => sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer within 10 s")),
        };
        if !error::may_come_up(&error) || clock::now() + PAUSE >= until {
            return Err(OpenError::from_sqlx(&server.name, error));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn apply(connection: &mut PgConnection, name: &str) -> Result<Vec<&'static str>, OpenError> {
    let found = prepare(connection, name).await?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if found > known {
        return Err(OpenError::Newer {
            name: name.to_owned(),
            found,
            known,
        });
    }
    let mut applied = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > found) {
        run(connection, migration)
            .await
            .map_err(|source| OpenError::Migration {
                name: name.to_owned(),
                migration: migration.name,
                source,
            })?;
        applied.push(migration.name);
    }
    Ok(applied)
}

/// Locks, and returns the version of the tables that are there. Each step may wait for another host's migration.
async fn prepare(connection: &mut PgConnection, name: &str) -> Result<i64, OpenError> {
    let failed = |source| OpenError::from_sqlx(name, source);
    let lock = sqlx::query(LOCK).bind(LOCK_CLASS).bind(MIGRATE_LOCK);
    bounded(lock.execute(&mut *connection)).await.map_err(failed)?;
    let row = bounded(sqlx::query(READ_ONLY).fetch_one(&mut *connection))
        .await
        .map_err(failed)?;
    if row.try_get(0).map_err(failed)? {
        return Err(OpenError::ReadOnly {
            name: name.to_owned(),
        });
    }
    let row = bounded(sqlx::query(FOREIGN).fetch_one(&mut *connection))
        .await
        .map_err(failed)?;
    if let Some(table) = row.try_get(0).map_err(failed)? {
        return Err(OpenError::Foreign {
            name: name.to_owned(),
            table,
        });
    }
    bounded(sqlx::raw_sql(CREATE).execute(&mut *connection))
        .await
        .map_err(failed)?;
    let row = bounded(sqlx::query(NEWEST).fetch_one(connection))
        .await
        .map_err(failed)?;
    row.try_get(0).map_err(failed)
}

async fn run(connection: &mut PgConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    bounded(sqlx::raw_sql(migration.sql).execute(&mut *connection)).await?;
    let note = sqlx::query(APPLIED)
        .bind(migration.version)
        .bind(migration.name)
        .bind(clock::utc_now().timestamp_micros());
    bounded(note.execute(connection)).await.map(drop)
}

/// [`crate::ports::Probe::probe`].
pub(super) async fn probe(db: &Db) -> Result<String, BackendError> {
    const ACTION: &str = "asking how it is";
    let mut connection = db.connection(ACTION).await?;
    let refused = |kind, source: String| BackendError {
        backend: db.name().to_owned(),
        action: ACTION,
        kind,
        source: source.into(),
    };
    let rows = connection.fetch(sqlx::query(PROBE)).await?;
    let row = rows
        .first()
        .ok_or_else(|| refused(BackendErrorKind::Corrupt, "it has said nothing".to_owned()))?;
    let version: String = connection.read(row.try_get(0))?;
    if connection.read(row.try_get(1))? {
        let told = "it can only be read: it is a standby, or default_transaction_read_only is on".to_owned();
        return Err(refused(BackendErrorKind::Unavailable, told));
    }
    let found: i64 = connection.read(row.try_get(2))?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if found < known {
        let told = format!("its schema is {found}, this version needs {known}: run `smpp-connector migrate`");
        return Err(refused(BackendErrorKind::Corrupt, told));
    }
    Ok(format!("PostgreSQL {version}, schema {found}"))
}
