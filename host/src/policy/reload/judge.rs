//! Whether a content, with an operator's settings and limits, can be a version for it; and kept versions had back.

use super::{Order, Shared};
use crate::policy::admit;
use crate::policy::error::LoadError;
use crate::policy::host::OperatorPolicyConfig;
use crate::policy::imports::{LogBudget, Tenant};
use crate::policy::limits::Limits;
use crate::policy::load::{self, Compiled, Image};
use crate::policy::loader::guarded;
use crate::policy::plugin::Plugin;
use crate::policy::registry::{OperatorPolicy, Version};
use crate::policy::reloads::Who;
use crate::policy::shelf::{Fate, Saved, Trial};
use crate::policy::stats::PolicyStats;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What a content is for one operator.
pub(super) enum Judgement {
    /// What runs already.
    Runs,
    /// The candidate that is there already.
    Tried,
    /// What was looked at before, and was left.
    Stays(Option<String>),
    /// A version that passed its trial; it becomes active, or a candidate that is tried so.
    New(Version, Option<Trial>),
}

impl Shared {
    /// Machine code of this content. Code does not depend on settings: who runs it, or ran it before, has it.
    pub(super) fn compiled(
        &self,
        image: &Image,
        operators: &[Arc<OperatorPolicy>],
    ) -> Result<Arc<Compiled>, LoadError> {
        let entered = self.operators().clone();
        let known = entered
            .iter()
            .chain(operators)
            .flat_map(|operator| operator.at_hand())
            .find(|plugin| plugin.compiled.sha256 == image.sha256);
        match known {
            Some(plugin) => Ok(Arc::clone(&plugin.compiled)),
            None => Ok(Arc::new(guarded(|| load::compile(&self.workshop, image))??)),
        }
    }

    pub(super) fn judge_one(
        &self,
        operator: &Arc<OperatorPolicy>,
        compiled: &Arc<Compiled>,
        order: Order,
    ) -> Result<Judgement, LoadError> {
        let config = operator.config();
        if let Some(pin) = config
            .sha256_pin
            .as_ref()
            .filter(|pin| !pin.eq_ignore_ascii_case(&compiled.sha256))
        {
            return Err(LoadError::PinMismatch {
                expected: pin.clone(),
                found: compiled.sha256.clone(),
            });
        }
        let limits = self.workshop.limits.with(config.limits);
        let settings = config.settings.to_string();
        let key = key(&compiled.sha256, &settings, &limits);
        if order.who == Who::Start {
            self.resume(operator, Some(&key));
        }
        let mut trial = order.trial.or_else(|| {
            let rule = config.shadow;
            rule.is_set().then_some(Trial {
                time: rule.time,
                calls: rule.calls,
                promote: true,
            })
        });
        let kept = {
            let standing = operator.standing();
            let is_it = |version: &Version| version.plugin.key == key;
            if standing.active.as_ref().is_some_and(is_it) {
                return Ok(Judgement::Runs);
            }
            let candidate = standing.candidate.as_ref().map(|candidate| &candidate.version);
            if candidate.is_some_and(is_it) {
                return Ok(Judgement::Tried);
            }
            let before = standing.judged.as_ref();
            if let Some(judged) = before.filter(|judged| judged.key == key && !order.anew) {
                match judged.fate {
                    Fate::Candidate => trial = judged.trial.or(trial),
                    Fate::Active | Fate::TakenBack if standing.active.is_some() => {
                        return Ok(Judgement::Stays(judged.reason.clone()));
                    }
                    Fate::Active | Fate::TakenBack => {}
                }
            }
            // At the very first start there is nothing to be compared with: the operator needs its plugin to run at all.
            let waits = order.who == Who::Start || operator.waits();
            if waits && standing.active.is_none() {
                trial = None;
            }
            standing.previous.iter().find(|version| is_it(version)).cloned()
        };
        let version = match kept {
            Some(kept) => Version::new(kept.plugin, config.limits),
            None => self.admitted(operator, &config, compiled, key, &settings)?,
        };
        Ok(Judgement::New(version, trial))
    }

    /// A version that passed its trial.
    fn admitted(
        &self,
        operator: &OperatorPolicy,
        config: &OperatorPolicyConfig,
        compiled: &Arc<Compiled>,
        key: String,
        settings: &str,
    ) -> Result<Version, LoadError> {
        let limits = self.workshop.limits.with(config.limits);
        let file = config.file.as_ref().and_then(|file| file.file_stem());
        let names = (
            operator.id.to_string(),
            operator.name.clone(),
            file.map(|stem| stem.to_string_lossy().into_owned()),
        );
        let plugin = plugin(key, compiled, names, settings, &limits, operator.stats());
        guarded(|| admit::try_out(&plugin, &operator.name, settings, limits.start_deadline))??;
        Ok(Version::new(Arc::new(plugin), config.limits))
    }

    /// A content from the shelf.
    pub(super) fn kept(&self, sha256: &str) -> Result<Image, LoadError> {
        let sha256 = sha256.to_owned();
        match self.shelf.bytes(&sha256) {
            Ok(bytes) => Ok(Image {
                bytes,
                sha256,
                stamp: None,
            }),
            Err(reason) => Err(LoadError::Lost { sha256, reason }),
        }
    }

    /// Has a kept version back: from memory, or from the shelf with its machine code from the cache.
    pub(super) fn revive(&self, operator: &Arc<OperatorPolicy>, saved: &Saved) -> Result<Version, LoadError> {
        let image = self.kept(&saved.sha256)?;
        let compiled = self.compiled(&image, std::slice::from_ref(operator))?;
        let config = OperatorPolicyConfig {
            limits: saved.limits,
            ..(*operator.config()).clone()
        };
        let limits = self.workshop.limits.with(saved.limits);
        let key = key(&saved.sha256, &saved.settings, &limits);
        let version = self.admitted(operator, &config, &compiled, key, &saved.settings)?;
        Ok(Version {
            since: saved.since,
            rolled_back: saved.rolled_back,
            ..version
        })
    }

    /// At a start: goes on with what ran before, where its files are what they were, or cannot be used, or are to be tried
    /// beside it. `key` is what they hold.
    pub(super) fn resume(&self, operator: &Arc<OperatorPolicy>, key: Option<&str>) {
        let (ran, judged) = {
            let standing = operator.standing();
            (standing.ran.clone(), standing.judged.clone())
        };
        let config = operator.config();
        let known = key.is_none() || judged.is_some_and(|judged| Some(judged.key.as_str()) == key);
        let Some(ran) = ran.filter(|ran| Some(ran.key.as_str()) != key && (known || config.shadow.is_set()))
        else {
            return;
        };
        let pinned = config.sha256_pin.as_ref();
        if pinned.is_some_and(|pin| !pin.eq_ignore_ascii_case(&ran.sha256)) {
            return;
        }
        match self.revive(operator, &ran) {
            Ok(version) => self.resumed(operator, version),
            Err(error) => {
                tracing::warn!(operator = %operator.name, error = error.in_words(), "the version that ran before is not had back");
            }
        }
    }

    /// Makes the previous versions of an earlier run ready to be gone back to.
    pub(in crate::policy) fn warm_up(&self, operator: &Arc<OperatorPolicy>) {
        let cold = operator.standing().cold.clone();
        for saved in cold {
            let revived = self.revive(operator, &saved);
            let mut standing = operator.standing();
            let before = standing.cold.len();
            standing.cold.retain(|other| other.key != saved.key);
            if standing.cold.len() == before {
                // It was gone back to, or pushed out, meanwhile.
                continue;
            }
            match revived {
                Ok(version) => standing.previous.push(version),
                Err(error) => {
                    tracing::debug!(operator = %operator.name, error = error.in_words(), "a previous plugin version is gone");
                }
            }
        }
    }
}

/// What makes two versions behave alike.
fn key(sha256: &str, settings: &str, limits: &Limits) -> String {
    let limits = serde_json::to_string(limits).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [sha256, settings, &limits, crate::policy::bindings::VERSION] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

pub(in crate::policy) fn plugin(
    key: String,
    compiled: &Arc<Compiled>,
    (operator, operator_name, file_name): (String, String, Option<String>),
    settings: &str,
    limits: &Limits,
    stats: &Arc<PolicyStats>,
) -> Plugin {
    let manifest = &compiled.manifest;
    let plugin = file_name.unwrap_or_else(|| manifest.name.clone());
    let tenant = Tenant::new(
        (operator, operator_name),
        settings,
        (plugin, manifest.version.clone()),
        LogBudget::new(limits.log_calls_per_sec),
        stats,
        &manifest.counters,
    );
    Plugin::new(key, Arc::clone(compiled), tenant, limits.clone())
}
