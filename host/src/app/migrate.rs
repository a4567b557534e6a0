//! Bringing the databases up to date without starting.

use crate::config::HostConfig;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::{FILE_NAME, SqliteDb};

/// A database and what it lacked.
pub(crate) struct Migrated {
    /// Which one, for people, without secrets.
    pub(crate) database: String,
    /// The migrations that were applied, in order.
    pub(crate) applied: Vec<&'static str>,
}

/// Migrates every database that the host's file names.
///
/// # Errors
/// When one cannot be reached or is not ours; those before it are done.
pub(crate) async fn migrate(host: &HostConfig) -> anyhow::Result<Vec<Migrated>> {
    let mut all = Vec::new();
    if let Some(postgres) = &host.postgres {
        let (database, applied) = PostgresStore::migrate(postgres).await?;
        all.push(Migrated { database, applied });
    }
    if host.nats.is_none() || host.postgres.is_none() {
        let path = host.data_dir.join(FILE_NAME);
        let applied = SqliteDb::migrate(&path).await?;
        let database = format!("SQLite {}", path.display());
        all.push(Migrated { database, applied });
    }
    Ok(all)
}
