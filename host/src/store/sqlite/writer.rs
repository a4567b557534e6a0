//! The one who writes. What waits is carried out in one transaction, so that many callers share one sync of the
//! disk; nothing waits for company.
//!
//! Writes of one kind share their statements as well. Each statement is a hand-over to SQLite's thread and back, which costs more
//! than the statement: with a thousand operators, each with a message now and then, it would be most of what a message costs.
//! Nobody can tell the order of writes that wait at the same time, so those of a kind may be put side by side.
//!
//! Everything that must not interleave (a row settled while its receipt is being parked) is safe because it happens here,
//! one job after the other.

use super::Claim;
use super::checkpoints::Checkpoints;
use super::error;
use crate::ports::BackendErrorKind;
use async_trait::async_trait;
use sqlx::SqliteConnection;
use std::any::{Any, TypeId};
use std::io;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Bounds of one transaction: they bound how long a commit takes, and how much is done again when one job fails.
const GROUP_JOBS: usize = 256;
const GROUP_ROWS: usize = 8192;

/// Something to write. It may be carried out more than once before it is committed, once in the end.
#[async_trait]
pub(crate) trait Write: Send + Sync + 'static {
    /// What the caller gets.
    type Answer: Send + 'static;
    /// For people, in errors.
    const ACTION: &'static str;

    /// About how many rows it touches.
    fn rows(&self) -> usize;

    /// Whether [`Write::apply_all`] runs one statement, for it and others of which this is true: then SQLite's own transaction around a
    /// statement will do.
    fn is_one_statement(&self) -> bool {
        false
    }

    /// Runs its statements inside a transaction.
    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, sqlx::Error>;

    /// Runs several, in this order, and answers each. To be overridden where one statement can do the work of all.
    async fn apply_all(
        alike: &[&Self],
        connection: &mut SqliteConnection,
    ) -> Result<Vec<Self::Answer>, sqlx::Error>
    where
        Self: Sized,
    {
        let mut answers = Vec::with_capacity(alike.len());
        for write in alike {
            answers.push(write.apply(connection).await?);
        }
        Ok(answers)
    }

    /// Runs when it is on disk, in the order of the commits.
    fn committed(&self, _answer: &Self::Answer) {}
}

type Reply<A> = oneshot::Sender<Result<A, Arc<sqlx::Error>>>;

/// A [`Write`] with the caller that waits for it.
pub(super) struct Pending<W: Write> {
    write: W,
    reply: Reply<W::Answer>,
    answer: Option<W::Answer>,
}

impl<W: Write> Pending<W> {
    pub(super) fn new(write: W, reply: Reply<W::Answer>) -> Self {
        Self {
            write,
            reply,
            answer: None,
        }
    }
}

/// A [`Pending`] of any type.
#[async_trait]
pub(super) trait Job: Any + Send {
    /// The type of its [`Write`].
    fn kind(&self) -> TypeId;
    fn rows(&self) -> usize;
    fn is_one_statement(&self) -> bool;
    /// Carries it out together with others of its kind.
    async fn apply(
        &mut self,
        alike: &mut [Box<dyn Job>],
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error>;
    fn committed(self: Box<Self>);
    fn failed(self: Box<Self>, error: Arc<sqlx::Error>);
}

#[async_trait]
impl<W: Write> Job for Pending<W> {
    fn kind(&self) -> TypeId {
        TypeId::of::<W>()
    }

    fn rows(&self) -> usize {
        self.write.rows()
    }

    fn is_one_statement(&self) -> bool {
        self.write.is_one_statement()
    }

    async fn apply(
        &mut self,
        alike: &mut [Box<dyn Job>],
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        let mut jobs = vec![self];
        jobs.extend(alike.iter_mut().filter_map(|job| {
            let job: &mut dyn Any = &mut **job;
            job.downcast_mut::<Self>()
        }));
        let writes: Vec<_> = jobs.iter().map(|job| &job.write).collect();
        let answers = W::apply_all(&writes, connection).await?;
        for (job, answer) in jobs.into_iter().zip(answers) {
            job.answer = Some(answer);
        }
        Ok(())
    }

    fn committed(self: Box<Self>) {
        if let Some(answer) = self.answer {
            self.write.committed(&answer);
            // Nobody waits any more when the caller was cancelled.
            drop(self.reply.send(Ok(answer)));
        }
    }

    fn failed(self: Box<Self>, error: Arc<sqlx::Error>) {
        drop(self.reply.send(Err(error)));
    }
}

/// How a transaction ended that did not commit.
enum Failure {
    /// One of the jobs is at fault.
    Job(sqlx::Error),
    /// The database itself did not begin or commit.
    Database(sqlx::Error),
}

pub(super) struct Writer {
    connection: SqliteConnection,
    checkpoints: Checkpoints,
    jobs: mpsc::Receiver<Box<dyn Job>>,
    closing: CancellationToken,
    // Fields are dropped in this order: whoever waits for the end finds the file unlocked.
    _claim: Claim,
    _closed: DropGuard,
}

impl Writer {
    pub(super) fn new(
        connection: SqliteConnection,
        checkpoints: Checkpoints,
        jobs: mpsc::Receiver<Box<dyn Job>>,
        closing: CancellationToken,
        closed: DropGuard,
        claim: Claim,
    ) -> Self {
        Self {
            connection,
            checkpoints,
            jobs,
            closing,
            _claim: claim,
            _closed: closed,
        }
    }

    /// Starts it on a thread of its own. Whatever is under way waits for the writer, and between two statements it has microseconds of
    /// work: as a task it would wait for its turn there each time, behind plugins and sockets.
    pub(super) fn start(self, task: TaskTrackerToken) -> io::Result<()> {
        let runtime = Handle::current();
        let run = move || {
            runtime.block_on(self.run());
            drop(task);
        };
        let thread = std::thread::Builder::new().name("sqlite-writer".to_owned());
        thread.spawn(run).map(drop)
    }

    /// Runs until the last handle is gone or one of them asks for the end; writes that were taken are finished.
    async fn run(mut self) {
        loop {
            let job = tokio::select! {
                job = self.jobs.recv() => job,
                () = self.closing.cancelled(), if !self.jobs.is_closed() => {
                    self.jobs.close();
                    continue;
                }
            };
            let Some(job) = job else { break };
            let group = self.gather(job);
            self.carry_out(group).await;
        }
        self.checkpoints.end().await;
        super::close(self.connection).await;
    }

    /// What waits already, up to the bounds; each kind where the first of it was.
    fn gather(&mut self, first: Box<dyn Job>) -> Vec<Box<dyn Job>> {
        let mut rows = first.rows();
        let mut group = vec![first];
        while group.len() < GROUP_JOBS && rows < GROUP_ROWS {
            let Ok(job) = self.jobs.try_recv() else { break };
            rows = rows.saturating_add(job.rows());
            group.push(job);
        }
        let mut kinds = Vec::new();
        for kind in group.iter().map(|job| job.kind()) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        group.sort_by_key(|job| kinds.iter().position(|kind| *kind == job.kind()));
        group
    }

    /// A job that fails takes nobody with it: the others are done again, each alone.
    async fn carry_out(&mut self, mut group: Vec<Box<dyn Job>>) {
        let alone = group.len() == 1;
        match self.transaction(&mut group).await {
            Ok(()) => {
                let rows = group.iter().map(|job| job.rows());
                self.checkpoints.grown(rows.fold(0, usize::saturating_add));
                group.into_iter().for_each(Job::committed);
            }
            Err(Failure::Job(_)) if !alone => {
                for job in group {
                    Box::pin(self.carry_out(vec![job])).await;
                }
            }
            Err(Failure::Job(error) | Failure::Database(error)) => {
                let error = Arc::new(error);
                group.into_iter().for_each(|job| job.failed(Arc::clone(&error)));
            }
        }
    }

    async fn transaction(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        if is_one_statement(group) {
            return match self.apply(group).await {
                // What BEGIN or COMMIT would have met.
                Err(Failure::Job(error)) if error::kind(&error) == BackendErrorKind::Unavailable => {
                    Err(Failure::Database(error))
                }
                done => done,
            };
        }
        self.execute("BEGIN IMMEDIATE").await.map_err(Failure::Database)?;
        let mut done = self.apply(group).await;
        if done.is_ok() {
            done = self.execute("COMMIT").await.map_err(Failure::Database);
        }
        if done.is_err() {
            // SQLite has rolled back by itself after some errors, and says so here.
            drop(self.execute("ROLLBACK").await);
        }
        done
    }

    async fn apply(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        for alike in group.chunk_by_mut(|one, next| one.kind() == next.kind()) {
            let Some((first, others)) = alike.split_first_mut() else {
                continue;
            };
            let applied = first.apply(others, &mut self.connection).await;
            applied.map_err(Failure::Job)?;
        }
        Ok(())
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(sql).execute(&mut self.connection).await.map(drop)
    }
}

/// BEGIN and COMMIT are a hand-over each, and most groups of a host that is not busy are of one statement.
fn is_one_statement(group: &[Box<dyn Job>]) -> bool {
    let Some(first) = group.first() else { return false };
    group
        .iter()
        .all(|job| job.kind() == first.kind() && job.is_one_statement())
}

#[cfg(test)]
mod tests;
