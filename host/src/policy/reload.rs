//! From a file to active versions: what the loader thread does, one file at a time.

mod gone;

use super::admit;
use super::engine::Workshop;
use super::error::{LoadError, Stage};
use super::host::{Refusal, Swap};
use super::imports::{LogBudget, Tenant};
use super::limits::Limits;
use super::load::{self, Compiled, Image, millis_since};
use super::loader::guarded;
use super::plugin::Plugin;
use super::registry::{Finding, OperatorPolicy};
use super::stats::PolicyStats;
use super::verdict::{self, Decision, Timings, Verdict};
use super::watch::{Seen, Stamp};
use sha2::{Digest, Sha256};
use smpp_domain::ids::OperatorId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, broadcast};

/// Swaps, or refusals, that a slow listener may lag behind.
const NEWS: usize = 64;

/// What the loader thread works on.
pub(super) struct Shared {
    workshop: Workshop,
    operators: Mutex<Vec<Arc<OperatorPolicy>>>,
    /// The last state of each file that was loaded or refused.
    handled: Mutex<BTreeMap<PathBuf, Stamp>>,
    pub(super) swaps: broadcast::Sender<Swap>,
    pub(super) refusals: broadcast::Sender<Refusal>,
    /// Rings when an operator comes: its directory is to be watched from then on, not from the next poll on.
    pub(super) entered: Notify,
}

impl Shared {
    pub(super) fn new(workshop: Workshop) -> Self {
        Self {
            workshop,
            operators: Mutex::default(),
            handled: Mutex::default(),
            entered: Notify::new(),
            swaps: broadcast::channel(NEWS).0,
            refusals: broadcast::channel(NEWS).0,
        }
    }

    pub(super) fn operators(&self) -> MutexGuard<'_, Vec<Arc<OperatorPolicy>>> {
        self.operators.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn operators_of(&self, file: &Path) -> Vec<Arc<OperatorPolicy>> {
        self.operators()
            .iter()
            .filter(|operator| operator.config.file == file)
            .cloned()
            .collect()
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = self
            .operators()
            .iter()
            .map(|operator| operator.config.file.clone())
            .collect();
        files.sort();
        files.dedup();
        files
    }

    pub(super) fn enter(&self, operator: Arc<OperatorPolicy>) {
        let mut operators = self.operators();
        operators.retain(|other| other.config.operator_id != operator.config.operator_id);
        operators.push(operator);
        self.entered.notify_one();
    }

    pub(super) fn leave(&self, operator: OperatorId) {
        self.operators()
            .retain(|other| other.config.operator_id != operator);
    }

    pub(super) fn handled(&self, file: &Path) -> Option<Stamp> {
        self.handled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(file)
            .copied()
    }

    /// The whole path from a file to active versions, for `operators`; the verdict speaks of `all` that use the file.
    pub(super) fn process(
        &self,
        file: &Path,
        operators: &[Arc<OperatorPolicy>],
        all: &[Arc<OperatorPolicy>],
        seen: Seen,
    ) -> Result<(), LoadError> {
        let mut timings = Timings {
            settle_ms: millis_since(seen.since),
            ..Timings::default()
        };
        let started = crate::clock::now();
        let image = match load::read(file, &self.workshop.limits) {
            Ok(image) => image,
            Err(LoadError::Superseded) => return Err(LoadError::Superseded),
            Err(error) => {
                self.refuse(operators, &error);
                self.write_verdict(file, None, None, all, timings);
                return Err(error);
            }
        };
        timings.read_ms = millis_since(started);
        let judged = self.judge(operators, &image, &mut timings);
        // Whoever wrote the file again meanwhile means that content, not this one.
        if Stamp::of(file).is_ok_and(|stamp| stamp != image.stamp)
            && load::read(file, &self.workshop.limits).map_or(true, |newer| newer.sha256 != image.sha256)
        {
            return Err(LoadError::Superseded);
        }
        self.handled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(file.to_owned(), image.stamp);
        let (compiled, outcome) = match judged {
            Ok((compiled, plugins)) => (compiled, self.settle(operators, plugins, &seen)),
            Err(error) => {
                self.refuse(operators, &error);
                (None, Err(error))
            }
        };
        self.write_verdict(file, Some(&image), compiled.as_deref(), all, timings);
        outcome
    }

    /// Makes this content a version for each operator that does not run it already (`None`).
    #[expect(clippy::type_complexity, reason = "it is named nowhere else")]
    fn judge(
        &self,
        operators: &[Arc<OperatorPolicy>],
        image: &Image,
        timings: &mut Timings,
    ) -> Result<(Option<Arc<Compiled>>, Vec<Result<Option<Arc<Plugin>>, LoadError>>), LoadError> {
        let started = crate::clock::now();
        let compiled = match self.known(&image.sha256, operators) {
            Some(compiled) => compiled,
            None => {
                let compiled = guarded(|| load::compile(&self.workshop, image))??;
                timings.compile_ms = millis_since(started);
                Arc::new(compiled)
            }
        };
        let started = crate::clock::now();
        let plugins = operators
            .iter()
            .map(|operator| self.version(operator, &compiled))
            .collect();
        timings.admit_ms = millis_since(started);
        Ok((Some(compiled), plugins))
    }

    /// Machine code of this content, if somebody runs it or ran it before. Code does not depend on settings.
    fn known(&self, sha256: &str, operators: &[Arc<OperatorPolicy>]) -> Option<Arc<Compiled>> {
        let entered = self.operators().clone();
        let mut plugins = entered
            .iter()
            .chain(operators)
            .flat_map(|operator| [operator.running(), operator.warm()]);
        plugins.find_map(|plugin| {
            plugin
                .filter(|plugin| plugin.compiled.sha256 == sha256)
                .map(|plugin| Arc::clone(&plugin.compiled))
        })
    }

    fn version(
        &self,
        operator: &OperatorPolicy,
        compiled: &Arc<Compiled>,
    ) -> Result<Option<Arc<Plugin>>, LoadError> {
        let config = &operator.config;
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
        let limits = &self.workshop.limits;
        let key = key(&compiled.sha256, &operator.settings, limits);
        if operator.running().is_some_and(|running| running.key == key) {
            return Ok(None);
        }
        if let Some(warm) = operator.warm().filter(|warm| warm.key == key) {
            return Ok(Some(warm));
        }
        let file_name = config
            .file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        let names = (
            config.operator_id.to_string(),
            config.operator_name.clone(),
            file_name,
        );
        let plugin = plugin(key, compiled, names, &operator.settings, limits, operator.stats());
        let tried = guarded(|| {
            admit::try_out(
                &plugin,
                &config.operator_name,
                &operator.settings,
                limits.start_deadline,
            )
        });
        tried?.map(|()| Some(Arc::new(plugin)))
    }

    /// Swaps. One operator's refusal does not hold the others back.
    fn settle(
        &self,
        operators: &[Arc<OperatorPolicy>],
        plugins: Vec<Result<Option<Arc<Plugin>>, LoadError>>,
        seen: &Seen,
    ) -> Result<(), LoadError> {
        let mut outcome = Ok(());
        for (operator, plugin) in operators.iter().zip(plugins) {
            match plugin {
                Ok(Some(plugin)) => self.activate(operator, plugin, seen),
                Ok(None) => {
                    let reason = Some("this content runs already".to_owned());
                    operator.found(Finding {
                        decision: Decision::Unchanged,
                        stage: Stage::Active,
                        reason,
                    });
                }
                Err(error) => {
                    self.refuse(std::slice::from_ref(operator), &error);
                    outcome = Err(error);
                }
            }
        }
        outcome
    }

    fn activate(&self, operator: &OperatorPolicy, plugin: Arc<Plugin>, seen: &Seen) {
        let identity = Arc::clone(&plugin.identity);
        let hooks = admit::hook_names(&plugin.compiled);
        let before = operator.activate(plugin);
        operator.found(Finding {
            decision: Decision::Active,
            stage: Stage::Active,
            reason: None,
        });
        let swap = Swap {
            operator_id: operator.config.operator_id,
            operator_name: operator.config.operator_name.clone(),
            file: operator.config.file.clone(),
            from_sha: before.map(|before| before.identity.sha256.clone()),
            to_sha: identity.sha256.clone(),
            plugin: identity.plugin.clone(),
            version: identity.version.clone(),
            file_seen_at: seen.at,
            millis: millis_since(seen.since),
        };
        tracing::info!(
            operator = operator.config.operator_name,
            plugin = identity.plugin,
            version = identity.version,
            sha256 = identity.sha256,
            hooks,
            millis = swap.millis,
            "policy plugin active"
        );
        // An error means that nobody listens.
        drop(self.swaps.send(swap));
    }

    /// Says once for each reason why these operators keep what they have.
    fn refuse(&self, operators: &[Arc<OperatorPolicy>], error: &LoadError) {
        let (stage, reason) = (error.stage(), error.in_words());
        for operator in operators {
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
                operator_name: operator.config.operator_name.clone(),
                reason: reason.clone(),
            }));
            let running = operator
                .active()
                .map_or_else(|| "built-in".to_owned(), |active| active.sha256.clone());
            tracing::error!(
                operator = operator.config.operator_name,
                file = %operator.config.file.display(),
                running,
                ?stage,
                reason,
                "policy plugin refused"
            );
        }
    }

    fn write_verdict(
        &self,
        file: &Path,
        image: Option<&Image>,
        compiled: Option<&Compiled>,
        operators: &[Arc<OperatorPolicy>],
        timings: Timings,
    ) {
        let parts: Vec<_> = operators.iter().map(|operator| operator.verdict()).collect();
        let (decision, reason) = verdict::overall(&parts);
        let decisive = parts.iter().position(|part| part.verdict == decision);
        let stage = decisive
            .and_then(|index| operators.get(index))
            .and_then(|operator| operator.stage());
        let verdict = Verdict {
            file: file.to_owned(),
            sha256: image.map(|image| image.sha256.clone()),
            stage: stage.unwrap_or(Stage::Settling),
            verdict: decision,
            reason,
            hooks: compiled
                .map(|compiled| compiled.hooks.iter().copied().collect())
                .unwrap_or_default(),
            plugin: compiled.map(|compiled| compiled.manifest.name.clone()),
            version: compiled.map(|compiled| compiled.manifest.version.clone()),
            active_sha256: verdict::common_digest(&parts),
            operators: parts,
            at: crate::clock::utc_now(),
            timings,
        };
        if let Err(error) = verdict.write() {
            tracing::warn!(file = %file.display(), %error, "cannot write the verdict next to the plugin");
        }
    }
}

/// What makes two versions behave alike.
fn key(sha256: &str, settings: &str, limits: &Limits) -> String {
    let limits = serde_json::to_string(limits).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [sha256, settings, &limits, super::bindings::VERSION] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

pub(super) fn plugin(
    key: String,
    compiled: &Arc<Compiled>,
    (operator, operator_name, file_name): (String, String, Option<String>),
    settings: &str,
    limits: &Limits,
    stats: &Arc<PolicyStats>,
) -> Plugin {
    let tenant = Tenant {
        operator,
        operator_name,
        settings: settings.to_owned(),
        plugin: file_name.unwrap_or_else(|| compiled.manifest.name.clone()),
        version: compiled.manifest.version.clone(),
        log: LogBudget::new(limits.log_calls_per_sec),
        stats: Arc::clone(stats),
    };
    Plugin::new(key, Arc::clone(compiled), tenant, limits.clone())
}
