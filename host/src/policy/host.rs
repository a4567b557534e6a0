//! The plugin host: all operators' policies.

use super::engine::Workshop;
use super::error::LoadError;
use super::limits::Limits;
use super::loader::Loader;
use super::registry::OperatorPolicy;
use super::reload::Shared;
use super::test_bench::TestBench;
use super::watch::Seen;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use smpp_domain::policy::Hook;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::broadcast;

/// An operator's plugin as configured.
#[derive(Clone, Debug)]
pub struct OperatorPolicyConfig {
    /// Whose.
    pub operator_id: OperatorId,
    /// For logs and for the plugin's author.
    pub operator_name: String,
    /// The component.
    pub file: PathBuf,
    /// Any JSON document; the plugin's `settings.validate` judges it.
    pub settings: serde_json::Value,
    /// Only this content may run: sha256 in hex.
    pub sha256_pin: Option<String>,
}

/// A version became active.
#[derive(Clone, Debug)]
pub struct Swap {
    /// Whose.
    pub operator_id: OperatorId,
    /// By name.
    pub operator_name: String,
    /// From where.
    pub file: PathBuf,
    /// What ran before; `None` is the built-in behaviour.
    pub from_sha: Option<String>,
    /// What runs now.
    pub to_sha: String,
    /// The file's name without `.wasm`.
    pub plugin: String,
    /// The manifest's version.
    pub version: String,
    /// When the change of the file was noticed.
    pub file_seen_at: DateTime<Utc>,
    /// From then to the first message that can get the new version.
    pub millis: u64,
}

/// A candidate was refused; what ran before goes on. Told once for each reason.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Whose.
    pub operator_name: String,
    /// In words.
    pub reason: String,
}

/// What [`check`] found out about a usable plugin.
#[derive(Clone, Debug)]
pub struct Report {
    /// Exported hooks.
    pub hooks: Vec<Hook>,
    /// The manifest's name.
    pub name: String,
    /// The manifest's version.
    pub version: String,
    /// Of the file.
    pub sha256: String,
    /// Validation and compilation.
    pub compile_ms: u64,
    /// Fixtures that it carries, all of which pass.
    pub fixtures: usize,
}

/// Loads, watches and swaps the plugins of all operators.
pub struct PolicyHost {
    pub(super) shared: Arc<Shared>,
    pub(super) loader: Loader,
}

impl PolicyHost {
    /// Starts the engine, its clock, and the loader thread.
    ///
    /// # Errors
    /// When this machine cannot run WASM, or gives no thread.
    pub fn new(limits: Limits) -> Result<Arc<Self>, LoadError> {
        let loader = Loader::start().map_err(|error| LoadError::Engine {
            reason: error.to_string(),
        })?;
        let shared = Shared::new(Workshop::new(limits)?);
        Ok(Arc::new(Self {
            shared: Arc::new(shared),
            loader,
        }))
    }

    /// Loads an operator's plugin; from then on its file is watched. Blocks, for up to seconds: for the start.
    ///
    /// # Errors
    /// When the plugin cannot run. The operator is not watched then; the caller decides what becomes of it.
    pub fn load_operator(&self, config: OperatorPolicyConfig) -> Result<Arc<OperatorPolicy>, LoadError> {
        let (operator, error) = self.first_load(config)?;
        if let Some(error) = error {
            return Err(error);
        }
        self.shared.enter(Arc::clone(&operator));
        Ok(operator)
    }

    /// Like [`PolicyHost::load_operator`], but an operator whose plugin cannot run is watched all the same: it has the
    /// built-in behaviour until its file is put right. The error says why.
    ///
    /// # Errors
    /// Only when the loader itself is gone.
    pub fn load_or_wait(
        &self,
        config: OperatorPolicyConfig,
    ) -> Result<(Arc<OperatorPolicy>, Option<LoadError>), LoadError> {
        let (operator, error) = self.first_load(config)?;
        if error.is_some() {
            // The watch tries it again a few times: the machine may have been too busy for the trial.
            self.shared.forget(&operator.config.file);
        }
        self.shared.enter(Arc::clone(&operator));
        Ok((operator, error))
    }

    fn first_load(
        &self,
        config: OperatorPolicyConfig,
    ) -> Result<(Arc<OperatorPolicy>, Option<LoadError>), LoadError> {
        let (shared, seen) = (Arc::clone(&self.shared), Seen::now());
        self.loader.run_blocking(move || {
            let operator = Arc::new(OperatorPolicy::new(config));
            let mut all = shared.operators_of(&operator.config.file);
            all.retain(|other| other.config.operator_id != operator.config.operator_id);
            all.push(Arc::clone(&operator));
            let loaded = shared.process(&operator.config.file, std::slice::from_ref(&operator), &all, seen);
            (operator, loaded.err())
        })
    }

    /// Forgets an operator: its file is watched no longer on its behalf. Whoever holds its policy may go on using it.
    pub fn unload_operator(&self, operator: OperatorId) {
        self.shared.leave(operator);
    }

    /// Looks at a plugin's file now, without waiting for it to settle: for a reload on command.
    ///
    /// # Errors
    /// Why the content did not become active for at least one operator; those keep what they had.
    pub async fn reload(&self, file: &Path) -> Result<(), LoadError> {
        self.reload_seen(file, Seen::now()).await
    }

    pub(super) async fn reload_seen(&self, file: &Path, seen: Seen) -> Result<(), LoadError> {
        let (shared, file) = (Arc::clone(&self.shared), file.to_owned());
        self.loader
            .run(move || {
                let operators = shared.operators_of(&file);
                shared.process(&file, &operators, &operators, seen)
            })
            .await?
    }

    /// Every version that becomes active from now on.
    #[must_use]
    pub fn swaps(&self) -> broadcast::Receiver<Swap> {
        self.shared.swaps.subscribe()
    }

    /// Every candidate that is refused from now on.
    #[must_use]
    pub fn refusals(&self) -> broadcast::Receiver<Refusal> {
        self.shared.refusals.subscribe()
    }

    /// Everybody who has a plugin.
    #[must_use]
    pub fn operators(&self) -> Vec<Arc<OperatorPolicy>> {
        self.shared.operators().clone()
    }
}

/// Judges a plugin with the very code that a running gateway uses, and runs nothing but its trial.
///
/// # Errors
/// Why a gateway would refuse it.
pub fn check(file: &Path, settings: &serde_json::Value) -> Result<Report, LoadError> {
    let bench = TestBench::load(file)?;
    bench.admit(settings)?;
    Ok(bench.report())
}
