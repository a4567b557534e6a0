use super::*;
use crate::store::sqlite::{FILE_NAME, SqliteDb};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::path::PathBuf;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

async fn execute(path: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn open(path: &Path) -> Result<(), OpenError> {
    let db = SqliteDb::open(path, &TaskTracker::new()).await?;
    db.close().await;
    Ok(())
}

fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE_NAME);
    (folder, path)
}

#[tokio::test]
async fn migrations_are_numbered_without_gaps_and_run_once() {
    assert!(
        MIGRATIONS
            .iter()
            .zip(1..)
            .all(|(migration, number)| migration.version == number)
    );
    let (_folder, path) = place();
    open(&path).await.unwrap();
    open(&path).await.unwrap();
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let (_folder, path) = place();
    open(&path).await.unwrap();
    execute(
        &path,
        "INSERT INTO schema_migrations VALUES (99, 'from the future', 0)",
    )
    .await;
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("newer smpp-connector (its schema is 99"),
        "{error}"
    );
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_alone() {
    let (_folder, path) = place();
    execute(&path, "CREATE TABLE recipes (name TEXT)").await;
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    execute(&path, "SELECT name FROM recipes").await;
}

#[tokio::test]
async fn a_file_of_no_octets_is_an_empty_database() {
    let (_folder, path) = place();
    std::fs::write(&path, b"").unwrap();
    open(&path).await.unwrap();
}
