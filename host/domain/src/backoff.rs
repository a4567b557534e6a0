//! How long to wait before the next attempt to bind (domain model section 5).

use std::time::Duration;

/// The schedule of reconnects: 5, 10, 20, 40 and then always 60 seconds, unless configured otherwise.
///
/// The delays are exact by default. A jitter share lengthens each by a random part of it, so that many hosts do not
/// come back in the same instant; it never shortens one.
#[derive(Clone, PartialEq, Debug)]
pub struct Backoff {
    delays: Vec<Duration>,
    cap: Duration,
    jitter_share: f64,
    attempts: u32,
}

/// Why a schedule cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BackoffError {
    /// There is no delay in it.
    #[error("the reconnect schedule is empty")]
    Empty,
    /// A delay of nothing would hammer the operator.
    #[error("the reconnect schedule contains a delay of zero")]
    Zero,
    /// Not a number from 0.0 to 1.0.
    #[error("the reconnect jitter is not between 0.0 and 1.0")]
    Jitter,
}

impl Default for Backoff {
    fn default() -> Self {
        let cap = Duration::from_secs(60);
        let delays = [5, 10, 20, 40]
            .map(Duration::from_secs)
            .into_iter()
            .chain([cap])
            .collect();
        Self {
            delays,
            cap,
            jitter_share: 0.0,
            attempts: 0,
        }
    }
}

impl Backoff {
    /// A schedule whose last delay is the cap.
    ///
    /// # Errors
    /// When the schedule is empty or contains a delay of zero.
    pub fn new(delays: Vec<Duration>) -> Result<Self, BackoffError> {
        let cap = *delays.last().ok_or(BackoffError::Empty)?;
        if delays.iter().any(Duration::is_zero) {
            return Err(BackoffError::Zero);
        }
        Ok(Self {
            delays,
            cap,
            jitter_share: 0.0,
            attempts: 0,
        })
    }

    /// The same schedule, each delay up to `share` (0.0..=1.0) of itself longer.
    ///
    /// # Errors
    /// When the share is out of range.
    pub fn with_jitter(self, share: f64) -> Result<Self, BackoffError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(BackoffError::Jitter);
        }
        Ok(Self {
            jitter_share: share,
            ..self
        })
    }

    /// The delay before the next attempt. `sample` is a random number from 0.0 to 1.0; it counts only where there is a
    /// jitter share.
    pub fn next(&mut self, sample: f64) -> Duration {
        let index = usize::try_from(self.attempts).unwrap_or(usize::MAX);
        let delay = self.delays.get(index).copied().unwrap_or(self.cap);
        self.attempts = self.attempts.saturating_add(1);
        self.jittered(delay, sample)
    }

    /// The delay before the next attempt after a refusal that trying again hardly cures, such as a bad password: the
    /// cap, however few attempts there were. Counts as one attempt.
    pub fn at_cap(&mut self, sample: f64) -> Duration {
        self.attempts = self.attempts.saturating_add(1);
        self.jittered(self.cap, sample)
    }

    /// How many delays were given out since the last success.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Begins anew, after a success.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }

    fn jittered(&self, delay: Duration, sample: f64) -> Duration {
        if self.jitter_share > 0.0 {
            delay.mul_f64(1.0 + self.jitter_share * sample.clamp(0.0, 1.0))
        } else {
            delay
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(backoff: &mut Backoff, count: usize) -> Vec<u64> {
        (0..count).map(|_| backoff.next(0.0).as_secs()).collect()
    }

    #[test]
    fn follows_the_domain_models_table_and_begins_anew_after_a_success() {
        let mut backoff = Backoff::default();
        assert_eq!(seconds(&mut backoff, 7), [5, 10, 20, 40, 60, 60, 60]);
        assert_eq!(backoff.attempts(), 7);
        backoff.reset();
        assert_eq!(seconds(&mut backoff, 2), [5, 10]);
    }

    #[test]
    fn waits_for_the_cap_after_bad_credentials() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.at_cap(0.0), Duration::from_secs(60));
        assert_eq!(seconds(&mut backoff, 1), [10]);
    }

    #[test]
    fn is_exact_without_jitter_and_only_longer_with_it() {
        assert_eq!(Backoff::default().next(0.9), Duration::from_secs(5));
        let with = || Backoff::default().with_jitter(0.2).unwrap();
        assert_eq!(with().next(0.0), Duration::from_secs(5));
        assert_eq!(with().next(0.5), Duration::from_millis(5500));
        assert_eq!(with().next(7.0), Duration::from_secs(6));
        assert_eq!(with().at_cap(1.0), Duration::from_secs(72));
    }

    #[test]
    fn takes_other_schedules_but_no_impossible_ones() {
        let mut backoff = Backoff::new(vec![Duration::from_secs(30), Duration::from_secs(90)]).unwrap();
        assert_eq!(seconds(&mut backoff, 3), [30, 90, 90]);
        assert_eq!(Backoff::new(vec![]), Err(BackoffError::Empty));
        assert_eq!(Backoff::new(vec![Duration::ZERO]), Err(BackoffError::Zero));
        assert_eq!(
            Backoff::default().with_jitter(f64::NAN),
            Err(BackoffError::Jitter)
        );
        assert_eq!(Backoff::default().with_jitter(1.5), Err(BackoffError::Jitter));
    }
}
