//! An operator's versions for people.

use super::plugin::Plugin;
use super::registry::{Candidate, OperatorPolicy, Version};
use super::reload::Shared;
use super::stats::HookStats;
use super::verdict::Decision;
use crate::ports::{CandidateView, HookView, PolicyView, VersionView};
use smpp_domain::policy::Hook;
use std::collections::BTreeMap;
use std::time::Duration;

impl Shared {
    /// How an operator's policy is now.
    pub(super) fn view(&self, operator: &OperatorPolicy) -> PolicyView {
        let file = operator.file();
        let file_sha256 = file.as_ref().and_then(|file| self.digest_of(file));
        let running = operator.running();
        let hooks = operator.stats().hooks();
        let hooks = hooks
            .filter(|(hook, stats)| {
                stats.calls() > 0 || running.as_ref().is_some_and(|plugin| has(plugin, *hook))
            })
            .map(|(hook, stats)| hook_view(hook, stats, running.as_deref()))
            .collect();
        let standing = operator.standing();
        let last = standing.last.as_ref();
        PolicyView {
            operator: operator.name.clone(),
            operator_id: operator.id,
            file,
            file_sha256,
            stage: last.map_or("active", |last| last.stage.name()).to_owned(),
            verdict: last
                .map_or(Decision::Unchanged, |last| last.decision)
                .name()
                .to_owned(),
            reason: last.and_then(|last| last.reason.clone()),
            active: standing.active.as_ref().map(version_view),
            previous: standing.previous.iter().map(version_view).collect(),
            candidate: standing.candidate.as_ref().map(candidate_view),
            hooks,
            last_faults: operator.stats().last_faults(),
            counters: counters(operator, standing.active.as_ref()),
        }
    }
}

/// What the active version's plugin counts.
fn counters(operator: &OperatorPolicy, active: Option<&Version>) -> BTreeMap<String, u64> {
    let plugin = active.map(|version| version.plugin.identity.plugin.as_str());
    let counters = operator.stats().counters().into_iter();
    counters
        .filter(|(of, _, _)| Some(of.as_str()) == plugin)
        .map(|(_, counter, value)| (counter, value))
        .collect()
}

fn has(plugin: &Plugin, hook: Hook) -> bool {
    hook != Hook::Settings && plugin.compiled.hooks.contains(&hook)
}

fn version_view(version: &Version) -> VersionView {
    let plugin = &version.plugin;
    let (identity, manifest) = (&plugin.identity, &plugin.compiled.manifest);
    VersionView {
        key: plugin.key.clone(),
        plugin: identity.plugin.clone(),
        version: identity.version.clone(),
        sha256: identity.sha256.clone(),
        sdk: manifest.sdk.clone(),
        contract: manifest.contract.clone(),
        hooks: plugin.compiled.hooks.iter().copied().collect(),
        settings: serde_json::from_str(plugin.settings()).unwrap_or_default(),
        since: version.since,
        rolled_back: version.rolled_back,
    }
}

fn candidate_view(candidate: &Candidate) -> CandidateView {
    let shadow = &candidate.shadow;
    let standing = shadow.standing();
    CandidateView {
        version: version_view(&candidate.version),
        stage: if candidate.is_ready() { "ready" } else { "shadow" },
        until: candidate.until.map(|(_, until)| until),
        calls: standing.calls,
        calls_wanted: shadow.wanted(),
        promote: candidate.trial.promote,
        same: standing.same,
        different: standing.different,
        faults: standing.faults,
        differences: shadow.differences(),
        latency: shadow.latency(),
    }
}

fn hook_view(hook: Hook, stats: &HookStats, running: Option<&Plugin>) -> HookView {
    let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let faults = stats.faults().filter(|(_, count)| *count > 0);
    HookView {
        hook,
        calls: stats.calls(),
        host_default: stats.defaults(),
        faults: faults.map(|(cause, count)| (cause.name(), count)).collect(),
        breaker_open: running.is_some_and(|plugin| plugin.breaker_open(hook)),
        p50_us: micros(stats.percentile(50)),
        p99_us: micros(stats.percentile(99)),
        max_us: micros(stats.longest()),
    }
}
