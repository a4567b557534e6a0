//! What goes out by itself: deliver_sm, within the window, until they are answered.

use super::{Link, MAX_OUTPUT};
use crate::account::{Account, Pending, What, lock};
use crate::desk::Desk;
use crate::receipts::Clock;
use crate::wire::{Header, command, status};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

/// sequence_number's place in a PDU.
const SEQUENCE: std::ops::Range<usize> = 12..16;
const LAST_SEQUENCE: u32 = 0x7FFF_FFFF;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Link<R, W> {
    /// The account, when this link carries deliver_sm.
    pub(super) fn receiving(&self) -> Option<&Arc<Account>> {
        self.bound
            .as_ref()
            .filter(|bound| bound.receives)
            .map(|bound| &bound.account)
    }

    pub(super) fn may_deliver(&self) -> bool {
        !self.closing
            && self.in_flight.len() < self.script.window_of_receipts
            && self.output.len() < MAX_OUTPUT
    }

    /// Queues what this read's submit_sm and refusals gave.
    pub(super) fn schedule(&mut self, scheduled: Vec<Pending>) {
        let Some(bound) = self.bound.as_ref().filter(|_| !scheduled.is_empty()) else {
            return;
        };
        let dropped = bound.account.push(scheduled);
        // Also when this link receives itself: by the time they are due its window may be full, and every
        // receiver keeps its own time.
        bound.account.wake_others(self.door.id);
        if dropped > 0 {
            lock(&self.hub.desk).records.counters.receipts_dropped += dropped;
        }
    }

    /// Writes the deliver_sm whose time has come, as far as the window goes. What is left is for
    /// other links, which were woken when it was queued and keep time themselves.
    pub(super) fn deliver_due(&mut self, now: Instant) {
        let Some(account) = self.receiving().filter(|_| self.may_deliver()).cloned() else {
            return;
        };
        let due = account.take_due(now, self.script.window_of_receipts - self.in_flight.len());
        if due.is_empty() {
            return;
        }
        let (mut receipts, mut mos) = (0, 0);
        for pending in due {
            match pending.what {
                What::Receipt(_) => receipts += 1,
                What::Mo(_) => mos += 1,
            }
            self.deliver(pending);
        }
        let mut desk = lock(&self.hub.desk);
        desk.records.counters.receipts_sent += receipts;
        desk.records.counters.mos_sent += mos;
        drop(desk);
        self.hub.changed.notify_waiters();
        self.write_due_answers(now);
    }

    fn deliver(&mut self, mut pending: Pending) {
        self.last_sequence = if self.last_sequence >= LAST_SEQUENCE {
            1
        } else {
            self.last_sequence + 1
        };
        let start = self.output.len();
        self.output.extend_from_slice(&pending.pdu);
        if let Some(field) = self.output.get_mut(start + SEQUENCE.start..start + SEQUENCE.end) {
            field.copy_from_slice(&self.last_sequence.to_be_bytes());
        }
        if let What::Receipt(place) = &mut pending.what
            && let Some(held) = place.take()
        {
            if held.door.id == self.door.id {
                self.held = self.held.saturating_sub(1);
                self.timed.push(held.answer);
            } else {
                self.to_release.push(*held);
            }
        }
        self.in_flight.insert(self.last_sequence, pending);
    }

    /// A deliver_sm was answered.
    pub(super) fn delivered(
        &mut self,
        desk: &mut Desk,
        header: Header,
        body: &[u8],
        clock: Clock,
        again: &mut Vec<Pending>,
    ) {
        let Some(mut pending) = self.in_flight.remove(&header.sequence) else {
            return desk.records.stray(header, body);
        };
        let counters = &mut desk.records.counters;
        if pending.may_be_sent_again(header.status, self.script.resend_at_most) {
            counters.redeliveries += 1;
            pending.attempts += 1;
            pending.due = clock.now + self.script.resend_after;
            again.push(pending);
            return;
        }
        // A generic_nack says no even when it says status 0.
        let taken = header.status == status::OK && header.command == command::DELIVER_SM_RESP;
        match pending.what {
            What::Receipt(_) if taken => counters.receipts_acknowledged += 1,
            What::Receipt(_) => counters.receipts_refused += 1,
            What::Mo(answered) => {
                counters.mos_acknowledged += u64::from(taken);
                // Nobody has to wait for the answer.
                answered.and_then(|waiting| waiting.send(header.status).ok());
            }
        }
    }

    /// The link is gone: what it left unanswered goes out again on another one, now or after the next bind.
    pub(super) fn give_back(&mut self) {
        let Some(bound) = &self.bound else { return };
        bound.account.leave(&self.door);
        let now = Instant::now();
        let mut unanswered: Vec<(u32, Pending)> = self.in_flight.drain().collect();
        unanswered.sort_unstable_by_key(|(sequence, _)| *sequence);
        let count = u64::try_from(unanswered.len()).unwrap_or(u64::MAX);
        let dropped = bound.account.push(unanswered.into_iter().map(|(_, mut pending)| {
            pending.due = now;
            pending
        }));
        bound.account.wake_others(self.door.id);
        let mut desk = lock(&self.hub.desk);
        desk.records.counters.redeliveries += count - dropped;
        desk.records.counters.receipts_dropped += dropped;
    }
}
