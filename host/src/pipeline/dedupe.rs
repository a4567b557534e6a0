//! Commands that were published twice.

use smpp_domain::ids::MessageId;
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

/// Message ids remembered at most (about 40 octets each).
const CAPACITY: usize = 1_000_000;

/// The message ids of the last `window`, oldest forgotten first when there are too many.
#[derive(Debug)]
pub(super) struct Recent {
    window: Duration,
    ids: HashSet<MessageId>,
    order: VecDeque<(Instant, MessageId)>,
}

impl Recent {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, ids: HashSet::new(), order: VecDeque::new() }
    }

    /// Remembers the id. True if it was there already.
    pub(super) fn seen(&mut self, now: Instant, id: MessageId) -> bool {
        while let Some(&(at, oldest)) = self.order.front() {
            if now.saturating_duration_since(at) < self.window && self.order.len() < CAPACITY {
                break;
            }
            self.order.pop_front();
            self.ids.remove(&oldest);
        }
        if !self.ids.insert(id) {
            return true;
        }
        self.order.push_back((now, id));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_id_is_known_within_the_window_only() {
        let start = Instant::now();
        let mut recent = Recent::new(Duration::from_secs(600));
        let id = MessageId(Uuid::from_u128(1));
        assert!(!recent.seen(start, id));
        assert!(recent.seen(start + Duration::from_secs(599), id));
        assert!(!recent.seen(start + Duration::from_secs(600), id));
    }
}
