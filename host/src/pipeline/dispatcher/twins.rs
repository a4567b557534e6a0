//! Commands whose message another host has taken and not settled yet: published twice, and one of them is enough.

use super::Dispatcher;
use super::admit::Candidate;
use crate::clock;
use crate::pipeline::retry::until_done;
use crate::ports::{Progress, UnderWay, WaitsFor};
use smpp_domain::ids::MessageId;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the host that notes that it sends a message may take until its outcome is there.
const NOTED: Duration = Duration::from_secs(600);

/// A command that waits for the outcome of its message elsewhere.
pub(super) struct Twin {
    candidate: Candidate,
    since: Instant,
    /// Another host has noted that it is sending the message: without that note it can be sent here.
    noted: bool,
}

impl Twin {
    /// Whether it need not, or must not, wait any longer.
    fn is_over(&self, progress: &Progress, now: Instant, window: Duration) -> bool {
        let waited = now.saturating_duration_since(self.since);
        let patience = if self.noted { NOTED } else { window };
        progress.outcome.is_some() || waited >= patience || (self.noted && !progress.intended)
    }
}

impl Dispatcher {
    /// Waits for the outcome that another host will settle.
    pub(super) fn wait_for_twin(&mut self, candidate: Candidate) {
        self.wait(candidate, false);
    }

    /// Another host has begun to send a message that was thought to be ours.
    pub(super) fn leave_to_its_owner(&mut self, slot: u64) {
        if let Some(message) = self.forget(slot) {
            // It is not under way, but it is not let go either.
            self.context.metrics.in_flight.inc();
            self.wait(Candidate::again(message), true);
        }
    }

    fn wait(&mut self, candidate: Candidate, noted: bool) {
        let since = clock::now();
        self.look_at_twins.get_or_insert(since + LOOK_EVERY);
        self.twins.push(Twin {
            candidate,
            since,
            noted,
        });
    }

    /// The command that waits for this message's outcome, if there is one.
    pub(super) fn twin(&self, id: MessageId) -> Option<UnderWay> {
        let mut twins = self.twins.iter().map(|twin| &twin.candidate);
        let twin = twins.find(|twin| twin.message_id() == id)?;
        Some(UnderWay {
            published_at: twin.published_at(),
            accepted: 0,
            part_count: None,
            in_doubt_since: None,
            waits: WaitsFor::Twin,
        })
    }

    /// Stops waiting, and returns the tokens of the deliveries.
    pub(super) fn forget_twins(&mut self) -> Vec<u64> {
        let twins = std::mem::take(&mut self.twins);
        self.look_at_twins = None;
        self.context
            .metrics
            .in_flight
            .dec_by(i64::try_from(twins.len()).unwrap_or(i64::MAX));
        let tokens = twins.into_iter().map(|twin| twin.candidate.into_tokens());
        tokens.flatten().collect()
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
        let progress = until_done(name, || store.progress(&ids));
        let found = self.custody.keep_during(progress).await;
        let window = self.context.config.dedupe_window.remembered();
        for (mut twin, progress) in std::mem::take(&mut self.twins).into_iter().zip(found) {
            if twin.is_over(&progress, now, window) {
                twin.candidate.set_progress(progress);
                self.go_on_with(twin.candidate).await;
            } else {
                self.twins.push(twin);
            }
        }
        self.look_at_twins = (!self.twins.is_empty()).then(|| clock::now() + LOOK_EVERY);
    }
}
