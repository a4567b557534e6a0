//! The transitions of the session's state machine: what begins and ends a connection.

use super::{Output, SessionEvent, SessionState, SmppSession, Timer, UnansweredReason};
use crate::pdu::{CommandStatus, OutgoingBody};
use crate::status::{explain, explain_bind};
use std::time::Instant;

/// How many round trips fit into the hold time of FAILBACK.
const FAILBACK_ROUND_TRIPS: u32 = 5;

/// ESME_RINVSYSTYP: invalid system type; wrong like a password is wrong.
const INVALID_SYSTEM_TYPE: CommandStatus = CommandStatus(0x53);

/// The session's own, finer states.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// DISCONNECTED.
    Disconnected,
    /// CONNECTING: TCP and TLS are under way.
    Connecting,
    /// CONNECTING: the bind is written and is the only request of ours that waits for an answer.
    Binding,
    /// BOUND.
    Bound,
    /// FAILBACK. `held`: the hold time is over, only the answer to the last enquire_link is missing.
    Failback { held: bool },
    /// UNBINDING: responses to the window's submits are awaited.
    Draining { then: Then },
    /// UNBINDING: `unbind` is written.
    Unbinding { then: Then },
    /// UNBOUND.
    Unbound,
}

/// What follows the planned close.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Then {
    /// Nothing, until it is asked for.
    Stay,
    /// The next attempt, at once.
    Connect,
    /// The next attempt, on the schedule: as after a lost link.
    Schedule,
}

impl State {
    pub(super) fn name(self) -> SessionState {
        match self {
            Self::Disconnected => SessionState::Disconnected,
            Self::Connecting | Self::Binding => SessionState::Connecting,
            Self::Bound => SessionState::Bound,
            Self::Failback { .. } => SessionState::Failback,
            Self::Draining { .. } | Self::Unbinding { .. } => SessionState::Unbinding,
            Self::Unbound => SessionState::Unbound,
        }
    }

    /// Whether the operator has accepted our bind and nobody has ended it.
    pub(super) fn is_linked(self) -> bool {
        matches!(
            self,
            Self::Bound | Self::Failback { .. } | Self::Draining { .. } | Self::Unbinding { .. }
        )
    }
}

impl<T: Clone> SmppSession<T> {
    pub(super) fn start(&mut self, now: Instant) {
        match &mut self.state {
            State::Disconnected | State::Unbound => self.connect(now, "connect asked for"),
            State::Draining { then } | State::Unbinding { then } => *then = Then::Connect,
            State::Connecting | State::Binding | State::Bound | State::Failback { .. } => {}
        }
    }

    pub(super) fn tcp_connected(&mut self, now: Instant) {
        if self.state != State::Connecting {
            return;
        }
        self.link = self.link.wrapping_add(1);
        self.sequence = 0;
        self.state = State::Binding;
        self.timers.arm(Timer::Bind, now + self.config.bind_timeout);
        let bind = Box::new(self.config.bind.clone());
        self.request(OutgoingBody::Bind(self.config.bind_mode, bind));
    }

    pub(super) fn connect_failed(&mut self, now: Instant, reason: String) {
        if matches!(self.state, State::Connecting | State::Binding) {
            self.attempt_failed(now, reason, false);
        }
    }

    /// The link is gone already: nothing is left to close.
    pub(super) fn link_lost(&mut self, now: Instant, reason: String) {
        match self.state {
            State::Disconnected | State::Unbound => {}
            State::Connecting | State::Binding => self.attempt_failed(now, reason, false),
            State::Bound | State::Failback { .. } | State::Draining { .. } | State::Unbinding { .. } => {
                self.unbound(now, reason);
            }
        }
    }

    /// Ends the connection from our side, whatever its state.
    pub(super) fn close(&mut self, now: Instant, reason: &str) {
        self.outbox.push_back(Output::Close);
        self.link_lost(now, reason.to_owned());
    }

    pub(super) fn unbind(&mut self, now: Instant) {
        match self.state {
            State::Disconnected | State::Unbound => self.timers.disarm(Timer::Reconnect),
            State::Connecting | State::Binding => {
                self.timers.disarm_all();
                self.outbox.push_back(Output::Close);
                self.enter(State::Disconnected, "unbind asked for");
            }
            State::Bound | State::Failback { .. } => {
                self.drain(now, Then::Stay, "unbind asked for");
            }
            // A rebind that was asked for meanwhile is taken back.
            State::Draining { .. } => self.state = State::Draining { then: Then::Stay },
            State::Unbinding { .. } => self.state = State::Unbinding { then: Then::Stay },
        }
    }

    /// The operator says that the bind is not one for submits. The submits behind it are answered too, most likely in the
    /// same way; then another bind may be. On the schedule, because it may go on like this.
    pub(super) fn bind_again(&mut self, now: Instant, status: CommandStatus) {
        if self.state == State::Bound {
            self.drain(now, Then::Schedule, &explain(status));
        }
    }

    fn drain(&mut self, now: Instant, then: Then, reason: &str) {
        self.timers.disarm(Timer::Hold);
        self.timers.arm(Timer::Drain, now + self.config.unbind_timeout);
        self.enter(State::Draining { then }, reason);
    }

    /// The end of draining: the window is empty, or its time is over.
    pub(super) fn send_unbind(&mut self, now: Instant) {
        let State::Draining { then } = self.state else {
            return;
        };
        self.state = State::Unbinding { then };
        self.timers.disarm_all();
        self.timers
            .arm(Timer::UnbindResponse, now + self.config.enquire_link_timeout);
        self.request(OutgoingBody::Unbind);
    }

    pub(super) fn backup_in_use(&mut self, now: Instant, in_use: bool) {
        self.backup_in_use = in_use;
        if !in_use && matches!(self.state, State::Failback { .. }) {
            self.end_failback(now, "no backup is in use");
        }
    }

    /// The operator accepted the bind.
    pub(super) fn bound(&mut self, now: Instant) {
        // Only who was away comes back: in a start the backup is bound first as often as not, and has nothing to keep.
        let comes_back = self.last_bound_at.is_some() || self.reconnect_attempts > 0;
        self.reconnect_attempts = 0;
        self.unanswered_since = None;
        if let Some(backoff) = &mut self.backoff {
            backoff.reset();
        }
        self.last_bound_at = Some(now);
        self.timers.disarm_all();
        if self.config.is_primary && self.backup_in_use && comes_back {
            self.timers.arm(Timer::Hold, now + self.config.failback_hold);
            self.enter(State::Failback { held: false }, "bound while a backup is in use");
            self.send_probe(now);
        } else {
            self.timers.arm(Timer::Idle, now + self.config.enquire_link);
            self.enter(State::Bound, "bound");
        }
    }

    /// The operator refused the bind. ESME_RALYBND is refused like the rest: the old bind may live on for minutes, and
    /// is not ours.
    pub(super) fn bind_refused(&mut self, now: Instant, status: CommandStatus) {
        let credentials = matches!(
            status,
            CommandStatus::BIND_FAILED
                | CommandStatus::INVALID_PASSWORD
                | CommandStatus::INVALID_SYSTEM_ID
                | INVALID_SYSTEM_TYPE
        );
        self.emit(SessionEvent::BindRefused { status, credentials });
        self.outbox.push_back(Output::Close);
        self.attempt_failed(
            now,
            format!("the operator refused the bind: {}", explain_bind(status)),
            credentials,
        );
    }

    /// Any PDU is a sign of life. In FAILBACK only the answer itself counts: a round trip is what is to be proved.
    pub(super) fn peer_spoke(&mut self, now: Instant) {
        self.last_heard = now;
        let failback = matches!(self.state, State::Failback { .. });
        if !failback && self.timers.get(Timer::Probe).is_some() {
            self.timers.disarm(Timer::Probe);
            self.timers.arm(Timer::Idle, now + self.config.enquire_link);
        }
    }

    pub(super) fn is_probe(&self, sequence: u32) -> bool {
        self.probe.is_some_and(|(probe, _)| probe == sequence)
    }

    /// The last enquire_link came back.
    pub(super) fn probe_answered(&mut self, now: Instant) {
        if let Some((_, sent)) = self.probe.take() {
            let took = now.saturating_duration_since(sent);
            self.emit(SessionEvent::LinkAnswered { took });
        }
        self.timers.disarm(Timer::Probe);
        match self.state {
            State::Failback { held: true } => self.end_failback(now, "proved itself for the hold time"),
            State::Failback { held: false } => {
                let pause = (self.config.failback_hold / FAILBACK_ROUND_TRIPS).min(self.config.enquire_link);
                self.timers.arm(Timer::Idle, now + pause);
            }
            _ => {}
        }
    }

    pub(super) fn timer_fired(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Reconnect => self.connect(now, "reconnect due"),
            Timer::Bind if self.state == State::Connecting => self.close(now, "TCP connect timed out"),
            Timer::Bind => self.close(now, "bind was not answered in time"),
            Timer::Idle => self.idle(now),
            Timer::Probe => self.close(now, "enquire_link was not answered in time"),
            Timer::Hold if self.probe.is_some() => self.state = State::Failback { held: true },
            Timer::Hold => self.end_failback(now, "proved itself for the hold time"),
            Timer::Drain => self.send_unbind(now),
            Timer::UnbindResponse => self.close(now, "unbind was not answered in time"),
        }
    }

    /// The idle timer is not moved with every PDU: it fires, sees that the peer spoke since, and goes on waiting.
    fn idle(&mut self, now: Instant) {
        let silent_until = self.last_heard + self.config.enquire_link;
        if now < silent_until && !matches!(self.state, State::Failback { .. }) {
            self.timers.arm(Timer::Idle, silent_until);
        } else {
            self.send_probe(now);
        }
    }

    fn send_probe(&mut self, now: Instant) {
        self.probe = Some((self.request(OutgoingBody::EnquireLink), now));
        self.timers
            .arm(Timer::Probe, now + self.config.enquire_link_timeout);
    }

    fn end_failback(&mut self, now: Instant, reason: &str) {
        self.timers.disarm(Timer::Hold);
        if self.timers.get(Timer::Probe).is_none() {
            self.timers.arm(Timer::Idle, now + self.config.enquire_link);
        }
        self.enter(State::Bound, reason);
    }

    fn connect(&mut self, now: Instant, reason: &str) {
        self.timers.disarm_all();
        self.timers.arm(Timer::Bind, now + self.config.bind_timeout);
        self.enter(State::Connecting, reason);
        self.outbox.push_back(Output::Connect);
    }

    fn attempt_failed(&mut self, now: Instant, reason: String, at_cap: bool) {
        self.timers.disarm_all();
        self.reconnect_attempts = self.reconnect_attempts.saturating_add(1);
        self.schedule_reconnect(now, at_cap);
        self.enter(State::Disconnected, reason);
    }

    /// A bind ended. What was in flight may or may not have reached the operator: whoever submitted it decides.
    fn unbound(&mut self, now: Instant, reason: String) {
        self.timers.disarm_all();
        self.probe = None;
        self.last_unbound_at = Some(now);
        self.late.forget_all();
        while let Some((_, ticket)) = self.window.pop_oldest() {
            self.emit(SessionEvent::Unanswered {
                ticket,
                reason: UnansweredReason::LinkLost,
            });
        }
        let then = match self.state {
            State::Draining { then } | State::Unbinding { then } => then,
            _ => Then::Schedule,
        };
        if then == Then::Schedule {
            self.schedule_reconnect(now, false);
        }
        self.enter(State::Unbound, reason);
        if then == Then::Connect {
            self.start(now);
        }
    }

    fn schedule_reconnect(&mut self, now: Instant, at_cap: bool) {
        let sample = self.next_sample();
        let Some(backoff) = &mut self.backoff else { return };
        let delay = if at_cap {
            backoff.at_cap(sample)
        } else {
            backoff.next(sample)
        };
        self.timers.arm(Timer::Reconnect, now + delay);
    }

    fn enter(&mut self, next: State, reason: impl Into<String>) {
        let (from, to) = (self.state.name(), next.name());
        self.state = next;
        self.emit(SessionEvent::StateChanged {
            from,
            to,
            reason: reason.into(),
            reconnect_attempts: self.reconnect_attempts,
            next_reconnect_at: self.next_reconnect_at(),
        });
    }

    /// A number in 0.0..1.0 (SplitMix64): good enough to spread hosts, and repeatable in a test.
    fn next_sample(&mut self) -> f64 {
        self.jitter = self.jitter.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.jitter;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let top = u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(0);
        f64::from(top) / 4_294_967_296.0
    }
}
