//! Which versions an operator has, and how one takes another's place.

use super::Finding;
use crate::policy::limits::LimitsAsked;
use crate::policy::plugin::Plugin;
use crate::policy::shadow::Shadow;
use crate::policy::shelf::{Deployed, Fate, Judged, Record, Saved, Trial};
use chrono::{DateTime, Utc};
use smpp_domain::policy::budget::{Budget, Measured};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Versions before the active one that are kept warm.
const KEPT: usize = 3;

/// One version in its place.
#[derive(Clone)]
pub(in crate::policy) struct Version {
    pub(in crate::policy) plugin: Arc<Plugin>,
    pub(in crate::policy) limits: LimitsAsked,
    /// When it came to that place.
    pub(in crate::policy) since: DateTime<Utc>,
    /// It was taken back: a rollback passes over it.
    pub(in crate::policy) rolled_back: bool,
}

impl Version {
    pub(in crate::policy) fn new(plugin: Arc<Plugin>, limits: LimitsAsked) -> Self {
        Self {
            plugin,
            limits,
            since: crate::clock::utc_now(),
            rolled_back: false,
        }
    }

    fn saved(&self) -> Saved {
        Saved {
            key: self.plugin.key.clone(),
            sha256: self.plugin.compiled.sha256.clone(),
            settings: self.plugin.settings().to_string(),
            limits: self.limits,
            since: self.since,
            rolled_back: self.rolled_back,
        }
    }
}

/// A version that is tried on live traffic.
pub(in crate::policy) struct Candidate {
    pub(in crate::policy) version: Version,
    pub(in crate::policy) shadow: Arc<Shadow>,
    /// Decided about then at the latest.
    pub(in crate::policy) until: Option<(Instant, DateTime<Utc>)>,
    /// How long it is tried, and whether it becomes active by itself.
    pub(in crate::policy) trial: Trial,
    /// A deployed component, which is not in its file yet.
    pub(in crate::policy) unwritten: Option<Unwritten>,
}

/// Bytes that become the file's when they become active.
#[derive(Clone)]
pub(in crate::policy) struct Unwritten {
    pub(in crate::policy) file: PathBuf,
    pub(in crate::policy) bytes: Arc<Vec<u8>>,
}

impl Candidate {
    /// It was tried and waits for a word.
    pub(in crate::policy) fn is_ready(&self) -> bool {
        self.shadow.has_ended()
    }

    pub(in crate::policy) fn is_due(&self, now: Instant) -> bool {
        !self.is_ready() && (self.until.is_some_and(|(until, _)| now >= until) || self.shadow.is_done())
    }
}

/// A version that is held to its budget.
#[derive(Clone)]
pub(in crate::policy) struct Watched {
    pub(in crate::policy) until: Instant,
    pub(in crate::policy) budget: Budget,
    /// What the version before has done.
    pub(in crate::policy) before: Measured,
}

/// All versions of an operator.
#[derive(Default)]
pub(in crate::policy) struct Standing {
    pub(in crate::policy) active: Option<Version>,
    /// Latest first.
    pub(in crate::policy) previous: Vec<Version>,
    /// Previous ones of an earlier run that have not been compiled yet.
    pub(in crate::policy) cold: Vec<Saved>,
    pub(in crate::policy) candidate: Option<Candidate>,
    /// What became of what the files hold.
    pub(in crate::policy) judged: Option<Judged>,
    pub(in crate::policy) watched: Option<Watched>,
    pub(in crate::policy) last: Option<Finding>,
    /// What ran in an earlier run, until something runs in this one.
    pub(in crate::policy) ran: Option<Saved>,
    /// What was deployed in an earlier run and not decided about, until it is tried again in this one.
    pub(in crate::policy) deployed: Option<Deployed>,
}

impl From<Record> for Standing {
    fn from(record: Record) -> Self {
        Self {
            cold: record.previous,
            judged: record.judged,
            ran: record.active,
            deployed: record.deployed,
            ..Self::default()
        }
    }
}

impl Standing {
    /// For the shelf.
    pub(in crate::policy) fn record(&self) -> Record {
        let warm = self.previous.iter().map(Version::saved);
        let active = self.active.as_ref().map(Version::saved);
        let unwritten = |candidate: &&Candidate| candidate.unwritten.is_some();
        let deployed = self
            .candidate
            .as_ref()
            .filter(unwritten)
            .map(|candidate| Deployed {
                sha256: candidate.version.plugin.compiled.sha256.clone(),
                trial: candidate.trial,
                beside: self.active_key().cloned(),
            });
        Record {
            active: active.or_else(|| self.ran.clone()),
            previous: warm.chain(self.cold.iter().cloned()).take(KEPT).collect(),
            judged: self.judged.clone(),
            deployed: deployed.or_else(|| self.deployed.clone()),
        }
    }

    /// `None` is the built-in behaviour.
    pub(in crate::policy) fn active_key(&self) -> Option<&String> {
        self.active.as_ref().map(|active| &active.plugin.key)
    }

    pub(in crate::policy) fn plugins(&self) -> Vec<Arc<Plugin>> {
        let candidate = self.candidate.as_ref().map(|candidate| &candidate.version);
        let all = self.active.iter().chain(candidate).chain(&self.previous);
        all.map(|version| Arc::clone(&version.plugin)).collect()
    }

    /// Puts a version into the first place, or the built-in behaviour; returns what was there. The candidate is gone: it was
    /// compared with something else, or is what becomes active.
    pub(in crate::policy) fn activate(&mut self, version: Option<Version>) -> Option<Version> {
        self.drop_candidate();
        self.watched = None;
        self.ran = None;
        if let Some(version) = &version {
            let key = &version.plugin.key;
            self.previous.retain(|kept| kept.plugin.key != *key);
            self.cold.retain(|kept| kept.key != *key);
            version.plugin.tally.reset();
        }
        let before = std::mem::replace(&mut self.active, version);
        if let Some(before) = before.clone() {
            // Warm is one instance; a burst's worth of them is memory for nothing.
            before.plugin.rest();
            let now = crate::clock::utc_now();
            self.previous.insert(0, Version { since: now, ..before });
        }
        self.previous.truncate(KEPT);
        self.cold.truncate(KEPT - self.previous.len());
        before
    }

    /// Holds the active version to this budget from now on.
    pub(in crate::policy) fn watch(&mut self, budget: Option<Budget>, before: Option<&Version>) {
        let now = crate::clock::now();
        self.watched = budget.zip(before).map(|(budget, before)| Watched {
            until: now + budget.window,
            before: before.plugin.tally.measured(),
            budget,
        });
    }

    /// Takes the active version back. `allowed` says which one may run instead. What was active stays at hand, marked.
    pub(in crate::policy) fn roll_back(&mut self, allowed: impl Fn(&Version) -> bool) -> Option<Version> {
        self.active.as_ref()?;
        let place = self
            .previous
            .iter()
            .position(|version| !version.rolled_back && allowed(version))?;
        let version = self.previous.remove(place);
        let candidate = self.candidate.take();
        let taken_back = self.activate(Some(Version {
            since: crate::clock::utc_now(),
            ..version
        }));
        self.candidate = candidate;
        if let Some(latest) = self.previous.first_mut().filter(|_| taken_back.is_some()) {
            latest.rolled_back = true;
        }
        taken_back
    }

    /// Notes that what the files hold was taken back: not again, unless a person says so.
    pub(in crate::policy) fn taken_back(&mut self, key: &str, reason: String) {
        if let Some(judged) = self.judged.as_mut().filter(|judged| judged.key == key) {
            judged.fate = Fate::TakenBack;
            judged.reason = Some(reason);
        }
    }

    pub(in crate::policy) fn drop_candidate(&mut self) -> Option<Candidate> {
        let candidate = self.candidate.take()?;
        candidate.shadow.end();
        Some(candidate)
    }
}
