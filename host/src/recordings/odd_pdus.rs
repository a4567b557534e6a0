//! Odd PDUs in `odd-pdus.ndjson` and `odd-pdus.1.ndjson`: one JSON object a line, the newest last.
//!
//! One task does all the writing and reading, in the order in which it was asked. Whoever has a PDU to keep never waits.

use super::ring::Ring;
use super::sample::Sample;
use crate::clock;
use crate::ports::{BackendError, BackendErrorKind, OddPduKind, OddPduLog, OddPduRecord};
use async_trait::async_trait;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

/// Octets of each of the two files.
const ROOM: u64 = 2 * 1024 * 1024;

/// Orders that may wait for the task.
const WAITING: usize = 256;

enum Order {
    Keep(Box<OddPduRecord>),
    Read(Query),
    End,
}

struct Query {
    operator: Option<String>,
    limit: usize,
    answer: oneshot::Sender<io::Result<Vec<OddPduRecord>>>,
}

/// The odd PDUs that came to this host.
pub struct OddPduFiles {
    orders: mpsc::Sender<Order>,
    sample: Mutex<Sample<OddPduKind>>,
    missed: Arc<AtomicU64>,
    folder: PathBuf,
}

impl OddPduFiles {
    /// Those in the folder, which is made when it is needed. The task ends with [`OddPduFiles::close`].
    #[must_use]
    pub fn open(folder: &Path, tasks: &TaskTracker) -> Self {
        let (orders, taken) = mpsc::channel(WAITING);
        let missed = Arc::new(AtomicU64::new(0));
        let keeper = Keeper {
            ring: Ring::new(folder, "odd-pdus", ROOM),
            missed: missed.clone(),
        };
        tasks.spawn(serve(taken, keeper));
        Self {
            orders,
            sample: Mutex::new(Sample::new(clock::now())),
            missed,
            folder: folder.to_owned(),
        }
    }

    /// Writes what waits, and ends. HTTP clients that stay connected may have the log for longer: they read it no more.
    pub async fn close(&self) {
        self.orders.send(Order::End).await.unwrap_or_default();
    }

    fn takes(&self, kind: OddPduKind) -> bool {
        let mut sample = self.sample.lock().unwrap_or_else(PoisonError::into_inner);
        sample.takes(clock::now(), kind)
    }

    fn unreadable(&self, source: Box<dyn std::error::Error + Send + Sync>) -> BackendError {
        BackendError {
            backend: format!("the odd PDUs in {}", self.folder.display()),
            action: "reading them",
            kind: BackendErrorKind::Unavailable,
            source,
        }
    }
}

#[async_trait]
impl OddPduLog for OddPduFiles {
    fn keep(&self, kind: OddPduKind, record: &dyn Fn() -> OddPduRecord) {
        if self.takes(kind) && self.orders.try_send(Order::Keep(Box::new(record()))).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn recent(
        &self,
        operator: Option<String>,
        limit: usize,
    ) -> Result<Vec<OddPduRecord>, BackendError> {
        let (answer, answered) = oneshot::channel();
        let query = Query {
            operator,
            limit,
            answer,
        };
        // Where the task is gone, the answer goes with the order.
        self.orders.send(Order::Read(query)).await.unwrap_or_default();
        let read = answered.await.map_err(|gone| self.unreadable(gone.into()))?;
        read.map_err(|error| self.unreadable(error.into()))
    }
}

async fn serve(mut orders: mpsc::Receiver<Order>, mut keeper: Keeper) {
    let mut batch = Vec::new();
    while orders.recv_many(&mut batch, WAITING).await > 0 {
        let taken = std::mem::take(&mut batch);
        let ends = taken.iter().any(|order| matches!(order, Order::End));
        let work = tokio::task::spawn_blocking(move || {
            keeper.work(taken);
            keeper
        });
        keeper = match work.await {
            Ok(keeper) => keeper,
            Err(error) => {
                tracing::error!(%error, "odd PDUs are not kept any more");
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
}

impl Keeper {
    fn work(&mut self, orders: Vec<Order>) {
        let mut lines = Vec::new();
        for order in orders {
            match order {
                Order::Keep(record) => add_line(&record, &mut lines),
                Order::Read(query) => {
                    self.write(&mut lines);
                    let read = self.read(query.operator.as_deref(), query.limit);
                    // Who asked may be gone.
                    query.answer.send(read).unwrap_or_default();
                }
                Order::End => {}
            }
        }
        self.write(&mut lines);
        match self.missed.swap(0, Ordering::Relaxed) {
            0 => {}
            missed => tracing::warn!(missed, "odd PDUs came faster than they could be kept"),
        }
    }

    fn write(&mut self, lines: &mut Vec<u8>) {
        if lines.is_empty() {
            return;
        }
        if let Err(error) = self.ring.append(lines) {
            tracing::warn!(%error, "odd PDUs cannot be kept: is data_dir writable, and is there room?");
        }
        lines.clear();
    }

    /// Lines that are no record, because a kill has cut them or another version has written them, are passed over.
    fn read(&self, operator: Option<&str>, limit: usize) -> io::Result<Vec<OddPduRecord>> {
        let text = self.ring.read()?;
        let records = text.lines().rev();
        let records = records.filter_map(|line| serde_json::from_str::<OddPduRecord>(line).ok());
        let wanted = records.filter(|record| {
            operator
                .is_none_or(|wanted| record.operator == wanted || record.operator_id.to_string() == wanted)
        });
        Ok(wanted.take(limit).collect())
    }
}

fn add_line(record: &OddPduRecord, lines: &mut Vec<u8>) {
    tracing::warn!(
        operator = %record.operator, bind = record.bind, oddity = %record.oddity, pdu = %record.summary, "odd PDU"
    );
    match serde_json::to_vec(record) {
        Ok(line) => {
            lines.extend(line);
            lines.push(b'\n');
        }
        Err(error) => tracing::warn!(%error, "an odd PDU cannot be kept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Direction;
    use smpp_domain::ids::OperatorId;
    use smpp_domain::pdu::CommandStatus;
    use uuid::Uuid;

    fn kind(command_id: u32) -> OddPduKind {
        OddPduKind {
            operator_id: OperatorId(Uuid::nil()),
            command_id,
            kind: "no_nul",
            field: "message_id",
        }
    }

    fn record(sequence_number: u32) -> OddPduRecord {
        OddPduRecord {
            at: clock::utc_now(),
            operator_id: OperatorId(Uuid::nil()),
            operator: "acme".to_owned(),
            bind: 0,
            direction: Direction::Received,
            command: "submit_sm_resp".to_owned(),
            command_status: CommandStatus::OK,
            sequence_number,
            kind: "no_nul".to_owned(),
            oddity: "no_nul in message_id".to_owned(),
            summary: "submit_sm_resp seq 1".to_owned(),
            length: 17,
            octets: "00".repeat(17),
        }
    }

    #[tokio::test]
    async fn who_keeps_a_pdu_never_waits() {
        let dir = tempfile::tempdir().unwrap();
        let files = OddPduFiles::open(dir.path(), &TaskTracker::new());
        // On this runtime the task has no turn before the first await.
        for number in 0..300 {
            files.keep(kind(number), &|| record(number));
        }
        assert_eq!(files.missed.load(Ordering::Relaxed), 44);
        let kept = files.recent(None, 1_000).await.unwrap();
        let numbers: Vec<_> = kept.iter().map(|record| record.sequence_number).collect();
        assert_eq!(numbers, (0..256).rev().collect::<Vec<_>>(), "the newest first");
    }

    #[tokio::test]
    async fn what_is_not_kept_is_not_even_made() {
        let dir = tempfile::tempdir().unwrap();
        let files = OddPduFiles::open(dir.path(), &TaskTracker::new());
        let made = std::cell::Cell::new(0);
        for number in 0..100 {
            files.keep(kind(7), &|| {
                made.set(made.get() + 1);
                record(number)
            });
        }
        assert_eq!(made.get(), 10);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_read_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data");
        std::fs::write(&folder, "in the way").unwrap();
        let files = OddPduFiles::open(&folder, &TaskTracker::new());
        files.keep(kind(1), &|| record(1));
        let error = files.recent(None, 10).await.unwrap_err();
        assert!(error.to_string().contains("data: reading them failed"), "{error}");
        std::fs::remove_file(&folder).unwrap();
        files.keep(kind(1), &|| record(2));
        assert_eq!(files.recent(None, 10).await.unwrap().len(), 1);
    }
}
