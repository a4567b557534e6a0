//! The one thread that loads plugins. Compilation takes all of a core for up to seconds; here it takes what the message
//! path leaves over, one file at a time.

use super::error::LoadError;
use rustix::process::setpriority_process;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// Jobs that may wait. There are a few a minute.
const QUEUE: usize = 16;
/// Far below the message path; not the lowest, with which a reload would wait for minutes on a machine that is busy with
/// something else.
const NICE: i32 = 5;
/// Between two tries to queue a job.
const RETRY: Duration = Duration::from_millis(20);

type Job = Box<dyn FnOnce() + Send>;

/// Handle of the thread, which ends with it.
pub(super) struct Loader {
    jobs: SyncSender<Job>,
}

impl Loader {
    pub(super) fn start() -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("policy-loader".to_owned())
            .spawn(move || work(&queue))?;
        Ok(Self { jobs })
    }

    /// Runs this on the loader thread, some time, unless it has too much to do.
    pub(super) fn run_later(&self, job: impl FnOnce() + Send + 'static) {
        let job: Job = Box::new(move || drop(guarded(job)));
        if self.jobs.try_send(job).is_err() {
            tracing::debug!("the plugin loader is busy: a job is left out");
        }
    }

    /// Runs this on the loader thread and waits, blocking the caller's thread.
    pub(super) fn run_blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, LoadError> {
        let (reply, answer) = sync_channel(1);
        let job: Job = Box::new(move || drop(reply.send(guarded(job))));
        self.jobs.send(job).map_err(|_| LoadError::LoaderGone)?;
        answer.recv().map_err(|_| LoadError::LoaderGone)?
    }

    /// Runs this on the loader thread. When the call is dropped the job still runs to its end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, LoadError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let mut job: Job = Box::new(move || drop(reply.send(guarded(job))));
        loop {
            job = match self.jobs.try_send(job) {
                Ok(()) => break,
                Err(TrySendError::Full(job)) => job,
                Err(TrySendError::Disconnected(_)) => return Err(LoadError::LoaderGone),
            };
            tokio::time::sleep(RETRY).await;
        }
        answer.await.map_err(|_| LoadError::LoaderGone)?
    }
}

/// Libraries panic on files that nobody has thought of. That must not end the thread, nor the gateway.
pub(super) fn guarded<T>(job: impl FnOnce() -> T) -> Result<T, LoadError> {
    catch_unwind(AssertUnwindSafe(job)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        LoadError::Panicked {
            reason: text.unwrap_or_else(|| "no text".to_owned()),
        }
    })
}

fn work(queue: &Receiver<Job>) {
    // On Linux a "process" is a thread here: only this one gets slower.
    if let Err(error) = setpriority_process(None, NICE) {
        tracing::debug!(%error, "the plugin loader runs at normal priority");
    }
    while let Ok(job) = queue.recv() {
        job();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_next_job_runs() {
        let loader = Loader::start().unwrap();
        let panicked = loader.run(|| -> u8 { panic!("range end index") }).await;
        assert!(matches!(panicked, Err(LoadError::Panicked { reason }) if reason == "range end index"));
        assert_eq!(loader.run(|| 7).await.unwrap(), 7);
        assert_eq!(loader.run_blocking(|| 8).unwrap(), 8);
    }

    #[test]
    fn jobs_run_at_a_low_priority_and_their_callers_do_not() {
        let loader = Loader::start().unwrap();
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        assert_eq!(loader.run_blocking(nice).unwrap(), NICE);
        assert_eq!(nice(), before);
    }
}
