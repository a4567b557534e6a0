//! What becomes of a version that passed, and of one that did not.

use super::judge::Judgement;
use super::tell::{Entry, content};
use super::{Judged as JudgedAll, Order, Shared};
use crate::policy::admit;
use crate::policy::error::{LoadError, Stage};
use crate::policy::host::{Refusal, Swap};
use crate::policy::load::{Image, millis_since};
use crate::policy::registry::{Candidate, Finding, OperatorPolicy, Unwritten, Version};
use crate::policy::reloads::Who;
use crate::policy::shadow::Shadow;
use crate::policy::shelf::{Fate, Judged, Trial};
use crate::policy::verdict::{Decision, Timings};
use crate::policy::watch::Seen;
use std::sync::Arc;

impl Shared {
    /// Swaps, or begins trials. One operator's refusal does not hold the others back.
    pub(super) fn settle(
        &self,
        operators: &[Arc<OperatorPolicy>],
        judged: JudgedAll,
        image: &Image,
        seen: &Seen,
        order: Order,
        timings: &Timings,
    ) -> Result<(), LoadError> {
        let mut outcome = Ok(());
        for (operator, judgement) in operators.iter().zip(judged.judgements) {
            match judgement {
                Ok(Judgement::New(version, trial)) => {
                    self.shelf.keep(&image.sha256, &image.bytes);
                    let fate = Judged {
                        key: version.plugin.key.clone(),
                        fate: trial.map_or(Fate::Active, |_| Fate::Candidate),
                        reason: None,
                        trial,
                    };
                    operator.standing().judged = Some(fate);
                    match trial {
                        Some(trial) => self.try_beside(operator, version, trial, None, order.who, timings),
                        None => self.activate(operator, version, order.who, seen, timings),
                    }
                }
                Ok(Judgement::Runs) => self.runs_already(operator, order.who),
                Ok(Judgement::Tried) => {}
                Ok(Judgement::Stays(reason)) => self.stays(operator, reason),
                Err(error) => {
                    self.refuse(
                        std::slice::from_ref(operator),
                        &error,
                        Some(&image.sha256),
                        order,
                        timings,
                    );
                    outcome = Err(error);
                }
            }
        }
        outcome
    }

    /// The file holds what runs: whatever else was tried is no longer wanted.
    fn runs_already(&self, operator: &Arc<OperatorPolicy>, who: Who) {
        let dropped = {
            let mut standing = operator.standing();
            standing.judged = standing.active.as_ref().map(|active| Judged {
                key: active.plugin.key.clone(),
                fate: Fate::Active,
                reason: None,
                trial: None,
            });
            let dropped = standing.drop_candidate();
            operator.serve(&standing);
            dropped
        };
        operator.found(Finding {
            decision: Decision::Unchanged,
            stage: Stage::Active,
            reason: Some("this content runs already".to_owned()),
        });
        if let Some(dropped) = dropped {
            self.superseded(operator, &dropped.version, who);
        }
        self.save(operator);
    }

    fn stays(&self, operator: &Arc<OperatorPolicy>, reason: Option<String>) {
        let (decision, stage) = match reason {
            Some(_) => (Decision::RolledBack, Stage::RolledBack),
            None => (Decision::Unchanged, Stage::Active),
        };
        operator.found(Finding {
            decision,
            stage,
            reason: reason.or_else(|| Some("it is what it was when it was looked at last".to_owned())),
        });
    }

    /// This version decides from now on.
    pub(super) fn activate(
        &self,
        operator: &Arc<OperatorPolicy>,
        version: Version,
        who: Who,
        seen: &Seen,
        timings: &Timings,
    ) {
        let plugin = Arc::clone(&version.plugin);
        let config = operator.config();
        let (before, dropped) = {
            let mut standing = operator.standing();
            let dropped = standing.candidate.take().filter(|candidate| {
                candidate.shadow.end();
                candidate.version.plugin.key != plugin.key
            });
            let before = standing.activate(Some(Version {
                since: crate::clock::utc_now(),
                ..version
            }));
            if who != Who::Start {
                standing.watch(config.budget.clone(), before.as_ref());
            }
            standing.last = Some(Finding {
                decision: Decision::Active,
                stage: Stage::Active,
                reason: None,
            });
            operator.serve(&standing);
            (before, dropped)
        };
        if let Some(dropped) = dropped {
            self.superseded(operator, &dropped.version, who);
        }
        let hooks = admit::hook_names(&plugin.compiled);
        let identity = &plugin.identity;
        let millis = millis_since(seen.since);
        tracing::info!(
            operator = operator.name,
            plugin = identity.plugin,
            version = identity.version,
            sha256 = identity.sha256,
            who = who.name(),
            hooks,
            millis,
            "policy plugin active"
        );
        let from = before.as_ref().map(content);
        // An error means that nobody listens.
        drop(self.swaps.send(Swap {
            operator_id: operator.id,
            operator_name: operator.name.clone(),
            file: config.file.clone().unwrap_or_default(),
            from_sha: from.clone(),
            to_sha: identity.sha256.clone(),
            plugin: identity.plugin.clone(),
            version: identity.version.clone(),
            file_seen_at: seen.at,
            millis,
            rolled_back: false,
        }));
        self.note(
            operator,
            who,
            Entry {
                from,
                to: Some(identity.sha256.clone()),
                verdict: "active",
                reason: None,
                timings: Some(timings),
            },
        );
        self.save(operator);
    }

    /// What ran in an earlier run goes on.
    pub(super) fn resumed(&self, operator: &Arc<OperatorPolicy>, version: Version) {
        let sha256 = content(&version);
        {
            let mut standing = operator.standing();
            standing.activate(Some(version));
            operator.serve(&standing);
        }
        tracing::info!(operator = %operator.name, sha256, "the policy plugin that ran before goes on");
        self.note(
            operator,
            Who::Start,
            Entry {
                from: None,
                to: Some(sha256),
                verdict: "active",
                reason: Some("it ran before the restart".to_owned()),
                timings: None,
            },
        );
    }

    /// This version is asked what the active one is asked, from now on and for a while.
    pub(super) fn try_beside(
        &self,
        operator: &Arc<OperatorPolicy>,
        version: Version,
        trial: Trial,
        unwritten: Option<Unwritten>,
        who: Who,
        timings: &Timings,
    ) {
        // Counted apart: its faults are nobody's but its own.
        let tried = Arc::new(version.plugin.afresh(&Arc::default()));
        let until = trial.time.map(|time| {
            let end = chrono::TimeDelta::from_std(time).unwrap_or(chrono::TimeDelta::MAX);
            (crate::clock::now() + time, crate::clock::utc_now() + end)
        });
        let identity = Arc::clone(&version.plugin.identity);
        let reason = in_words(trial, until.map(|(_, at)| at));
        let candidate = Candidate {
            version: Version {
                since: crate::clock::utc_now(),
                ..version
            },
            shadow: Arc::new(Shadow::new(tried, trial.calls)),
            until,
            trial,
            unwritten,
        };
        let (dropped, from) = {
            let mut standing = operator.standing();
            let dropped = standing.drop_candidate();
            standing.candidate = Some(candidate);
            standing.last = Some(Finding {
                decision: Decision::Shadow,
                stage: Stage::Shadow,
                reason: Some(reason.clone()),
            });
            operator.serve(&standing);
            (dropped, standing.active.as_ref().map(content))
        };
        if let Some(dropped) = dropped {
            self.superseded(operator, &dropped.version, who);
        }
        tracing::info!(
            operator = operator.name,
            plugin = identity.plugin,
            version = identity.version,
            sha256 = identity.sha256,
            who = who.name(),
            reason,
            "policy plugin on trial beside the active version"
        );
        self.note(
            operator,
            who,
            Entry {
                from,
                to: Some(identity.sha256.clone()),
                verdict: "shadow",
                reason: Some(reason),
                timings: Some(timings),
            },
        );
        self.save(operator);
    }

    /// Says once for each reason why these operators keep what they have.
    pub(super) fn refuse(
        &self,
        operators: &[Arc<OperatorPolicy>],
        error: &LoadError,
        sha256: Option<&str>,
        order: Order,
        timings: &Timings,
    ) {
        let (stage, reason) = (error.stage(), error.in_words());
        for operator in operators {
            if order.who == Who::Start {
                // Better what ran before than nothing.
                self.resume(operator, None);
            }
            let finding = Finding {
                decision: Decision::Refused,
                stage,
                reason: Some(reason.clone()),
            };
            if !operator.found(finding) {
                continue;
            }
            operator.stats().refused();
            // An error means that nobody listens.
            drop(self.refusals.send(Refusal {
                operator_name: operator.name.clone(),
                reason: reason.clone(),
            }));
            let from = operator.active().map(|active| active.sha256.clone());
            let running = from.clone().unwrap_or_else(|| "built-in".to_owned());
            let file = operator.file().unwrap_or_default();
            tracing::error!(
                operator = operator.name,
                file = %file.display(),
                running,
                who = order.who.name(),
                ?stage,
                reason,
                "policy plugin refused"
            );
            self.note(
                operator,
                order.who,
                Entry {
                    from,
                    to: sha256.map(str::to_owned),
                    verdict: "refused",
                    reason: Some(reason.clone()),
                    timings: Some(timings),
                },
            );
        }
    }
}

fn in_words(trial: Trial, until: Option<chrono::DateTime<chrono::Utc>>) -> String {
    let time = until.map(|until| format!("until {}", until.format("%FT%TZ")));
    let calls = trial.calls.map(|calls| format!("for {calls} calls"));
    let bounds: Vec<_> = [time, calls].into_iter().flatten().collect();
    let bounds = if bounds.is_empty() {
        "until a person decides".to_owned()
    } else {
        bounds.join(" or ")
    };
    let then = if trial.promote {
        "then it becomes active, unless it fails more often than the active version"
    } else {
        "then it waits for `promote` or `discard`"
    };
    format!("it runs beside the active version {bounds}; {then}")
}
