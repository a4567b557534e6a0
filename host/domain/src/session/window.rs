//! The submits that were written and not yet answered, and those that were given up but may still be answered.

use std::collections::VecDeque;
use std::time::Instant;

/// More than any operator grants; bounds the memory of a mistyped window.
pub(super) const MAX_WINDOW: usize = 65_536;

/// How many timed-out submits are remembered for a late response.
const MAX_LATE: usize = 1024;

/// The submit window of one connection.
///
/// A submit lives in the slot `sequence & mask`; the session skips sequence numbers whose slot is taken, so a response
/// finds its submit with one look and nothing is allocated for each. At most half of the slots are ever taken, so the
/// skipping is short. All submits wait equally long: the order in which they were written, kept as a linked list
/// through the slots, is the order of their deadlines.
#[derive(Debug)]
pub(super) struct SubmitWindow<T> {
    slots: Box<[Option<InFlight<T>>]>,
    mask: u32,
    oldest: Option<usize>,
    newest: Option<usize>,
    length: usize,
    limit: usize,
}

#[derive(Debug)]
struct InFlight<T> {
    sequence: u32,
    deadline: Instant,
    older: Option<usize>,
    newer: Option<usize>,
    ticket: T,
}

impl<T> SubmitWindow<T> {
    /// `limit` is taken as 1..=[`MAX_WINDOW`].
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, MAX_WINDOW);
        let count = (limit * 2).next_power_of_two();
        let slots = std::iter::repeat_with(|| None).take(count).collect();
        let mask = u32::try_from(count - 1).unwrap_or(u32::MAX);
        Self {
            slots,
            mask,
            oldest: None,
            newest: None,
            length: 0,
            limit,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn room(&self) -> usize {
        self.limit - self.length
    }

    /// Whether a request may use this sequence number: no submit in flight has it, or its slot.
    pub(super) fn is_free(&self, sequence: u32) -> bool {
        self.slots
            .get(self.slot_of(sequence))
            .is_some_and(Option::is_none)
    }

    /// Adds a submit whose sequence number is free and whose deadline is not before that of any other. The caller has
    /// made sure of room.
    pub(super) fn insert(&mut self, sequence: u32, deadline: Instant, ticket: T) {
        let slot = self.slot_of(sequence);
        let entry = InFlight {
            sequence,
            deadline,
            older: self.newest,
            newer: None,
            ticket,
        };
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(entry);
        }
        match self
            .newest
            .and_then(|newest| self.slots.get_mut(newest)?.as_mut())
        {
            Some(newest) => newest.newer = Some(slot),
            None => self.oldest = Some(slot),
        }
        self.newest = Some(slot);
        self.length += 1;
    }

    /// Takes the submit of that sequence number out.
    pub(super) fn remove(&mut self, sequence: u32) -> Option<T> {
        let slot = self.slot_of(sequence);
        let entry = self
            .slots
            .get_mut(slot)?
            .take_if(|entry| entry.sequence == sequence)?;
        match entry.older.and_then(|older| self.slots.get_mut(older)?.as_mut()) {
            Some(older) => older.newer = entry.newer,
            None => self.oldest = entry.newer,
        }
        match entry.newer.and_then(|newer| self.slots.get_mut(newer)?.as_mut()) {
            Some(newer) => newer.older = entry.older,
            None => self.newest = entry.older,
        }
        self.length -= 1;
        Some(entry.ticket)
    }

    pub(super) fn oldest_deadline(&self) -> Option<Instant> {
        self.oldest_entry().map(|entry| entry.deadline)
    }

    /// Takes the submit out that was written first, with its sequence number.
    pub(super) fn pop_oldest(&mut self) -> Option<(u32, T)> {
        let sequence = self.oldest_entry()?.sequence;
        Some((sequence, self.remove(sequence)?))
    }

    fn oldest_entry(&self) -> Option<&InFlight<T>> {
        self.slots.get(self.oldest?)?.as_ref()
    }

    fn slot_of(&self, sequence: u32) -> usize {
        (sequence & self.mask) as usize
    }
}

/// Submits whose time ran out, the newest [`MAX_LATE`] of one connection.
#[derive(Debug)]
pub(super) struct LateSubmits<T>(VecDeque<(u32, T)>);

impl<T> LateSubmits<T> {
    pub(super) fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(super) fn remember(&mut self, sequence: u32, ticket: T) {
        if self.0.len() == MAX_LATE {
            self.0.pop_front();
        }
        self.0.push_back((sequence, ticket));
    }

    pub(super) fn recall(&mut self, sequence: u32) -> Option<T> {
        let index = self.0.iter().position(|(late, _)| *late == sequence)?;
        self.0.remove(index).map(|(_, ticket)| ticket)
    }

    pub(super) fn forget_all(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn keeps_the_order_whatever_is_taken_out_of_the_middle() {
        let t0 = Instant::now();
        let mut window = SubmitWindow::new(4);
        for sequence in 1..=4 {
            window.insert(sequence, t0 + Duration::from_secs(sequence.into()), sequence * 10);
        }
        assert_eq!((window.len(), window.room()), (4, 0));
        assert_eq!(window.remove(2), Some(20));
        assert_eq!(window.remove(2), None);
        assert_eq!(window.remove(1), Some(10));
        assert_eq!(window.oldest_deadline(), Some(t0 + Duration::from_secs(3)));
        assert_eq!(window.remove(4), Some(40));
        window.insert(5, t0 + Duration::from_secs(5), 50);
        assert_eq!(window.pop_oldest(), Some((3, 30)));
        assert_eq!(window.pop_oldest(), Some((5, 50)));
        assert_eq!(window.pop_oldest(), None);
        assert_eq!((window.len(), window.oldest_deadline()), (0, None));
    }

    #[test]
    fn does_not_take_another_number_of_the_same_slot_for_its_own() {
        let mut window = SubmitWindow::new(4);
        window.insert(3, Instant::now(), ());
        assert!(!window.is_free(3) && !window.is_free(3 + 8) && window.is_free(4));
        assert_eq!(window.remove(3 + 8), None);
        assert_eq!(window.remove(3), Some(()));
        assert!(window.is_free(3));
    }

    #[test]
    fn limits_are_at_least_one_and_at_most_the_maximum() {
        assert_eq!(SubmitWindow::<()>::new(0).room(), 1);
        assert_eq!(SubmitWindow::<()>::new(usize::MAX).room(), MAX_WINDOW);
    }

    #[test]
    fn remembers_the_newest_late_submits_only() {
        let mut late = LateSubmits::new();
        for sequence in 0..=1024 {
            late.remember(sequence, sequence);
        }
        assert_eq!(late.recall(0), None);
        assert_eq!((late.recall(7), late.recall(7)), (Some(7), None));
        late.forget_all();
        assert_eq!(late.recall(1024), None);
    }
}
