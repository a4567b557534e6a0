//! The rate after the operator has said that it gets too much: additive increase, multiplicative decrease.
//!
//! A report of throttling begins a pause and takes 30 % off the rate. The operator is full at that moment, so the pause
//! lets it drain; that the reports of everything under way come together counts once, since reports during a pause change
//! nothing. When it throttles again within [`CALM`] after a pause, and has accepted nothing in between, the pause was too
//! short: the next is twice as long.
//! After the pause the rate rises evenly, by the whole limit in [`RECOVERY`]: from 70 % it is back in 18 s, from
//! nothing in a minute, and an operator that bears less than was agreed is asked about it every few seconds only.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// The first pause.
pub const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
pub const LAST_PAUSE: Duration = Duration::from_secs(30);
/// Still throttling within this time after a pause makes the next one twice as long.
pub const CALM: Duration = Duration::from_secs(10);
/// The time in which the rate rises by the whole limit.
pub const RECOVERY: Duration = Duration::from_secs(60);
/// What is left of the rate, in percent.
pub const DECREASE_PERCENT: u64 = 70;

/// The rate that an operator bears, as far as is known; between one a second and its limit.
#[derive(Clone, Debug)]
pub struct AdaptiveRate {
    limit: NonZeroU32,
    slowed: Option<Slowed>,
}

#[derive(Clone, Copy, Debug)]
struct Slowed {
    /// Thousandths a second, at the end of the pause.
    rate: u64,
    resume_at: Instant,
    pause: Duration,
}

impl AdaptiveRate {
    /// The limit itself, until the operator throttles.
    #[must_use]
    pub fn new(limit: NonZeroU32) -> Self {
        Self { limit, slowed: None }
    }

    /// The operator throttles; `still`, because it has accepted nothing since the last pause. Returns how long the pause is
    /// from now on.
    pub fn throttled(&mut self, now: Instant, still: bool) -> Duration {
        let pause = match self.slowed {
            Some(slowed) if now < slowed.resume_at => return slowed.resume_at - now,
            Some(slowed) if still && now < slowed.resume_at + CALM => LAST_PAUSE.min(slowed.pause * 2),
            Some(_) | None => FIRST_PAUSE,
        };
        self.slowed = Some(Slowed {
            rate: (self.thousandths(now) * DECREASE_PERCENT / 100).max(1_000),
            resume_at: now + pause,
            pause,
        });
        pause
    }

    /// The end of the pause, if there is one.
    #[must_use]
    pub fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.slowed.map(|slowed| slowed.resume_at).filter(|at| now < *at)
    }

    /// What the operator is thought to bear, in PDUs a second; during a pause, at its end.
    #[must_use]
    pub fn rate(&self, now: Instant) -> f64 {
        u32::try_from(self.thousandths(now)).map_or(f64::from(self.limit.get()), f64::from) / 1_000.0
    }

    /// The rate as a limit. It rises in steps of a hundredth, so that a window need not be changed with every PDU.
    #[must_use]
    pub fn limit(&self, now: Instant) -> NonZeroU32 {
        let step = u64::from(self.limit.get() / 100).max(1);
        let rate = (self.thousandths(now) / 1_000 / step * step).max(1);
        let rate = u32::try_from(rate).ok().and_then(NonZeroU32::new);
        let back = self
            .slowed
            .is_none_or(|slowed| self.risen(&slowed, now) >= self.full());
        rate.filter(|_| !back).unwrap_or(self.limit)
    }

    fn thousandths(&self, now: Instant) -> u64 {
        self.slowed
            .map_or(self.full(), |slowed| self.risen(&slowed, now).min(self.full()))
    }

    fn risen(&self, slowed: &Slowed, now: Instant) -> u64 {
        let since = now.saturating_duration_since(slowed.resume_at).min(RECOVERY);
        let since = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        slowed.rate + u64::from(self.limit.get()) * since / RECOVERY.as_secs()
    }

    fn full(&self) -> u64 {
        u64::from(self.limit.get()) * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate_of(limit: u32) -> AdaptiveRate {
        AdaptiveRate::new(NonZeroU32::new(limit).unwrap())
    }

    #[test]
    fn one_report_pauses_for_half_a_second_and_takes_30_percent() {
        let (t0, mut rate) = (Instant::now(), rate_of(100));
        assert_eq!((rate.rate(t0), rate.limit(t0).get()), (100.0, 100));
        assert_eq!(rate.throttled(t0, true), FIRST_PAUSE);
        assert_eq!(rate.paused_until(t0), Some(t0 + FIRST_PAUSE));
        assert_eq!((rate.rate(t0), rate.limit(t0).get()), (70.0, 70));
        let resumed = t0 + FIRST_PAUSE;
        assert_eq!(rate.paused_until(resumed), None);
        for (seconds, expected) in [(6, 80), (12, 90), (17, 98), (18, 100), (600, 100)] {
            assert_eq!(rate.limit(resumed + Duration::from_secs(seconds)).get(), expected);
        }
    }

    #[test]
    fn reports_during_a_pause_change_nothing() {
        let (t0, mut rate) = (Instant::now(), rate_of(100));
        rate.throttled(t0, true);
        let left = rate.throttled(t0 + Duration::from_millis(200), true);
        assert_eq!(left, Duration::from_millis(300));
        assert_eq!(rate.rate(t0 + FIRST_PAUSE), 70.0);
    }

    #[test]
    fn pauses_double_while_throttling_goes_on_and_begin_anew_after_a_calm_time() {
        let (mut now, mut rate) = (Instant::now(), rate_of(1_000));
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let pause = rate.throttled(now, true);
            pauses.push(pause.as_millis());
            now += pause + Duration::from_millis(100);
        }
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(rate.throttled(now + CALM, true), FIRST_PAUSE);
    }

    #[test]
    fn it_never_falls_below_one_a_second_nor_rises_over_the_limit() {
        let (mut now, mut rate) = (Instant::now(), rate_of(2));
        for _ in 0..20 {
            now += rate.throttled(now, true);
            assert!(rate.rate(now) >= 1.0);
        }
        assert_eq!(rate.limit(now).get(), 1);
        assert_eq!(rate.rate(now + RECOVERY), 2.0);
        assert_eq!(rate.rate(now + 100 * RECOVERY), 2.0);
    }

    #[test]
    fn an_operator_that_takes_something_in_between_gets_short_pauses() {
        let (mut now, mut rate) = (Instant::now(), rate_of(1_000));
        for _ in 0..5 {
            assert_eq!(rate.throttled(now, false), FIRST_PAUSE);
            now += FIRST_PAUSE;
        }
        assert!(rate.rate(now) < 200.0, "the rate goes down nevertheless");
    }
}
