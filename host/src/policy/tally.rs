//! What one version has done since it became active: what its budget looks at.

use super::latency::Latency;
use crate::clock;
use smpp_domain::policy::FaultCause;
use smpp_domain::policy::budget::Measured;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// So many first calls of a version are timed one and all: enough to judge it, also where there are few messages.
const FIRST: u64 = 1_000;
/// Of those after them one of so many. A prime, so that each hook has its turn, in whatever order they are asked.
const ONE_OF: u64 = 61;

/// A call that has begun, and the thread's processor time then, if it is one of those that are timed.
pub(super) struct Begun(Option<Duration>);

/// Counters of one version.
#[derive(Debug, Default)]
pub(super) struct Tally {
    asked: AtomicU64,
    faults: AtomicU64,
    traps: AtomicU64,
    matched: AtomicU64,
    unmatched: AtomicU64,
    latency: Latency,
}

impl Tally {
    /// A call begins. Its time is that of the thread, which stands still while others have the processor: a machine that is
    /// busy makes no version slow. Looking at that clock is a good part of a fast call, so not every call is timed.
    pub(super) fn begin(&self) -> Begun {
        let calls = self.asked.load(Relaxed);
        let timed = calls < FIRST || calls.is_multiple_of(ONE_OF);
        Begun(timed.then(clock::thread_time))
    }

    /// It has ended, on the same thread.
    pub(super) fn called(&self, Begun(began): Begun) {
        self.asked.fetch_add(1, Relaxed);
        if let Some(began) = began {
            self.latency.note(clock::thread_time().saturating_sub(began));
        }
    }

    /// A question that an open breaker kept from being asked.
    pub(super) fn not_asked(&self) {
        self.asked.fetch_add(1, Relaxed);
        self.faults.fetch_add(1, Relaxed);
    }

    pub(super) fn fault(&self, cause: FaultCause) {
        self.faults.fetch_add(1, Relaxed);
        if matches!(cause, FaultCause::Trap | FaultCause::Timeout | FaultCause::Limit) {
            self.traps.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn receipt(&self, matched: bool) {
        let counter = if matched { &self.matched } else { &self.unmatched };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn measured(&self) -> Measured {
        Measured {
            asked: self.asked.load(Relaxed),
            faults: self.faults.load(Relaxed),
            traps: self.traps.load(Relaxed),
            timed: self.latency.calls(),
            p99: self.latency.percentile(99),
            matched: self.matched.load(Relaxed),
            unmatched: self.unmatched.load(Relaxed),
        }
    }

    /// It becomes active, perhaps again.
    pub(super) fn reset(&self) {
        for counter in [
            &self.asked,
            &self.faults,
            &self.traps,
            &self.matched,
            &self.unmatched,
        ] {
            counter.store(0, Relaxed);
        }
        self.latency.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_domain::policy::budget::Budget;

    /// What comes of 200 calls, after which the budget has its say.
    fn breach(call: impl Fn()) -> Option<String> {
        let tally = Tally::default();
        for _ in 0..200 {
            let begun = tally.begin();
            call();
            tally.called(begun);
        }
        let budget = Budget {
            latency: Duration::from_millis(1),
            ..Budget::default()
        };
        budget.breach(&tally.measured(), &Measured::default())
    }

    #[test]
    fn a_version_that_waits_for_the_processor_is_not_slow() {
        assert_eq!(breach(|| std::thread::sleep(Duration::from_millis(3))), None);
    }

    #[test]
    fn a_version_that_takes_the_processor_is() {
        let worked = || {
            let until = clock::thread_time() + Duration::from_millis(2);
            while clock::thread_time() < until {}
        };
        let breach = breach(worked).unwrap();
        assert!(breach.contains("1 of 100 calls takes"), "{breach}");
    }

    #[test]
    fn the_first_calls_are_timed_and_then_some_of_each_hook() {
        let tally = Tally::default();
        let call = || tally.called(tally.begin());
        (0..FIRST).for_each(|_| call());
        assert_eq!(tally.measured().timed, FIRST);
        // Hooks in a row of five: each place of it comes.
        let mut places = [0; 5];
        for n in 0..5 * ONE_OF {
            let before = tally.measured().timed;
            call();
            let timed = tally.measured().timed - before;
            places[usize::try_from(n % 5).unwrap()] += timed;
        }
        assert_eq!(places, [1; 5]);
    }
}
