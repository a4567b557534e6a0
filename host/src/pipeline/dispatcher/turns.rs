//! Messages to one number go one after the other.
//!
//! An operator that refuses one for now may take the next a moment later, and the phone would show them the wrong way
//! round. So the next waits until the one before has its outcome; messages to other numbers fill the window meanwhile.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

/// Who has the turn at each number, and who waits for it. Numbers are known by a hash: two that agree by chance wait for
/// each other, no more.
#[derive(Default)]
pub(super) struct Turns {
    hasher: RandomState,
    numbers: HashMap<u64, Turn>,
}

struct Turn {
    slot: u64,
    behind: BTreeSet<u64>,
}

impl Turns {
    /// Whether it is this message's turn; if not, it is remembered to wait for it.
    pub(super) fn take(&mut self, to: &str, slot: u64) -> bool {
        let fresh = || Turn {
            slot,
            behind: BTreeSet::new(),
        };
        let turn = self.numbers.entry(self.hasher.hash_one(to)).or_insert_with(fresh);
        if turn.slot == slot {
            return true;
        }
        turn.behind.insert(slot);
        false
    }

    /// The message is over, or gives up its turn. Returns whose turn it is then, if somebody has waited for it.
    pub(super) fn leave(&mut self, to: &str, slot: u64) -> Option<u64> {
        let number = self.hasher.hash_one(to);
        let turn = self.numbers.get_mut(&number)?;
        if turn.slot != slot {
            turn.behind.remove(&slot);
            return None;
        }
        let next = turn.behind.pop_first();
        match next {
            Some(next) => turn.slot = next,
            None => drop(self.numbers.remove(&number)),
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_oldest_first() {
        let mut turns = Turns::default();
        assert!(turns.take("491", 1) && turns.take("491", 1) && turns.take("492", 2));
        assert!(!turns.take("491", 5) && !turns.take("491", 3) && !turns.take("491", 4));
        assert_eq!(turns.leave("491", 4), None, "one that waits may go away");
        assert_eq!(turns.leave("491", 1), Some(3));
        assert!(turns.take("491", 3) && !turns.take("491", 5));
        assert_eq!((turns.leave("491", 3), turns.leave("491", 5)), (Some(5), None));
        assert_eq!((turns.leave("492", 2), turns.leave("493", 9)), (None, None));
        assert!(turns.numbers.is_empty());
    }
}
