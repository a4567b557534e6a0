//! The permits of one connection, between the limiter that grants them and the PDUs that use them.

use super::Reservation;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long before the last permit the next are asked for: a round trip to a limiter on another host, with a margin.
const ASK_AHEAD: Duration = Duration::from_millis(15);

/// What a connection with PDUs to send does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// Write one PDU now: a permit was used up for it.
    Go,
    /// Nothing before that time; ask the pacer again then.
    Wait(Instant),
    /// Ask the limiter for that many, and say [`Pacer::granted`] or [`Pacer::refused`]. Permits that are held already
    /// may be used meanwhile: the pacer can be asked again at once.
    Ask(u32),
    /// Nothing to do until a PDU is pending or the limiter answers.
    Idle,
}

/// Turns reservations into a pace.
///
/// It asks only for PDUs that are there, and one question at a time: a permit that nobody uses is lost to the operator's
/// other connections too.
#[derive(Clone, Debug, Default)]
pub struct Pacer {
    reservations: VecDeque<Reservation>,
    held: u32,
    asking: bool,
    ask_not_before: Option<Instant>,
    lost: u64,
}

impl Pacer {
    /// A pacer without permits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to do now that `pending` PDUs could be written. After [`Pace::Go`] the PDU is written at once, and the next
    /// call has one fewer pending.
    pub fn take(&mut self, now: Instant, pending: u32) -> Pace {
        self.drop_void(now);
        if pending == 0 {
            return Pace::Idle;
        }
        let next = self.reservations.front().map(|reservation| reservation.first);
        if next.is_some_and(|at| at <= now) {
            self.drop_first(1);
            return Pace::Go;
        }
        let ask_at = self.ask_at(now, pending);
        if ask_at.is_some_and(|at| at <= now) {
            self.asking = true;
            return Pace::Ask(pending - self.held);
        }
        [next, ask_at]
            .into_iter()
            .flatten()
            .min()
            .map_or(Pace::Idle, Pace::Wait)
    }

    /// The limiter's answer to [`Pace::Ask`].
    pub fn granted(&mut self, reservation: Reservation) {
        self.asking = false;
        if reservation.count == 0 {
            self.ask_not_before = Some(reservation.first);
        } else {
            self.ask_not_before = None;
            self.held = self.held.saturating_add(reservation.count);
            self.reservations.push_back(reservation);
        }
    }

    /// The limiter gave no answer to [`Pace::Ask`]; it is not asked before `retry_at`.
    pub fn refused(&mut self, retry_at: Instant) {
        self.asking = false;
        self.ask_not_before = Some(retry_at);
    }

    /// Gives up the permits that are held: the connection is gone. They count as lost.
    pub fn clear(&mut self) {
        self.lost += u64::from(self.held);
        self.held = 0;
        self.reservations.clear();
    }

    /// Permits that became void before a PDU used them. Growing under load means that the tolerance is too small.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Permits that are held.
    #[must_use]
    pub fn held(&self) -> u32 {
        self.held
    }

    /// When the limiter is to be asked; `None` while the permits suffice, or it is being asked.
    fn ask_at(&self, now: Instant, pending: u32) -> Option<Instant> {
        if self.asking || self.held >= pending {
            return None;
        }
        let last = self
            .reservations
            .back()
            .map(|held| held.first + held.spacing * (held.count - 1));
        let ahead = last.and_then(|last| last.checked_sub(ASK_AHEAD)).unwrap_or(now);
        Some(self.ask_not_before.map_or(ahead, |at| at.max(ahead)))
    }

    /// Permits are void when their time and the tolerance are over.
    fn drop_void(&mut self, now: Instant) {
        while let Some(front) = self.reservations.front() {
            let Some(over) = now.checked_duration_since(front.first + front.tolerance) else {
                return;
            };
            let passed = over.as_nanos().div_ceil(front.spacing.as_nanos().max(1));
            let void = u32::try_from(passed).unwrap_or(u32::MAX).min(front.count);
            if void == 0 {
                return;
            }
            self.lost += u64::from(void);
            self.drop_first(void);
        }
    }

    /// Takes `count` permits off the first reservation, which has as many.
    fn drop_first(&mut self, count: u32) {
        if let Some(front) = self.reservations.front_mut() {
            front.first += front.spacing * count;
            front.count -= count;
            self.held -= count;
            if front.count == 0 {
                self.reservations.pop_front();
            }
        }
    }
}
