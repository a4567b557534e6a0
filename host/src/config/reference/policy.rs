//! `[policy]` of an operator's file.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "policy.plugin",
        "none",
        r#"a file in `plugins_dir`, or `"quirks"`, which is [brought along](../plugins/quirks/README.md); without it the built-in behaviour decides"#,
    ),
    key(
        "policy.settings",
        "`{}`",
        "handed to the plugin, which may refuse it",
    ),
    key("policy.sha256", "none", "the only file that may be activated"),
    key(
        "policy.on_failure",
        r#"`"host-default"`"#,
        r#"what a plugin's fault, trap or timeout means before anything is sent: the built-in behaviour, `"reject"`, or `"retry"` later; or a table by hook and by cause: see [when a policy fails](../README.md#when-a-policy-fails)"#,
    ),
    key(
        "policy.shadow",
        "none",
        r#"how long a new file, or new settings, run beside the active version before they become active: `"60s"`"#,
    ),
    key(
        "policy.shadow_calls",
        "none",
        "the same by the number of calls; with both, whichever comes first",
    ),
    key(
        "policy.budget",
        "on",
        r#"`"off"`, or a table: when a new version is taken back by itself, see [versions](../README.md#versions-trial-and-rollback)"#,
    ),
    key(
        "policy.budget.window",
        r#"`"10m"`"#,
        "how long a new version is held to it",
    ),
    key(
        "policy.budget.faults",
        "`0.05`",
        "share of calls without a usable answer, above that of the version before",
    ),
    key(
        "policy.budget.traps",
        "`3`",
        "calls that trap, time out or run into a limit",
    ),
    key(
        "policy.budget.latency",
        r#"`"5ms"`"#,
        "the 99th percentile of a call's processor time, unless the version before took more than half of it",
    ),
    key(
        "policy.budget.unmatched",
        "`0.2`",
        "share of receipts that find no message, above that of the version before",
    ),
    key(
        "policy.limits.call_deadline",
        r#"`"10ms"`"#,
        r#"for one call, up to `"500ms"`"#,
    ),
    key(
        "policy.limits.memory",
        r#"`"32MiB"`"#,
        r#"of one instance, up to `"512MiB"`"#,
    ),
];
