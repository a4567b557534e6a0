use super::*;
use crate::ids::OperatorId;
use crate::tps::TpsWindow;
use std::collections::VecDeque;

fn rate_of(limit: u32) -> AdaptiveRate {
    AdaptiveRate::new(NonZeroU32::new(limit).unwrap())
}

fn throttled(rate: &mut AdaptiveRate, now: Instant, still: bool) -> Duration {
    rate.throttled(now, still, Throttling::default())
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn one_report_pauses_for_half_a_second_and_takes_30_percent() {
    let (t0, mut rate) = (Instant::now(), rate_of(100));
    assert_eq!((rate.rate(t0), rate.limit(t0).get()), (100.0, 100));
    assert_eq!(throttled(&mut rate, t0, true), FIRST_PAUSE);
    assert_eq!(rate.paused_until(t0), Some(t0 + FIRST_PAUSE));
    assert_eq!((rate.rate(t0), rate.limit(t0).get()), (70.0, 70));
    let resumed = t0 + FIRST_PAUSE;
    assert_eq!(rate.paused_until(resumed), None);
    // Quickly to 92, slowly to 100 where it throttled.
    for (seconds, expected) in [(1, 77), (3, 92), (23, 96), (42, 99), (43, 100), (600, 100)] {
        assert_eq!(
            rate.limit(resumed + seconds * SECOND).get(),
            expected,
            "after {seconds} s"
        );
    }
}

#[test]
fn what_it_throttled_at_is_not_passed_for_43_seconds() {
    let (t0, mut rate) = (Instant::now(), rate_of(1_000));
    throttled(&mut rate, t0, false);
    let second = t0 + FIRST_PAUSE;
    throttled(&mut rate, second, false);
    let resumed = second + FIRST_PAUSE;
    for (seconds, expected) in [(3, 644.0), (43, 700.0), (55, 900.0), (61, 1_000.0)] {
        assert_eq!(
            rate.rate(resumed + seconds * SECOND),
            expected,
            "after {seconds} s"
        );
    }
}

#[test]
fn on_the_slow_way_up_little_is_taken_off() {
    let (t0, mut rate) = (Instant::now(), rate_of(1_000));
    throttled(&mut rate, t0, false);
    let again = t0 + FIRST_PAUSE + RETURN + PLATEAU / 2;
    assert_eq!(rate.rate(again), 960.0);
    throttled(&mut rate, again, false);
    assert_eq!(rate.rate(again), 883.2);
    let long_after = again + 2 * RECOVERY;
    throttled(&mut rate, long_after, false);
    assert_eq!(rate.rate(long_after), 700.0);
}

#[test]
fn reports_during_a_pause_change_nothing() {
    let (t0, mut rate) = (Instant::now(), rate_of(100));
    throttled(&mut rate, t0, true);
    let left = throttled(&mut rate, t0 + Duration::from_millis(200), true);
    assert_eq!(left, Duration::from_millis(300));
    assert_eq!(rate.rate(t0 + FIRST_PAUSE), 70.0);
}

#[test]
fn pauses_double_while_throttling_goes_on_and_begin_anew_after_a_calm_time() {
    let (mut now, mut rate) = (Instant::now(), rate_of(1_000));
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let pause = throttled(&mut rate, now, true);
        pauses.push(pause.as_millis());
        now += pause + Duration::from_millis(100);
    }
    assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    assert_eq!(throttled(&mut rate, now + CALM, true), FIRST_PAUSE);
}

#[test]
fn it_never_falls_below_one_a_second_nor_rises_over_the_limit() {
    let (mut now, mut rate) = (Instant::now(), rate_of(2));
    for _ in 0..20 {
        now += throttled(&mut rate, now, true);
        assert!(rate.rate(now) >= 1.0);
    }
    assert_eq!(rate.limit(now).get(), 1);
    assert_eq!(rate.rate(now + RETURN + PLATEAU + RECOVERY), 2.0);
    assert_eq!(rate.rate(now + 100 * RECOVERY), 2.0);
}

#[test]
fn an_operator_that_takes_something_in_between_gets_short_pauses() {
    let (mut now, mut rate) = (Instant::now(), rate_of(1_000));
    for _ in 0..5 {
        assert_eq!(throttled(&mut rate, now, false), FIRST_PAUSE);
        now += FIRST_PAUSE;
    }
    assert!(rate.rate(now) < 200.0, "the rate goes down nevertheless");
}

#[test]
fn a_pause_that_is_asked_for_is_kept_within_bounds() {
    let asked = |seconds| Throttling {
        pause: Some(seconds * SECOND),
        max_rate: None,
    };
    let (t0, mut rate) = (Instant::now(), rate_of(100));
    assert_eq!(rate.throttled(t0, true, asked(7)), 7 * SECOND);
    assert_eq!(
        rate.throttled(t0 + SECOND, true, asked(2)),
        6 * SECOND,
        "no shorter"
    );
    assert_eq!(rate.throttled(t0 + SECOND, true, asked(20)), 20 * SECOND);
    assert_eq!(rate.rate(t0 + 21 * SECOND), 70.0, "it is one event");
    let mut rate = rate_of(100);
    assert_eq!(rate.throttled(t0, true, asked(100_000)), LONGEST_ASKED);
}

#[test]
fn a_named_rate_is_taken_at_once_and_not_passed_for_an_hour() {
    let named = |rate| Throttling {
        pause: None,
        max_rate: NonZeroU32::new(rate),
    };
    let (t0, mut rate) = (Instant::now(), rate_of(100));
    rate.throttled(t0, false, named(40));
    for seconds in [1, 60, 3_599] {
        assert_eq!(rate.limit(t0 + seconds * SECOND).get(), 40, "after {seconds} s");
    }
    assert_eq!(rate.limit(t0 + CEILING).get(), 100);
    // A rate above ours is a ceiling only; one above the limit is nothing.
    let mut rate = rate_of(100);
    rate.throttled(t0, false, named(90));
    rate.throttled(t0 + SECOND, false, named(5_000));
    assert_eq!(rate.limit(t0 + 60 * SECOND).get(), 100);
}

/// An operator that takes so many in any second, as the gateway sends to it at its adaptive rate in virtual time.
struct Trial {
    cap: usize,
    latency: Duration,
    window: TpsWindow,
    rate: AdaptiveRate,
    taken: VecDeque<Instant>,
}

/// What came of the submits once the operator was known.
#[derive(Debug)]
struct Made {
    refused: f64,
    used: f64,
}

impl Trial {
    fn new(told: u32, cap: usize, latency: Duration) -> Self {
        let limit = NonZeroU32::new(told).unwrap();
        let (tolerance, horizon) = (Duration::from_millis(10), Duration::from_millis(100));
        Self {
            cap,
            latency,
            window: TpsWindow::new(OperatorId(uuid::Uuid::nil()), limit, tolerance, horizon),
            rate: AdaptiveRate::new(limit),
            taken: VecDeque::new(),
        }
    }

    fn takes(&mut self, at: Instant) -> bool {
        while self.taken.front().is_some_and(|first| *first + SECOND <= at) {
            self.taken.pop_front();
        }
        let takes = self.taken.len() < self.cap;
        if takes {
            self.taken.push_back(at);
        }
        takes
    }

    fn run(mut self, known_after: u32, seconds: u32) -> Made {
        let t0 = Instant::now();
        let known = t0 + known_after * SECOND;
        let (mut now, end) = (t0, known + seconds * SECOND);
        let (mut sent, mut refused) = (0_u32, 0_u32);
        // Refusals on their way to us: when they come, and when their submits were written.
        let mut answers: VecDeque<(Instant, Instant)> = VecDeque::new();
        let mut throttled_at = None;
        while now < end {
            self.window.set_limit(now, self.rate.limit(now));
            let permit = self.window.reserve(now, 1);
            let next = answers.front().map(|(at, _)| *at);
            if let Some((at, written)) = answers.pop_front_if(|(at, _)| *at <= permit.first) {
                now = at;
                if throttled_at.is_none_or(|since| written > since) {
                    let pause = self.rate.throttled(now, false, Throttling::default());
                    self.window.pause_until(now + pause);
                    throttled_at = Some(now);
                }
                continue;
            }
            now = permit.first;
            if permit.count == 0 || self.rate.paused_until(now).is_some() {
                now = next.map_or(now, |next| now.min(next)) + Duration::from_micros(1);
                continue;
            }
            let (takes, counts) = (self.takes(now), now >= known);
            sent += u32::from(counts);
            refused += u32::from(counts && !takes);
            if !takes {
                answers.push_back((now + self.latency, now));
            }
        }
        let taken = f64::from(sent - refused);
        Made {
            refused: f64::from(refused) / f64::from(sent),
            used: taken / (self.cap as f64 * f64::from(seconds)),
        }
    }
}

#[test]
fn an_operator_that_bears_less_than_agreed_is_used_and_hardly_asked() {
    // The farther from the truth, the longer it takes to find it: by 30 % at a time, and from above.
    for (told, cap, known_after) in [
        (150, 100, 10),
        (110, 100, 10),
        (300, 100, 10),
        (1_000, 300, 20),
        (60, 40, 10),
    ] {
        // A slow operator's refusals are late news.
        for (latency, most, least) in [
            (1, 0.01, 0.9),
            (20, 0.01, 0.9),
            (200, 0.01, 0.9),
            (1_000, 0.05, 0.8),
        ] {
            for seconds in [10, 20, 50, 290] {
                let made = Trial::new(told, cap, Duration::from_millis(latency)).run(known_after, seconds);
                assert!(
                    made.refused < most && made.used > least,
                    "told {told}, cap {cap}, {latency} ms, {seconds} s: {made:.3?}"
                );
            }
        }
    }
}
