//! The embedded database as a file: who may open it, and what a person is told when nobody can.

use super::sample::{in_seconds, message, operator, order, receipt, row, rows};
use super::{Embedded, Place as _, SqlitePlace};
use bytes::Bytes;
use smpp_connector::ports::{
    BackendErrorKind, CommandQueue, CorrelationStore, Event, EventLog, EventSink, QueuedCommand,
};
use smpp_connector::store::sqlite::{FILE_NAME, OpenError, SqliteDb};
use smpp_domain::event::EventKind;
use sqlx::{Connection, SqliteConnection};
use std::path::Path;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

async fn refusal(path: &Path) -> OpenError {
    let tasks = TaskTracker::new();
    SqliteDb::open(path, &tasks).await.err().unwrap()
}

#[tokio::test]
async fn the_folder_is_created() {
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join("data/of the gateway");
    Embedded::open(&inner).await.close().await;
    assert!(inner.join(FILE_NAME).is_file());
}

#[tokio::test]
async fn a_second_open_is_refused() {
    let place = SqlitePlace::fresh().await;
    let path = place.folder.path().join(FILE_NAME);
    let error = refusal(&path).await;
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(
        error.to_string().contains("in use by another smpp-connector"),
        "{error}"
    );
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    place.open.close().await;
    // The lock ends with the first.
    Embedded::open(place.folder.path()).await.close().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE_NAME);
    let text = "This is a text that somebody wrote; it is long enough to be taken for a header. ".repeat(20);
    std::fs::write(&path, &text).unwrap();
    let error = refusal(&path).await;
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("restore it from a backup"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_named() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("data"), "a file").unwrap();
    let error = refusal(&folder.path().join("data").join(FILE_NAME)).await;
    assert!(matches!(error, OpenError::Folder { .. }), "{error:?}");
    assert!(error.to_string().contains("data_dir"), "{error}");
}

#[tokio::test]
async fn a_damaged_page_is_corrupt_and_not_unavailable() {
    let place = SqlitePlace::fresh().await;
    let bodies = (0..500).map(|number| QueuedCommand {
        operator_id: operator(1),
        body: Bytes::from(format!("{number:>400}")),
    });
    place
        .open
        .queue
        .publish(&bodies.collect::<Vec<_>>())
        .await
        .unwrap();
    place.open.close().await;
    let path = place.folder.path().join(FILE_NAME);
    let mut file = std::fs::read(&path).unwrap();
    let length = file.len();
    // Page 1 stays whole, so that it opens.
    for octet in &mut file[length / 2..length - 8192] {
        *octet = 0xA5;
    }
    std::fs::write(&path, file).unwrap();
    let open = Embedded::open(place.folder.path()).await;
    let error = open
        .queue
        .intake(order(operator(1)))
        .fetch(500)
        .await
        .unwrap_err();
    assert_eq!(error.kind, BackendErrorKind::Corrupt);
    assert!(error.to_string().contains(FILE_NAME), "{error}");
    open.close().await;
}

#[tokio::test]
async fn dropping_every_handle_ends_the_writer_and_keeps_the_data() {
    let place = SqlitePlace::fresh().await;
    let (folder, tasks) = (place.folder, place.open.tasks.clone());
    place
        .open
        .store
        .settle(&[rows(vec![row(operator(1), message(), 1, "A")])])
        .await
        .unwrap();
    drop((
        place.open.store,
        place.open.queue,
        place.open.events,
        place.open.db,
    ));
    tasks.close();
    tasks.wait().await;
    let open = Embedded::open(folder.path()).await;
    assert!(open.store.find(operator(1), &["A".to_owned()]).await.unwrap()[0].is_some());
    open.close().await;
}

#[tokio::test]
async fn a_flood_that_is_over_leaves_its_room_to_the_next() {
    const FLOOD: usize = 20_000;
    const STEP: usize = 5_000;
    let mut place = SqlitePlace::fresh().await;
    let mut sizes = Vec::new();
    for _ in 0..2 {
        let store = &place.open.store;
        for first in (0..FLOOD).step_by(STEP) {
            let some: Vec<_> = (first..first + STEP)
                .map(|n| receipt(operator(1), &n.to_string(), -1))
                .collect();
            store.park(&some).await.unwrap();
        }
        let forget = async |now| store.expire(now, now, now, STEP).await.unwrap();
        assert_eq!(forget(in_seconds(-60)).await, 0, "nothing is over yet");
        let mut gone = 0;
        loop {
            let some = forget(in_seconds(60)).await;
            gone += some;
            if some == 0 {
                break;
            }
        }
        assert_eq!(gone, u64::try_from(FLOOD).unwrap());
        // What is in the log comes into the file when it is closed.
        place.reopen().await;
        let file = place.folder.path().join(FILE_NAME);
        sizes.push(std::fs::metadata(file).unwrap().len());
    }
    place.end().await;
    assert!(sizes[1] < sizes[0] + sizes[0] / 5, "{sizes:?}");
}

#[tokio::test]
async fn a_closed_database_answers_and_does_not_hang() {
    let place = SqlitePlace::fresh().await;
    place.open.close().await;
    place.open.close().await;
    let write = place.open.store.mark_unmatched(&[]).await.unwrap_err();
    let read = place
        .open
        .store
        .settled_since(operator(1), in_seconds(0), 1)
        .await
        .unwrap_err();
    assert_eq!(
        (write.kind, read.kind),
        (BackendErrorKind::Unavailable, BackendErrorKind::Unavailable)
    );
}

#[tokio::test]
async fn pruning_forgets_old_events_and_never_their_numbers() {
    let mut place = SqlitePlace::fresh().await;
    let event = |id: &str| Event {
        kind: EventKind::Mo,
        operator_id: operator(1),
        dedup_id: id.to_owned(),
        payload: b"{}".as_slice().into(),
    };
    place
        .open
        .events
        .publish(&["a", "b", "c"].map(event))
        .await
        .unwrap();
    assert_eq!(place.open.events.prune(in_seconds(-60), 10).await.unwrap(), 0);
    assert_eq!(place.open.events.prune(in_seconds(60), 2).await.unwrap(), 2);
    assert_eq!(place.open.events.prune(in_seconds(60), 10).await.unwrap(), 1);
    place.reopen().await;
    assert_eq!(*place.open.events.newest().borrow(), 3);
    // Its first publication is forgotten: it counts as new, under a new number.
    place.open.events.publish(&[event("a")]).await.unwrap();
    assert_eq!(place.open.events.read_after(0, 10).await.unwrap()[0].seq, 4);
    place.end().await;
}

#[tokio::test]
async fn sizes_are_told() {
    let place = SqlitePlace::fresh().await;
    let command = |number| QueuedCommand {
        operator_id: operator(number),
        body: Bytes::from_static(b"{}"),
    };
    place
        .open
        .queue
        .publish(&[command(1), command(2), command(1)])
        .await
        .unwrap();
    assert_eq!(place.open.queue.depths(&[operator(1)]).await.unwrap()[0], 2);
    let token = place
        .open
        .queue
        .intake(order(operator(1)))
        .fetch(1)
        .await
        .unwrap()[0]
        .token;
    assert_eq!(
        place.open.queue.depths(&[operator(1)]).await.unwrap()[0],
        2,
        "fetching does not end a command"
    );
    place
        .open
        .queue
        .intake(order(operator(1)))
        .ack(&[token])
        .await
        .unwrap();
    assert_eq!(place.open.queue.depths(&[operator(1)]).await.unwrap()[0], 1);
    place
        .open
        .store
        .park(&[super::sample::receipt(operator(2), "A", 0)])
        .await
        .unwrap();
    assert_eq!(place.open.store.parked_count(operator(2)).await.unwrap(), 1);
    assert_eq!(place.open.store.parked_count(operator(1)).await.unwrap(), 0);
    place.end().await;
}

/// `.cargo/config.toml` says how; a build that has not read it is slower and says nothing.
#[tokio::test]
async fn sqlite_is_compiled_without_locks_that_all_connections_share() {
    let mut database = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let options: Vec<String> = sqlx::query_scalar("PRAGMA compile_options")
        .fetch_all(&mut database)
        .await
        .unwrap();
    assert!(options.contains(&"DEFAULT_MEMSTATUS=0".to_owned()), "{options:?}");
    assert!(
        !options.contains(&"ENABLE_MEMORY_MANAGEMENT".to_owned()),
        "{options:?}"
    );
}
