//! `policy.on_failure`: one word, or a table by hook and by cause.

use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::word;
use smpp_domain::policy::failure::{FailurePolicy, RuleError};
use smpp_domain::policy::{FaultCause, Hook, OnFailure};

const KEY: &str = "on_failure";
const DEFAULT: &str = "default";

/// What may be said of all hooks at once.
const OF_ALL: &[(&str, OnFailure)] = &[
    ("host-default", OnFailure::HostDefault),
    ("reject", OnFailure::Reject),
    ("retry", OnFailure::Retry),
];
/// What may be said of a hook; which of it makes sense there, the domain knows.
const OF_ONE: &[(&str, OnFailure)] = &[
    ("host-default", OnFailure::HostDefault),
    ("reject", OnFailure::Reject),
    ("retry", OnFailure::Retry),
    ("refuse", OnFailure::Refuse),
];

/// Reads the key of `[policy]`.
pub(super) fn read(policy: &mut Section<'_>, problems: &mut Problems) -> FailurePolicy {
    if !policy.is_table(KEY) {
        let action = policy.or(KEY, OnFailure::HostDefault, word(OF_ALL), problems);
        return for_all(action);
    }
    let Some(mut table) = policy.table(KEY, problems) else {
        return FailurePolicy::default();
    };
    let action = table.or(DEFAULT, OnFailure::HostDefault, word(OF_ALL), problems);
    let mut rules = for_all(action);
    for hook in Hook::ALL {
        read_hook(&mut table, hook, &mut rules, problems);
    }
    table.finish(problems);
    rules
}

/// The words of `OF_ALL` hold for all.
fn for_all(action: OnFailure) -> FailurePolicy {
    FailurePolicy::all(action).unwrap_or_default()
}

fn read_hook(table: &mut Section<'_>, hook: Hook, rules: &mut FailurePolicy, problems: &mut Problems) {
    let key = hook.name();
    if !table.is_table(key) {
        if let Some(action) = table.optional(key, word(OF_ONE), problems) {
            note(table, key, action, rules.set(hook, action), problems);
        }
        return;
    }
    let Some(mut causes) = table.table(key, problems) else {
        return;
    };
    if let Some(action) = causes.optional(DEFAULT, word(OF_ONE), problems) {
        note(&causes, DEFAULT, action, rules.set(hook, action), problems);
    }
    for cause in FaultCause::ALL {
        if let Some(action) = causes.optional(cause.name(), word(OF_ONE), problems) {
            let set = rules.set_cause(hook, cause, action);
            note(&causes, cause.name(), action, set, problems);
        }
    }
    causes.finish(problems);
}

fn note(
    section: &Section<'_>,
    key: &str,
    action: OnFailure,
    set: Result<(), RuleError>,
    problems: &mut Problems,
) {
    if let Err(error) = set {
        section.problem(key, Some(format!("\"{action}\"")), error.to_string(), problems);
    }
}
