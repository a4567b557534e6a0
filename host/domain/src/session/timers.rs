//! The session's alarm clocks: one instant for each, and the earliest counts.

use std::time::Instant;

/// What a session waits for. The deadlines of submits are the window's: see [`super::window`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    /// The next attempt to connect (DISCONNECTED, UNBOUND).
    Reconnect,
    /// The end of patience with TCP connect, and then with the bind response (CONNECTING).
    Bind,
    /// The peer was silent so long that it is asked whether it lives. In FAILBACK: the next round trip is due.
    Idle,
    /// The enquire_link should have been answered by now.
    Probe,
    /// The end of the hold time (FAILBACK).
    Hold,
    /// The end of draining (UNBINDING): `unbind` is sent whatever is still unanswered.
    Drain,
    /// `unbind` should have been answered by now (UNBINDING).
    UnbindResponse,
}

impl Timer {
    const ALL: [Self; 7] = [
        Self::Reconnect,
        Self::Bind,
        Self::Idle,
        Self::Probe,
        Self::Hold,
        Self::Drain,
        Self::UnbindResponse,
    ];
}

#[derive(Default, Debug)]
pub(super) struct Timers([Option<Instant>; Timer::ALL.len()]);

impl Timers {
    pub(super) fn arm(&mut self, timer: Timer, at: Instant) {
        self.set(timer, Some(at));
    }

    pub(super) fn disarm(&mut self, timer: Timer) {
        self.set(timer, None);
    }

    pub(super) fn disarm_all(&mut self) {
        self.0 = Default::default();
    }

    pub(super) fn get(&self, timer: Timer) -> Option<Instant> {
        self.0.get(timer as usize).copied().flatten()
    }

    pub(super) fn earliest(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Disarms and returns the earliest timer that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let due = |timer: &Timer| self.get(*timer).is_some_and(|at| at <= now);
        let timer = Timer::ALL
            .into_iter()
            .filter(due)
            .min_by_key(|timer| self.get(*timer))?;
        self.disarm(timer);
        Some(timer)
    }

    fn set(&mut self, timer: Timer, at: Option<Instant>) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn fire_in_the_order_of_their_times_and_once() {
        let t0 = Instant::now();
        let at = |ms| t0 + Duration::from_millis(ms);
        let mut timers = Timers::default();
        assert_eq!((timers.earliest(), timers.take_due(at(99))), (None, None));
        timers.arm(Timer::Bind, at(20));
        timers.arm(Timer::UnbindResponse, at(10));
        timers.arm(Timer::Idle, at(30));
        assert_eq!(timers.earliest(), Some(at(10)));
        assert_eq!(timers.take_due(at(9)), None);
        assert_eq!(timers.take_due(at(20)), Some(Timer::UnbindResponse));
        assert_eq!(timers.take_due(at(20)), Some(Timer::Bind));
        assert_eq!(timers.take_due(at(20)), None);
        timers.disarm(Timer::Idle);
        assert_eq!(timers.earliest(), None);
    }
}
