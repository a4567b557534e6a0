//! Commands that were published twice.

use smpp_domain::ids::MessageId;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Slices of one window: an id is remembered for one window at least, and for one slice more at most.
const SLICES: u32 = 4;

/// Message ids of one slice at most: beyond them the oldest slice is forgotten before its time.
const SLICE_CAPACITY: usize = 250_000;

/// The message ids of the last `window`, as fingerprints of 32 bits: about 9 octets each.
///
/// Two ids may agree by chance, one in some thousands when it is full. Whoever asks looks such an id up in the store, so that
/// costs a look-up and nothing else.
#[derive(Debug)]
pub(super) struct Recent {
    slice: Duration,
    /// Keyed at random, so that nobody can choose ids that agree.
    hasher: RandomState,
    /// The newest slice first; never more than one window and one slice.
    slices: Vec<(Instant, HashSet<u32>)>,
}

impl Recent {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            slice: window / SLICES,
            hasher: RandomState::new(),
            slices: Vec::new(),
        }
    }

    /// Remembers the id. True if it was there already, or seems so.
    pub(super) fn seen(&mut self, now: Instant, id: MessageId) -> bool {
        self.turn(now);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a fingerprint is a part of the hash"
        )]
        let fingerprint = self.hasher.hash_one(id) as u32;
        let known = self.slices.iter().any(|(_, ids)| ids.contains(&fingerprint));
        if let Some((_, newest)) = self.slices.first_mut().filter(|_| !known) {
            newest.insert(fingerprint);
        }
        known
    }

    /// Begins a new slice where it is time for one, and forgets those that are over.
    fn turn(&mut self, now: Instant) {
        let (slice, window) = (self.slice, self.slice * SLICES);
        let newest = self.slices.first();
        let is_over = |(began, ids): &(Instant, HashSet<u32>)| {
            now.saturating_duration_since(*began) >= slice || ids.len() >= SLICE_CAPACITY
        };
        if newest.is_some_and(|newest| !is_over(newest)) {
            return;
        }
        self.slices
            .retain(|(began, _)| now.saturating_duration_since(*began) < window + slice);
        self.slices.truncate(SLICES as usize);
        self.slices.insert(0, (now, HashSet::new()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: usize) -> MessageId {
        MessageId(Uuid::from_u128(n as u128))
    }

    #[test]
    fn an_id_is_known_for_a_window_and_at_most_a_slice_more() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut recent = Recent::new(Duration::from_secs(600));
        assert!(!recent.seen(start, id(1)));
        assert!(!recent.seen(after(149), id(2)));
        assert!(recent.seen(after(600), id(1)));
        assert!(recent.seen(after(749), id(2)));
        assert!(!recent.seen(after(750), id(1)));
        assert!(!recent.seen(after(900), id(2)));
    }

    #[test]
    fn a_flood_is_remembered_up_to_a_bound() {
        let now = Instant::now();
        let mut recent = Recent::new(Duration::from_secs(600));
        let flood = SLICE_CAPACITY * (SLICES as usize + 2);
        let mistaken = (0..flood).filter(|&n| recent.seen(now, id(n))).count();
        assert!(mistaken < flood / 2_000, "{mistaken} of {flood} look known");
        let held: usize = recent.slices.iter().map(|(_, ids)| ids.len()).sum();
        assert!(held <= SLICE_CAPACITY * (SLICES as usize + 1), "{held}");
        assert!(recent.seen(now, id(flood - SLICE_CAPACITY)));
    }
}
