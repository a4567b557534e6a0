//! How fast the operator takes submit_sm.

use super::{Finding, Run};
use serde_json::json;

/// A second, in milliseconds.
const SECOND: u64 = 1_000;

/// Answers that told us to be slower: the rate is what was taken in the second before, with a tenth to spare.
pub(super) fn throttled(run: &Run<'_>) -> Option<Finding> {
    let throttled: Vec<u64> = run.came.iter().flat_map(|came| came.throttled()).collect();
    let taken: Vec<u64> = run.came.iter().flat_map(|came| came.taken()).collect();
    let before = |at: u64| {
        let second = at.saturating_sub(SECOND)..=at;
        taken.iter().filter(|at| second.contains(at)).count()
    };
    // Once throttled the gateway is slower by itself: the first answers of this kind tell the most.
    let first = throttled.iter().min()?;
    let rate = throttled
        .iter()
        .filter(|at| **at < first + SECOND)
        .map(|at| before(*at))
        .min()?
        .max(1);
    let safe = (rate * 9 / 10).max(1);
    let what = format!(
        "throttled {} times, at {rate} submit_sm a second: the operator takes fewer than tps_limit says",
        throttled.len()
    );
    let mend = "Ask which TPS is agreed, over all binds, and whether parts count.";
    Some(Finding::problem(what, mend).with(json!({ "tps_limit": safe })))
}
