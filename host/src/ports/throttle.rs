//! Why an operator gets nothing at a moment although it is bound: it has said that it gets too much.

use chrono::{DateTime, Utc};
use smpp_domain::pdu::CommandStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A pause in sending, on all binds of the operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Throttled {
    /// Its beginning, as far as this host knows.
    pub since: DateTime<Utc>,
    /// Its end, unless the operator says so again.
    pub until: DateTime<Utc>,
    /// What the operator has answered; `None` where it answered another host.
    pub status: Option<CommandStatus>,
}

/// The last pause of one operator.
#[derive(Default, Debug)]
pub struct ThrottleBoard(Mutex<Option<Throttled>>);

impl ThrottleBoard {
    /// Nothing is sent before `until`; `status` is what the operator answered, where this host was told.
    pub fn pause(&self, now: DateTime<Utc>, until: DateTime<Utc>, status: Option<CommandStatus>) {
        let mut last = self.lock();
        let under_way = last.filter(|last| now < last.until);
        *last = Some(Throttled {
            since: under_way.map_or(now, |pause| pause.since),
            until,
            status: status.or(under_way.and_then(|pause| pause.status)),
        });
    }

    /// The pause that is under way.
    #[must_use]
    pub fn now(&self, now: DateTime<Utc>) -> Option<Throttled> {
        self.lock().filter(|last| now < last.until)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Throttled>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_pause_is_told_until_its_end_and_a_longer_one_goes_on_with_it() {
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let board = ThrottleBoard::default();
        assert_eq!(board.now(at(0)), None);
        board.pause(at(0), at(2), Some(CommandStatus::THROTTLED));
        let told = |since, until, status| {
            Some(Throttled {
                since: at(since),
                until: at(until),
                status,
            })
        };
        assert_eq!(board.now(at(1)), told(0, 2, Some(CommandStatus::THROTTLED)));
        board.pause(at(1), at(5), None);
        assert_eq!(board.now(at(4)), told(0, 5, Some(CommandStatus::THROTTLED)));
        assert_eq!(board.now(at(5)), None);
        board.pause(at(6), at(7), None);
        assert_eq!(board.now(at(6)), told(6, 7, None));
    }
}
