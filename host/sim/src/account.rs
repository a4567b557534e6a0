//! One system_id: the deliver_sm that wait for it, and the links that may carry them.
//!
//! The queue belongs to the account, not to a link, so receipts survive reconnects and spread over all binds
//! that receive.

use crate::wire::status;
use bytes::Bytes;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Beyond this, receipts are dropped and counted: some 100 MB of them.
const MAX_WAITING: usize = 500_000;

/// Octets that `send_raw` may leave waiting at one link.
const MAX_RAW: usize = 1024 * 1024;

/// Every lock here guards plain data that is whole between statements, so a panic elsewhere does not spoil
/// it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A response that is ready and waits for its time.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) due: Instant,
    pub(crate) order: u64,
    pub(crate) octets: Bytes,
}

/// A response that waits until a receipt is on the wire.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) door: Arc<Door>,
    pub(crate) answer: Answer,
}

/// What others may hand to a link.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Bounded by the answers that the link itself holds back.
    pub(crate) released: Vec<Answer>,
    pub(crate) raw: Vec<Bytes>,
}

/// The outside of a link: how the rest of the SMSC reaches it.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) id: u64,
    pub(crate) cut: CancellationToken,
    pub(crate) notify: Notify,
    inbox: Mutex<Inbox>,
}

impl Door {
    pub(crate) fn new(id: u64, cut: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            id,
            cut,
            notify: Notify::new(),
            inbox: Mutex::default(),
        })
    }

    pub(crate) fn release(&self, answer: Answer) {
        lock(&self.inbox).released.push(answer);
        self.notify.notify_one();
    }

    /// `false` when the link has too much of this waiting already.
    pub(crate) fn write_raw(&self, octets: Bytes) -> bool {
        let mut inbox = lock(&self.inbox);
        let waiting: usize = inbox.raw.iter().map(Bytes::len).sum();
        let fits = waiting + octets.len() <= MAX_RAW;
        if fits {
            inbox.raw.push(octets);
            self.notify.notify_one();
        }
        fits
    }

    pub(crate) fn empty_inbox(&self) -> Inbox {
        std::mem::take(&mut *lock(&self.inbox))
    }
}

#[derive(Debug)]
pub(crate) enum What {
    Receipt(Option<Box<Held>>),
    Mo(Option<oneshot::Sender<u32>>),
}

/// A deliver_sm that is not answered yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) due: Instant,
    order: u64,
    /// The whole PDU; the link writes its own sequence_number into it.
    pub(crate) pdu: Bytes,
    pub(crate) attempts: u32,
    pub(crate) what: What,
}

impl Pending {
    pub(crate) fn new(due: Instant, pdu: Bytes, what: What) -> Self {
        Self {
            due,
            order: 0,
            pdu,
            attempts: 0,
            what,
        }
    }

    /// Whether the peer's answer means "later" instead of "no".
    pub(crate) fn may_be_sent_again(&self, answered: u32, at_most: u32) -> bool {
        let later = matches!(
            answered,
            status::TEMPORARY_APP_ERROR | status::QUEUE_FULL | status::THROTTLED
        );
        later && self.attempts < at_most
    }
}

// Both heaps hold the earliest on top, and equal times in order of arrival.
macro_rules! earliest_first {
    ($($type:ty),*) => {$(
        impl Ord for $type {
            fn cmp(&self, other: &Self) -> Ordering {
                (other.due, other.order).cmp(&(self.due, self.order))
            }
        }
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other) == Ordering::Equal
            }
        }
        impl Eq for $type {}
    )*};
}
earliest_first!(Pending, Answer);

#[derive(Debug, Default)]
struct State {
    waiting: BinaryHeap<Pending>,
    receivers: Vec<Arc<Door>>,
    binds: usize,
    pushed: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) system_id: Arc<str>,
    state: Mutex<State>,
}

impl Account {
    pub(crate) fn new(system_id: &str) -> Arc<Self> {
        Arc::new(Self {
            system_id: system_id.into(),
            state: Mutex::default(),
        })
    }

    /// Counts a bind in, unless there are `at_most` already.
    pub(crate) fn join(&self, door: &Arc<Door>, receives: bool, at_most: usize) -> bool {
        let mut state = lock(&self.state);
        if state.binds >= at_most {
            return false;
        }
        state.binds += 1;
        if receives {
            state.receivers.push(door.clone());
        }
        true
    }

    pub(crate) fn leave(&self, door: &Door) {
        let mut state = lock(&self.state);
        state.binds = state.binds.saturating_sub(1);
        state.receivers.retain(|other| other.id != door.id);
    }

    pub(crate) fn has_receivers(&self) -> bool {
        !lock(&self.state).receivers.is_empty()
    }

    /// Queues deliver_sm; returns how many found no room.
    pub(crate) fn push(&self, all: impl IntoIterator<Item = Pending>) -> u64 {
        let mut state = lock(&self.state);
        let mut dropped = 0;
        for mut pending in all {
            if state.waiting.len() >= MAX_WAITING {
                dropped += 1;
                continue;
            }
            state.pushed += 1;
            pending.order = state.pushed;
            state.waiting.push(pending);
        }
        dropped
    }

    /// Takes up to `room` deliver_sm whose time has come.
    pub(crate) fn take_due(&self, now: Instant, room: usize) -> Vec<Pending> {
        let mut state = lock(&self.state);
        let mut due = Vec::new();
        while due.len() < room && state.waiting.peek().is_some_and(|next| next.due <= now) {
            due.extend(state.waiting.pop());
        }
        due
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        lock(&self.state).waiting.peek().map(|next| next.due)
    }

    /// Wakes the other links of this account: there is something that the caller cannot carry.
    pub(crate) fn wake_others(&self, except: u64) {
        for door in lock(&self.state)
            .receivers
            .iter()
            .filter(|door| door.id != except)
        {
            door.notify.notify_one();
        }
    }
}
