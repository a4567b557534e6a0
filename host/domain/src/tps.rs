//! The operator's TPS cap as send times handed out in advance.
//!
//! The promise: no second, wherever it begins, holds more submit_sm than the cap. Every send time is at least
//! `(1 s + tolerance) / cap` after the one before, and a PDU is written within the tolerance after its time or not by
//! that permit at all. So the PDUs of any half-open second have send times in a half-open stretch of 1 s + tolerance,
//! and such a stretch has room for no more than `cap` of them. The price is a share of tolerance / (1 s + tolerance).
//! Nothing ever bursts.

mod adaptive;
mod pacer;

#[cfg(test)]
mod tests;

pub use adaptive::{
    AdaptiveRate, CALM, CEILING, DECREASE_PERCENT, FIRST_PAUSE, LAST_PAUSE, LONGEST_ASKED, PLATEAU, RECOVERY,
    RETURN, SAFE_PERCENT,
};
pub use pacer::{Pace, Pacer};

use crate::ids::OperatorId;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// Future send times: the i-th (from 0) is `first + i * spacing`. A PDU may be written from its time on and until
/// `tolerance` later; after that its permit is void.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// The first send time; with a `count` of 0, when to ask again.
    pub first: Instant,
    /// Between two send times.
    pub spacing: Duration,
    /// How many.
    pub count: u32,
    /// How late a permit may be used.
    pub tolerance: Duration,
}

/// The sliding window of one operator's TPS cap (the domain model's value object).
#[derive(Clone, Debug)]
pub struct TpsWindow {
    operator_id: OperatorId,
    limit: NonZeroU32,
    tolerance: Duration,
    horizon: Duration,
    spacing: Duration,
    /// The earliest send time that what was handed out allows.
    next: Option<Instant>,
    paused_until: Option<Instant>,
    /// Send times that a sliding second may still see, oldest first.
    handed_out: VecDeque<Run>,
}

impl TpsWindow {
    /// A window of `tps_limit` PDUs in any second. A permit may be used up to `tolerance` late: 5 ms cost half a
    /// percent of the cap, and have to cover the timers and the load of the host. Send times are handed out for
    /// `horizon` in advance at most.
    #[must_use]
    pub fn new(
        operator_id: OperatorId,
        tps_limit: NonZeroU32,
        tolerance: Duration,
        horizon: Duration,
    ) -> Self {
        Self {
            operator_id,
            limit: tps_limit,
            tolerance,
            horizon,
            spacing: spacing(tps_limit, tolerance),
            next: None,
            paused_until: None,
            handed_out: VecDeque::new(),
        }
    }

    /// Reserves up to `want` send times from `now` on. Hands out no more than half of what is free up to the horizon
    /// (and at least one): so that whoever asks first does not starve the others.
    pub fn reserve(&mut self, now: Instant, want: u32) -> Reservation {
        self.forget_before(now);
        let first = [self.next, self.paused_until]
            .into_iter()
            .flatten()
            .fold(now, Instant::max);
        let free = match (now + self.horizon).checked_duration_since(first) {
            Some(ahead) => 1 + ahead.as_nanos() / self.spacing.as_nanos().max(1),
            None => 0,
        };
        let count = want.min(u32::try_from(free.div_ceil(2)).unwrap_or(u32::MAX));
        let (spacing, tolerance) = (self.spacing, self.tolerance);
        if count == 0 {
            let ask_again = first.checked_sub(self.horizon).map_or(now, |at| at.max(now));
            return Reservation {
                first: ask_again,
                spacing,
                count,
                tolerance,
            };
        }
        self.remember(Run {
            first,
            spacing,
            count,
        });
        self.next = Some(first + spacing * count);
        Reservation {
            first,
            spacing,
            count,
            tolerance,
        }
    }

    /// Changes the cap. What was handed out stays valid; from now on no send time is handed out that would make a
    /// second hold more than the new cap, with the PDUs of the old cap counted. Lowering therefore pauses for up to a
    /// second, and neither direction bursts.
    pub fn set_limit(&mut self, now: Instant, tps_limit: NonZeroU32) {
        if tps_limit == self.limit {
            return;
        }
        self.limit = tps_limit;
        self.spacing = spacing(tps_limit, self.tolerance);
        self.forget_before(now);
        // The m-th new send time would be the (i + m + 2)-th since the i-th newest old one. The cap allows that while
        // i + m + 2 <= cap, and otherwise 1 s + tolerance (which is cap * spacing) after that old one.
        let newest_first = self.handed_out.iter().rev().flat_map(Run::newest_first);
        let allowed = (1..)
            .zip(newest_first)
            .map(|(place, at)| at + self.spacing * tps_limit.get().min(place));
        self.next = allowed.max();
    }

    /// Hands out no send time before `at`: the operator asked for a pause. Never shortens one; what was
    /// handed out stays valid.
    pub fn pause_until(&mut self, at: Instant) {
        self.paused_until = self.paused_until.max(Some(at));
    }

    /// The earliest send time that what was handed out allows; `None` before the first.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Whose window it is.
    #[must_use]
    pub fn operator_id(&self) -> OperatorId {
        self.operator_id
    }

    /// The cap, in PDUs a second.
    #[must_use]
    pub fn limit(&self) -> NonZeroU32 {
        self.limit
    }

    /// The beginning of the second that ends now.
    #[must_use]
    pub fn window_start(&self, now: Instant) -> Instant {
        now.checked_sub(SECOND).unwrap_or(now)
    }

    /// How many send times lie in the second that ends now, whether or not they were used.
    #[must_use]
    pub fn count(&self, now: Instant) -> u32 {
        let until = |at| self.handed_out.iter().map(|run| run.count_until(at)).sum::<u32>();
        now.checked_sub(SECOND)
            .map_or_else(|| until(now), |start| until(now) - until(start))
    }

    fn remember(&mut self, run: Run) {
        match self.handed_out.back_mut() {
            Some(last)
                if last.spacing == run.spacing && last.first + last.spacing * last.count == run.first =>
            {
                last.count = last.count.saturating_add(run.count);
            }
            _ => self.handed_out.push_back(run),
        }
    }

    /// Keeps what a second can still see, and so never more than one cap's worth and what is ahead.
    fn forget_before(&mut self, now: Instant) {
        let Some(start) = now.checked_sub(SECOND + self.tolerance) else {
            return;
        };
        while let Some(run) = self.handed_out.front_mut() {
            let gone = run.count_until(start);
            run.first += run.spacing * gone;
            run.count -= gone;
            if run.count > 0 {
                return;
            }
            self.handed_out.pop_front();
        }
    }
}

/// Rounded up to the nanosecond: the promise comes before the last permit.
fn spacing(limit: NonZeroU32, tolerance: Duration) -> Duration {
    let nanos = (SECOND + tolerance).as_nanos().div_ceil(limit.get().into());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Evenly spaced send times.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: Instant,
    spacing: Duration,
    count: u32,
}

impl Run {
    fn newest_first(&self) -> impl Iterator<Item = Instant> + use<> {
        let Self {
            first,
            spacing,
            count,
        } = *self;
        (0..count).rev().map(move |i| first + spacing * i)
    }

    /// How many are at or before `at`.
    fn count_until(&self, at: Instant) -> u32 {
        let Some(since) = at.checked_duration_since(self.first) else {
            return 0;
        };
        let passed = since.as_nanos() / self.spacing.as_nanos().max(1) + 1;
        u32::try_from(passed).unwrap_or(u32::MAX).min(self.count)
    }
}
