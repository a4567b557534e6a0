//! The binds that can take a part, and how much each has out.

use crate::ports::{BindHandle, BindStatus, SubmitRequest};
use smpp_domain::pdu::BindMode;
use std::cmp::Reverse;
use tokio::sync::watch;

/// All binds of the operator.
pub(super) struct Bench {
    binds: Vec<Seat>,
    /// The bind after the one that took a part last.
    next: usize,
    backup_in_use: watch::Sender<bool>,
}

struct Seat {
    handle: BindHandle,
    out: usize,
}

impl Seat {
    fn is_up(&self) -> bool {
        self.handle.mode != BindMode::Receiver && self.handle.board.status() == BindStatus::Up
    }

    fn free(&self) -> usize {
        self.handle.window.saturating_sub(self.out)
    }
}

impl Bench {
    pub(super) fn new(binds: Vec<BindHandle>, backup_in_use: watch::Sender<bool>) -> Self {
        Self {
            binds: binds.into_iter().map(|handle| Seat { handle, out: 0 }).collect(),
            next: 0,
            backup_in_use,
        }
    }

    /// Nothing is out at any bind.
    pub(super) fn is_idle(&self) -> bool {
        self.binds.iter().all(|seat| seat.out == 0)
    }

    /// Some bind takes submits.
    pub(super) fn can_submit(&self) -> bool {
        self.binds.iter().any(Seat::is_up)
    }

    /// How many parts the binds can take now.
    pub(super) fn room(&self) -> usize {
        self.binds
            .iter()
            .filter(|seat| seat.is_up())
            .map(Seat::free)
            .sum()
    }

    /// Tells the primaries whether a backup works in their place.
    pub(super) fn refresh(&self) {
        let backup = !self.primary_is_up() && self.can_submit();
        self.backup_in_use
            .send_if_modified(|in_use| std::mem::replace(in_use, backup) != backup);
    }

    fn primary_is_up(&self) -> bool {
        self.binds
            .iter()
            .any(|seat| seat.is_up() && seat.handle.is_primary)
    }

    /// The bind for a part: the one that has its message, if it is up; else the one with most room, each in its turn where
    /// several have it. `None`: none has room now.
    pub(super) fn choose(&self, message_bind: Option<usize>) -> Option<usize> {
        let primary = self.primary_is_up();
        let usable = |seat: &Seat| seat.is_up() && (seat.handle.is_primary || !primary);
        // Also on a backup whose primary is back: the parts of a message belong together.
        if let Some(bind) = message_bind
            && let Some(seat) = self.binds.get(bind)
            && seat.is_up()
        {
            return (seat.free() > 0).then_some(bind);
        }
        let (before, from) = self.binds.split_at_checked(self.next).unwrap_or_default();
        let in_turn = (self.next..).zip(from).chain((0..).zip(before));
        let seats = in_turn.filter(|(_, seat)| usable(seat) && seat.free() > 0);
        // Of equals the first counts.
        seats
            .min_by_key(|(_, seat)| Reverse(seat.free()))
            .map(|(bind, _)| bind)
    }

    /// Hands a part to a bind. False: the bind has ended.
    pub(super) fn submit(&mut self, bind: usize, request: SubmitRequest) -> bool {
        let Some(seat) = self.binds.get_mut(bind) else {
            return false;
        };
        // The channel has room for a window, and `out` never exceeds it.
        let taken = seat.handle.submits.try_send(request).is_ok();
        seat.out += usize::from(taken);
        self.next = (bind + 1) % self.binds.len();
        taken
    }

    /// A part came back.
    pub(super) fn returned(&mut self, bind: usize) {
        if let Some(seat) = self.binds.get_mut(bind) {
            seat.out = seat.out.saturating_sub(1);
        }
    }
}
