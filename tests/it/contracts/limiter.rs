//! [`TpsLimiter`]: whoever shares the operator, no second sees more than its limit.

use super::sample::operator;
use smpp_connector::limiter::in_process::InProcessLimiter;
use smpp_connector::ports::TpsLimiter;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One line for each kind of limiter.
macro_rules! contract {
    ($($backend:ident: $make:path),+) => { $(
        mod $backend {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn no_second_sees_more_than_the_limit() {
                super::no_second_sees_more_than_the_limit($make).await;
            }

            #[tokio::test]
            async fn an_answer_is_within_what_was_asked() {
                super::an_answer_is_within_what_was_asked($make).await;
            }

            #[tokio::test]
            async fn none_says_when_to_ask_again() {
                super::none_says_when_to_ask_again($make).await;
            }
        }
    )+ };
}

contract!(in_process: crate::contracts::limiter::in_process_limiter);

fn in_process_limiter(limit: u32) -> Arc<dyn TpsLimiter> {
    Arc::new(InProcessLimiter::new(
        operator(1),
        NonZeroU32::new(limit).unwrap(),
    ))
}

/// Asks as fast as it may until `end`; returns the send times that it got.
async fn hungry(limiter: Arc<dyn TpsLimiter>, want: u32, end: Instant) -> Vec<(Instant, Duration)> {
    let mut permits = Vec::new();
    while Instant::now() < end {
        let answer = limiter.reserve(want).await.unwrap();
        permits.extend((0..answer.count).map(|i| (answer.first + answer.spacing * i, answer.tolerance)));
        if answer.count == 0 {
            tokio::time::sleep_until(answer.first.into()).await;
        }
    }
    permits
}

async fn no_second_sees_more_than_the_limit(make: fn(u32) -> Arc<dyn TpsLimiter>) {
    const LIMIT: u32 = 80;
    let limiter = make(LIMIT);
    let end = Instant::now() + Duration::from_millis(1300);
    let mut connections = tokio::task::JoinSet::new();
    for want in [1, 7, 50] {
        connections.spawn(hungry(Arc::clone(&limiter), want, end));
    }
    let mut permits = Vec::new();
    while let Some(some) = connections.join_next().await {
        permits.extend(some.unwrap());
    }
    permits.sort_unstable();
    assert!(
        permits.len() > LIMIT as usize,
        "the limit can be reached: {}",
        permits.len()
    );
    // The worst case: the first is written as late as it may be, the one after the second's last as early.
    for pair in permits.windows(LIMIT as usize + 1) {
        let (latest, earliest) = (pair[0].0 + pair[0].1, pair[LIMIT as usize].0);
        assert!(
            earliest.saturating_duration_since(latest) + Duration::from_micros(1) >= Duration::from_secs(1)
        );
    }
}

async fn an_answer_is_within_what_was_asked(make: fn(u32) -> Arc<dyn TpsLimiter>) {
    let limiter = make(1000);
    let asked = Instant::now();
    for want in [1, 2, 3] {
        let answer = limiter.reserve(want).await.unwrap();
        assert!(answer.count <= want);
        assert!(answer.count == 0 || answer.first + answer.spacing * answer.count >= asked);
    }
    assert_eq!(limiter.reserve(0).await.unwrap().count, 0);
}

async fn none_says_when_to_ask_again(make: fn(u32) -> Arc<dyn TpsLimiter>) {
    let limiter = make(100);
    // Times are given out some way ahead only: it ends.
    let refused = loop {
        let answer = limiter.reserve(1000).await.unwrap();
        if answer.count == 0 {
            break answer;
        }
    };
    tokio::time::sleep_until(refused.first.into()).await;
    assert!(limiter.reserve(1).await.unwrap().count > 0);
}
