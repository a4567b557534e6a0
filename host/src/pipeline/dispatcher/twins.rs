//! Commands whose message another host has taken and not settled yet: published twice, and one of them is enough.

use super::Dispatcher;
use super::admit::Candidate;
use crate::clock;
use crate::pipeline::retry::until_done;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A command that waits for the outcome of its message elsewhere.
pub(super) struct Twin {
    candidate: Candidate,
    since: Instant,
}

impl Twin {
    pub(super) fn token(&self) -> u64 {
        self.candidate.token()
    }
}

impl Dispatcher {
    /// Waits for the outcome that another host will settle.
    pub(super) fn wait_for_twin(&mut self, candidate: Candidate) {
        let since = clock::now();
        self.look_at_twins.get_or_insert(since + LOOK_EVERY);
        self.twins.push(Twin { candidate, since });
    }

    /// Ends those whose message has its outcome by now. The first copy comes again by itself if its host dies, so the second
    /// is only sent when nothing was heard of the first for the whole window: then it was something else that looked alike.
    pub(super) async fn settle_twins(&mut self) {
        let now = clock::now();
        if self.look_at_twins.is_none_or(|at| at > now) {
            return;
        }
        let ids: Vec<_> = self
            .twins
            .iter()
            .map(|twin| twin.candidate.message_id())
            .collect();
        let (store, name) = (self.context.store.clone(), &self.context.config.name);
        let found = until_done(name, || store.progress(&ids)).await;
        let window = self.context.config.dedupe_window.remembered();
        for (mut twin, progress) in std::mem::take(&mut self.twins).into_iter().zip(found) {
            if progress.outcome.is_some() || now.saturating_duration_since(twin.since) >= window {
                twin.candidate.set_progress(progress);
                self.go_on_with(twin.candidate).await;
            } else {
                self.twins.push(twin);
            }
        }
        self.look_at_twins = (!self.twins.is_empty()).then(|| now + LOOK_EVERY);
    }
}
