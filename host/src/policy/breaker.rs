//! Stops asking a hook that keeps failing. Each failure costs a new instance, and each timeout a worker thread its
//! deadline: a broken hook must not slow down what works without it.
//!
//! ```text
//! closed --5 failures or 3 timeouts in 10 s--> open (30 s) --over--> half-open: one call alone is made
//!   ^                                             ^   twice as long, up to 10 min |          |
//!   |                                             +------------- it fails --------+          |
//!   +------------------------------ it does not fail ----------------------------------------+
//! ```
//! A breaker that opens again before it was closed for as long as it had been open stays open twice as long, too.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures count this long.
const WINDOW: Duration = Duration::from_secs(10);
/// This many failures in the window open the breaker.
const FAILURES: usize = 5;
/// This many timeouts do.
const TIMEOUTS: usize = 3;
/// How long it stays open at first.
const OPEN: Duration = Duration::from_secs(30);
/// And at most.
const LONGEST: Duration = Duration::from_secs(600);
/// A trial that has told nothing for so long is forgotten: whoever made it has panicked.
const TRIAL: Duration = Duration::from_secs(30);

/// Of one hook, in one version, for one operator.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// False until the first failure: an honest plugin costs one load a call.
    troubled: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: VecDeque<Failure>,
    open: Option<Open>,
    /// When it was last closed, and how long it had been open.
    closed: Option<(Instant, Duration)>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    until: Instant,
    length: Duration,
    trial_since: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    at: Instant,
    timeout: bool,
}

/// Whether a call may be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Admission {
    /// As ever.
    Call,
    /// This one alone: what becomes of it decides, and must be told.
    Trial,
    /// Not for so long.
    Refused(Duration),
}

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    /// The plugin did its part, even if that was to say that it does not know.
    Well,
    /// It trapped, or answered nonsense.
    Failed,
    /// It cost its whole deadline, or the memory that it may have.
    TimedOut,
}

impl Breaker {
    /// Asks for a call.
    pub(super) fn admit(&self, now: Instant) -> Admission {
        if !self.troubled.load(Ordering::Relaxed) {
            return Admission::Call;
        }
        let mut state = self.state();
        let Some(open) = &mut state.open else {
            if state.failures.back().is_none_or(|last| is_over(*last, now)) {
                self.troubled.store(false, Ordering::Relaxed);
            }
            return Admission::Call;
        };
        if now < open.until {
            return Admission::Refused(open.until - now);
        }
        match open.trial_since {
            Some(since) if now < since + TRIAL => Admission::Refused((since + TRIAL) - now),
            Some(_) | None => {
                open.trial_since = Some(now);
                Admission::Trial
            }
        }
    }

    /// Tells what became of an admitted call; some when this opened the breaker, for so long.
    pub(super) fn ended(&self, now: Instant, admission: Admission, ended: Ended) -> Option<Duration> {
        let trial = admission == Admission::Trial;
        if ended == Ended::Well {
            if trial {
                self.state().close(now);
            }
            return None;
        }
        let mut state = self.state();
        self.troubled.store(true, Ordering::Relaxed);
        if trial {
            let length = state.open.map_or(OPEN, |open| open.length);
            return Some(state.open_for(now, (2 * length).min(LONGEST)));
        }
        if state.open.is_some() {
            // A straggler, begun before it opened.
            return None;
        }
        state.fails(now, ended == Ended::TimedOut)
    }

    /// How much longer the hook is not asked, trials apart; `None` while it is.
    pub(super) fn open_for(&self, now: Instant) -> Option<Duration> {
        if !self.troubled.load(Ordering::Relaxed) {
            return None;
        }
        let open = self.state().open?;
        Some(open.until.saturating_duration_since(now))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_over(failure: Failure, now: Instant) -> bool {
    now.saturating_duration_since(failure.at) >= WINDOW
}

impl State {
    fn fails(&mut self, now: Instant, timeout: bool) -> Option<Duration> {
        while self.failures.front().is_some_and(|oldest| is_over(*oldest, now)) {
            self.failures.pop_front();
        }
        self.failures.push_back(Failure { at: now, timeout });
        let timeouts = self.failures.iter().filter(|failure| failure.timeout).count();
        if self.failures.len() < FAILURES && timeouts < TIMEOUTS {
            return None;
        }
        let length = match self.closed {
            Some((at, length)) if now.saturating_duration_since(at) < length => (2 * length).min(LONGEST),
            Some(_) | None => OPEN,
        };
        Some(self.open_for(now, length))
    }

    fn open_for(&mut self, now: Instant, length: Duration) -> Duration {
        self.failures.clear();
        self.open = Some(Open {
            until: now + length,
            length,
            trial_since: None,
        });
        length
    }

    fn close(&mut self, now: Instant) {
        if let Some(open) = self.open.take() {
            self.closed = Some((now, open.length));
        }
    }
}

#[cfg(test)]
mod tests;
