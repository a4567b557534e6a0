//! What a person, the end of a trial or a broken budget orders: promote, discard, roll back.

use super::tell::{Entry, content};
use super::{Order, Shared};
use crate::policy::error::{LoadError, Stage};
use crate::policy::host::Swap;
use crate::policy::load::millis_since;
use crate::policy::registry::{Finding, OperatorPolicy, Version};
use crate::policy::reloads::Who;
use crate::policy::shelf::{Fate, Judged};
use crate::policy::verdict::{Decision, Timings};
use crate::policy::watch::Seen;
use std::sync::Arc;

/// Why an order about versions was not carried out.
#[derive(Debug, thiserror::Error)]
pub(in crate::policy) enum OrderError {
    /// There is nothing to do it with.
    #[error("{0}")]
    Nothing(String),
    /// The plugin, or its folder, does not do its part.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl Shared {
    /// Makes the candidate active.
    pub(in crate::policy) fn promote(
        &self,
        operator: &Arc<OperatorPolicy>,
        who: Who,
    ) -> Result<(), OrderError> {
        let started = Seen::now();
        let (version, unwritten, since) = {
            let standing = operator.standing();
            let candidate = standing.candidate.as_ref().ok_or_else(|| {
                OrderError::Nothing(format!("{} has no candidate: deploy one first", operator.name))
            })?;
            (
                candidate.version.clone(),
                candidate.unwritten.clone(),
                candidate.version.since,
            )
        };
        if let Some(unwritten) = &unwritten {
            self.put_down(operator, unwritten, &version)?;
        }
        let shadow_ms = crate::clock::utc_now().signed_duration_since(since);
        let timings = Timings {
            shadow_ms: u64::try_from(shadow_ms.num_milliseconds()).unwrap_or_default(),
            ..Timings::default()
        };
        if let Some(judged) = &mut operator.standing().judged
            && judged.key == version.plugin.key
        {
            judged.fate = Fate::Active;
        }
        let now = Version::new(Arc::clone(&version.plugin), version.limits);
        self.activate(operator, now, who, &started, &timings);
        self.write_verdict_about(operator, Some(&version), timings);
        Ok(())
    }

    /// Forgets the candidate; its content does not come again by itself.
    pub(in crate::policy) fn discard(&self, operator: &Arc<OperatorPolicy>) -> Result<(), OrderError> {
        let reason = "it was discarded; a newer file, or `reload`, is tried again".to_owned();
        let dropped = {
            let mut standing = operator.standing();
            let Some(dropped) = standing.drop_candidate() else {
                let nothing = format!("{} has no candidate that could be discarded", operator.name);
                return Err(OrderError::Nothing(nothing));
            };
            standing.taken_back(&dropped.version.plugin.key, reason.clone());
            standing.last = Some(Finding {
                decision: Decision::RolledBack,
                stage: Stage::RolledBack,
                reason: Some(reason),
            });
            operator.serve(&standing);
            dropped.version
        };
        let sha256 = content(&dropped);
        tracing::info!(operator = %operator.name, sha256, "policy plugin on trial discarded");
        self.note(
            operator,
            Who::Api,
            Entry {
                from: operator.active().map(|active| active.sha256.clone()),
                to: Some(sha256),
                verdict: "discarded",
                reason: None,
                timings: None,
            },
        );
        self.save(operator);
        self.write_verdict_about(operator, Some(&dropped), Timings::default());
        Ok(())
    }

    /// Goes back to the version before, at once. Whatever it was that ran does not come again by itself.
    pub(in crate::policy) fn roll_back(
        &self,
        operator: &Arc<OperatorPolicy>,
        who: Who,
        why: Option<String>,
    ) -> Result<(), OrderError> {
        let started = Seen::now();
        let config = operator.config();
        let allowed = |version: &Version| {
            let pin = config.sha256_pin.as_ref();
            pin.is_none_or(|pin| pin.eq_ignore_ascii_case(&version.plugin.identity.sha256))
        };
        let reason = match &why {
            Some(why) => format!("it was taken back: {why}"),
            None => "it was taken back by an order".to_owned(),
        };
        let reason = format!("{reason}; a newer file, `reload` or `deploy` brings another one");
        let (taken_back, now) = {
            let mut standing = operator.standing();
            let Some(taken_back) = standing.roll_back(allowed) else {
                let nothing = match standing.previous.is_empty() && standing.cold.is_empty() {
                    true => "has no earlier version to go back to",
                    false => {
                        "has no earlier version that was not taken back itself and that its `sha256` allows"
                    }
                };
                return Err(OrderError::Nothing(format!("{} {nothing}", operator.name)));
            };
            standing.taken_back(&taken_back.plugin.key, reason.clone());
            standing.last = Some(Finding {
                decision: Decision::RolledBack,
                stage: Stage::RolledBack,
                reason: Some(reason.clone()),
            });
            operator.serve(&standing);
            (taken_back, standing.active.clone())
        };
        let (from, to) = (content(&taken_back), now.as_ref().map(content));
        let millis = millis_since(started.since);
        let (name, by) = (&operator.name, who.name());
        if who == Who::Budget {
            tracing::error!(operator = %name, from, to, who = by, reason, millis, "policy plugin taken back");
        } else {
            tracing::info!(operator = %name, from, to, who = by, reason, millis, "policy plugin taken back");
        }
        if let Some(now) = &now {
            let identity = &now.plugin.identity;
            // An error means that nobody listens.
            drop(self.swaps.send(Swap {
                operator_id: operator.id,
                operator_name: operator.name.clone(),
                file: config.file.clone().unwrap_or_default(),
                from_sha: Some(from.clone()),
                to_sha: identity.sha256.clone(),
                plugin: identity.plugin.clone(),
                version: identity.version.clone(),
                file_seen_at: started.at,
                millis,
                rolled_back: true,
            }));
        }
        self.note(
            operator,
            who,
            Entry {
                from: Some(from),
                to,
                verdict: "rolled-back",
                reason: Some(reason),
                timings: None,
            },
        );
        self.save(operator);
        self.write_verdict_about(operator, Some(&taken_back), Timings::default());
        Ok(())
    }

    /// `plugin` was taken out of the operator's file: the built-in behaviour decides.
    pub(super) fn without_plugin(&self, operator: &Arc<OperatorPolicy>) {
        let before = {
            let mut standing = operator.standing();
            standing.judged = None;
            let before = standing.activate(None);
            standing.last = None;
            operator.serve(&standing);
            before
        };
        if let Some(before) = before {
            let from = content(&before);
            tracing::info!(operator = %operator.name, from, "no policy plugin any more: the built-in behaviour decides");
            self.note(
                operator,
                Who::Settings,
                Entry {
                    from: Some(from),
                    to: None,
                    verdict: "active",
                    reason: Some("its file names no plugin any more".to_owned()),
                    timings: None,
                },
            );
        }
        self.save(operator);
    }

    /// Looks at the file again, as if it were new.
    pub(in crate::policy) fn look_again(
        &self,
        operator: &Arc<OperatorPolicy>,
        order: Order,
    ) -> Result<(), OrderError> {
        let Some(file) = operator.file() else {
            let operator = operator.name.clone();
            return Err(LoadError::NoFile { operator }.into());
        };
        let all = self.operators_of(&file);
        // What one of them took back stays so for the others.
        let one = std::slice::from_ref(operator);
        self.process(&file, one, &all, Seen::now(), order)?;
        // A candidate that is wanted now, without a trial.
        let waits = {
            let standing = operator.standing();
            let key = |judged: &Judged| Some(judged.key.clone());
            let judged = standing.judged.as_ref().and_then(key);
            let candidate = standing.candidate.as_ref();
            order.trial.is_none()
                && !operator.config().shadow.is_set()
                && candidate.is_some_and(|candidate| Some(&candidate.version.plugin.key) == judged.as_ref())
        };
        if waits {
            self.promote(operator, order.who)?;
        }
        Ok(())
    }
}
