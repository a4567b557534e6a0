//! How new versions of a policy come into force: `shadow`, `shadow_calls`, `budget` and `limits` of `[policy]`.

use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{duration, number, octets, share};
use smpp_domain::policy::budget::Budget;
use std::time::Duration;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
const MIB: usize = 1 << 20;

/// What `[policy]` says of versions.
#[derive(Clone, PartialEq, Debug)]
pub struct VersionRules {
    /// `shadow`, default none: how long a new version is tried beside the active one first.
    pub shadow: Option<Duration>,
    /// `shadow_calls`, default none: the same by the number of calls.
    pub shadow_calls: Option<u64>,
    /// `budget`: when a new version is taken back by itself; `None` is never.
    pub budget: Option<Budget>,
    /// `limits.call_deadline`, default 10 ms.
    pub call_deadline: Option<Duration>,
    /// `limits.memory`, default 32 MiB: linear memory of an instance, in octets.
    pub memory: Option<usize>,
}

impl Default for VersionRules {
    fn default() -> Self {
        Self {
            shadow: None,
            shadow_calls: None,
            budget: Some(Budget::default()),
            call_deadline: None,
            memory: None,
        }
    }
}

/// Reads the keys of `[policy]`.
pub(super) fn read(policy: &mut Section<'_>, problems: &mut Problems) -> VersionRules {
    let shadow = policy.optional("shadow", duration(SECOND, DAY), problems);
    let shadow_calls = policy.optional("shadow_calls", number(1_u64, 1_000_000_000), problems);
    let budget = budget(policy, problems);
    let (mut call_deadline, mut memory) = (None, None);
    if let Some(mut limits) = policy.table("limits", problems) {
        let times = duration(MILLISECOND, Duration::from_millis(500));
        call_deadline = limits.optional("call_deadline", times, problems);
        memory = limits.optional("memory", octets(MIB, 512 * MIB), problems);
        limits.finish(problems);
    }
    VersionRules {
        shadow,
        shadow_calls,
        budget,
        call_deadline,
        memory,
    }
}

fn budget(policy: &mut Section<'_>, problems: &mut Problems) -> Option<Budget> {
    let usual = Budget::default();
    let mut table = policy.table_unless("budget", "off", problems)?;
    let budget = Budget {
        window: table.or("window", usual.window, duration(SECOND, DAY), problems),
        faults: table.or("faults", usual.faults, share, problems),
        traps: table.or("traps", usual.traps, number(1, 1_000_000), problems),
        latency: table.or(
            "latency",
            usual.latency,
            duration(MILLISECOND, Duration::from_millis(500)),
            problems,
        ),
        unmatched: table.or("unmatched", usual.unmatched, share, problems),
    };
    table.finish(problems);
    Some(budget)
}
