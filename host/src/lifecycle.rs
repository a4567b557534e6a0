//! Starting and stopping: two tokens and one tracker, so that no task is detached and shutdown has a deadline.

use std::future::Future;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long tasks may take to end after the deadline.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Everything drained.
    Clean,
    /// The deadline passed, or a second signal came, and the rest was dropped. Nothing accepted is lost: it is durable.
    Forced,
}

/// The life of the process, or of a gateway inside a test.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
    grace: Duration,
}

impl Lifecycle {
    /// A life whose shutdown may take `grace`.
    #[must_use]
    pub fn new(grace: Duration) -> Self {
        Self {
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            tracker: TaskTracker::new(),
            grace,
        }
    }

    /// Cancelled when the shutdown begins: stop taking work.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Begins the shutdown.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// For tasks that end by themselves when what they serve is closed.
    #[must_use]
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// Runs a task until it ends or the deadline of the shutdown passes.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                () = task => {}
                () = hard.cancelled() => {}
            }
        });
    }

    /// Waits for SIGTERM or SIGINT and begins the shutdown; a second signal ends it at once.
    pub async fn stop_on_signals(self) {
        let (Ok(mut terminate), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            tracing::warn!("signals cannot be watched: stop the process with kill -9");
            return;
        };
        for token in [&self.soft, &self.hard] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = self.hard.cancelled() => return,
            }
            token.cancel();
        }
    }

    /// Waits for the shutdown to begin and then for every task, at most for the grace period.
    pub async fn ended(&self) -> Ended {
        self.soft.cancelled().await;
        self.tracker.close();
        let drained = tokio::select! {
            () = self.tracker.wait() => true,
            () = tokio::time::sleep(self.grace) => false,
            () = self.hard.cancelled() => false,
        };
        self.hard.cancel();
        if drained {
            return Ended::Clean;
        }
        // What serves others ends when they let go of it, and some of them never will. What it has answered is durable.
        tokio::time::timeout(LAST_MOMENT, self.tracker.wait())
            .await
            .unwrap_or_default();
        Ended::Forced
    }
}
