//! The rate after the operator has said that it gets too much.
//!
//! A report of throttling begins a pause and takes 30 % off the rate. The operator is full at that moment, so the pause
//! lets it drain; that the reports of everything under way come together counts once, since reports during a pause change
//! nothing. When it throttles again within [`CALM`] after a pause, and has accepted nothing in between, the pause was too
//! short: the next is twice as long.
//!
//! What it throttled at is remembered. An operator that bears less than was agreed would otherwise be asked about it every
//! few seconds, or left far below what it bears:
//! ```text
//! limit     . . . . . . . . . . . . . . . . . . .  /    by the whole limit in RECOVERY
//! throttled . ____ . . . . . . . . . . . . . . ___/
//! 92 %      . . . \ . . . ____________________/         PLATEAU: slowly to where it throttled
//! 70 %      . . .  \_____/                              RETURN: quickly to just below that
//! ```
//! One that throttles on the slow way up is known well: the rate goes to the 92 % at once.

use crate::status::Throttling;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// The first pause.
pub const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause that is found by doubling.
pub const LAST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that a policy may ask for.
pub const LONGEST_ASKED: Duration = Duration::from_secs(300);
/// Still throttling within this time after a pause makes the next one twice as long.
pub const CALM: Duration = Duration::from_secs(10);
/// What is left of the rate, in percent.
pub const DECREASE_PERCENT: u64 = 70;
/// What is thought to be safe of the rate at which it throttled, in percent.
pub const SAFE_PERCENT: u64 = 92;
/// The time in which the rate is back at what is safe.
pub const RETURN: Duration = Duration::from_secs(3);
/// The time in which it rises from there to where the operator has throttled.
pub const PLATEAU: Duration = Duration::from_secs(40);
/// The time in which it rises by the whole limit from then on.
pub const RECOVERY: Duration = Duration::from_secs(60);
/// How long a rate that a policy has named is not exceeded.
pub const CEILING: Duration = Duration::from_secs(3_600);

/// The rate that an operator bears, as far as is known; between one a second and its limit.
#[derive(Clone, Debug)]
pub struct AdaptiveRate {
    limit: NonZeroU32,
    /// The most that the operator takes by its own words, and until when they count.
    ceiling: Option<(NonZeroU32, Instant)>,
    slowed: Option<Slowed>,
}

/// Rates are in thousandths a second.
#[derive(Clone, Copy, Debug)]
struct Slowed {
    /// At the end of the pause.
    rate: u64,
    throttled_at: u64,
    resume_at: Instant,
    pause: Duration,
}

impl AdaptiveRate {
    /// The limit itself, until the operator throttles.
    #[must_use]
    pub fn new(limit: NonZeroU32) -> Self {
        Self {
            limit,
            ceiling: None,
            slowed: None,
        }
    }

    /// The operator throttles, and asks for this; `still`, because it has accepted nothing since the last pause. Returns how
    /// long the pause is from now on. During a pause only a longer one that is asked for, and a ceiling, change anything.
    pub fn throttled(&mut self, now: Instant, still: bool, asked: Throttling) -> Duration {
        let before = self.thousandths(now);
        if let Some(ceiling) = asked.max_rate {
            self.ceiling = Some((ceiling, now + CEILING));
        }
        let asked_pause = asked.pause.map(|pause| pause.min(LONGEST_ASKED));
        if let Some(slowed) = &mut self.slowed
            && now < slowed.resume_at
        {
            slowed.resume_at = slowed.resume_at.max(now + asked_pause.unwrap_or_default());
            return slowed.resume_at - now;
        }
        let pause = match self.slowed {
            Some(slowed) if still && now < slowed.resume_at + CALM => LAST_PAUSE.min(slowed.pause * 2),
            Some(_) | None => FIRST_PAUSE,
        };
        // A named rate below ours is what there is to know: nothing more is taken off.
        let named = asked.max_rate.map(|ceiling| u64::from(ceiling.get()) * 1_000);
        let rate = match named {
            Some(named) if named < before => named,
            Some(_) | None if self.rises_slowly(now) => before * SAFE_PERCENT / 100,
            Some(_) | None => before * DECREASE_PERCENT / 100,
        };
        let resume_at = now + asked_pause.unwrap_or(pause);
        self.slowed = Some(Slowed {
            rate: rate.max(1_000),
            throttled_at: before,
            resume_at,
            pause,
        });
        resume_at - now
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
        let full = self.full(now);
        let rate = self.thousandths(now);
        let step = u64::from(self.limit.get() / 100).max(1);
        let rate = if rate >= full {
            full / 1_000
        } else {
            rate / 1_000 / step * step
        };
        u32::try_from(rate)
            .ok()
            .and_then(NonZeroU32::new)
            .unwrap_or(NonZeroU32::MIN)
    }

    fn thousandths(&self, now: Instant) -> u64 {
        let full = self.full(now);
        self.slowed
            .map_or(full, |slowed| self.risen(&slowed, now).min(full))
    }

    fn risen(&self, slowed: &Slowed, now: Instant) -> u64 {
        let since = now.saturating_duration_since(slowed.resume_at);
        let safe = slowed.rate.max(slowed.throttled_at * SAFE_PERCENT / 100);
        if since < RETURN {
            return slowed.rate + share(safe - slowed.rate, since, RETURN);
        }
        let since = since - RETURN;
        let known = slowed.throttled_at.max(safe);
        if since < PLATEAU {
            return safe + share(known - safe, since, PLATEAU);
        }
        known
            + share(
                u64::from(self.limit.get()) * 1_000,
                (since - PLATEAU).min(RECOVERY),
                RECOVERY,
            )
    }

    /// Whether the rate has come back near to where the operator throttled last, and not been there for long.
    fn rises_slowly(&self, now: Instant) -> bool {
        self.slowed.is_some_and(|slowed| {
            let since = now.saturating_duration_since(slowed.resume_at);
            (RETURN..RETURN + PLATEAU + RECOVERY).contains(&since)
        })
    }

    fn full(&self, now: Instant) -> u64 {
        let ceiling = self
            .ceiling
            .filter(|(_, until)| now < *until)
            .map(|(ceiling, _)| ceiling);
        u64::from(self.limit.min(ceiling.unwrap_or(self.limit)).get()) * 1_000
    }
}

/// The part of `whole` that has been gone through after `since` of `time`.
fn share(whole: u64, since: Duration, time: Duration) -> u64 {
    let part = u128::from(whole) * since.as_micros() / time.as_micros().max(1);
    u64::try_from(part).unwrap_or(whole)
}

#[cfg(test)]
mod tests;
