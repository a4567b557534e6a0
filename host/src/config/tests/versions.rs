//! `shadow`, `budget` and `limits` of `[policy]`.

use super::{GOOD, files, problems};
use crate::config::{Config, VersionRules};
use smpp_domain::policy::budget::Budget;
use std::time::Duration;

fn read(policy: &str) -> VersionRules {
    let (_dir, host) = files(&format!("{GOOD}[policy]\n{policy}\n"));
    let mut config = Config::load(Some(&host)).unwrap_or_else(|problems| panic!("{problems}"));
    config.operators.remove(0).policy.versions
}

#[test]
fn a_budget_is_kept_unless_it_is_off() {
    assert_eq!(read(""), VersionRules::default());
    assert_eq!(read("").budget, Some(Budget::default()));
    assert_eq!(read("budget = \"off\"").budget, None);
    let own = read("budget = { window = \"1m\", traps = 1 }").budget;
    let wanted = Budget {
        window: Duration::from_secs(60),
        traps: 1,
        ..Budget::default()
    };
    assert_eq!(own, Some(wanted));
}

#[test]
fn trials_and_limits_are_read() {
    let rules = read(
        "shadow = \"60s\"\nshadow_calls = 1000\nlimits = { call_deadline = \"20ms\", memory = \"64MiB\" }",
    );
    let wanted = VersionRules {
        shadow: Some(Duration::from_secs(60)),
        shadow_calls: Some(1_000),
        call_deadline: Some(Duration::from_millis(20)),
        memory: Some(64 << 20),
        ..VersionRules::default()
    };
    assert_eq!(rules, wanted);
}

#[test]
fn each_wrong_value_is_told_with_what_is_allowed() {
    let text = "[policy]\nshadow = \"0s\"\nshadow_calls = 0\nbudget = \"none\"\nlimits = { call_deadline = \"2s\", memory = \"4GiB\", cpu = 1 }\n";
    assert_eq!(
        problems(&format!("{GOOD}{text}")),
        [
            "operators/acme.toml: policy.shadow = \"0s\": use a duration such as \"30s\" from 1s to 1d",
            "operators/acme.toml: policy.shadow_calls = 0: use a whole number from 1 to 1000000000",
            "operators/acme.toml: policy.budget = \"none\": use \"off\" or a table [policy.budget]",
            "operators/acme.toml: policy.limits.call_deadline = \"2s\": use a duration such as \"30s\" from 1ms to 500ms",
            "operators/acme.toml: policy.limits.memory = \"4GiB\": use a size such as \"32MiB\" from 1MiB to 512MiB",
            "operators/acme.toml: policy.limits.cpu: is not a known key; known here: call_deadline, memory",
        ]
    );
}
