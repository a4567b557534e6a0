//! A plugin outside of any gateway, loaded by the very code of one.

use super::engine::Workshop;
use super::error::LoadError;
use super::fixtures::{Fixture, Runner};
use super::host::Report;
use super::limits::Limits;
use super::load::{self, Compiled};
use super::loader::guarded;
use super::reload::plugin;
use super::{admit, manifest::Manifest};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// A loaded plugin to ask, and its engine.
pub struct TestBench {
    workshop: Workshop,
    compiled: Arc<Compiled>,
}

impl TestBench {
    /// Reads and compiles the file; nothing of the plugin runs yet.
    ///
    /// # Errors
    /// Why a gateway would refuse the file.
    pub fn load(file: &Path) -> Result<Self, LoadError> {
        let workshop = Workshop::new(Limits::default(), None)?;
        let image = load::read(file, &workshop.limits)?;
        let compiled = guarded(|| load::compile(&workshop, &image))??;
        Ok(Self {
            workshop,
            compiled: Arc::new(compiled),
        })
    }

    /// The fixtures that travel in the file.
    #[must_use]
    pub fn fixtures(&self) -> &[Fixture] {
        &self.compiled.fixtures
    }

    /// What it says about itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.compiled.manifest
    }

    /// What it may use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.workshop.limits
    }

    /// The interfaces of the contract that it imports.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let component = self.compiled.pre.component();
        let imports = component.component_type();
        let names = imports.imports(&self.workshop.engine);
        names.map(|(name, _)| name.to_owned()).collect()
    }

    /// What it is and has.
    #[must_use]
    pub fn report(&self) -> Report {
        Report {
            hooks: self.compiled.hooks.iter().copied().collect(),
            name: self.compiled.manifest.name.clone(),
            version: self.compiled.manifest.version.clone(),
            sha256: self.compiled.sha256.clone(),
            compile_ms: self.compiled.compile_ms,
            fixtures: self.compiled.fixtures.len(),
        }
    }

    /// For calls; those that bring no settings have these.
    #[must_use]
    pub fn runner(&self, settings: &Value) -> Runner {
        let names = (uuid::Uuid::nil().to_string(), "test".to_owned());
        Runner::new(&self.compiled, &self.workshop.limits, names, settings.to_string())
    }

    /// Admits it as a gateway would for an operator with these settings: its trial, and its fixtures.
    ///
    /// # Errors
    /// Why a gateway would refuse it.
    pub fn admit(&self, settings: &Value) -> Result<(), LoadError> {
        let limits = &self.workshop.limits;
        let settings = settings.to_string();
        let names = (uuid::Uuid::nil().to_string(), "check".to_owned(), None);
        let plugin = plugin(
            String::new(),
            &self.compiled,
            names,
            &settings,
            limits,
            &Arc::default(),
        );
        guarded(|| admit::try_out(&plugin, "check", &settings, limits.start_deadline))?
    }
}
