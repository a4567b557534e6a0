//! When each numbered message took each of its steps.

use anyhow::{Result, bail};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A run that stands still for so long has lost something.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a message goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is given to the gateway.
    Sent,
    /// The operator has read its submit_sm.
    Submitted,
    /// The operator writes its receipt.
    Receipt,
    /// The last thing to be told of it can be read: its receipt, or its outcome where receipts are off.
    Told,
}

/// The steps of every message, in nanoseconds since the start; 0 is a step that was not taken.
pub struct Tally {
    started: Instant,
    /// The number of the first.
    first: usize,
    steps: Vec<[AtomicU64; 4]>,
    through: watch::Sender<usize>,
    wrong: Mutex<Option<String>>,
}

impl Tally {
    /// For so many messages.
    #[must_use]
    pub fn of(messages: usize) -> Self {
        Self::from(0, messages)
    }

    /// For so many messages, whose numbers begin with this one: those before it were another gateway's.
    #[must_use]
    pub fn from(first: usize, messages: usize) -> Self {
        Self {
            started: Instant::now(),
            first,
            steps: std::iter::repeat_with(Default::default).take(messages).collect(),
            through: watch::Sender::new(first),
            wrong: Mutex::default(),
        }
    }

    /// Notes that a message takes a step now; only the first time counts. Numbers that are not among these are nobody's.
    pub fn note(&self, step: Step, number: usize) {
        let steps = number
            .checked_sub(self.first)
            .and_then(|index| self.steps.get(index));
        let Some(at) = steps.map(|steps| &steps[step as usize]) else {
            return;
        };
        let now = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let first = at.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        if step == Step::Told && first.is_ok() {
            self.through.send_modify(|through| *through += 1);
        }
    }

    /// Notes what should not be: the run has failed.
    pub fn fail(&self, what: impl Into<String>) {
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = Some(what.into());
        self.through.send_modify(|_| {});
    }

    /// Waits until as many messages are through as have a lower number than this.
    ///
    /// # Errors
    /// When something went wrong, or no message has got through for half a minute.
    pub async fn until(&self, messages: usize) -> Result<()> {
        let mut through = self.through.subscribe();
        loop {
            if let Some(wrong) = &*self.wrong.lock().unwrap_or_else(PoisonError::into_inner) {
                bail!("{wrong}");
            }
            let so_far = *through.borrow_and_update();
            if so_far >= messages {
                return Ok(());
            }
            if tokio::time::timeout(PATIENCE, through.changed()).await.is_err() {
                bail!("{so_far} of {messages} messages got through, and then none for {PATIENCE:?}");
            }
        }
    }

    /// How long it took from one step to a later one, of the messages with these numbers that took both; sorted.
    #[must_use]
    pub fn between(&self, from: Step, to: Step, numbers: std::ops::Range<usize>) -> Vec<Duration> {
        let index = |number: usize| number.saturating_sub(self.first);
        let of = self.steps.get(index(numbers.start)..index(numbers.end));
        let of = of.unwrap_or_default();
        let mut times: Vec<_> = of
            .iter()
            .filter_map(|steps| {
                let at = |step: Step| match steps[step as usize].load(Ordering::Relaxed) {
                    0 => None,
                    at => Some(Duration::from_nanos(at)),
                };
                Some(at(to)?.saturating_sub(at(from)?))
            })
            .collect();
        times.sort_unstable();
        times
    }
}
