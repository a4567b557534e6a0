//! Stops asking a hook that keeps failing. Each failure costs a new instance, and each timeout a worker thread its
//! deadline: a broken hook must not slow down what works without it.

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
/// How long it stays open; then the hook is asked again with a clean record.
const OPEN: Duration = Duration::from_secs(30);

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
    open_until: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    at: Instant,
    timeout: bool,
}

impl Breaker {
    /// How much longer the hook is not to be asked; `None` when it may be.
    pub(super) fn open_for(&self, now: Instant) -> Option<Duration> {
        if !self.troubled.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.state();
        let until = state.open_until?;
        if now < until {
            return Some(until - now);
        }
        state.open_until = None;
        self.troubled.store(false, Ordering::Relaxed);
        None
    }

    /// Notes a failure. True when this one opened the breaker.
    pub(super) fn failed(&self, now: Instant, timeout: bool) -> bool {
        let mut state = self.state();
        self.troubled.store(true, Ordering::Relaxed);
        if state.open_until.is_some_and(|until| now < until) {
            return false;
        }
        while state
            .failures
            .front()
            .is_some_and(|oldest| now.saturating_duration_since(oldest.at) >= WINDOW)
        {
            state.failures.pop_front();
        }
        state.failures.push_back(Failure { at: now, timeout });
        let timeouts = state.failures.iter().filter(|failure| failure.timeout).count();
        if state.failures.len() < FAILURES && timeouts < TIMEOUTS {
            return false;
        }
        state.failures.clear();
        state.open_until = Some(now + OPEN);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn start() -> Instant {
        crate::clock::now()
    }

    #[test]
    fn five_failures_in_the_window_open_it_for_thirty_seconds() {
        let (breaker, t) = (Breaker::default(), start());
        for n in 0..4 {
            assert!(!breaker.failed(t + n * SECOND, false));
            assert_eq!(breaker.open_for(t + n * SECOND), None);
        }
        assert!(breaker.failed(t + 4 * SECOND, false));
        assert_eq!(breaker.open_for(t + 5 * SECOND), Some(29 * SECOND));
        assert_eq!(breaker.open_for(t + 34 * SECOND), None);
        assert!(
            !breaker.failed(t + 34 * SECOND, false),
            "its record must be clean again"
        );
    }

    #[test]
    fn three_timeouts_are_enough() {
        let (breaker, t) = (Breaker::default(), start());
        assert!(!breaker.failed(t, true));
        assert!(!breaker.failed(t, false));
        assert!(!breaker.failed(t, true));
        assert!(breaker.failed(t, true));
    }

    #[test]
    fn failures_that_lie_apart_do_not_add_up() {
        let (breaker, t) = (Breaker::default(), start());
        for n in 0..40 {
            assert!(!breaker.failed(t + 3 * n * SECOND, false), "failure {n}");
        }
        for n in 0..40 {
            assert!(!breaker.failed(t + (120 + 5 * n) * SECOND, true), "timeout {n}");
        }
    }

    #[test]
    fn stragglers_do_not_prolong_an_open_breaker() {
        let (breaker, t) = (Breaker::default(), start());
        for _ in 0..5 {
            breaker.failed(t, false);
        }
        assert!(!breaker.failed(t + SECOND, true));
        assert_eq!(breaker.open_for(t + SECOND), Some(29 * SECOND));
    }
}
