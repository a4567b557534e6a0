//! What the metrics tell of policies, from the policies' own counters.

use crate::metrics::{HookLevels, PolicyLevels};
use crate::policy::{OperatorPolicy, PolicyHost};

/// Every operator that has a plugin.
pub(super) fn policy_levels(policies: &PolicyHost) -> Vec<PolicyLevels> {
    policies
        .operators()
        .iter()
        .map(|operator| levels(operator))
        .collect()
}

fn levels(operator: &OperatorPolicy) -> PolicyLevels {
    let (stats, open) = (operator.stats(), operator.open_breakers());
    let hooks = stats.hooks().filter(|(_, hook)| hook.calls() > 0);
    let hooks = hooks.map(|(hook, stats)| HookLevels {
        hook: hook.name(),
        calls: stats.calls(),
        abstained: stats.defaults(),
        seconds: stats.time().as_secs_f64(),
        buckets: stats.buckets(),
        breaker_open: open.contains(&hook),
    });
    let active = operator.active();
    PolicyLevels {
        operator: operator.config().operator_name.clone(),
        plugin: active
            .as_ref()
            .map(|active| active.plugin.clone())
            .unwrap_or_default(),
        version: active
            .as_ref()
            .map(|active| active.version.clone())
            .unwrap_or_default(),
        sha256: active
            .as_ref()
            .map(|active| active.sha256.clone())
            .unwrap_or_default(),
        hooks: hooks.collect(),
        memory_bytes: u64::try_from(operator.memory()).unwrap_or(u64::MAX),
        counters: stats.counters(),
        log_lines_dropped: stats.log_lines_dropped(),
        additions_dropped: stats.metrics_dropped(),
        shadow: operator.shadowed(),
    }
}
