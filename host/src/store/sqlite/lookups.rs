//! Look-ups of one kind that wait at the same time share a statement, whosever they are; nothing waits for company.
//!
//! As with writes: each statement is a hand-over to SQLite's thread and back, which costs more than what it looks up. With many
//! operators, each with a message now and then, it would be most of what a message costs.
//!
//! There is no task for it. Of those who wait one has the turn, asks for all of them, and hands the turn on.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePool;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as AsyncMutex, oneshot};

/// Bounds of one statement: they bound what it brings into memory.
const GROUP: usize = 64;
const GROUP_ROWS: usize = 16_384;

/// Something to look up.
#[async_trait]
pub(crate) trait Lookup: Send + Sync + 'static {
    /// What the caller gets.
    type Answer: Send + 'static;
    /// For people, in errors.
    const ACTION: &'static str;

    /// How many rows it finds at most.
    fn rows(&self) -> usize;

    /// Looks several up, and answers each.
    async fn find_all(
        alike: &[Arc<Self>],
        connection: &mut SqliteConnection,
    ) -> Result<Vec<Self::Answer>, sqlx::Error>
    where
        Self: Sized;
}

type Found<L> = Result<<L as Lookup>::Answer, Arc<sqlx::Error>>;
type Waiting<L> = (Arc<L>, oneshot::Sender<Found<L>>);

/// The look-ups of one kind.
pub(crate) struct Lookups<L: Lookup> {
    waiting: Mutex<VecDeque<Waiting<L>>>,
    turn: AsyncMutex<()>,
}

impl<L: Lookup> Default for Lookups<L> {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            turn: AsyncMutex::default(),
        }
    }
}

impl<L: Lookup> Lookups<L> {
    /// Waits for the answer, or for the turn. Cancel safe for all others.
    pub(super) async fn find(&self, readers: &SqlitePool, lookup: L) -> Found<L> {
        let lookup = Arc::new(lookup);
        let mut answer = self.wait(&lookup);
        loop {
            tokio::select! {
                biased;
                found = &mut answer => match found {
                    Ok(found) => return found,
                    // Whoever has asked for all was cancelled.
                    Err(_) => answer = self.wait(&lookup),
                },
                turn = self.turn.lock() => {
                    self.ask(readers).await;
                    drop(turn);
                }
            }
        }
    }

    fn wait(&self, lookup: &Arc<L>) -> oneshot::Receiver<Found<L>> {
        let (reply, answer) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back((Arc::clone(lookup), reply));
        answer
    }

    /// Those that wait longest and still want an answer, up to the bounds.
    fn gather(&self) -> Vec<Waiting<L>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut group, mut rows) = (Vec::new(), 0);
        while group.len() < GROUP && rows < GROUP_ROWS {
            let Some((lookup, reply)) = waiting.pop_front() else {
                break;
            };
            if !reply.is_closed() {
                rows += lookup.rows();
                group.push((lookup, reply));
            }
        }
        group
    }

    async fn ask(&self, readers: &SqlitePool) {
        let (lookups, replies): (Vec<_>, Vec<_>) = self.gather().into_iter().unzip();
        if lookups.is_empty() {
            return;
        }
        let found = async {
            let mut connection = readers.acquire().await?;
            L::find_all(&lookups, &mut connection).await
        };
        // Nobody waits any more when the caller was cancelled.
        match found.await {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    drop(reply.send(Ok(answer)));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for reply in replies {
                    drop(reply.send(Err(Arc::clone(&error))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
