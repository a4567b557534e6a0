use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn start() -> Instant {
    crate::clock::now()
}

impl Breaker {
    /// A call that ends so; what `ended` says, or `None` where it was not made.
    fn call(&self, now: Instant, ended: Ended) -> Option<Duration> {
        match self.admit(now) {
            Admission::Refused(_) => None,
            admission => self.ended(now, admission, ended),
        }
    }

    fn open(&self, now: Instant) -> Duration {
        (0..FAILURES)
            .find_map(|_| self.call(now, Ended::Failed))
            .expect("five failures open it")
    }
}

#[test]
fn five_failures_in_the_window_open_it_for_thirty_seconds() {
    let (breaker, t) = (Breaker::default(), start());
    for n in 0..4 {
        assert_eq!(breaker.call(t + n * SECOND, Ended::Failed), None);
        assert_eq!(breaker.open_for(t + n * SECOND), None);
    }
    assert_eq!(breaker.call(t + 4 * SECOND, Ended::Failed), Some(OPEN));
    assert_eq!(breaker.admit(t + 5 * SECOND), Admission::Refused(29 * SECOND));
    assert_eq!(breaker.open_for(t + 5 * SECOND), Some(29 * SECOND));
}

#[test]
fn three_timeouts_are_enough() {
    let (breaker, t) = (Breaker::default(), start());
    let ends = [Ended::TimedOut, Ended::Failed, Ended::TimedOut, Ended::TimedOut];
    assert_eq!(
        ends.map(|ended| breaker.call(t, ended)),
        [None, None, None, Some(OPEN)]
    );
}

#[test]
fn failures_that_lie_apart_do_not_add_up() {
    let (breaker, t) = (Breaker::default(), start());
    for n in 0..40 {
        assert_eq!(
            breaker.call(t + 3 * n * SECOND, Ended::Failed),
            None,
            "failure {n}"
        );
    }
    for n in 0..40 {
        let at = t + (120 + 5 * n) * SECOND;
        assert_eq!(breaker.call(at, Ended::TimedOut), None, "timeout {n}");
    }
}

#[test]
fn one_trial_alone_is_made_and_closes_it() {
    let (breaker, t) = (Breaker::default(), start());
    breaker.open(t);
    let over = t + OPEN;
    assert_eq!(breaker.admit(over), Admission::Trial);
    assert_eq!(breaker.admit(over), Admission::Refused(TRIAL));
    assert_eq!(
        breaker.open_for(over),
        Some(Duration::ZERO),
        "half open is not closed"
    );
    assert_eq!(breaker.ended(over, Admission::Trial, Ended::Well), None);
    assert_eq!(breaker.admit(over), Admission::Call);
    assert_eq!(breaker.open_for(over), None);
    let once = breaker.ended(over, Admission::Call, Ended::Failed);
    assert_eq!(once, None, "its record must be clean again");
}

#[test]
fn a_failing_trial_doubles_the_time_up_to_ten_minutes() {
    let (breaker, mut t) = (Breaker::default(), start());
    let mut length = breaker.open(t);
    let mut lengths = vec![length.as_secs()];
    for _ in 0..6 {
        t += length;
        assert_eq!(breaker.admit(t), Admission::Trial);
        length = breaker.ended(t, Admission::Trial, Ended::Failed).unwrap();
        lengths.push(length.as_secs());
    }
    assert_eq!(lengths, [30, 60, 120, 240, 480, 600, 600]);
}

#[test]
fn failing_soon_after_it_closed_doubles_too_and_later_does_not() {
    let (breaker, t) = (Breaker::default(), start());
    breaker.open(t);
    let closed = t + OPEN;
    breaker.call(closed, Ended::Well);
    assert_eq!(breaker.open(closed + 5 * SECOND), 2 * OPEN);
    let closed = closed + 5 * SECOND + 2 * OPEN;
    breaker.call(closed, Ended::Well);
    assert_eq!(breaker.open(closed + 2 * OPEN), OPEN);
}

#[test]
fn stragglers_do_not_prolong_an_open_breaker() {
    let (breaker, t) = (Breaker::default(), start());
    breaker.open(t);
    assert_eq!(breaker.ended(t + SECOND, Admission::Call, Ended::TimedOut), None);
    assert_eq!(breaker.ended(t + SECOND, Admission::Call, Ended::Well), None);
    assert_eq!(breaker.open_for(t + SECOND), Some(29 * SECOND));
}

#[test]
fn a_trial_that_tells_nothing_is_forgotten() {
    let (breaker, t) = (Breaker::default(), start());
    breaker.open(t);
    assert_eq!(breaker.admit(t + OPEN), Admission::Trial);
    assert_eq!(breaker.admit(t + OPEN + TRIAL), Admission::Trial);
}
