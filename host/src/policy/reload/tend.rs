//! What ends by itself: trials on live traffic, and the time in which a new version is held to its budget.

use super::Shared;
use super::tell::{Entry, content};
use crate::policy::error::Stage;
use crate::policy::registry::{Finding, OperatorPolicy};
use crate::policy::reloads::Who;
use crate::policy::verdict::{Decision, Timings};
use std::sync::Arc;

/// What is due for an operator.
pub(in crate::policy) enum Due {
    /// Its candidate has had its time or its calls.
    Trial,
    /// The active version broke its budget, in words.
    Budget(String),
}

impl Shared {
    /// What is due now. Cheap: it is asked several times a second.
    pub(in crate::policy) fn due(&self) -> Vec<(Arc<OperatorPolicy>, Due)> {
        let now = crate::clock::now();
        let mut due = Vec::new();
        for operator in self.operators().iter() {
            let mut standing = operator.standing();
            if standing
                .candidate
                .as_ref()
                .is_some_and(|candidate| candidate.is_due(now))
            {
                due.push((Arc::clone(operator), Due::Trial));
            }
            let Some(watched) = &standing.watched else {
                continue;
            };
            let measured = standing
                .active
                .as_ref()
                .map(|active| active.plugin.tally.measured());
            let breach = measured.and_then(|measured| watched.budget.breach(&measured, &watched.before));
            if let Some(breach) = breach {
                standing.watched = None;
                due.push((Arc::clone(operator), Due::Budget(breach)));
            } else if now >= watched.until {
                standing.watched = None;
            }
        }
        due
    }

    /// Does what is due.
    pub(in crate::policy) fn tend(&self, operator: &Arc<OperatorPolicy>, due: Due) {
        match due {
            Due::Trial => self.end_trial(operator),
            Due::Budget(breach) => {
                if let Err(error) = self.roll_back(operator, Who::Budget, Some(breach.clone())) {
                    let error = error.to_string();
                    tracing::error!(operator = %operator.name, breach, error, "a policy plugin breaks its budget and goes on");
                }
            }
        }
    }

    fn end_trial(&self, operator: &Arc<OperatorPolicy>) {
        let (standing, promote, version) = {
            let all = operator.standing();
            let Some(candidate) = all.candidate.as_ref().filter(|candidate| !candidate.is_ready()) else {
                return;
            };
            candidate.shadow.end();
            let version = candidate.version.clone();
            (candidate.shadow.standing(), candidate.trial.promote, version)
        };
        let fails_more = standing.faults > standing.active_faults;
        let counts = format!(
            "of {} calls {} were answered alike, {} otherwise, {} failed (of the active version {})",
            standing.calls, standing.same, standing.different, standing.faults, standing.active_faults
        );
        let mut kept = None;
        if promote && !fails_more {
            match self.promote(operator, Who::Shadow) {
                Ok(()) => {
                    tracing::info!(operator = %operator.name, counts, "the trial of a policy plugin ended well");
                    return;
                }
                Err(error) => kept = Some(error.to_string()),
            }
        }
        let why = match (kept, promote && fails_more) {
            (Some(error), _) => format!("; it could not become active: {error}"),
            (None, true) => {
                "; it fails more often than the active version, so it did not become active".to_owned()
            }
            (None, false) => String::new(),
        };
        let reason = format!("{counts}{why}; it waits for `promote` or `discard`");
        {
            let mut all = operator.standing();
            all.last = Some(Finding {
                decision: Decision::Ready,
                stage: Stage::Ready,
                reason: Some(reason.clone()),
            });
            operator.serve(&all);
        }
        let sha256 = content(&version);
        if why.is_empty() {
            tracing::info!(operator = %operator.name, sha256, reason, "the trial of a policy plugin ended");
        } else {
            tracing::error!(operator = %operator.name, sha256, reason, "the trial of a policy plugin ended badly");
        }
        let shadow_ms = crate::clock::utc_now().signed_duration_since(version.since);
        let timings = Timings {
            shadow_ms: u64::try_from(shadow_ms.num_milliseconds()).unwrap_or_default(),
            ..Timings::default()
        };
        self.note(
            operator,
            Who::Shadow,
            Entry {
                from: operator.active().map(|active| active.sha256.clone()),
                to: Some(sha256),
                verdict: "ready",
                reason: Some(reason),
                timings: Some(&timings),
            },
        );
        self.write_verdict_about(operator, Some(&version), timings);
    }
}
