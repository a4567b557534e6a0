//! The seam between the pipeline and the SMPP links: what is handed to a bind and what comes back.
//!
//! Everything is bounded by the windows: a bind never holds more submits than its window, and so it can report every
//! outcome without ever waiting.

use super::WirePdu;
use chrono::{DateTime, Utc};
use smpp_domain::pdu::{AlertNotificationPdu, BindMode, CommandStatus, DeliverSmPdu, SubmitSmPdu};
use smpp_domain::session::{SessionState, SubmitResponse, UnansweredReason};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, mpsc};

/// Names one part that is out at a bind. The dispatcher mints it; each comes back exactly once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket {
    /// Which message in flight.
    pub slot: u64,
    /// Which part, from 1.
    pub part_number: u8,
}

/// The right to write parts, for as long as their messages are known to be this host's. Shared by whoever has it and
/// everything that was handed over under it.
#[derive(Debug)]
pub struct Lease(Mutex<Term>);

#[derive(Clone, Copy, Debug)]
enum Term {
    Unlimited,
    Until(Instant),
    Ended,
}

impl Lease {
    /// Until then; for ever without an end.
    #[must_use]
    pub fn new(until: Option<Instant>) -> Self {
        Self(Mutex::new(until.map_or(Term::Unlimited, Term::Until)))
    }

    /// Lasts until then, unless it has been ended.
    pub fn renew(&self, until: Instant) {
        let mut term = self.term();
        if let Term::Until(end) = &mut *term {
            *end = until;
        }
    }

    /// Ends it for good.
    pub fn end(&self) {
        *self.term() = Term::Ended;
    }

    /// Whether nothing may be written under it any more.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        match *self.term() {
            Term::Unlimited => false,
            Term::Until(end) => now >= end,
            Term::Ended => true,
        }
    }

    fn term(&self) -> MutexGuard<'_, Term> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part for the wire.
#[derive(Debug)]
pub struct SubmitRequest {
    /// Comes back with the outcome.
    pub ticket: Ticket,
    /// When its command was published, if nothing of it was written yet: the wait ends now.
    pub published_at: Option<DateTime<Utc>>,
    /// Looked at right before the part is written; when it is over, the part comes back as not sent.
    pub lease: Arc<Lease>,
    /// What to send.
    pub pdu: Arc<SubmitSmPdu>,
    /// Its message is recorded: so are its PDUs.
    pub recorded: bool,
}

/// What became of a part at a bind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartResult {
    /// The operator answered.
    Answered {
        /// When it was written.
        written_at: DateTime<Utc>,
        /// Of the submit_sm and of its answer.
        sequence_number: u32,
        /// What it said.
        response: SubmitResponse,
    },
    /// It was written and the answer never came.
    Unanswered {
        /// When it was written.
        written_at: DateTime<Utc>,
        /// Why we stopped waiting.
        reason: UnansweredReason,
    },
    /// It was never written.
    NotSent,
    /// An answer that came after the part was given up as unanswered: it is known by now, and only adds to it.
    Late {
        /// When it was written.
        written_at: DateTime<Utc>,
        /// Of the submit_sm and of its answer.
        sequence_number: u32,
        /// What it said.
        response: SubmitResponse,
    },
}

/// A [`PartResult`] with its addressee.
#[derive(Debug)]
pub struct PartOutcome {
    /// Which bind, by its place in the operator's list.
    pub bind: usize,
    /// Which part.
    pub ticket: Ticket,
    /// What became of it.
    pub result: PartResult,
}

/// A deliver_sm or data_sm that waits for its answer.
#[derive(Debug)]
pub struct Inbound {
    /// What came.
    pub pdu: Box<DeliverSmPdu>,
    /// When.
    pub received_at: DateTime<Utc>,
    /// Its octets, where PDUs are recorded.
    pub wire: Option<Arc<dyn WirePdu>>,
    /// Answers it.
    pub reply: Reply,
}

/// Answers one deliver_sm or data_sm. Dropped unused, the operator gets no answer and sends the PDU again.
#[derive(Debug)]
pub struct Reply {
    /// What to say to which PDU on which link.
    pub(crate) answer: Answer,
    /// The bind that has the link.
    pub(crate) to: mpsc::Sender<Answer>,
}

impl Reply {
    /// Sends the answer. Nothing happens when the link is gone: the operator will send the PDU again.
    pub async fn send(self, status: CommandStatus) {
        let answer = Answer {
            status,
            ..self.answer
        };
        // A closed channel is a bind that ended: its link is gone too.
        self.to.send(answer).await.unwrap_or_default();
    }
}

/// An answer on its way to the link that asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Counts the connections of a bind: an answer never goes to another one than asked.
    pub link: u32,
    /// The request's.
    pub sequence_number: u32,
    /// Whether it was a data_sm.
    pub data_sm: bool,
    /// ROK, or why not.
    pub status: CommandStatus,
}

/// What a bind can do at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BindStatus {
    /// Not connected, or not proven yet.
    Down = 0,
    /// Takes submits, if its mode does.
    Up = 1,
    /// Bound, but holding back: a primary that proves itself while a backup works.
    Failback = 2,
}

/// The state of a bind as others see it, and the bell that rings when it changes.
#[derive(Debug)]
pub struct BindBoard {
    status: AtomicU8,
    bell: Arc<Notify>,
}

impl BindBoard {
    /// A bind that is down.
    #[must_use]
    pub fn new(bell: Arc<Notify>) -> Self {
        Self {
            status: AtomicU8::new(BindStatus::Down as u8),
            bell,
        }
    }

    /// Posts the status and rings.
    pub fn post(&self, status: BindStatus) {
        self.status.store(status as u8, Ordering::Release);
        self.bell.notify_one();
    }

    /// The status now.
    #[must_use]
    pub fn status(&self) -> BindStatus {
        match self.status.load(Ordering::Acquire) {
            1 => BindStatus::Up,
            2 => BindStatus::Failback,
            _ => BindStatus::Down,
        }
    }
}

/// The pipeline's end of one bind.
#[derive(Clone, Debug)]
pub struct BindHandle {
    /// Takes parts; has room for `window` of them.
    pub submits: mpsc::Sender<SubmitRequest>,
    /// What it can do now.
    pub board: Arc<BindBoard>,
    /// Unanswered submit_sm at most.
    pub window: usize,
    /// RECEIVER binds take no submits.
    pub mode: BindMode,
    /// Backups work only while no primary does.
    pub is_primary: bool,
}

/// A change of state, for the session event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionNotice {
    /// Which bind, by its place in the operator's list.
    pub bind: usize,
    /// The state left.
    pub from: SessionState,
    /// The state entered.
    pub to: SessionState,
    /// Why, in words.
    pub reason: String,
    /// Consecutive failed attempts.
    pub reconnect_attempts: u32,
    /// When the next one is due.
    pub next_reconnect_at: Option<DateTime<Utc>>,
}

/// A subscriber can be reached again, or cannot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertNotice {
    /// What came.
    pub pdu: Box<AlertNotificationPdu>,
    /// When.
    pub received_at: DateTime<Utc>,
}

/// What a link tells by the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Its state has changed.
    Session(SessionNotice),
    /// The operator has told of a subscriber.
    Alert(AlertNotice),
}
