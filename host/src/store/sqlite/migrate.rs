//! Brings the tables up to what this version needs. Only forward: an older program refuses a newer file.

use super::OpenError;
use crate::clock;
use crate::store::migrations::{Migration, migrations};
use sqlx::{Row, SqliteConnection};
use std::path::Path;

const MIGRATIONS: &[Migration] = migrations!("sqlite");

/// Applies what is missing, all or nothing, and returns the names of that.
pub(super) async fn up(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Vec<&'static str>, OpenError> {
    let failed = |source| OpenError::from_sqlx(path, source);
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    match apply(connection, path).await {
        Ok(applied) => sqlx::raw_sql("COMMIT")
            .execute(connection)
            .await
            .map(|_| applied)
            .map_err(failed),
        // The connection is dropped with the error, which rolls back.
        Err(error) => Err(error),
    }
}

async fn apply(connection: &mut SqliteConnection, path: &Path) -> Result<Vec<&'static str>, OpenError> {
    let failed = |source| OpenError::from_sqlx(path, source);
    let tables = scalar(connection, "SELECT count(*) FROM sqlite_schema")
        .await
        .map_err(failed)?;
    let ours = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'";
    if scalar(connection, ours).await.map_err(failed)? == 0 {
        if tables > 0 {
            return Err(OpenError::Foreign {
                path: path.to_owned(),
            });
        }
        let create = "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)";
        sqlx::raw_sql(create)
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
    }
    let newest = "SELECT coalesce(max(version), 0) FROM schema_migrations";
    let found = scalar(connection, newest).await.map_err(failed)?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if found > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    let mut applied = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > found) {
        run(connection, migration).await.map_err(failed)?;
        applied.push(migration.name);
    }
    Ok(applied)
}

async fn run(connection: &mut SqliteConnection, migration: &Migration) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
    sqlx::query("INSERT INTO schema_migrations (version, name, applied_at) VALUES (?1, ?2, ?3)")
        .bind(migration.version)
        .bind(migration.name)
        .bind(clock::utc_now().timestamp_micros())
        .execute(connection)
        .await
        .map(drop)
}

async fn scalar(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query(sql).fetch_one(connection).await?.try_get(0)
}

#[cfg(test)]
mod tests;
