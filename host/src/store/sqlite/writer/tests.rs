use super::*;
use crate::ports::{BackendError, BackendErrorKind};
use crate::store::sqlite::{FILE_NAME, SqliteDb};
use std::sync::Mutex;
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use tokio_util::task::TaskTracker;

type Log = Arc<Mutex<Vec<&'static str>>>;

/// Writes a row into `schema_migrations`, which any test may use as a table, and then does what it is told.
struct Note {
    version: i64,
    name: &'static str,
    then: &'static str,
    log: Log,
}

#[async_trait]
impl Write for Note {
    type Answer = i64;
    const ACTION: &'static str = "noting";

    fn rows(&self) -> usize {
        1
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
        let insert = "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?1, ?2, 0)";
        sqlx::query(insert)
            .bind(self.version)
            .bind(self.name)
            .execute(&mut *connection)
            .await?;
        sqlx::query(self.then).execute(connection).await?;
        Ok(self.version)
    }

    fn committed(&self, answer: &i64) {
        assert_eq!(*answer, self.version);
        self.log.lock().unwrap().push(self.name);
    }
}

/// Keeps the writer busy until it is opened.
struct Gate {
    reached: Arc<Notify>,
    open: watch::Receiver<bool>,
}

#[async_trait]
impl Write for Gate {
    type Answer = ();
    const ACTION: &'static str = "waiting";

    fn rows(&self) -> usize {
        0
    }

    async fn apply(&self, _connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        self.reached.notify_one();
        drop(self.open.clone().wait_for(|open| *open).await);
        Ok(())
    }
}

/// Refuses to run inside of a transaction.
struct Vacuum;

#[async_trait]
impl Write for Vacuum {
    type Answer = ();
    const ACTION: &'static str = "vacuuming";

    fn rows(&self) -> usize {
        0
    }

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query("VACUUM").execute(connection).await.map(drop)
    }
}

type NoteToWrite = (i64, &'static str, &'static str);

/// Has these written as one group: they all wait before the writer looks.
async fn write_together(db: &SqliteDb, log: &Log, notes: &[NoteToWrite]) -> Vec<Result<i64, BackendError>> {
    as_one_group(db, write(db, log, notes)).await
}

/// Has all that `writes` writes wait before the writer looks.
async fn as_one_group<T>(db: &SqliteDb, writes: impl Future<Output = T>) -> T {
    let (reached, (opening, open)) = (Arc::new(Notify::new()), watch::channel(false));
    let gate = Gate {
        reached: Arc::clone(&reached),
        open,
    };
    let write = async {
        reached.notified().await;
        // In this order: all of them wait when it opens.
        tokio::join!(writes, async { opening.send_replace(true) }).0
    };
    let (passed, written) = tokio::join!(db.write(gate), write);
    passed.unwrap();
    written
}

async fn write(db: &SqliteDb, log: &Log, notes: &[NoteToWrite]) -> Vec<Result<i64, BackendError>> {
    let writes = notes.iter().map(|&(version, name, then)| {
        db.write(Note {
            version,
            name,
            then,
            log: Arc::clone(log),
        })
    });
    futures_util::future::join_all(writes).await
}

async fn names(db: &SqliteDb) -> Vec<String> {
    use sqlx::Row;
    let query = sqlx::query("SELECT name FROM schema_migrations WHERE version > 100 ORDER BY version");
    db.read("reading", query)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

async fn open() -> (TempDir, SqliteDb, Log) {
    let folder = TempDir::new().unwrap();
    let db = SqliteDb::open(&folder.path().join(FILE_NAME), &TaskTracker::new())
        .await
        .unwrap();
    (folder, db, Log::default())
}

#[tokio::test]
async fn a_group_is_committed_in_order() {
    let (_folder, db, log) = open().await;
    let done = write_together(&db, &log, &[(101, "a", "SELECT 1"), (102, "b", "SELECT 1")]).await;
    assert_eq!(
        done.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
        [101, 102]
    );
    assert_eq!(*log.lock().unwrap(), ["a", "b"]);
    assert_eq!(names(&db).await, ["a", "b"]);
}

#[tokio::test]
async fn a_job_that_fails_takes_only_its_own_rows_with_it() {
    let (_folder, db, log) = open().await;
    let notes = [
        (101, "a", "SELECT 1"),
        (102, "b", "SELECT * FROM nowhere"),
        (103, "c", "SELECT 1"),
    ];
    let done = write_together(&db, &log, &notes).await;
    assert!(done[0].is_ok() && done[2].is_ok());
    let error = done[1].as_ref().unwrap_err();
    assert_eq!(error.kind, BackendErrorKind::Corrupt);
    assert_eq!(error.action, "noting");
    assert!(error.source.to_string().contains("nowhere"));
    assert_eq!(*log.lock().unwrap(), ["a", "c"]);
    assert_eq!(names(&db).await, ["a", "c"]);
    // The writer goes on.
    assert!(write_together(&db, &log, &[(104, "d", "SELECT 1")]).await[0].is_ok());
}

#[tokio::test]
async fn a_job_that_breaks_the_transaction_harms_nobody_else() {
    let (_folder, db, log) = open().await;
    // SQLite rolls back by itself here, as it does when the disk is full.
    let rolls_back = "INSERT OR ROLLBACK INTO schema_migrations VALUES (1, 'again', 0)";
    let notes = [
        (101, "a", "SELECT 1"),
        (102, "b", rolls_back),
        (103, "c", "SELECT 1"),
    ];
    let done = write_together(&db, &log, &notes).await;
    assert_eq!(
        done.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, true]
    );
    assert_eq!(names(&db).await, ["a", "c"]);
    assert!(write_together(&db, &log, &[(104, "d", "SELECT 1")]).await[0].is_ok());
}

#[tokio::test]
async fn one_statement_is_its_own_transaction() {
    let (_folder, db, log) = open().await;
    db.write(Vacuum).await.unwrap();
    // Another kind beside it needs one around both, which this one does not like: each is done again alone.
    let both = async { tokio::join!(write(&db, &log, &[(101, "a", "SELECT 1")]), db.write(Vacuum)) };
    let (noted, vacuumed) = as_one_group(&db, both).await;
    assert!(noted[0].is_ok());
    vacuumed.unwrap();
    assert_eq!(names(&db).await, ["a"]);
}

#[tokio::test]
async fn closing_finishes_what_was_begun() {
    let (_folder, db, log) = open().await;
    let notes: Vec<_> = (101..301).map(|version| (version, "n", "SELECT 1")).collect();
    let (done, ()) = tokio::join!(write(&db, &log, &notes), async {
        tokio::task::yield_now().await;
        db.close().await;
    });
    let accepted = done.iter().filter(|result| result.is_ok()).count();
    assert!(accepted > 0);
    assert_eq!(log.lock().unwrap().len(), accepted);
    let refused = done.into_iter().filter_map(Result::err);
    assert!(
        refused
            .into_iter()
            .all(|error| error.kind == BackendErrorKind::Unavailable)
    );
}
