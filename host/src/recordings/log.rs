//! One kind of record in one ring. One task does all the writing and reading, in the order in which it was asked. Whoever has
//! something to keep never waits.

use super::counts::{Counts, Head};
use super::ring::Ring;
use crate::clock;
use crate::ports::{BackendError, BackendErrorKind, DecisionCount, Wanted};
use chrono::TimeDelta;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

/// Orders worked at once.
const BATCH: usize = 256;

/// How often old files are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// What a log keeps.
pub(super) trait Kept: Serialize + DeserializeOwned + Send + 'static {
    /// For people: `the odd PDUs`.
    const WHAT: &'static str;

    /// Tells of one that is being written.
    fn tell(&self) {}
}

/// Where records are, and how many of them.
pub(super) struct Place<'a> {
    pub(super) folder: &'a Path,
    pub(super) name: &'static str,
    /// Octets in all.
    pub(super) room: u64,
    pub(super) files: usize,
    /// Older files go.
    pub(super) age: Option<Duration>,
    /// Records that may wait for the task.
    pub(super) waiting: usize,
}

enum Order<R> {
    Keep(Box<R>),
    Read(Query<Vec<R>>),
    Count(Query<Vec<DecisionCount>>),
    End,
}

struct Query<A> {
    wanted: Wanted,
    answer: oneshot::Sender<io::Result<A>>,
}

/// The sending end.
pub(super) struct Log<R> {
    orders: mpsc::Sender<Order<R>>,
    missed: Arc<AtomicU64>,
    folder: PathBuf,
}

impl<R: Kept> Log<R> {
    pub(super) fn open(place: &Place<'_>, tasks: &TaskTracker) -> Self {
        let (orders, taken) = mpsc::channel(place.waiting);
        let missed = Arc::new(AtomicU64::new(0));
        let keeper = Keeper {
            ring: Ring::new(place.folder, place.name, place.room, place.files),
            missed: missed.clone(),
            age: place.age,
            forgot: None,
        };
        tasks.spawn(serve(taken, keeper));
        Self {
            orders,
            missed,
            folder: place.folder.to_owned(),
        }
    }

    /// Keeps one, or counts it as missed.
    pub(super) fn keep(&self, record: R) {
        if self.orders.try_send(Order::Keep(Box::new(record))).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What the task has had no time for, and nobody was told of yet.
    #[cfg(test)]
    pub(super) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Writes what waits, and ends. HTTP clients that stay connected may have the log for longer: they read it no more.
    pub(super) async fn close(&self) {
        self.orders.send(Order::End).await.unwrap_or_default();
    }

    pub(super) async fn recent(&self, wanted: Wanted) -> Result<Vec<R>, BackendError> {
        self.ask(|answer| Order::Read(Query { wanted, answer })).await
    }

    pub(super) async fn count(&self, wanted: Wanted) -> Result<Vec<DecisionCount>, BackendError> {
        self.ask(|answer| Order::Count(Query { wanted, answer })).await
    }

    async fn ask<A>(
        &self,
        order: impl FnOnce(oneshot::Sender<io::Result<A>>) -> Order<R>,
    ) -> Result<A, BackendError> {
        let (answer, answered) = oneshot::channel();
        // Where the task is gone, the answer goes with the order.
        let order = order(answer);
        self.orders.send(order).await.unwrap_or_default();
        let read = answered.await.map_err(|gone| self.unreadable(gone.into()))?;
        read.map_err(|error| self.unreadable(error.into()))
    }

    fn unreadable(&self, source: Box<dyn std::error::Error + Send + Sync>) -> BackendError {
        BackendError {
            backend: format!("{} in {}", R::WHAT, self.folder.display()),
            action: "reading them",
            kind: BackendErrorKind::Unavailable,
            source,
        }
    }
}

async fn serve<R: Kept>(mut orders: mpsc::Receiver<Order<R>>, mut keeper: Keeper) {
    let mut batch = Vec::new();
    while orders.recv_many(&mut batch, BATCH).await > 0 {
        let taken = std::mem::take(&mut batch);
        let ends = taken.iter().any(|order| matches!(order, Order::End));
        let work = tokio::task::spawn_blocking(move || {
            keeper.work(taken);
            keeper
        });
        keeper = match work.await {
            Ok(keeper) => keeper,
            Err(error) => {
                tracing::error!(%error, "{} are not kept any more", R::WHAT);
                return;
            }
        };
        if ends {
            return;
        }
    }
}

/// What the task works with.
struct Keeper {
    ring: Ring,
    missed: Arc<AtomicU64>,
    age: Option<Duration>,
    forgot: Option<Instant>,
}

impl Keeper {
    fn work<R: Kept>(&mut self, orders: Vec<Order<R>>) {
        self.forget();
        let mut lines = Vec::new();
        for order in orders {
            match order {
                Order::Keep(record) => add_line(&*record, &mut lines),
                Order::Read(query) => {
                    self.write::<R>(&mut lines);
                    let read = self.read(&query.wanted);
                    // Who asked may be gone.
                    query.answer.send(read).unwrap_or_default();
                }
                Order::Count(query) => {
                    self.write::<R>(&mut lines);
                    let counted = self.count(query.wanted);
                    query.answer.send(counted).unwrap_or_default();
                }
                Order::End => {}
            }
        }
        self.write::<R>(&mut lines);
        match self.missed.swap(0, Ordering::Relaxed) {
            0 => {}
            missed => tracing::warn!(missed, "{} came faster than they could be kept", R::WHAT),
        }
    }

    fn write<R: Kept>(&mut self, lines: &mut Vec<u8>) {
        if lines.is_empty() {
            return;
        }
        if let Err(error) = self.ring.append(lines) {
            tracing::warn!(%error, "{} cannot be kept: is data_dir writable, and is there room?", R::WHAT);
        }
        lines.clear();
    }

    /// Lines that are no record, because a kill has cut them or another version has written them, are passed over.
    fn read<R: Kept>(&self, wanted: &Wanted) -> io::Result<Vec<R>> {
        let mut records = Vec::new();
        let limit = wanted.limit;
        self.each(wanted.clone(), |line, _| {
            records.extend(serde_json::from_str(line));
            records.len() >= limit
        })?;
        Ok(records)
    }

    fn count(&self, wanted: Wanted) -> io::Result<Vec<DecisionCount>> {
        let mut counts = Counts::default();
        self.each(wanted, |_, head| {
            counts.add(head);
            false
        })?;
        Ok(counts.into_list())
    }

    /// Hands out what is wanted and not too old, the newest first, until `enough` of it.
    fn each(&self, mut wanted: Wanted, mut enough: impl FnMut(&str, &Head<'_>) -> bool) -> io::Result<()> {
        let age = self.age.and_then(|age| TimeDelta::from_std(age).ok());
        let oldest = age.and_then(|age| clock::utc_now().checked_sub_signed(age));
        wanted.since = wanted.since.max(oldest);
        let since = wanted.since.map(SystemTime::from);
        self.ring
            .newest_first(since, |line| match serde_json::from_str::<Head<'_>>(line) {
                Ok(head) if head.is(&wanted) => enough(line, &head),
                Ok(_) | Err(_) => false,
            })
    }

    fn forget(&mut self) {
        let now = clock::now();
        let recently = |at: Instant| now.saturating_duration_since(at) < FORGET_EVERY;
        let Some(age) = self.age.filter(|_| !self.forgot.is_some_and(recently)) else {
            return;
        };
        self.forgot = Some(now);
        let before = SystemTime::from(clock::utc_now()).checked_sub(age);
        if let Some(Err(error)) = before.map(|before| self.ring.forget(before)) {
            tracing::warn!(%error, "old recordings cannot be removed");
        }
    }
}

fn add_line<R: Kept>(record: &R, lines: &mut Vec<u8>) {
    record.tell();
    match serde_json::to_vec(record) {
        Ok(line) => {
            lines.extend(line);
            lines.push(b'\n');
        }
        Err(error) => tracing::warn!(%error, "{} cannot be written", R::WHAT),
    }
}
