//! Why a file did not become the running plugin, in words that say what to do.

use super::fixtures::FixturesError;
use super::manifest::ManifestError;
use serde::Serialize;
use smpp_domain::policy::{FaultCause, Hook};
use std::path::PathBuf;
use std::time::Duration;

/// The steps that a file goes through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Waiting until the file holds still.
    Settling,
    /// Reading it, once.
    Read,
    /// Looking at its structure, its imports and its manifest.
    Validate,
    /// Making machine code.
    Compile,
    /// Trying it out.
    Admit,
    /// Running its fixtures.
    Fixtures,
    /// It is tried on live traffic beside the active version.
    Shadow,
    /// It was tried and waits for a word.
    Ready,
    /// It runs.
    Active,
    /// It was taken back, or discarded: another version runs.
    RolledBack,
}

impl Stage {
    /// As in the verdict.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Settling => "settling",
            Self::Read => "read",
            Self::Validate => "validate",
            Self::Compile => "compile",
            Self::Admit => "admit",
            Self::Fixtures => "fixtures",
            Self::Shadow => "shadow",
            Self::Ready => "ready",
            Self::Active => "active",
            Self::RolledBack => "rolled-back",
        }
    }
}

/// Why a plugin was not loaded. What ran before goes on running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The WASM engine does not start on this machine.
    #[error("the WASM engine does not start: {reason}")]
    Engine {
        /// As wasmtime says.
        reason: String,
    },
    /// The file is missing or may not be read.
    #[error("cannot read {}: check the path and its permissions", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// As the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file changed while it was read, or afterwards: the next look takes the newer one.
    #[error("the file changed while it was being loaded; the newer content is loaded instead")]
    Superseded,
    /// A bound on compile time.
    #[error(
        "the file has {size} bytes, more than the {limit} that a plugin may have: strip debug information, or split it"
    )]
    TooLarge {
        /// Found.
        size: u64,
        /// Allowed.
        limit: u64,
    },
    /// The operator's file pins another content.
    #[error(
        "the file's sha256 is {found}, but the operator's settings pin {expected}: deploy that file, or change the pin"
    )]
    PinMismatch {
        /// As configured.
        expected: String,
        /// Of the file.
        found: String,
    },
    /// Not WASM, or cut short, or damaged.
    #[error(
        "not a whole WASM component: {reason}. Copy it again, best to another name and then rename it over"
    )]
    Invalid {
        /// As the validator says.
        reason: String,
    },
    /// A core module is what compilers emit; a component is what is deployed.
    #[error(
        "this is a core WASM module, not a component: `smpp-connector plugin build` makes a component of it"
    )]
    CoreModule,
    /// A plugin has no other way to the world than the contract's imports.
    #[error("it imports `{import}`, which no policy plugin may have: {mend}")]
    ForbiddenImport {
        /// As the component names it.
        import: String,
        /// How its toolchain leaves it out.
        mend: &'static str,
    },
    /// Built for another version of the contract.
    #[error("it {needs}, and this host offers {offers}: {mend}")]
    Contract {
        /// What it was built for, or names.
        needs: String,
        /// The contract of this host.
        offers: String,
        /// What to do.
        mend: String,
    },
    /// A component of some other world.
    #[error(
        "it exports no hook of `smpp:operator-policy`; it exports {exports}. A plugin exports at least one of encoding, splitting, submit, submit-result, message-ids, inbound"
    )]
    NoHooks {
        /// Names, for people.
        exports: String,
    },
    /// Without a manifest a file cut short at a section's end could not be told from a whole one.
    #[error("its manifest cannot be used: {0}. Build it with `smpp-connector plugin build`")]
    Manifest(ManifestError),
    /// The typical sign of a file that was cut at a section's end.
    #[error(
        "its manifest names the hooks [{named}], but the file exports [{found}]: it was cut short or changed after the build. Copy or build it again"
    )]
    HooksDiffer {
        /// By the manifest.
        named: String,
        /// In the file.
        found: String,
    },
    /// Cranelift refused it.
    #[error("it does not compile: {reason}")]
    Compile {
        /// As the compiler says.
        reason: String,
    },
    /// The compiler panicked.
    #[error(
        "loading it made the host's compiler panic: {reason}. Please report this file; nothing else is affected"
    )]
    Panicked {
        /// The panic's text.
        reason: String,
    },
    /// An import has another type than ours, or a function that we lack.
    #[error(
        "it was built for contract {built}, this host offers {offers}, and it imports {lacks}. Upgrade the host, or build it again with the SDK of this release and the WIT files unchanged"
    )]
    Link {
        /// As its manifest says.
        built: String,
        /// The contract of this host.
        offers: String,
        /// What it imports.
        lacks: String,
    },
    /// An exported hook has another type than the contract's.
    #[error(
        "it was built for contract {built}, this host offers {contract}, and its hook `{hook}` has another shape: {reason}. Build it again with the SDK of this release and the WIT files unchanged"
    )]
    HookType {
        /// Which.
        hook: Hook,
        /// As its manifest says.
        built: String,
        /// Ours.
        contract: &'static str,
        /// As the type check says.
        reason: String,
    },
    /// It does not start inside its limits.
    #[error("it does not start: {reason}")]
    Instantiate {
        /// As the runtime says.
        reason: String,
    },
    /// Its own `settings.validate` objects.
    #[error(
        "it refuses the settings of operator {operator}: {problems}. Correct [policy.settings] in the operator's file"
    )]
    Settings {
        /// By name.
        operator: String,
        /// All of them, for people.
        problems: String,
    },
    /// It fails on a plain example.
    #[error("its hook `{hook}` fails on a plain example ({cause}): {reason}")]
    Canned {
        /// Which.
        hook: Hook,
        /// How.
        cause: FaultCause,
        /// In words.
        reason: String,
    },
    /// Somebody else who has the same file cannot have it.
    #[error(
        "{operator} has the same plugin file and cannot have this content: {reason}. Give it a file of its own, or mend both"
    )]
    Shared {
        /// By name.
        operator: String,
        /// Its refusal.
        reason: String,
    },
    /// A deployed component has to be on disk, or the next start would not find it.
    #[error(
        "cannot write {}: a read-only plugins folder (a ConfigMap, for example) is changed where it comes from", file.display()
    )]
    Unwritable {
        /// Which.
        file: PathBuf,
        /// As the system says.
        #[source]
        source: std::io::Error,
    },
    /// A kept version is not there any more, or not what it was.
    #[error("the kept version {sha256} cannot be had back: {reason}")]
    Lost {
        /// Which.
        sha256: String,
        /// In words.
        reason: String,
    },
    /// This operator has no plugin.
    #[error("{operator} has no plugin: set `plugin` in [policy] of its file")]
    NoFile {
        /// By name.
        operator: String,
    },
    /// Its fixtures cannot be read.
    #[error("its fixtures cannot be used: {0}")]
    Fixtures(FixturesError),
    /// It does not do what its own fixtures say.
    #[error(
        "{failed} of its {all} fixtures fail: {reason}. Mend the plugin, or its fixtures where they are wrong: `smpp-connector plugin test` shows all of it"
    )]
    FixturesFail {
        /// How many do.
        failed: usize,
        /// How many there are.
        all: usize,
        /// The first ones, with what is different.
        reason: String,
    },
    /// They would hold up every reload.
    #[error(
        "its fixtures take longer than {} s: {done} of {all} were run. Leave out those that show nothing new, or make the plugin faster",
        limit.as_secs()
    )]
    FixturesSlow {
        /// How many were run.
        done: usize,
        /// How many there are.
        all: usize,
        /// For all together.
        limit: Duration,
    },
    /// The thread that loads plugins is gone.
    #[error("the plugin loader has stopped: the gateway is shutting down")]
    LoaderGone,
}

impl LoadError {
    /// The step that it failed at.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Superseded => Stage::Settling,
            Self::Unreadable { .. }
            | Self::TooLarge { .. }
            | Self::PinMismatch { .. }
            | Self::Unwritable { .. }
            | Self::Lost { .. }
            | Self::NoFile { .. } => Stage::Read,
            Self::Invalid { .. }
            | Self::CoreModule
            | Self::ForbiddenImport { .. }
            | Self::Contract { .. }
            | Self::NoHooks { .. }
            | Self::Manifest(_)
            | Self::Fixtures(_)
            | Self::HooksDiffer { .. } => Stage::Validate,
            Self::Engine { .. } | Self::Compile { .. } | Self::Panicked { .. } | Self::Link { .. } => {
                Stage::Compile
            }
            Self::HookType { .. }
            | Self::Instantiate { .. }
            | Self::Settings { .. }
            | Self::Canned { .. }
            | Self::Shared { .. }
            | Self::LoaderGone => Stage::Admit,
            Self::FixturesFail { .. } | Self::FixturesSlow { .. } => Stage::Fixtures,
        }
    }

    /// With every cause, in one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut words = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            let cause_words = cause.to_string();
            if !words.contains(&cause_words) {
                words.push_str(": ");
                words.push_str(&cause_words);
            }
            source = cause.source();
        }
        words
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is an argument of map_err")]
    pub(super) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine {
            reason: format!("{error:#}"),
        }
    }
}
