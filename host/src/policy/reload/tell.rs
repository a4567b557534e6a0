//! What people are told: the verdict next to the file, and the list of reloads.

use super::Shared;
use crate::policy::error::Stage;
use crate::policy::load::{Compiled, Image};
use crate::policy::prebuilt;
use crate::policy::registry::{OperatorPolicy, Version};
use crate::policy::reloads::Who;
use crate::policy::verdict::{self, Timings, Verdict};
use crate::ports::ReloadView;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, PoisonError};

/// One line of the list of reloads.
pub(super) struct Entry<'a> {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) verdict: &'static str,
    pub(super) reason: Option<String>,
    pub(super) timings: Option<&'a Timings>,
}

/// A version's digest.
pub(super) fn content(version: &Version) -> String {
    version.plugin.identity.sha256.clone()
}

impl Shared {
    pub(super) fn note(&self, operator: &OperatorPolicy, who: Who, entry: Entry<'_>) {
        let steps = entry.timings.map(|timings| {
            [
                ("settleMs", timings.settle_ms),
                ("readMs", timings.read_ms),
                ("compileMs", timings.compile_ms),
                ("admitMs", timings.admit_ms),
                ("shadowMs", timings.shadow_ms),
            ]
        });
        self.reloads.note(ReloadView {
            at: crate::clock::utc_now(),
            operator: operator.name.clone(),
            operator_id: operator.id,
            who: who.name(),
            from: entry.from,
            to: entry.to,
            verdict: entry.verdict,
            reason: entry.reason,
            stages: steps.into_iter().flatten().collect(),
        });
    }

    /// A candidate gave way to something newer.
    pub(super) fn superseded(&self, operator: &OperatorPolicy, dropped: &Version, who: Who) {
        let sha256 = content(dropped);
        tracing::info!(operator = %operator.name, sha256, who = who.name(), "policy plugin on trial superseded");
        self.note(
            operator,
            who,
            Entry {
                from: operator.active().map(|active| active.sha256.clone()),
                to: Some(sha256),
                verdict: "superseded",
                reason: Some("something newer took its place".to_owned()),
                timings: None,
            },
        );
    }

    pub(super) fn write_verdict(
        &self,
        file: &Path,
        image: Option<&Image>,
        compiled: Option<&Compiled>,
        operators: &[Arc<OperatorPolicy>],
        timings: Timings,
    ) {
        let _one_at_a_time = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
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
            // What is brought along needs no folder of plugins.
            if error.kind() == ErrorKind::NotFound && prebuilt::stands_in(file).is_some() {
                return;
            }
            tracing::warn!(file = %file.display(), %error, "cannot write the verdict next to the plugin");
        }
    }

    /// The same after something was decided without looking at the file: a rollback, the end of a trial. It speaks of
    /// `version`, which is what was decided about.
    pub(super) fn write_verdict_about(
        &self,
        operator: &OperatorPolicy,
        version: Option<&Version>,
        timings: Timings,
    ) {
        let Some(file) = operator.file() else { return };
        let image = version.map(|version| Image {
            bytes: Vec::new(),
            sha256: content(version),
            stamp: None,
        });
        let compiled = version.map(|version| &*version.plugin.compiled);
        let all = self.operators_of(&file);
        self.write_verdict(&file, image.as_ref(), compiled, &all, timings);
    }
}
