//! What every implementation of a port must do, whatever it is built on.
//!
//! Each case is written against the trait and runs for every backend in the list of its `contract!`: a new backend is a
//! [`Place`] and one entry in those lists.
#![cfg(test)]
#![expect(
    clippy::cloned_ref_to_slice_refs,
    reason = "`from_ref` hides what a case is about"
)]

/// Runs every case for every backend: `contract!([sqlite: SqlitePlace] { case_a, case_b, });`
macro_rules! contract {
    ([$($backend:ident: $place:ident),+] $cases:tt) => { $( contract!(@ $backend $place, $cases); )+ };
    (@ $backend:ident $place:ident, { $($case:ident,)+ }) => {
        mod $backend {
            use crate::contracts::{$place, Place as _};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let mut place = $place::fresh().await;
                    super::$case(&mut place).await;
                    place.end().await;
                }
            )+
        }
    };
}

mod crash;
mod events;
mod expiry;
mod file;
mod intents;
mod limiter;
pub(crate) mod nats;
mod numbers;
mod parked;
pub(crate) mod postgres;
mod queue;
mod race;
pub(crate) mod reassembly;
mod sample;
mod several_hosts;
mod slots;
mod stops;
mod store;
mod story;

pub(crate) use nats::{CurrentNats, DebianNats};
pub(crate) use postgres::PostgresPlace;
pub(crate) use sample::{operator_1, operator_1_order};
use smpp_connector::events::embedded::EmbeddedEvents;
use smpp_connector::intake::embedded::EmbeddedQueue;
use smpp_connector::ports::{
    CommandQueue, CorrelationStore, EventLog, EventSink, MessageStories, SegmentStore, StopStore,
};
use smpp_connector::store::sqlite::{FILE_NAME, SqliteDb, SqliteStore};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

/// Where a backend keeps the data of one test.
pub(crate) trait Place: Sized {
    /// An empty one, open.
    async fn fresh() -> Self;
    /// Closes it and opens it again, as a restart of the gateway does.
    async fn reopen(&mut self);
    /// Closes it for good.
    async fn end(self);
}

/// A place for correlations.
pub(crate) trait StorePlace: Place {
    fn store(&self) -> Arc<dyn CorrelationStore>;
    fn stops(&self) -> Arc<dyn StopStore>;
    fn stories(&self) -> Arc<dyn MessageStories>;
}

/// A place for segments of messages.
pub(crate) trait SegmentPlace: Place {
    fn segments(&self) -> Arc<dyn SegmentStore>;
}

/// A place for commands.
pub(crate) trait QueuePlace: Place {
    fn queue(&self) -> Arc<dyn CommandQueue>;
}

/// A place for events.
pub(crate) trait EventPlace: Place {
    fn sink(&self) -> Arc<dyn EventSink>;
    fn log(&self) -> Arc<dyn EventLog>;
}

/// The embedded backends in a temporary folder.
pub(crate) struct SqlitePlace {
    pub(crate) folder: TempDir,
    pub(crate) open: Embedded,
}

/// The embedded backends, open.
pub(crate) struct Embedded {
    pub(crate) db: SqliteDb,
    pub(crate) tasks: TaskTracker,
    pub(crate) store: SqliteStore,
    pub(crate) queue: EmbeddedQueue,
    pub(crate) events: EmbeddedEvents,
}

impl Embedded {
    pub(crate) async fn open(folder: &Path) -> Self {
        let tasks = TaskTracker::new();
        let db = SqliteDb::open(&folder.join(FILE_NAME), &tasks).await.unwrap();
        let queue = EmbeddedQueue::open(db.clone()).await.unwrap();
        let events = EmbeddedEvents::open(db.clone()).await.unwrap();
        Self {
            store: SqliteStore::new(db.clone()),
            queue,
            events,
            db,
            tasks,
        }
    }

    pub(crate) async fn close(&self) {
        self.db.close().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Place for SqlitePlace {
    async fn fresh() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            open: Embedded::open(folder.path()).await,
            folder,
        }
    }

    async fn reopen(&mut self) {
        self.open.close().await;
        self.open = Embedded::open(self.folder.path()).await;
    }

    async fn end(self) {
        self.open.close().await;
    }
}

impl StorePlace for SqlitePlace {
    fn store(&self) -> Arc<dyn CorrelationStore> {
        Arc::new(self.open.store.clone())
    }

    fn stops(&self) -> Arc<dyn StopStore> {
        Arc::new(self.open.store.clone())
    }

    fn stories(&self) -> Arc<dyn MessageStories> {
        Arc::new(self.open.store.clone())
    }
}

impl SegmentPlace for SqlitePlace {
    fn segments(&self) -> Arc<dyn SegmentStore> {
        Arc::new(self.open.store.clone())
    }
}

impl QueuePlace for SqlitePlace {
    fn queue(&self) -> Arc<dyn CommandQueue> {
        Arc::new(self.open.queue.clone())
    }
}

impl EventPlace for SqlitePlace {
    fn sink(&self) -> Arc<dyn EventSink> {
        Arc::new(self.open.events.clone())
    }

    fn log(&self) -> Arc<dyn EventLog> {
        Arc::new(self.open.events.clone())
    }
}
