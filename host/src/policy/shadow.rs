//! A candidate on live traffic: it is asked what the active version is asked, and its answers are compared and forgotten.

mod beside;
mod redact;

pub(super) use beside::Shadowed;

use super::latency::Latency;
use super::loader::guarded;
use super::plugin::Plugin;
use crate::ports::{DifferenceExample, DifferenceView, FieldDifference, Policy, ShadowLatency};
use serde_json::{Value, json};
use smpp_domain::policy::question::{Answer, Difference, Question, differences};
use smpp_domain::policy::{Fault, Hook};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Examples that are kept.
const EXAMPLES: usize = 20;
/// Of one hook: the others have something to tell too.
const EXAMPLES_OF_A_HOOK: usize = 8;

/// A candidate's record beside the active version.
pub(super) struct Shadow {
    candidate: Arc<Plugin>,
    /// After so many questions it is asked no more.
    wanted: Option<u64>,
    asked: AtomicU64,
    same: AtomicU64,
    different: AtomicU64,
    faults: AtomicU64,
    active_faults: AtomicU64,
    active_took: Latency,
    candidate_took: Latency,
    ended: AtomicBool,
    differences: Mutex<Vec<DifferenceView>>,
}

/// Where the two answers differ, as they are shown.
fn fields(example: &DifferenceExample) -> Vec<FieldDifference> {
    let found = differences(&example.active, &example.candidate);
    let field = |Difference { path, expected, got }| FieldDifference {
        path,
        active: expected,
        candidate: got,
    };
    found.into_iter().map(field).collect()
}

/// How it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Standing {
    pub(super) calls: u64,
    pub(super) same: u64,
    pub(super) different: u64,
    pub(super) faults: u64,
    pub(super) active_faults: u64,
}

impl Shadow {
    pub(super) fn new(candidate: Arc<Plugin>, wanted: Option<u64>) -> Self {
        Self {
            candidate,
            wanted,
            asked: AtomicU64::new(0),
            same: AtomicU64::new(0),
            different: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            active_faults: AtomicU64::new(0),
            active_took: Latency::default(),
            candidate_took: Latency::default(),
            ended: AtomicBool::new(false),
            differences: Mutex::default(),
        }
    }

    /// It is asked no more, also not by messages that began while it was.
    pub(super) fn end(&self) {
        self.ended.store(true, Relaxed);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    /// Whether it has answered all that it was to answer.
    pub(super) fn is_done(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.standing().calls >= wanted)
    }

    pub(super) fn wanted(&self) -> Option<u64> {
        self.wanted
    }

    pub(super) fn standing(&self) -> Standing {
        let [same, different, faults, active_faults] =
            [&self.same, &self.different, &self.faults, &self.active_faults].map(|count| count.load(Relaxed));
        Standing {
            calls: same + different + faults,
            same,
            different,
            faults,
            active_faults,
        }
    }

    pub(super) fn latency(&self) -> ShadowLatency {
        let micros =
            |latency: &Latency| u64::try_from(latency.percentile(99).as_micros()).unwrap_or(u64::MAX);
        ShadowLatency {
            active_p99_us: micros(&self.active_took),
            candidate_p99_us: micros(&self.candidate_took),
        }
    }

    /// Examples of what differed, the most frequent first.
    pub(super) fn differences(&self) -> Vec<DifferenceView> {
        let mut all = self
            .differences
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        all.sort_by_key(|difference| std::cmp::Reverse(difference.count));
        all
    }

    /// Whether this question is one for it.
    fn wants(&self, hook: Hook, active: &dyn Policy) -> bool {
        if self.has_ended() || !(self.candidate.has(hook) || active.has(hook)) {
            return false;
        }
        // Counted first, so that several threads together ask it no more than it was to be asked.
        self.wanted
            .is_none_or(|wanted| self.asked.fetch_add(1, Relaxed) < wanted)
    }

    /// Asks the candidate what the active version has answered so. Whatever it does, the message does not notice.
    fn compare(&self, question: &Question, active: Result<Answer, Fault>, active_took: Duration) {
        self.active_took.note(active_took);
        if active.is_err() {
            self.active_faults.fetch_add(1, Relaxed);
        }
        let started = crate::clock::now();
        let answer = guarded(|| self.candidate.ask(question));
        self.candidate_took
            .note(crate::clock::now().saturating_duration_since(started));
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(fault)) => {
                self.faults.fetch_add(1, Relaxed);
                let told = json!({ "fault": fault.cause.name(), "text": redact::reason(&fault.text) });
                return self.keep(question, &active, told);
            }
            Err(_) => {
                self.faults.fetch_add(1, Relaxed);
                return;
            }
        };
        if active.as_ref() == Ok(&answer) {
            self.same.fetch_add(1, Relaxed);
        } else {
            self.different.fetch_add(1, Relaxed);
            self.keep(question, &active, redact::answer(&answer));
        }
    }

    fn keep(&self, question: &Question, active: &Result<Answer, Fault>, candidate: Value) {
        let hook = question.hook();
        let example = DifferenceExample {
            question: redact::question(question),
            active: match active {
                Ok(answer) => redact::answer(answer),
                Err(fault) => json!({ "fault": fault.cause.name() }),
            },
            candidate,
        };
        let fields = fields(&example);
        let mut kept = self.differences.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = |known: &&mut DifferenceView| known.hook == hook && known.fields == fields;
        if let Some(known) = kept.iter_mut().find(alike) {
            known.count += 1;
            return;
        }
        let of_hook = kept.iter().filter(|known| known.hook == hook).count();
        if kept.len() < EXAMPLES && of_hook < EXAMPLES_OF_A_HOOK {
            kept.push(DifferenceView {
                hook,
                count: 1,
                fields,
                example,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_answers_of_one_kind_differ_in_their_fields() {
        let answer =
            |data_coding: u8| json!({ "alphabet": { "alphabet": "latin1", "data-coding": data_coding } });
        let mut example = DifferenceExample {
            question: Value::Null,
            active: answer(3),
            candidate: answer(4),
        };
        let field = FieldDifference {
            path: "/alphabet/data-coding".to_owned(),
            active: Some(json!(3)),
            candidate: Some(json!(4)),
        };
        assert_eq!(fields(&example), [field]);
        example.candidate = json!("host-default");
        let all = FieldDifference {
            path: String::new(),
            active: Some(answer(3)),
            candidate: Some(json!("host-default")),
        };
        assert_eq!(fields(&example), [all]);
        example.candidate = answer(3);
        assert_eq!(fields(&example), [], "what is redacted alike is not shown");
    }
}
