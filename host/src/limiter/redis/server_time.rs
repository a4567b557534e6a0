//! The server's clock as seen from here: no clock is trusted to agree with another one.
//!
//! A server time `s` in an answer was read between the question and the answer. That brackets every other server time,
//! as exactly as the round trip was short. The shortest round trip of the last seconds is kept, so that a slow answer
//! brings send times that are as exact as those of a quick one.

use std::time::{Duration, Instant};

/// How long a bracket is kept while better ones do not come: two clocks drift apart by 0.1 ms in that time at most.
const FRESH: Duration = Duration::from_secs(1);

/// Brackets server times.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ServerTime {
    epoch: u64,
    sample: Option<Sample>,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    server: u64,
    asked: Instant,
    answered: Instant,
}

impl Sample {
    fn width(&self) -> Duration {
        self.answered.saturating_duration_since(self.asked)
    }

    /// Whether both can be right.
    fn agrees(&self, other: &Self) -> bool {
        let not_after = |one: &Self, two: &Self| shifted(one.asked, one.server, two.server) <= two.answered;
        not_after(self, other) && not_after(other, self)
    }
}

impl ServerTime {
    /// A connection that was made anew may lead to another clock. Returns whether it was.
    pub(super) fn connected(&mut self, epoch: u64) -> bool {
        let anew = epoch != self.epoch;
        if anew {
            *self = Self { epoch, sample: None };
        }
        anew
    }

    /// The server said that it is `server` microseconds.
    pub(super) fn heard(&mut self, server: u64, asked: Instant, answered: Instant) {
        let new = Sample {
            server,
            asked,
            answered,
        };
        let keep = self.sample.is_some_and(|old| {
            old.width() < new.width()
                && answered.saturating_duration_since(old.answered) < FRESH
                && old.agrees(&new)
        });
        if !keep {
            self.sample = Some(new);
        }
    }

    /// The earliest and the latest instant that the server time may mean.
    pub(super) fn bracket(&self, server: u64) -> Option<(Instant, Instant)> {
        let sample = self.sample?;
        Some((
            shifted(sample.asked, sample.server, server),
            shifted(sample.answered, sample.server, server),
        ))
    }

    /// A server time that is not after this instant; 0 while nothing is known.
    pub(super) fn not_after(&self, at: Instant) -> u64 {
        self.sample.map_or(0, |sample| {
            let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            match at.checked_duration_since(sample.answered) {
                Some(since) => sample.server.saturating_add(micros(since)),
                None => sample.server.saturating_sub(micros(sample.answered - at) + 1),
            }
        })
    }
}

/// `at` is the server's `from`: when is its `to`?
fn shifted(at: Instant, from: u64, to: u64) -> Instant {
    match to.checked_sub(from) {
        Some(ahead) => at + Duration::from_micros(ahead),
        None => at.checked_sub(Duration::from_micros(from - to)).unwrap_or(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_slow_answer_does_not_widen_the_bracket_while_it_agrees() {
        let (t0, mut time) = (Instant::now(), ServerTime::default());
        assert_eq!((time.bracket(5), time.not_after(t0)), (None, 0));
        time.heard(1_000_000, t0, t0 + ms(1));
        time.heard(1_040_000, t0 + ms(20), t0 + ms(60));
        assert_eq!(time.bracket(1_100_000), Some((t0 + ms(100), t0 + ms(101))));
        assert_eq!(time.not_after(t0 + ms(101)), 1_100_000);
    }

    #[test]
    fn a_clock_that_was_set_is_believed_at_once() {
        let (t0, mut time) = (Instant::now(), ServerTime::default());
        time.heard(1_000_000, t0, t0 + ms(1));
        time.heard(5_000_000, t0 + ms(10), t0 + ms(15));
        assert_eq!(time.bracket(5_000_000), Some((t0 + ms(10), t0 + ms(15))));
        time.heard(2_000_000, t0 + ms(20), t0 + ms(40));
        assert_eq!(time.bracket(2_000_000), Some((t0 + ms(20), t0 + ms(40))));
    }

    #[test]
    fn an_old_bracket_and_one_of_another_connection_are_dropped() {
        let (t0, mut time) = (Instant::now(), ServerTime::default());
        time.connected(1);
        time.heard(1_000_000, t0, t0 + ms(1));
        time.connected(1);
        assert!(time.bracket(1).is_some());
        time.heard(3_000_000, t0 + ms(1_990), t0 + ms(2_005));
        assert_eq!(time.bracket(3_000_000), Some((t0 + ms(1_990), t0 + ms(2_005))));
        time.connected(2);
        assert_eq!(time.bracket(1), None);
    }
}
