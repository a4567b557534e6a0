use crate::store::sqlite::{FILE_NAME, SqliteDb, Write};
use async_trait::async_trait;
use sqlx::SqliteConnection;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

/// Octets of its one row, which stands for as many as a step has.
const SIZE: u64 = 200_000;

struct Large;

#[async_trait]
impl Write for Large {
    type Answer = ();
    const ACTION: &'static str = "writing much";

    fn rows(&self) -> usize {
        super::STEP
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let insert = "INSERT INTO schema_migrations (version, name, applied_at) VALUES (101, hex(zeroblob(?1 / 2)), 0)";
        let insert = sqlx::query(insert).bind(SIZE.cast_signed());
        insert.execute(connection).await.map(drop)
    }
}

#[tokio::test]
async fn what_is_written_comes_into_the_file_while_it_is_open() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE_NAME);
    let db = SqliteDb::open(&path, &TaskTracker::new()).await.unwrap();
    let size = || std::fs::metadata(&path).unwrap().len();
    assert!(size() < SIZE, "{} octets", size());
    db.write(Large).await.unwrap();
    let started = Instant::now();
    while size() < SIZE {
        assert!(started.elapsed() < Duration::from_secs(30), "{} octets", size());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    db.close().await;
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "the file and its lock: {names:?}");
}
