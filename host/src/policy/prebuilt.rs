//! The plugin that the gateway brings along: `quirks`, which does what its settings say.
//!
//! It stands in for a file of its name that is not there, and goes the way of every file: admission, swap, trial of new
//! settings, rollback. A file of that name in `plugins_dir` wins, and is watched as ever.

use super::engine::Workshop;
use super::error::LoadError;
use super::limits::Limits;
use super::load::{self, Image};
use super::loader::guarded;
use super::plugin::SlotError;
use super::reload::plugin;
use super::watch::Stamp;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// `plugin = "quirks"`.
pub const NAME: &str = "quirks";
/// Built from `plugins/quirks` by `plugins/quirks/prebuild`; a test builds it again and compares.
pub static QUIRKS: &[u8] = include_bytes!("../../../plugins/quirks/quirks.wasm");

/// One thing that is wrong with settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// JSON Pointer; empty for the whole document.
    pub path: String,
    /// What was found, and what is allowed.
    pub message: String,
}

/// The component that stands in for this file, if it is not there.
#[must_use]
pub fn stands_in(file: &Path) -> Option<&'static [u8]> {
    let own = file.file_stem().is_some_and(|stem| stem == NAME);
    (own && file.extension().is_some_and(|end| end == "wasm")).then_some(QUIRKS)
}

/// The same, read.
pub(super) fn image(file: &Path) -> Option<Image> {
    stands_in(file).map(|bytes| Image {
        bytes: bytes.to_vec(),
        sha256: hex::encode(Sha256::digest(bytes)),
        stamp: Some(Stamp::PREBUILT),
    })
}

/// What `settings.validate` of the plugin says.
///
/// # Errors
/// When this machine cannot run it.
pub fn problems(settings: &serde_json::Value) -> Result<Vec<Problem>, LoadError> {
    let workshop = Workshop::new(Limits::default(), None)?;
    let Some(image) = image(Path::new("quirks.wasm")) else {
        return Ok(Vec::new());
    };
    let compiled = Arc::new(guarded(|| load::compile(&workshop, &image))??);
    let names = (uuid::Uuid::nil().to_string(), "check".to_owned(), None);
    let settings = settings.to_string();
    let limits = &workshop.limits;
    let plugin = plugin(
        String::new(),
        &compiled,
        names,
        &settings,
        limits,
        &Arc::default(),
    );
    let not_started = |error: &wasmtime::Error| LoadError::Instantiate {
        reason: plugin.classify(error).1,
    };
    let mut slot = plugin.new_slot().map_err(|error| match error {
        SlotError::Hook(_, error) | SlotError::Start(error) => not_started(&error),
    })?;
    slot.arm(limits.start_deadline);
    let hook = slot.guests.settings.as_ref();
    let Some(verdict) = hook.map(|hook| hook.call_validate(&mut slot.store, &settings)) else {
        return Ok(Vec::new());
    };
    let found = verdict
        .map_err(|error| not_started(&error))?
        .err()
        .unwrap_or_default();
    let found = found.into_iter().map(|problem| Problem {
        path: problem.path,
        message: problem.message,
    });
    Ok(found.collect())
}
