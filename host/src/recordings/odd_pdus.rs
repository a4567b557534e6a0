//! Odd PDUs in `odd-pdus.ndjson` and `odd-pdus.1.ndjson`: one JSON object a line, the newest last.

use super::log::{Kept, Log, Place};
use super::sample::Sample;
use crate::clock;
use crate::ports::{BackendError, OddPduKind, OddPduLog, OddPduRecord, Wanted};
use async_trait::async_trait;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tokio_util::task::TaskTracker;

/// Octets of both files.
const ROOM: u64 = 4 * 1024 * 1024;

/// Records that may wait for the task.
const WAITING: usize = 256;

/// The odd PDUs that came to this host.
pub struct OddPduFiles {
    log: Log<OddPduRecord>,
    sample: Mutex<Sample<OddPduKind>>,
}

impl Kept for OddPduRecord {
    const WHAT: &'static str = "the odd PDUs";

    fn tell(&self) {
        tracing::warn!(
            operator = %self.operator, bind = self.bind, oddity = %self.oddity, pdu = %self.summary, "odd PDU"
        );
    }
}

impl OddPduFiles {
    /// Those in the folder, which is made when it is needed. The task ends with [`OddPduFiles::close`].
    #[must_use]
    pub fn open(folder: &Path, tasks: &TaskTracker) -> Self {
        let place = Place {
            folder,
            name: "odd-pdus",
            room: ROOM,
            files: 2,
            age: None,
            waiting: WAITING,
        };
        Self {
            log: Log::open(&place, tasks),
            sample: Mutex::new(Sample::new(clock::now())),
        }
    }

    /// Writes what waits, and ends.
    pub async fn close(&self) {
        self.log.close().await;
    }

    fn takes(&self, kind: OddPduKind) -> bool {
        let mut sample = self.sample.lock().unwrap_or_else(PoisonError::into_inner);
        sample.takes(clock::now(), kind)
    }
}

#[async_trait]
impl OddPduLog for OddPduFiles {
    fn keep(&self, kind: OddPduKind, record: &dyn Fn() -> OddPduRecord) {
        if self.takes(kind) {
            self.log.keep(record());
        }
    }

    async fn recent(
        &self,
        operator: Option<String>,
        limit: usize,
    ) -> Result<Vec<OddPduRecord>, BackendError> {
        let wanted = Wanted {
            operator,
            limit,
            ..Wanted::default()
        };
        self.log.recent(wanted).await
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
        assert_eq!(files.log.missed(), 44);
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
