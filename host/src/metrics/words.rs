//! The words of the results that are told apart.

use super::{Metrics, ResultLabels, Word};

/// How commands end.
const MESSAGES: [&str; 6] = ["accepted", "rejected", "expired", "unknown", "dead", "repeated"];

/// How parts end.
const PARTS: [&str; 6] = [
    "accepted",
    "refused",
    "throttled",
    "retried",
    "stopped",
    "unanswered",
];

/// What operators send.
const INBOUND: [&str; 14] = [
    "receipt",
    "duplicate",
    "parked",
    "by_number",
    "recognised",
    "unmatched",
    "unknown_word",
    "mo",
    "segment",
    "incomplete",
    "alert",
    "unreadable",
    "ignored",
    "refused",
];

/// How attempts to bind, and binds, end.
const BINDS: [&str; 7] = [
    "bound",
    "failed",
    "refused",
    "already_bound",
    "credentials",
    "lost",
    "unbound",
];

/// What becomes of plugin versions.
const RELOADS: [&str; 3] = ["active", "refused", "rolled_back"];

impl Metrics {
    /// Has the counters there from the start: one that appears with its first count has not risen, for Prometheus.
    pub(super) fn begin(&self, name: &str) {
        let families: [(_, &[&'static str]); 5] = [
            (&self.messages, &MESSAGES),
            (&self.parts, &PARTS),
            (&self.inbound, &INBOUND),
            (&self.binds, &BINDS),
            (&self.policy_reloads, &RELOADS),
        ];
        for (family, words) in families {
            for word in words {
                let labels = ResultLabels {
                    operator: name.to_owned(),
                    result: Word(word),
                };
                drop(family.get_or_create(&labels));
            }
        }
    }
}
