//! One SMPP connection to one operator, as a value: it reads no clock, awaits nothing and owns no socket.
//!
//! The caller feeds what happened ([`SmppSession::handle`]), carries out what comes back
//! ([`SmppSession::poll_output`]), and wakes it in time ([`SmppSession::next_timeout`]). **Every `handle` is followed
//! by a full drain of `poll_output` before the next `handle`**; that bounds the outbox, and what the session believes
//! to be written is written. It is *not* the place of TPS, retries, policies or logs.

mod event;
mod received;
mod state;
mod timers;
mod window;

#[cfg(test)]
mod tests;

pub use event::{Input, OddPdu, Output, SessionEvent, SubmitResponse, UnansweredReason};

use crate::backoff::Backoff;
use crate::pdu::{BindMode, BindRequest, CommandStatus, Outgoing, OutgoingBody, SubmitSmPdu};
use serde::{Deserialize, Serialize};
use state::State;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use timers::{Timer, Timers};
use window::{LateSubmits, SubmitWindow};

/// SMPP 3.4 section 3.2: sequence_number is 0x00000001..=0x7FFFFFFF.
const MAX_SEQUENCE: u32 = 0x7FFF_FFFF;

/// The states of a session (domain model section 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionState {
    /// Never connected, or the last attempt failed.
    Disconnected,
    /// TCP connect or bind under way.
    Connecting,
    /// Carries traffic.
    Bound,
    /// The planned close: the window drains, then `unbind` is sent.
    Unbinding,
    /// Was bound, is not any more.
    Unbound,
    /// A primary that is bound again and proves itself while a backup carries the traffic.
    Failback,
}

/// What a session needs to know of its operator.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionConfig {
    /// How to bind. A RECEIVER never has room for submits.
    pub bind_mode: BindMode,
    /// The parameters of the bind.
    pub bind: BindRequest,
    /// How many submits may be unanswered at once; taken as 1..=65536.
    pub window: usize,
    /// The peer's silence after which it is asked whether it lives.
    pub enquire_link: Duration,
    /// How long an enquire_link may stay unanswered, and the final `unbind`.
    pub enquire_link_timeout: Duration,
    /// How long the TCP connect may take, and then the bind response.
    pub bind_timeout: Duration,
    /// How long a submit is waited for.
    pub response_timeout: Duration,
    /// How long no submit may be answered although some wait: then the link is dead, whatever else the peer answers.
    pub stuck_after: Option<Duration>,
    /// How long the planned close lets the window drain before it sends `unbind`.
    pub unbind_timeout: Duration,
    /// Primary or backup: only a primary goes through FAILBACK.
    pub is_primary: bool,
    /// How long a primary proves itself before it takes the traffic back from a backup.
    pub failback_hold: Duration,
    /// The reconnect schedule, with its jitter share; `None`: only [`Input::Start`] connects, because the operator calls.
    pub reconnect: Option<Backoff>,
    /// Where the jitter comes from: sessions of different hosts need different seeds.
    pub jitter_seed: u64,
}

/// A single persistent SMPP connection to one operator (the domain model's aggregate root).
///
/// ```text
///               Start, backoff over                 bind_resp OK
/// DISCONNECTED ---------------------> CONNECTING ------------------------> BOUND
///       ^                              |  ^   \                            ^ | |
///       |  TCP error, refused, timeout |  |    \ bind_resp OK of a primary | | |
///       '------------------------------'  |     \ while a backup is in use | | | Unbind
///                                         |      '----> FAILBACK ----------' | '------> UNBINDING
///                     Start, backoff over |                |  hold time over |              |
///                                         |                |  or no backup   | link lost    | unbind_resp,
///                                      UNBOUND <-----------'-----------------'              | timeout, link lost
///                                         ^-------------------------------------------------'
/// ```
///
/// A primary that is bound at its very first attempt was never away, and has no hold time.
/// Not drawn: `Unbind` in CONNECTING abandons the attempt (DISCONNECTED), in FAILBACK it begins UNBINDING, and in
/// DISCONNECTED and UNBOUND it cancels the next attempt. An `unbind` of the operator is a lost link. A submit that is answered
/// ESME_RINVBNDSTS begins UNBINDING, and the next attempt is made on the schedule.
///
/// `T` is the caller's ticket for one submit: moved in by [`Input::Submit`], moved out by exactly one event, as long as
/// the session itself is not dropped. It is cloned only when a response times out, for the response that comes late.
#[derive(Debug)]
pub struct SmppSession<T> {
    config: SessionConfig,
    state: State,
    timers: Timers,
    window: SubmitWindow<T>,
    late: LateSubmits<T>,
    outbox: VecDeque<Output<T>>,
    /// The number of the present connection, or of the last one.
    link: u32,
    /// The sequence number of our last request on this connection.
    sequence: u32,
    last_heard: Instant,
    /// The enquire_link that waits for its answer: its sequence number, and when it was written.
    probe: Option<(u32, Instant)>,
    backup_in_use: bool,
    /// Since when no submit of this connection has been answered, although some was written.
    unanswered_since: Option<Instant>,
    backoff: Option<Backoff>,
    jitter: u64,
    reconnect_attempts: u32,
    last_bound_at: Option<Instant>,
    last_unbound_at: Option<Instant>,
}

impl<T: Clone> SmppSession<T> {
    /// A session that is DISCONNECTED until [`Input::Start`].
    #[must_use]
    pub fn new(config: SessionConfig, now: Instant) -> Self {
        Self {
            state: State::Disconnected,
            timers: Timers::default(),
            window: SubmitWindow::new(config.window),
            late: LateSubmits::new(),
            outbox: VecDeque::new(),
            link: 0,
            sequence: 0,
            last_heard: now,
            probe: None,
            backup_in_use: false,
            unanswered_since: None,
            backoff: config.reconnect.clone(),
            jitter: config.jitter_seed,
            reconnect_attempts: 0,
            last_bound_at: None,
            last_unbound_at: None,
            config,
        }
    }

    /// Feeds one event. Drain [`SmppSession::poll_output`] to `None` before the next call. `now` must not go backwards.
    ///
    /// The only place where a session changes.
    pub fn handle(&mut self, now: Instant, input: Input<T>) {
        match input {
            Input::Submit { ticket, pdu } => self.submit(now, ticket, pdu),
            Input::Received(pdu) => self.received(now, pdu),
            Input::Answer {
                link,
                sequence_number,
                data_sm,
                status,
            } => {
                self.answer(link, sequence_number, data_sm, status);
            }
            Input::Timeout => self.timeout(now),
            Input::Start => self.start(now),
            Input::TcpConnected => self.tcp_connected(now),
            Input::ConnectFailed(reason) => self.connect_failed(now, reason),
            Input::LinkLost(reason) => self.link_lost(now, reason),
            Input::Unbind => self.unbind(now),
            Input::BackupInUse(in_use) => self.backup_in_use(now, in_use),
        }
        if matches!(self.state, State::Draining { .. }) && self.window.len() == 0 {
            self.send_unbind(now);
        }
    }

    /// The next thing to do; `None` when there is nothing left to do for now.
    pub fn poll_output(&mut self) -> Option<Output<T>> {
        self.outbox.pop_front()
    }

    /// When to call `handle(now, Input::Timeout)`.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        [
            self.timers.earliest(),
            self.window.oldest_deadline(),
            self.stuck_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The domain model's state.
    #[must_use]
    pub fn state(&self) -> SessionState {
        self.state.name()
    }

    /// How many submits may be handed in now: the free window; 0 unless BOUND.
    #[must_use]
    pub fn room(&self) -> usize {
        match (self.state, self.config.bind_mode) {
            (State::Bound, BindMode::Transceiver | BindMode::Transmitter) => self.window.room(),
            _ => 0,
        }
    }

    /// Submits that were written and have neither been answered nor given up.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.window.len()
    }

    /// Consecutive failed attempts to bind.
    #[must_use]
    pub fn reconnect_attempts(&self) -> u32 {
        self.reconnect_attempts
    }

    /// When the next attempt is due, if one is scheduled.
    #[must_use]
    pub fn next_reconnect_at(&self) -> Option<Instant> {
        self.timers.get(Timer::Reconnect)
    }

    /// The last successful bind.
    #[must_use]
    pub fn last_bound_at(&self) -> Option<Instant> {
        self.last_bound_at
    }

    /// The last end of a bind.
    #[must_use]
    pub fn last_unbound_at(&self) -> Option<Instant> {
        self.last_unbound_at
    }

    /// What the session was made with.
    #[must_use]
    pub fn config(&self) -> &SessionConfig {
        &self.config
    }

    fn submit(&mut self, now: Instant, ticket: T, pdu: Arc<SubmitSmPdu>) {
        if self.room() == 0 {
            self.emit(SessionEvent::NotSent { ticket });
            return;
        }
        let sequence = self.request(OutgoingBody::SubmitSm(pdu));
        self.window
            .insert(sequence, now + self.config.response_timeout, ticket);
        self.unanswered_since.get_or_insert(now);
    }

    fn answer(&mut self, link: u32, sequence_number: u32, data_sm: bool, status: CommandStatus) {
        // The same sequence number on a later connection names another message, which nobody has taken charge of yet.
        if link == self.link && self.state.is_linked() {
            let body = if data_sm {
                OutgoingBody::DataSmResp
            } else {
                OutgoingBody::DeliverSmResp
            };
            self.respond(sequence_number, status, body);
        }
    }

    fn timeout(&mut self, now: Instant) {
        if self.stuck_at().is_some_and(|at| at <= now) {
            return self.close(now, "no submit_sm was answered for too long");
        }
        self.give_up_late_submits(now);
        while let Some(timer) = self.timers.take_due(now) {
            self.timer_fired(now, timer);
        }
    }

    /// When the link counts as stuck unless a submit is answered before. A submit that has just been written gets its own
    /// time, however long ago others went unanswered.
    fn stuck_at(&self) -> Option<Instant> {
        let limit = self.config.stuck_after?;
        let response = self.config.response_timeout;
        let oldest = self.window.oldest_deadline()?.checked_sub(response)?;
        let own = oldest + limit.min(response);
        (self.state == State::Bound).then_some(own.max(self.unanswered_since? + limit))
    }

    fn give_up_late_submits(&mut self, now: Instant) {
        while self
            .window
            .oldest_deadline()
            .is_some_and(|deadline| deadline <= now)
        {
            let Some((sequence, ticket)) = self.window.pop_oldest() else {
                return;
            };
            self.late.remember(sequence, ticket.clone());
            self.emit(SessionEvent::Unanswered {
                ticket,
                reason: UnansweredReason::Timeout,
            });
        }
    }

    /// Writes a request of ours and returns its sequence number.
    fn request(&mut self, body: OutgoingBody) -> u32 {
        let sequence_number = self.next_sequence();
        self.respond(sequence_number, CommandStatus::OK, body);
        sequence_number
    }

    fn respond(&mut self, sequence_number: u32, command_status: CommandStatus, body: OutgoingBody) {
        self.outbox.push_back(Output::Transmit(Outgoing {
            sequence_number,
            command_status,
            body,
        }));
    }

    fn emit(&mut self, event: SessionEvent<T>) {
        self.outbox.push_back(Output::Event(event));
    }

    /// Wraps to 1, not 0. At most half of the window's slots are taken, so a free number is near.
    fn next_sequence(&mut self) -> u32 {
        loop {
            self.sequence = if self.sequence >= MAX_SEQUENCE {
                1
            } else {
                self.sequence + 1
            };
            if self.window.is_free(self.sequence) {
                return self.sequence;
            }
        }
    }
}
