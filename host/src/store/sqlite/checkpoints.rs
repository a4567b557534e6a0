//! Moving the log into the file, beside the writer.
//!
//! SQLite does it in the commit with which the log has come to 20,000 pages, and everybody waits for that commit: tens of milliseconds.
//! So a connection of its own moves it in small steps as it grows, and little is left to the commit. Which still has its use: the log
//! begins anew only when all of it is in the file, and that is never so while the writer goes on.

use sqlx::SqliteConnection;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Rows to be written between two steps: some 2,000 pages of the log.
pub(super) const STEP: usize = 8_192;
/// What a transaction writes beside its rows, as rows: pages of indexes, mostly.
const TRANSACTION: usize = 16;

const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

pub(super) struct Checkpoints {
    /// Rows since the last step.
    grown: usize,
    due: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (due, steps) = mpsc::channel(1);
        Self {
            grown: 0,
            due,
            task: tokio::spawn(run(connection, steps)),
        }
    }

    /// A transaction has written so many rows.
    pub(super) fn grown(&mut self, rows: usize) {
        self.grown = self.grown.saturating_add(rows).saturating_add(TRANSACTION);
        // While one step is under way and another is due, the rest goes with that.
        if self.grown >= STEP && self.due.try_send(()).is_ok() {
            self.grown = 0;
        }
    }

    /// Closes the connection: the last one to be closed, which moves all that is left, is to be the writer's.
    pub(super) async fn end(self) {
        drop(self.due);
        // It does not panic, and if the runtime has ended it is closed as well.
        drop(self.task.await);
    }
}

async fn run(mut connection: SqliteConnection, mut steps: mpsc::Receiver<()>) {
    while steps.recv().await.is_some() {
        if let Err(error) = sqlx::query(CHECKPOINT).execute(&mut connection).await {
            // The writer meets what is in the way as well, and tells whoever waits for it.
            tracing::debug!(%error, "the log was not moved into the embedded database's file");
        }
    }
    super::close(connection).await;
}

#[cfg(test)]
mod tests;
