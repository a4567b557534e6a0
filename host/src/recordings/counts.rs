//! What is found in a line without reading all of it, and how many lines there are of each kind.

use crate::ports::{DecisionCount, Wanted};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use smpp_domain::ids::MessageId;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What all kinds of records have, and by which they are found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    at: DateTime<Utc>,
    #[serde(borrow)]
    operator: Cow<'a, str>,
    #[serde(borrow)]
    operator_id: Cow<'a, str>,
    #[serde(borrow, default)]
    hook: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    outcome: Option<Cow<'a, str>>,
    #[serde(default)]
    fault: Option<IgnoredAny>,
    #[serde(default)]
    message_id: Option<MessageId>,
    #[serde(default)]
    share: Option<f64>,
}

impl Head<'_> {
    pub(super) fn is(&self, wanted: &Wanted) -> bool {
        let outcome = |outcome: &String| match outcome.as_str() {
            "fault" => self.fault.is_some(),
            other => self.outcome.as_deref() == Some(other),
        };
        wanted
            .operator
            .as_ref()
            .is_none_or(|operator| self.operator == *operator || self.operator_id == *operator)
            && wanted
                .hook
                .as_deref()
                .is_none_or(|hook| self.hook.as_deref() == Some(hook))
            && wanted.outcome.as_ref().is_none_or(outcome)
            && wanted
                .message
                .is_none_or(|message| self.message_id == Some(message))
            && wanted.since.is_none_or(|since| self.at >= since)
            && wanted.until.is_none_or(|until| self.at < until)
    }
}

/// Of each operator, hook and outcome.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<(String, String, String), Count>);

struct Count {
    operator_id: String,
    recorded: u64,
    estimated: f64,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Counts {
    pub(super) fn add(&mut self, head: &Head<'_>) {
        let outcome = match &head.fault {
            Some(_) => "fault",
            None => head.outcome.as_deref().unwrap_or_default(),
        };
        let hook = head.hook.as_deref().unwrap_or_default();
        let key = (head.operator.to_string(), hook.to_owned(), outcome.to_owned());
        let count = self.0.entry(key).or_insert_with(|| Count {
            operator_id: head.operator_id.to_string(),
            recorded: 0,
            estimated: 0.0,
            from: head.at,
            to: head.at,
        });
        count.recorded += 1;
        let share = head.share.filter(|share| *share > 0.0).unwrap_or(1.0);
        count.estimated += 1.0 / share;
        count.from = count.from.min(head.at);
        count.to = count.to.max(head.at);
    }

    pub(super) fn into_list(self) -> Vec<DecisionCount> {
        let counts = self.0.into_iter();
        counts
            .map(|((operator, hook, outcome), count)| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "an estimate, and never negative"
                )]
                let (estimated, recorded) = (count.estimated.round() as u64, count.recorded as f64);
                DecisionCount {
                    operator,
                    operator_id: count.operator_id,
                    hook,
                    outcome,
                    recorded: count.recorded,
                    estimated,
                    share: (recorded / count.estimated * 10_000.0).round() / 10_000.0,
                    from: count.from,
                    to: count.to,
                }
            })
            .collect()
    }
}
