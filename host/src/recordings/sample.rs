//! A few of each kind: an operator that breaks the standard in every PDU must not push the rare oddities out.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// So many of each kind are taken in one span.
const OF_EACH: u32 = 10;
const SPAN: Duration = Duration::from_secs(60);

/// Different kinds in one span; of further ones nothing is taken. Peers can invent commands without end.
const KINDS: usize = 1_000;

/// How many of each kind were taken in this span.
pub(super) struct Sample<K> {
    since: Instant,
    taken: HashMap<K, u32>,
}

impl<K: Eq + Hash> Sample<K> {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            taken: HashMap::new(),
        }
    }

    /// Whether one more of the kind is taken.
    pub(super) fn takes(&mut self, now: Instant, kind: K) -> bool {
        if now.saturating_duration_since(self.since) >= SPAN {
            *self = Self::new(now);
        }
        if self.taken.len() >= KINDS && !self.taken.contains_key(&kind) {
            return false;
        }
        let taken = self.taken.entry(kind).or_default();
        let takes = *taken < OF_EACH;
        *taken += u32::from(takes);
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_of_each_kind_are_taken_in_a_minute() {
        let start = Instant::now();
        let mut sample = Sample::new(start);
        let mut taken = |kind: u32, after: Duration, count: usize| {
            let takes = (0..count).filter(|_| sample.takes(start + after, kind));
            takes.count()
        };
        let second = Duration::from_secs(1);
        assert_eq!(taken(1, second, 1_000), 10);
        assert_eq!(taken(2, second, 7), 7);
        assert_eq!(taken(1, 59 * second, 5), 0);
        assert_eq!(taken(1, 60 * second, 50), 10);
    }

    #[test]
    fn kinds_without_end_take_no_memory_without_end() {
        let start = Instant::now();
        let mut sample = Sample::new(start);
        let takes = (0..50_000_u32).filter(|kind| sample.takes(start, *kind));
        assert_eq!(takes.count(), KINDS);
        assert!(sample.takes(start, 7), "a kind that is known");
    }
}
