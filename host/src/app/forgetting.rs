//! Forgetting what is over, a little at a time.
//!
//! Where rows go one by one (SQLite), forgetting takes the one writer from the messages, and it costs more than they do: the entries of
//! one step in an index by the operator's ids lie on a page each, so that a step writes nearly a page for each of its rows. So a step is
//! short, and most of the time belongs to the others.

use super::backends::Backends;
use crate::clock;
use crate::errors;
use crate::ports::BackendError;
use chrono::TimeDelta;
use smpp_domain::reassembly::REMEMBERED;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(30);

/// How long events, outcomes and parked receipts are kept.
const KEEP: TimeDelta = TimeDelta::hours(72);

/// Rows at once: of the first step, and of any.
const FIRST: usize = 100;
const LEAST: usize = 50;
const MOST: usize = 5_000;
/// What a step is to take, its wait for its turn included. Messages may have to wait for so long.
const STEP: Duration = Duration::from_millis(10);
/// What is left to the others after each step, in times of what it took.
const PAUSE: f64 = 4.0;
/// A step takes once more of this, and leaves as much less to the others, for each so long that forgetting has gone on: what it does not
/// keep up with fills the disk, which is worse than a message that waits.
const URGENT: Duration = Duration::from_secs(30 * 60);
/// What took longer is told when it is done.
const LONG: Duration = Duration::from_secs(60);

/// Forgets now and then what is over by then, until `stop`.
pub(super) async fn forget(backends: Backends, stop: CancellationToken) {
    let asleep = async || stop.run_until_cancelled(sleep(EVERY)).await;
    let (store, log, segments) = (&backends.store, &backends.log, &backends.segments);
    let (mut rows, mut events, mut told) = (Pace::default(), Pace::default(), Pace::default());
    while asleep().await.is_some() {
        let now = clock::utc_now();
        let (before, told_before) = (now - KEEP, now - REMEMBERED);
        tokio::join!(
            rows.forget("rows", &stop, |limit| store.expire(now, before, before, limit)),
            events.forget("events", &stop, |limit| log.prune(before, limit)),
            told.forget("segments", &stop, |limit| segments
                .forget_told(told_before, limit)),
        );
    }
}

/// How much is forgotten at once, and how long it then pauses.
struct Pace {
    limit: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { limit: FIRST }
    }
}

impl Pace {
    /// Takes one step after the other until nothing is left, `stop`, or a failure.
    async fn forget<F>(&mut self, what: &'static str, stop: &CancellationToken, step: impl Fn(usize) -> F)
    where
        F: Future<Output = Result<u64, BackendError>>,
    {
        let started = Instant::now();
        let (mut gone, mut told) = (0, false);
        loop {
            let began = Instant::now();
            match step(self.limit).await {
                Ok(0) => break,
                Ok(some) => gone += some,
                Err(error) => {
                    tracing::warn!(error = errors::chain(&error), "old {what} could not be forgotten");
                    return;
                }
            }
            let so_far = started.elapsed();
            if so_far >= URGENT && !told {
                told = true;
                tracing::warn!(
                    count = gone,
                    "old {what} are not all forgotten after half an hour, and take more of the disk's time from now on: unless the \
                     gateway was away for long, more comes than this disk keeps up with, and the database grows (docs/sizing.md, Disk)"
                );
            }
            let pause = self.after(began.elapsed(), so_far);
            if stop.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
        }
        let took = started.elapsed();
        if took >= LONG {
            tracing::info!(
                count = gone,
                millis = micros(took) / 1_000,
                "old {what} are forgotten"
            );
        }
    }

    /// The pause after a step that `took` so long. Forgetting has gone on for `so_far`.
    fn after(&mut self, took: Duration, so_far: Duration) -> Duration {
        let urgency = 1.0 + so_far.div_duration_f64(URGENT);
        let fit = u64::try_from(self.limit)
            .unwrap_or(u64::MAX)
            .saturating_mul(micros(STEP.mul_f64(urgency)))
            .checked_div(micros(took))
            .and_then(|rows| usize::try_from(rows).ok())
            .unwrap_or(usize::MAX);
        // By no more than this: one step says little, the disk may have had other work.
        let near = fit.clamp(self.limit / 2, self.limit * 2);
        self.limit = near.clamp(LEAST, MOST);
        took.mul_f64(PAUSE / urgency)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
