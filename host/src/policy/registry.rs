//! One operator's versions: the active one, those before it, and at most one candidate.

mod built_in;
mod standing;

pub use built_in::built_in;
pub(super) use built_in::unasked;
pub(super) use standing::{Candidate, Standing, Unwritten, Version};

use super::error::Stage;
use super::host::OperatorPolicyConfig;
use super::plugin::Plugin;
use super::shadow::Shadowed;
use super::shelf::Record;
use super::stats::PolicyStats;
use super::verdict::{Decision, OperatorVerdict};
use crate::ports::{Policy, PolicySource};
use arc_swap::{ArcSwap, ArcSwapOption};
use built_in::BuiltIn;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use smpp_domain::policy::PolicyIdentity;
use smpp_domain::policy::failure::FailurePolicy;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The policy of one operator. Messages that are under way keep the version that they were given.
pub struct OperatorPolicy {
    pub(super) id: OperatorId,
    pub(super) name: String,
    /// What its file wants, which may be more than what runs.
    config: ArcSwap<OperatorPolicyConfig>,
    served: ArcSwap<Served>,
    /// Counts the versions that became active.
    versions: watch::Sender<u64>,
    standing: Mutex<Standing>,
    stats: Arc<PolicyStats>,
    on_failure: ArcSwapOption<FailurePolicy>,
    /// It cannot run without its plugin, and does not have it yet.
    waits: AtomicBool,
}

/// What new messages get. It follows from the standing.
struct Served {
    active: Option<Version>,
    policy: Arc<dyn Policy>,
}

/// What was last decided for one operator.
#[derive(Clone)]
pub(super) struct Finding {
    pub(super) decision: Decision,
    pub(super) stage: Stage,
    pub(super) reason: Option<String>,
}

impl OperatorPolicy {
    /// `record` is what is known of it from an earlier run.
    pub(super) fn new(config: OperatorPolicyConfig, record: Record) -> Self {
        Self {
            id: config.operator_id,
            name: config.operator_name.clone(),
            config: ArcSwap::from_pointee(config),
            served: ArcSwap::from_pointee(Served {
                active: None,
                policy: Arc::new(BuiltIn),
            }),
            versions: watch::Sender::default(),
            standing: Mutex::new(Standing::from(record)),
            stats: Arc::default(),
            on_failure: ArcSwapOption::empty(),
            waits: AtomicBool::new(false),
        }
    }

    /// What a fault means from now on.
    pub fn fails_by(&self, on_failure: FailurePolicy) {
        self.on_failure.store(Some(Arc::new(on_failure)));
    }

    /// It does not run until it has a plugin.
    pub(super) fn wait(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    pub(super) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed) && self.running().is_none()
    }

    /// Counters over all versions.
    #[must_use]
    pub fn stats(&self) -> &Arc<PolicyStats> {
        &self.stats
    }

    /// What its file wants.
    #[must_use]
    pub fn config(&self) -> Arc<OperatorPolicyConfig> {
        self.config.load_full()
    }

    /// Its file wants something else from now on. Nothing else changes yet.
    pub(super) fn wants(&self, config: OperatorPolicyConfig) {
        self.config.store(Arc::new(config));
    }

    /// Its plugin's file.
    pub(super) fn file(&self) -> Option<PathBuf> {
        self.config.load().file.clone()
    }

    /// The active version; `None` is the built-in behaviour.
    #[must_use]
    pub fn active(&self) -> Option<Arc<PolicyIdentity>> {
        self.running().map(|plugin| Arc::clone(&plugin.identity))
    }

    /// The version before it. A rollback brings it back at once, and so does its file.
    #[must_use]
    pub fn previous(&self) -> Option<Arc<PolicyIdentity>> {
        let standing = self.standing();
        let latest = standing.previous.first()?;
        Some(Arc::clone(&latest.plugin.identity))
    }

    /// The most linear memory that an instance of the active version has had, in octets.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.running().map_or(0, |plugin| plugin.memory())
    }

    /// What the candidate that runs beside the active version has answered: the same, otherwise, and nothing usable.
    #[must_use]
    pub fn shadowed(&self) -> Option<[u64; 3]> {
        let standing = self.standing();
        let standing = standing.candidate.as_ref()?.shadow.standing();
        Some([standing.same, standing.different, standing.faults])
    }

    /// The hooks of the active version that are not asked at present, because they failed too often.
    #[must_use]
    pub fn open_breakers(&self) -> Vec<smpp_domain::policy::Hook> {
        let active = self.running();
        active.iter().flat_map(|plugin| plugin.open_breakers()).collect()
    }

    pub(super) fn running(&self) -> Option<Arc<Plugin>> {
        let served = self.served.load();
        let active = served.active.as_ref()?;
        Some(Arc::clone(&active.plugin))
    }

    /// Everything at hand, whose machine code need not be made again.
    pub(super) fn at_hand(&self) -> Vec<Arc<Plugin>> {
        self.standing().plugins()
    }

    pub(super) fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what new messages get follow from the standing, which its caller has changed and still holds. True where
    /// another version is active now.
    pub(super) fn serve(&self, standing: &Standing) -> bool {
        let active = standing.active.clone();
        let plain: Arc<dyn Policy> = match &active {
            Some(version) => Arc::clone(&version.plugin) as Arc<dyn Policy>,
            None => Arc::new(BuiltIn),
        };
        let policy = match standing
            .candidate
            .as_ref()
            .filter(|candidate| !candidate.is_ready())
        {
            Some(candidate) => Arc::new(Shadowed::new(plain, Arc::clone(&candidate.shadow))),
            None => plain,
        };
        let place = |version: &Option<Version>| version.as_ref().map(|version| Arc::as_ptr(&version.plugin));
        let (now, compile_ms) = (
            place(&active),
            active.as_ref().map(|version| version.plugin.compiled.compile_ms),
        );
        let before = self.served.swap(Arc::new(Served { active, policy }));
        let changed = place(&before.active) != now;
        if changed {
            self.versions.send_modify(|versions| *versions += 1);
            if let Some(compile_ms) = compile_ms {
                self.stats.activated(compile_ms);
            }
        }
        changed
    }

    /// Remembers a decision. False when the same one was remembered already.
    pub(super) fn found(&self, finding: Finding) -> bool {
        let mut standing = self.standing();
        let news = standing
            .last
            .as_ref()
            .is_none_or(|last| last.decision != finding.decision || last.reason != finding.reason);
        standing.last = Some(finding);
        news
    }

    pub(super) fn stage(&self) -> Option<Stage> {
        self.standing().last.as_ref().map(|finding| finding.stage)
    }

    /// This operator's part of the verdict on its file.
    pub(super) fn verdict(&self) -> OperatorVerdict {
        let last = self.standing().last.clone();
        OperatorVerdict {
            id: self.id,
            name: self.name.clone(),
            verdict: last
                .as_ref()
                .map_or(Decision::Unchanged, |finding| finding.decision),
            reason: last.and_then(|finding| finding.reason),
            active_sha256: self.active().map(|identity| identity.sha256.clone()),
        }
    }
}

impl std::fmt::Debug for OperatorPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorPolicy")
            .field("operator", &self.name)
            .field("file", &self.file())
            .field("active", &self.active())
            .finish_non_exhaustive()
    }
}

impl PolicySource for OperatorPolicy {
    fn current(&self) -> Arc<dyn Policy> {
        Arc::clone(&self.served.load().policy)
    }

    fn versions(&self) -> watch::Receiver<u64> {
        self.versions.subscribe()
    }

    fn on_failure(&self) -> Option<Arc<FailurePolicy>> {
        self.on_failure.load_full()
    }

    fn receipt(&self, received_at: DateTime<Utc>, matched: bool) {
        let served = self.served.load();
        // One that came before says something about the version before.
        if let Some(active) = served
            .active
            .as_ref()
            .filter(|active| received_at >= active.since)
        {
            active.plugin.tally.receipt(matched);
        }
    }
}
