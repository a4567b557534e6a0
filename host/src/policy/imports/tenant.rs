//! For whom a plugin works.

use super::super::stats::PolicyStats;
use super::LogBudget;
use crate::ports::PluginLine;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// Lines that are kept for whoever asks.
const HEARD: usize = 64;
/// Undeclared counters that are reported one by one.
const REPORTED: usize = 32;

/// For whom a plugin works. Shared by its instances.
#[derive(Debug)]
pub(in super::super) struct Tenant {
    /// The operator's id.
    pub(in super::super) operator: String,
    pub(in super::super) operator_name: String,
    /// A JSON document.
    pub(in super::super) settings: Arc<str>,
    pub(in super::super) plugin: String,
    pub(in super::super) version: String,
    pub(super) log: LogBudget,
    pub(in super::super) stats: Arc<PolicyStats>,
    /// What the manifest declares.
    counters: BTreeMap<String, Arc<AtomicU64>>,
    /// What it does not, and was added to all the same.
    undeclared: Mutex<BTreeSet<String>>,
    /// Where its lines go that are not for the log.
    heard: Option<Mutex<Vec<PluginLine>>>,
}

impl Tenant {
    /// An operator by id and name; a plugin by name and version, with the counters that it declares.
    pub(in super::super) fn new(
        (operator, operator_name): (String, String),
        settings: &str,
        (plugin, version): (String, String),
        log: LogBudget,
        stats: &Arc<PolicyStats>,
        counters: &[String],
    ) -> Self {
        Self {
            operator,
            operator_name,
            settings: settings.into(),
            counters: stats.declare(&plugin, counters),
            plugin,
            version,
            log,
            stats: Arc::clone(stats),
            undeclared: Mutex::default(),
            heard: None,
        }
    }

    /// The same one, counted elsewhere.
    pub(in super::super) fn with(&self, stats: Arc<PolicyStats>, log_calls_per_sec: u32) -> Self {
        let counters: Vec<_> = self.counters.keys().cloned().collect();
        Self::new(
            (self.operator.clone(), self.operator_name.clone()),
            &self.settings,
            (self.plugin.clone(), self.version.clone()),
            LogBudget::new(log_calls_per_sec),
            &stats,
            &counters,
        )
    }

    /// The same one outside of all traffic, with other settings where these are given: its lines are kept.
    pub(in super::super) fn beside(&self, settings: Option<String>) -> Self {
        let stats = Arc::new(PolicyStats::default());
        let mut beside = self.with(stats, u32::MAX);
        beside.settings = settings.map_or(beside.settings, Arc::from);
        beside.heard = Some(Mutex::default());
        beside
    }

    /// Keeps a line, if it is one that keeps them. The first ones tell most.
    pub(super) fn hears(&self, line: impl FnOnce() -> PluginLine) -> bool {
        let Some(heard) = &self.heard else { return false };
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() < HEARD {
            heard.push(line());
        }
        true
    }

    /// The lines that it has kept.
    pub(in super::super) fn heard(&self) -> Vec<PluginLine> {
        let heard = self.heard.as_ref();
        heard.map_or_else(Vec::new, |heard| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }

    /// Adds to a counter that the manifest declares. Others are dropped: a plugin cannot make up series as it goes.
    pub(super) fn add(&self, counter: &str, amount: u64) {
        if let Some(declared) = self.counters.get(counter) {
            declared.fetch_add(amount, Relaxed);
            return;
        }
        self.stats.metric_dropped();
        let mut undeclared = self.undeclared.lock().unwrap_or_else(PoisonError::into_inner);
        if undeclared.len() >= REPORTED || !undeclared.insert(counter.to_owned()) {
            return;
        }
        let counter = super::printable(counter, 64);
        let (operator, plugin, version) = (&self.operator_name, &self.plugin, &self.version);
        tracing::warn!(
            %operator,
            %plugin,
            %version,
            counter,
            "a plugin adds to a counter that its manifest does not declare: dropped. Name it in `counters` of operator_policy! or plugin.toml"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_counters_count_over_versions_and_others_are_dropped() {
        let stats = Arc::new(PolicyStats::default());
        let tenant = |version: &str| {
            Tenant::new(
                ("id".to_owned(), "acme".to_owned()),
                "{}",
                ("quirks".to_owned(), version.to_owned()),
                LogBudget::new(1),
                &stats,
                &["seen".to_owned()],
            )
        };
        let (before, after) = (tenant("1"), tenant("2"));
        before.add("seen", 2);
        after.add("seen", 3);
        for n in 0..100 {
            after.add(&format!("made-up-{n}"), 1);
        }
        after.add("made-up-1", 1);
        assert_eq!(stats.counters(), [("quirks".to_owned(), "seen".to_owned(), 5)]);
        assert_eq!(stats.metrics_dropped(), 101);
        assert_eq!(after.undeclared.lock().unwrap().len(), REPORTED);
        let elsewhere = Arc::new(PolicyStats::default());
        after.with(Arc::clone(&elsewhere), 1).add("seen", 7);
        assert_eq!(elsewhere.counters()[0].2, 7);
        assert_eq!(stats.counters()[0].2, 5);
    }
}
