//! From a file to active versions and candidates: what the loader thread does, one file at a time.

mod deploy;
mod gone;
mod judge;
mod orders;
mod settle;
mod tell;
mod tend;

pub(super) use judge::plugin;
pub(super) use orders::OrderError;

use super::engine::Workshop;
use super::error::LoadError;
use super::host::{Refusal, Swap};
use super::load::{self, Compiled, Image, millis_since};
use super::registry::OperatorPolicy;
use super::reloads::{Reloads, Who};
use super::shelf::{Shelf, Trial};
use super::verdict::Timings;
use super::watch::{Seen, Stamp};
use judge::Judgement;
use smpp_domain::ids::OperatorId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, broadcast};

/// Swaps, or refusals, that a slow listener may lag behind.
const NEWS: usize = 64;

/// What the loader thread works on.
pub(super) struct Shared {
    pub(super) workshop: Workshop,
    pub(super) shelf: Shelf,
    operators: Mutex<Vec<Arc<OperatorPolicy>>>,
    /// The last state of each file that was loaded or refused.
    handled: Mutex<BTreeMap<PathBuf, Stamp>>,
    /// The digest of each file's state, for who asks what lies there.
    digests: Mutex<BTreeMap<PathBuf, (Stamp, String)>>,
    /// One verdict is written at a time: the later one tells more.
    verdicts: Mutex<()>,
    pub(super) reloads: Reloads,
    pub(super) swaps: broadcast::Sender<Swap>,
    pub(super) refusals: broadcast::Sender<Refusal>,
    /// Rings when an operator comes: its directory is to be watched from then on, not from the next poll on.
    pub(super) entered: Notify,
}

/// Why a version is looked at, and how it is to be tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Order {
    pub(super) who: Who,
    /// As if it had never been seen: also what was taken back.
    pub(super) anew: bool,
    /// Instead of what the operator's file says.
    pub(super) trial: Option<Trial>,
}

impl Order {
    pub(super) fn by(who: Who) -> Self {
        Self {
            who,
            anew: false,
            trial: None,
        }
    }

    /// A person wants it.
    pub(super) fn wanted(trial: Option<Trial>) -> Self {
        Self {
            who: Who::Api,
            anew: true,
            trial,
        }
    }
}

/// What was made of an image for each operator.
struct Judged {
    compiled: Option<Arc<Compiled>>,
    judgements: Vec<Result<Judgement, LoadError>>,
}

impl Shared {
    pub(super) fn new(workshop: Workshop, shelf: Shelf) -> Self {
        Self {
            workshop,
            shelf,
            operators: Mutex::default(),
            handled: Mutex::default(),
            digests: Mutex::default(),
            verdicts: Mutex::default(),
            reloads: Reloads::default(),
            entered: Notify::new(),
            swaps: broadcast::channel(NEWS).0,
            refusals: broadcast::channel(NEWS).0,
        }
    }

    pub(super) fn operators(&self) -> MutexGuard<'_, Vec<Arc<OperatorPolicy>>> {
        self.operators.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn operator(&self, id: OperatorId) -> Option<Arc<OperatorPolicy>> {
        self.operators()
            .iter()
            .find(|operator| operator.id == id)
            .cloned()
    }

    pub(super) fn operators_of(&self, file: &Path) -> Vec<Arc<OperatorPolicy>> {
        self.operators()
            .iter()
            .filter(|operator| operator.file().as_deref() == Some(file))
            .cloned()
            .collect()
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = self
            .operators()
            .iter()
            .filter_map(|operator| operator.file())
            .collect();
        files.sort();
        files.dedup();
        files
    }

    pub(super) fn enter(&self, operator: Arc<OperatorPolicy>) {
        let mut operators = self.operators();
        operators.retain(|other| other.id != operator.id);
        operators.push(operator);
        self.entered.notify_one();
    }

    pub(super) fn leave(&self, operator: OperatorId) {
        self.operators().retain(|other| other.id != operator);
    }

    pub(super) fn handled(&self, file: &Path) -> Option<Stamp> {
        self.handled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(file)
            .copied()
    }

    fn handle(&self, file: &Path, stamp: Stamp) {
        self.handled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(file.to_owned(), stamp);
    }

    /// The whole path from a file to active versions, for `operators`; the verdict speaks of `all` that use the file.
    pub(super) fn process(
        &self,
        file: &Path,
        operators: &[Arc<OperatorPolicy>],
        all: &[Arc<OperatorPolicy>],
        seen: Seen,
        order: Order,
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
                self.refuse(operators, &error, None, order, &timings);
                self.write_verdict(file, None, None, all, timings);
                return Err(error);
            }
        };
        timings.read_ms = millis_since(started);
        let judged = self.judge(operators, &image, order, &mut timings);
        // Whoever wrote the file again meanwhile means that content, not this one.
        if Stamp::of(file).is_ok_and(|stamp| Some(stamp) != image.stamp)
            && load::read(file, &self.workshop.limits).map_or(true, |newer| newer.sha256 != image.sha256)
        {
            return Err(LoadError::Superseded);
        }
        if let Some(stamp) = image.stamp {
            // What only some have looked at is still news for the others.
            if operators.len() == all.len() || self.handled(file).is_none() {
                self.handle(file, stamp);
            }
            self.know_digest(file, stamp, &image.sha256);
        }
        let (compiled, outcome) = match judged {
            Ok(judged) => (
                judged.compiled.clone(),
                self.settle(operators, judged, &image, &seen, order, &timings),
            ),
            Err(error) => {
                self.refuse(operators, &error, Some(&image.sha256), order, &timings);
                (None, Err(error))
            }
        };
        self.write_verdict(file, Some(&image), compiled.as_deref(), all, timings);
        outcome
    }

    /// `[policy]` of an operator's file is another one. What is refused leaves what runs as it is.
    pub(super) fn reconfigure(
        &self,
        operator: &Arc<OperatorPolicy>,
        config: super::host::OperatorPolicyConfig,
    ) -> Result<(), LoadError> {
        let file = config.file.clone();
        operator.wants(config);
        let Some(file) = file else {
            self.without_plugin(operator);
            return Ok(());
        };
        let all = self.operators_of(&file);
        // Its folder may be another one.
        self.entered.notify_one();
        let order = Order::by(Who::Settings);
        self.process(&file, std::slice::from_ref(operator), &all, Seen::now(), order)
    }

    /// Remembers an operator's versions over a restart.
    fn save(&self, operator: &OperatorPolicy) {
        self.shelf.save(operator.id, || operator.standing().record());
    }

    /// What lies in a file now.
    pub(super) fn digest_of(&self, file: &Path) -> Option<String> {
        let stamp = Stamp::of(file).ok()?;
        let known = self.digests().get(file).cloned();
        if let Some((_, digest)) = known.filter(|(known, _)| *known == stamp) {
            return Some(digest);
        }
        let image = load::read(file, &self.workshop.limits).ok()?;
        self.know_digest(file, image.stamp?, &image.sha256);
        Some(image.sha256)
    }

    fn know_digest(&self, file: &Path, stamp: Stamp, sha256: &str) {
        self.digests().insert(file.to_owned(), (stamp, sha256.to_owned()));
    }

    fn digests(&self) -> MutexGuard<'_, BTreeMap<PathBuf, (Stamp, String)>> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this content a version for each operator that does not run it already.
    fn judge(
        &self,
        operators: &[Arc<OperatorPolicy>],
        image: &Image,
        order: Order,
        timings: &mut Timings,
    ) -> Result<Judged, LoadError> {
        let started = crate::clock::now();
        let compiled = self.compiled(image, operators)?;
        timings.compile_ms = millis_since(started);
        let started = crate::clock::now();
        let judgements = operators
            .iter()
            .map(|operator| self.judge_one(operator, &compiled, order))
            .collect();
        timings.admit_ms = millis_since(started);
        Ok(Judged {
            compiled: Some(compiled),
            judgements,
        })
    }
}
