//! What one version has done since it became active: what its budget looks at.

use super::latency::Latency;
use smpp_domain::policy::FaultCause;
use smpp_domain::policy::budget::Measured;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

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
    pub(super) fn called(&self, took: Duration) {
        self.asked.fetch_add(1, Relaxed);
        self.latency.note(took);
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
