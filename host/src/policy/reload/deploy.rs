//! A component that comes by the API: judged like a file, and written over the plugin's file when it becomes active.

use super::judge::Judgement;
use super::orders::OrderError;
use super::{Order, Shared};
use crate::policy::error::LoadError;
use crate::policy::load::{Image, millis_since};
use crate::policy::registry::{OperatorPolicy, Unwritten, Version};
use crate::policy::reloads::Who;
use crate::policy::shelf::{self, Deployed, Fate, Judged};
use crate::policy::verdict::Timings;
use crate::policy::watch::{Seen, Stamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Shared {
    /// Brings these octets through the pipeline, for every operator that has the same file: it is replaced for all or for
    /// none.
    pub(in crate::policy) fn deploy(
        &self,
        operator: &Arc<OperatorPolicy>,
        wasm: Vec<u8>,
        order: Order,
    ) -> Result<(), OrderError> {
        let seen = Seen::now();
        let Some(file) = operator.file() else {
            let operator = operator.name.clone();
            return Err(LoadError::NoFile { operator }.into());
        };
        // Those who share it come after the one that is meant.
        let mut all = self.operators_of(&file);
        all.sort_by_key(|other| other.id != operator.id);
        let mut timings = Timings::default();
        let image = Image::of(wasm, &self.workshop.limits)?;
        let judged = self
            .may_write(&file)
            .and_then(|()| self.judge(&all, &image, order, &mut timings))
            .and_then(|judged| {
                accepted_by_all(&all, judged.judgements).map(|versions| (judged.compiled, versions))
            });
        let (compiled, judgements) = match judged {
            Ok(judged) => judged,
            Err(error) => {
                let one = std::slice::from_ref(operator);
                self.refuse(one, &error, Some(&image.sha256), order, &timings);
                self.write_verdict(&file, Some(&image), None, &all, timings);
                return Err(error.into());
            }
        };
        let trial = judgements
            .iter()
            .any(|judgement| matches!(judgement, Judgement::New(_, Some(_))));
        self.shelf.keep(&image.sha256, &image.bytes);
        let bytes = Arc::new(image.bytes);
        if !trial {
            self.write_plugin(&file, &bytes, &image.sha256)?;
        }
        for (operator, judgement) in all.iter().zip(judgements) {
            match judgement {
                Judgement::New(version, Some(trial)) => {
                    let unwritten = Unwritten {
                        file: file.clone(),
                        bytes: Arc::clone(&bytes),
                    };
                    self.try_beside(operator, version, trial, Some(unwritten), order.who, &timings);
                }
                Judgement::New(version, None) => {
                    operator.standing().judged = Some(active(&version));
                    self.activate(operator, version, order.who, &seen, &timings);
                }
                Judgement::Tried if order.trial.is_none() => self.promote(operator, order.who)?,
                Judgement::Tried | Judgement::Runs | Judgement::Stays(_) => {}
            }
        }
        timings.settle_ms = millis_since(seen.since);
        let image = Image {
            bytes: Vec::new(),
            sha256: image.sha256,
            stamp: None,
        };
        self.write_verdict(&file, Some(&image), compiled.as_deref(), &all, timings);
        Ok(())
    }

    /// After a restart: what was deployed and not decided about is tried again, from the beginning. Not beside another version
    /// than before: what became active, or is tried, took its place as a newer file does in a gateway that runs.
    pub(in crate::policy) fn try_again(&self, operator: &Arc<OperatorPolicy>) {
        let (deployed, in_place) = {
            let mut standing = operator.standing();
            let Some(deployed) = standing.deployed.take() else {
                return;
            };
            let in_place = standing.active_key() == deployed.beside.as_ref() && standing.candidate.is_none();
            (deployed, in_place)
        };
        let (name, sha256) = (&operator.name, &deployed.sha256);
        if !in_place {
            tracing::warn!(operator = %name, sha256, "a component that was deployed before the restart is superseded");
        } else if let Err(error) = self.tried_again(operator, &deployed) {
            let error = error.in_words();
            tracing::error!(operator = %name, sha256, error, "a component that was deployed before the restart is not tried again");
        }
        self.save(operator);
    }

    fn tried_again(&self, operator: &Arc<OperatorPolicy>, deployed: &Deployed) -> Result<(), LoadError> {
        let Some(file) = operator.file() else {
            let operator = operator.name.clone();
            return Err(LoadError::NoFile { operator });
        };
        let image = self.kept(&deployed.sha256)?;
        let compiled = self.compiled(&image, std::slice::from_ref(operator))?;
        let order = Order {
            trial: Some(deployed.trial),
            anew: true,
            ..Order::by(Who::Start)
        };
        if let Judgement::New(version, Some(trial)) = self.judge_one(operator, &compiled, order)? {
            let bytes = Arc::new(image.bytes);
            let unwritten = Unwritten { file, bytes };
            let (about, timings) = (version.clone(), Timings::default());
            self.try_beside(operator, version, trial, Some(unwritten), order.who, &timings);
            self.write_verdict_about(operator, Some(&about), timings);
        }
        Ok(())
    }

    /// A candidate's octets become the file's, as soon as everybody who has the file takes them.
    pub(super) fn put_down(
        &self,
        operator: &Arc<OperatorPolicy>,
        unwritten: &Unwritten,
        version: &Version,
    ) -> Result<(), LoadError> {
        let sha256 = &version.plugin.identity.sha256;
        let sharing = self.operators_of(&unwritten.file);
        let mut others = sharing.iter().filter(|other| other.id != operator.id);
        let waits = others.find(|other| other.active().is_none_or(|active| active.sha256 != *sha256));
        if let Some(waits) = waits {
            tracing::info!(
                operator = %operator.name,
                file = %unwritten.file.display(),
                waits_for = %waits.name,
                "the plugin's file is written when everybody who has it has taken the new version"
            );
            return Ok(());
        }
        self.write_plugin(&unwritten.file, &unwritten.bytes, sha256)?;
        for other in &sharing {
            {
                let mut standing = other.standing();
                standing.judged = match other.id == operator.id {
                    true => Some(active(version)),
                    false => standing.active.as_ref().map(active),
                };
            }
            self.save(other);
        }
        Ok(())
    }

    /// Replaces the plugin's file at one go. A link stays a link: its target is replaced.
    fn write_plugin(&self, file: &Path, bytes: &[u8], sha256: &str) -> Result<(), LoadError> {
        shelf::write(&target(file), bytes, true).map_err(|source| unwritable(file, source))?;
        if let Ok(stamp) = Stamp::of(file) {
            self.handle(file, stamp);
            self.know_digest(file, stamp, sha256);
        }
        Ok(())
    }

    /// Whether the file could be replaced: better known before a trial than after it.
    fn may_write(&self, file: &Path) -> Result<(), LoadError> {
        let target = target(file);
        let folder = target.parent().unwrap_or(Path::new("."));
        let tried = tempfile::Builder::new().prefix(".new.").tempfile_in(folder);
        tried.map(drop).map_err(|source| unwritable(file, source))
    }
}

fn target(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

fn unwritable(file: &Path, source: std::io::Error) -> LoadError {
    LoadError::Unwritable {
        file: file.to_owned(),
        source,
    }
}

fn active(version: &Version) -> Judged {
    Judged {
        key: version.plugin.key.clone(),
        fate: Fate::Active,
        reason: None,
        trial: None,
    }
}

/// What each makes of it; or why it cannot be, by the name of who refuses where that is not the first.
fn accepted_by_all(
    all: &[Arc<OperatorPolicy>],
    judgements: Vec<Result<Judgement, LoadError>>,
) -> Result<Vec<Judgement>, LoadError> {
    let mut accepted = Vec::with_capacity(judgements.len());
    for (place, (operator, judgement)) in all.iter().zip(judgements).enumerate() {
        match judgement {
            Ok(judgement) => accepted.push(judgement),
            Err(error) if place == 0 => return Err(error),
            Err(error) => {
                return Err(LoadError::Shared {
                    operator: operator.name.clone(),
                    reason: error.in_words(),
                });
            }
        }
    }
    Ok(accepted)
}
