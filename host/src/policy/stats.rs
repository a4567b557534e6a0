//! What a policy did, as plain counters that the metrics read.

use super::latency::Latency;
use crate::ports::FaultView;
use smpp_domain::policy::{FaultCause, Hook};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Faults that are told one by one.
const LAST_FAULTS: usize = 20;
/// Counters of one operator's plugins, over all versions with all their names since the start.
const COUNTERS: usize = 128;
/// Octets of a fault's text that are told.
const FAULT_TEXT: usize = 512;

/// Counters of one operator's policy, over all its versions. They only grow.
#[derive(Debug)]
pub struct PolicyStats {
    hooks: BTreeMap<Hook, HookStats>,
    reloads_ok: AtomicU64,
    reloads_failed: AtomicU64,
    compile_ms: AtomicU64,
    log_lines_dropped: AtomicU64,
    metrics_dropped: AtomicU64,
    last_faults: Mutex<VecDeque<FaultView>>,
    /// By plugin and counter.
    counters: Mutex<BTreeMap<(String, String), Arc<AtomicU64>>>,
}

/// Counters of one hook.
#[derive(Debug, Default)]
pub struct HookStats {
    calls: AtomicU64,
    host_default: AtomicU64,
    nanos: AtomicU64,
    latency: Latency,
    faults: [AtomicU64; FaultCause::ALL.len()],
}

impl Default for PolicyStats {
    fn default() -> Self {
        Self {
            hooks: Hook::ALL
                .into_iter()
                .map(|hook| (hook, HookStats::default()))
                .collect(),
            reloads_ok: AtomicU64::new(0),
            reloads_failed: AtomicU64::new(0),
            compile_ms: AtomicU64::new(0),
            log_lines_dropped: AtomicU64::new(0),
            metrics_dropped: AtomicU64::new(0),
            last_faults: Mutex::default(),
            counters: Mutex::default(),
        }
    }
}

impl PolicyStats {
    /// Each hook with its counters.
    pub fn hooks(&self) -> impl Iterator<Item = (Hook, &HookStats)> {
        self.hooks.iter().map(|(hook, stats)| (*hook, stats))
    }

    /// Versions that became active.
    #[must_use]
    pub fn reloads_ok(&self) -> u64 {
        self.reloads_ok.load(Relaxed)
    }

    /// Candidates that were refused.
    #[must_use]
    pub fn reloads_failed(&self) -> u64 {
        self.reloads_failed.load(Relaxed)
    }

    /// How long the active version took to compile, in milliseconds.
    #[must_use]
    pub fn compile_ms(&self) -> u64 {
        self.compile_ms.load(Relaxed)
    }

    /// Log lines of plugins beyond their rate.
    #[must_use]
    pub fn log_lines_dropped(&self) -> u64 {
        self.log_lines_dropped.load(Relaxed)
    }

    /// Additions to counters that no manifest declares.
    #[must_use]
    pub fn metrics_dropped(&self) -> u64 {
        self.metrics_dropped.load(Relaxed)
    }

    pub(super) fn called(&self, hook: Hook, took: Duration) {
        if let Some(stats) = self.hooks.get(&hook) {
            stats.calls.fetch_add(1, Relaxed);
            stats.latency.note(took);
            stats
                .nanos
                .fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
        }
    }

    pub(super) fn host_default(&self, hook: Hook) {
        if let Some(stats) = self.hooks.get(&hook) {
            stats.host_default.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn fault(&self, hook: Hook, cause: FaultCause) {
        if let Some(counter) = self
            .hooks
            .get(&hook)
            .and_then(|stats| stats.faults.get(cause as usize))
        {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Keeps a fault for people; one for each call without a usable answer.
    pub(super) fn faulted(&self, hook: Hook, cause: FaultCause, text: &str, sha256: &str) {
        let fault = FaultView {
            at: crate::clock::utc_now(),
            hook,
            cause: cause.name(),
            text: super::imports::mask_numbers(&super::imports::printable(text, FAULT_TEXT)).into_owned(),
            sha256: sha256.to_owned(),
        };
        let mut last = self.last_faults.lock().unwrap_or_else(PoisonError::into_inner);
        last.truncate(LAST_FAULTS - 1);
        last.push_front(fault);
    }

    /// The latest faults, newest first.
    pub(super) fn last_faults(&self) -> Vec<FaultView> {
        let last = self.last_faults.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().cloned().collect()
    }

    pub(super) fn activated(&self, compile_ms: u64) {
        self.reloads_ok.fetch_add(1, Relaxed);
        self.compile_ms.store(compile_ms, Relaxed);
    }

    pub(super) fn refused(&self) {
        self.reloads_failed.fetch_add(1, Relaxed);
    }

    /// The counters that a plugin declares, ready to be added to. Versions of one plugin count together.
    pub(super) fn declare(&self, plugin: &str, names: &[String]) -> BTreeMap<String, Arc<AtomicU64>> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut declared = BTreeMap::new();
        for name in names {
            let key = (plugin.to_owned(), name.clone());
            if counters.len() < COUNTERS || counters.contains_key(&key) {
                let counter = counters.entry(key).or_default();
                declared.insert(name.clone(), Arc::clone(counter));
            }
        }
        declared
    }

    /// What plugins count: plugin, counter, value.
    #[must_use]
    pub fn counters(&self) -> Vec<(String, String, u64)> {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters
            .iter()
            .map(|((plugin, name), value)| (plugin.clone(), name.clone(), value.load(Relaxed)))
            .collect()
    }

    pub(super) fn log_line_dropped(&self) {
        self.log_lines_dropped.fetch_add(1, Relaxed);
    }

    pub(super) fn metric_dropped(&self) {
        self.metrics_dropped.fetch_add(1, Relaxed);
    }
}

impl HookStats {
    /// Calls into the plugin. Hooks that it lacks, or whose breaker is open, are not called.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    /// Calls answered with "no opinion".
    #[must_use]
    pub fn defaults(&self) -> u64 {
        self.host_default.load(Relaxed)
    }

    /// Time spent in the calls, checks of the answers included.
    #[must_use]
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Relaxed))
    }

    /// So many percent of the calls took no longer, to within a quarter.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Duration {
        self.latency.percentile(percent)
    }

    /// Calls by the seconds that they took: so many up to each bound, and above the one before. The last has no bound.
    #[must_use]
    pub fn buckets(&self) -> Vec<(f64, u64)> {
        self.latency.buckets()
    }

    /// The longest call.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.latency.max()
    }

    /// Calls without a usable answer, by cause; those that an open breaker kept from being made are under
    /// [`FaultCause::BreakerOpen`].
    pub fn faults(&self) -> impl Iterator<Item = (FaultCause, u64)> {
        FaultCause::ALL
            .into_iter()
            .zip(self.faults.iter().map(|count| count.load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_counter() {
        let stats = PolicyStats::default();
        for cause in FaultCause::ALL {
            stats.fault(Hook::Inbound, cause);
        }
        stats.fault(Hook::Inbound, FaultCause::BreakerOpen);
        let inbound = &stats.hooks[&Hook::Inbound];
        let counts: Vec<_> = inbound.faults().collect();
        assert_eq!(counts.last(), Some(&(FaultCause::BreakerOpen, 2)));
        assert!(counts[..8].iter().all(|(_, count)| *count == 1), "{counts:?}");
        assert!(stats.hooks[&Hook::Encoding].faults().all(|(_, count)| count == 0));
    }
}
