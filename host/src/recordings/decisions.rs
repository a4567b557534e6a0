//! Hook calls in `decisions.ndjson`, and the PDUs that go with them in `pdus.ndjson`: the latest of them, for a day at most.

use super::log::{Kept, Log, Place};
use crate::ports::{BackendError, DecisionCount, DecisionLog, DecisionRecord, PduLog, PduRecord, Wanted};
use async_trait::async_trait;
use std::path::Path;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// How long records are kept where there is room.
const AGE: Duration = Duration::from_secs(24 * 3_600);

/// So that what goes at once is a small part of what there is.
const FILES: usize = 8;

/// Records that may wait for the task: what the busiest second brings.
const WAITING: usize = 4_096;

/// The hook calls of this host.
pub struct DecisionFiles(Log<DecisionRecord>);

/// The PDUs of this host's links.
pub struct PduFiles(Log<PduRecord>);

impl Kept for DecisionRecord {
    const WHAT: &'static str = "the recorded decisions";
}

impl Kept for PduRecord {
    const WHAT: &'static str = "the recorded PDUs";
}

impl DecisionFiles {
    /// Those in the folder, `room` octets at most. The task ends with [`DecisionFiles::close`].
    #[must_use]
    pub fn open(folder: &Path, room: u64, tasks: &TaskTracker) -> Self {
        Self(Log::open(&place(folder, "decisions", room), tasks))
    }

    /// Writes what waits, and ends.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

impl PduFiles {
    /// Those in the folder, `room` octets at most. The task ends with [`PduFiles::close`].
    #[must_use]
    pub fn open(folder: &Path, room: u64, tasks: &TaskTracker) -> Self {
        Self(Log::open(&place(folder, "pdus", room), tasks))
    }

    /// Writes what waits, and ends.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

fn place<'a>(folder: &'a Path, name: &'static str, room: u64) -> Place<'a> {
    Place {
        folder,
        name,
        room,
        files: FILES,
        age: Some(AGE),
        waiting: WAITING,
    }
}

#[async_trait]
impl DecisionLog for DecisionFiles {
    fn keep(&self, record: DecisionRecord) {
        self.0.keep(record);
    }

    async fn recent(&self, wanted: Wanted) -> Result<Vec<DecisionRecord>, BackendError> {
        self.0.recent(wanted).await
    }

    async fn count(&self, wanted: Wanted) -> Result<Vec<DecisionCount>, BackendError> {
        self.0.count(wanted).await
    }
}

#[async_trait]
impl PduLog for PduFiles {
    fn keep(&self, record: PduRecord) {
        self.0.keep(record);
    }

    async fn recent(&self, wanted: Wanted) -> Result<Vec<PduRecord>, BackendError> {
        self.0.recent(wanted).await
    }
}

#[cfg(test)]
mod tests;
