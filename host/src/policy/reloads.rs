//! Who brought which version about, and what became of it: the latest, in memory.

use crate::ports::ReloadView;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Entries that are kept.
const ENTRIES: usize = 200;

/// What brings a version about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Who {
    /// The gateway or the operator starts.
    Start,
    /// The plugin's file is another one.
    File,
    /// `[policy]` of the operator's file is another one.
    Settings,
    /// A person, by the API.
    Api,
    /// The end of a trial on live traffic.
    Shadow,
    /// A broken budget.
    Budget,
}

impl Who {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::File => "file",
            Self::Settings => "settings",
            Self::Api => "api",
            Self::Shadow => "shadow",
            Self::Budget => "budget",
        }
    }
}

/// The latest entries.
#[derive(Debug, Default)]
pub(super) struct Reloads(Mutex<VecDeque<ReloadView>>);

impl Reloads {
    pub(super) fn note(&self, entry: ReloadView) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.truncate(ENTRIES - 1);
        entries.push_front(entry);
    }

    /// Newest first.
    pub(super) fn latest(&self) -> Vec<ReloadView> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().cloned().collect()
    }
}
