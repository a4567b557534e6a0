//! The plugin host: all operators' policies.

use super::engine::Workshop;
use super::error::LoadError;
use super::limits::{Limits, LimitsAsked};
use super::loader::Loader;
use super::registry::OperatorPolicy;
use super::reload::{Order, Shared};
use super::reloads::Who;
use super::shelf::Shelf;
use super::test_bench::TestBench;
use super::watch::Seen;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use smpp_domain::policy::Hook;
use smpp_domain::policy::budget::Budget;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

/// An operator's plugin as configured.
#[derive(Clone, Debug)]
pub struct OperatorPolicyConfig {
    /// Whose.
    pub operator_id: OperatorId,
    /// For logs and for the plugin's author.
    pub operator_name: String,
    /// The component; `None` is the built-in behaviour.
    pub file: Option<PathBuf>,
    /// Any JSON document; the plugin's `settings.validate` judges it.
    pub settings: serde_json::Value,
    /// Only this content may run: sha256 in hex.
    pub sha256_pin: Option<String>,
    /// Other limits than the host's.
    pub limits: LimitsAsked,
    /// Whether new versions are tried beside the active one first.
    pub shadow: ShadowRule,
    /// When a new version is taken back by itself; `None` is never.
    pub budget: Option<Budget>,
}

/// How long a new version runs beside the active one before it becomes active. Without both it becomes active at once.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ShadowRule {
    /// So long.
    pub time: Option<Duration>,
    /// Or so many calls.
    pub calls: Option<u64>,
}

impl ShadowRule {
    pub(super) fn is_set(self) -> bool {
        self.time.is_some() || self.calls.is_some()
    }
}

impl OperatorPolicyConfig {
    /// An operator with this plugin and no settings.
    #[must_use]
    pub fn new(operator_id: OperatorId, operator_name: &str, file: Option<PathBuf>) -> Self {
        Self {
            operator_id,
            operator_name: operator_name.to_owned(),
            file,
            settings: serde_json::json!({}),
            sha256_pin: None,
            limits: LimitsAsked::default(),
            shadow: ShadowRule::default(),
            budget: Some(Budget::default()),
        }
    }
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
    /// The version before was taken back.
    pub rolled_back: bool,
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
    /// Starts the engine, its clock, and the loader thread. Nothing is remembered over a restart.
    ///
    /// # Errors
    /// When this machine cannot run WASM, or gives no thread.
    pub fn new(limits: Limits) -> Result<Arc<Self>, LoadError> {
        Self::start(Workshop::new(limits, None)?, Shelf::none())
    }

    /// The same, with a folder for compiled plugins and earlier versions: `data_dir/plugins`. Where that cannot be had,
    /// nothing is remembered over a restart.
    ///
    /// # Errors
    /// When this machine cannot run WASM, or gives no thread.
    pub fn open(limits: Limits, data_dir: &Path) -> Result<Arc<Self>, LoadError> {
        match Shelf::open(data_dir) {
            Ok(shelf) => {
                let cache = data_dir.join("plugins/compiled");
                Self::start(Workshop::new(limits, Some(&cache))?, shelf)
            }
            Err(error) => {
                tracing::warn!(%error, data_dir = %data_dir.display(), "plugin versions are not kept over a restart");
                Self::new(limits)
            }
        }
    }

    fn start(workshop: Workshop, shelf: Shelf) -> Result<Arc<Self>, LoadError> {
        let loader = Loader::start().map_err(|error| LoadError::Engine {
            reason: error.to_string(),
        })?;
        Ok(Arc::new(Self {
            shared: Arc::new(Shared::new(workshop, shelf)),
            loader,
        }))
    }

    /// How often the machine code of a plugin was found on disk instead of being made.
    #[must_use]
    pub fn cache_hits(&self) -> usize {
        self.shared.workshop.cache_hits()
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
        if let Some(file) = operator.file().filter(|_| error.is_some()) {
            // The watch tries it again a few times: the machine may have been too busy for the trial.
            self.shared.forget(&file);
            operator.wait();
        }
        self.shared.enter(Arc::clone(&operator));
        if operator.standing().deployed.is_some() {
            let (shared, deployed) = (Arc::clone(&self.shared), Arc::clone(&operator));
            self.loader.run_blocking(move || shared.try_again(&deployed))?;
        }
        let (shared, earlier) = (Arc::clone(&self.shared), Arc::clone(&operator));
        self.loader.run_later(move || shared.warm_up(&earlier));
        Ok((operator, error))
    }

    fn first_load(
        &self,
        config: OperatorPolicyConfig,
    ) -> Result<(Arc<OperatorPolicy>, Option<LoadError>), LoadError> {
        let (shared, seen) = (Arc::clone(&self.shared), Seen::now());
        self.loader.run_blocking(move || {
            let (file, record) = (config.file.clone(), shared.shelf.record(config.operator_id));
            let operator = Arc::new(OperatorPolicy::new(config, record));
            let Some(file) = file else {
                return (operator, None);
            };
            let mut all = shared.operators_of(&file);
            all.retain(|other| other.id != operator.id);
            all.push(Arc::clone(&operator));
            let one = std::slice::from_ref(&operator);
            let loaded = shared.process(&file, one, &all, seen, Order::by(Who::Start));
            (operator, loaded.err())
        })
    }

    /// Forgets an operator: its file is watched no longer on its behalf. Whoever holds its policy may go on using it.
    pub fn unload_operator(&self, operator: OperatorId) {
        self.shared.leave(operator);
    }

    /// `[policy]` of an operator's file is another one: its plugin, settings, limits or rules go through the pipeline while
    /// its sessions stay as they are.
    ///
    /// # Errors
    /// Why the new ones cannot be had; what ran goes on.
    pub async fn reconfigure(
        &self,
        operator: Arc<OperatorPolicy>,
        config: OperatorPolicyConfig,
    ) -> Result<(), LoadError> {
        let shared = Arc::clone(&self.shared);
        self.loader
            .run(move || shared.reconfigure(&operator, config))
            .await?
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
                shared.process(&file, &operators, &operators, seen, Order::by(Who::File))
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
