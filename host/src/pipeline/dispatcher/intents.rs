//! Where a part may be written at most once: it is noted durably that a message is being sent, right before it is.

use super::Dispatcher;
use crate::config::OnUnanswered;
use crate::pipeline::retry::until_done;
use std::collections::HashSet;

impl Dispatcher {
    /// The message must be noted before it is sent, and is not yet.
    pub(super) fn wants_intent(&self, slot: u64) -> bool {
        self.context.config.on_unanswered == OnUnanswered::Report
            && self.messages.get(&slot).is_some_and(|message| !message.intended)
    }

    /// Notes those that the binds have room for now, oldest first: no more, because what is noted and not settled ends as
    /// UNKNOWN after a crash. What another host is sending is left to it: its outcome is waited for.
    pub(super) async fn intend_next(&mut self) {
        let next: Vec<_> = self
            .ready
            .iter()
            .take(self.bench.room().max(1))
            .filter(|slot| self.wants_intent(**slot))
            .filter_map(|slot| Some((*slot, self.messages.get(slot)?.command.message_id)))
            .collect();
        let ids: Vec<_> = next.iter().map(|(_, id)| *id).collect();
        let (store, name, owner) = (self.context.store.clone(), &self.context.config.name, self.owner);
        let noted = until_done(name, || store.intend(owner, &ids));
        let elsewhere: HashSet<_> = self.custody.keep_during(noted).await.into_iter().collect();
        for (slot, id) in next {
            if elsewhere.contains(&id) {
                tracing::warn!(operator = %self.context.config.name, message_id = %id, "another host is sending a message that was ours");
                self.leave_to_its_owner(slot);
            } else if let Some(message) = self.messages.get_mut(&slot) {
                message.intended = true;
            }
        }
    }
}
