//! [`TpsLimiter`]: whoever shares the operator, no second sees more than its limit.

mod hosts;
mod outages;

use super::sample::operator;
use smpp_connector::config::{RedisConfig, Secret};
use smpp_connector::limiter::in_process::InProcessLimiter;
use smpp_connector::limiter::redis::{Promise, RedisLimiter, RedisLimits};
use smpp_connector::ports::TpsLimiter;
use smpp_connector::servers::redis::RedisServer as Connection;
use smpp_connector_tests::servers::RedisServer;
use smpp_domain::status::Throttling;
use smpp_domain::tps::AdaptiveRate;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// One line for each kind of limiter.
macro_rules! contract {
    ($($backend:ident: $place:ident),+) => { $(
        contract!(@ $backend $place, no_second_sees_more_than_the_limit an_answer_is_within_what_was_asked
            none_says_when_to_ask_again throttling_pauses_and_slows_down what_a_policy_asks_for_is_kept
            rates_follow_the_domain);
    )+ };
    (@ $backend:ident $place:ident, $($case:ident)+) => {
        mod $backend {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let place = <super::$place as super::Place>::fresh();
                    super::$case(&place).await;
                }
            )+
        }
    };
}

contract!(in_process: InProcess, redis: InRedis);

/// Where an operator's promise is kept in one test.
trait Place {
    fn fresh() -> Self;
    async fn limiter(&self, limit: u32) -> Arc<dyn TpsLimiter>;
}

struct InProcess;

impl Place for InProcess {
    fn fresh() -> Self {
        Self
    }

    async fn limiter(&self, limit: u32) -> Arc<dyn TpsLimiter> {
        Arc::new(InProcessLimiter::new(
            operator(1),
            NonZeroU32::new(limit).unwrap(),
        ))
    }
}

struct InRedis {
    server: RedisServer,
    tasks: TaskTracker,
}

impl Place for InRedis {
    fn fresh() -> Self {
        Self {
            server: RedisServer::start(),
            tasks: TaskTracker::new(),
        }
    }

    async fn limiter(&self, limit: u32) -> Arc<dyn TpsLimiter> {
        Arc::new(self.host(limit, None).await)
    }
}

impl InRedis {
    /// A limiter as a host of its own has it: with its own connection.
    async fn host(&self, limit: u32, fallback_share: Option<u32>) -> RedisLimiter {
        host_at(&self.server.url(), limit, fallback_share, &self.tasks).await
    }
}

async fn host_at(url: &str, limit: u32, share: Option<u32>, tasks: &TaskTracker) -> RedisLimiter {
    let promise = Promise {
        operator_id: operator(1),
        limit: NonZeroU32::new(limit).unwrap(),
        fallback_share: share.and_then(NonZeroU32::new),
    };
    RedisLimits::new(connection(url, tasks).await, tasks).join(promise)
}

async fn connection(url: &str, tasks: &TaskTracker) -> Connection {
    let config = RedisConfig {
        url: Secret::new(url),
        prefix: "smpp".to_owned(),
        lease: Duration::from_secs(5),
    };
    Connection::connect(&config, tasks).await.unwrap()
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

async fn no_second_sees_more_than_the_limit(place: &impl Place) {
    const LIMIT: u32 = 80;
    let limiter = place.limiter(LIMIT).await;
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

async fn an_answer_is_within_what_was_asked(place: &impl Place) {
    let limiter = place.limiter(1000).await;
    let asked = Instant::now();
    for want in [1, 2, 3] {
        let answer = limiter.reserve(want).await.unwrap();
        assert!(answer.count <= want);
        assert!(answer.count == 0 || answer.first + answer.spacing * answer.count >= asked);
    }
    assert_eq!(limiter.reserve(0).await.unwrap().count, 0);
}

async fn none_says_when_to_ask_again(place: &impl Place) {
    let limiter = place.limiter(100).await;
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

async fn throttling_pauses_and_slows_down(place: &impl Place) {
    let limiter = place.limiter(1000).await;
    while limiter.reserve(1).await.unwrap().count == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(limiter.rate(), 1000.0);
    let (throttled, pause) = (
        Instant::now(),
        limiter.throttled(true, Throttling::default()).await.unwrap(),
    );
    assert!(
        pause > Duration::from_millis(300) && pause <= Duration::from_millis(500),
        "{pause:?}"
    );
    let repeated = limiter.throttled(true, Throttling::default()).await.unwrap();
    assert!(repeated <= pause, "reports during a pause change nothing");
    assert!(limiter.paused_until().is_some_and(|until| until > throttled));
    let rate = limiter.rate();
    assert!((700.0..760.0).contains(&rate), "{rate}");
    let resumed = loop {
        let answer = limiter.reserve(1000).await.unwrap();
        if answer.count > 0 {
            break answer;
        }
        tokio::time::sleep_until(answer.first.into()).await;
    };
    assert!(resumed.first + Duration::from_millis(1) >= throttled + pause);
    assert!(
        resumed.spacing > Duration::from_micros(1_300),
        "{:?}",
        resumed.spacing
    );
    tokio::time::sleep_until((resumed.first + Duration::from_millis(20)).into()).await;
    assert!(
        limiter.throttled(true, Throttling::default()).await.unwrap() > Duration::from_millis(800),
        "twice as long"
    );
}

/// The rate once the limiter has been asked again: one in Redis tells it as last heard.
async fn fresh_rate(limiter: &dyn TpsLimiter) -> f64 {
    limiter.reserve(0).await.unwrap();
    limiter.rate()
}

async fn first_answer(limiter: &dyn TpsLimiter) {
    while limiter.reserve(1).await.unwrap().count == 0 {
        tokio::task::yield_now().await;
    }
}

async fn what_a_policy_asks_for_is_kept(place: &impl Place) {
    let limiter = place.limiter(100).await;
    first_answer(&*limiter).await;
    let asked = |ms, rate| Throttling {
        pause: Some(Duration::from_millis(ms)),
        max_rate: NonZeroU32::new(rate),
    };
    let pause = limiter.throttled(true, asked(150, 40)).await.unwrap();
    assert!(
        pause > Duration::from_millis(100) && pause <= Duration::from_millis(150),
        "{pause:?}"
    );
    assert_eq!(
        fresh_rate(&*limiter).await,
        40.0,
        "the rate that was named, and not less"
    );
    let longer = limiter.throttled(true, asked(400, 0)).await.unwrap();
    assert!(longer > Duration::from_millis(300), "{longer:?}");
    tokio::time::sleep(longer + Duration::from_millis(50)).await;
    assert_eq!(limiter.paused_until(), None);
    let bounded = limiter.throttled(false, asked(86_400_000, 0)).await.unwrap();
    assert!(bounded <= smpp_domain::tps::LONGEST_ASKED && bounded > Duration::from_secs(290));
    assert!(fresh_rate(&*limiter).await <= 40.0);
}

/// Every implementation is that of the domain.
async fn rates_follow_the_domain(place: &impl Place) {
    const LIMIT: u32 = 1_000;
    let limiter = place.limiter(LIMIT).await;
    first_answer(&*limiter).await;
    let mut domain = AdaptiveRate::new(NonZeroU32::new(LIMIT).unwrap());
    for sleep in [0, 900, 2_000, 3_600, 700] {
        tokio::time::sleep(Duration::from_millis(sleep)).await;
        let ours = domain.throttled(Instant::now(), false, Throttling::default());
        let theirs = limiter.throttled(false, Throttling::default()).await.unwrap();
        assert!(
            ours.abs_diff(theirs) < Duration::from_millis(100),
            "{ours:?}, {theirs:?}"
        );
        let (ours, theirs) = (domain.rate(Instant::now()), fresh_rate(&*limiter).await);
        assert!(
            (ours / theirs - 1.0).abs() < 0.05,
            "{ours} and {theirs} after {sleep} ms"
        );
    }
}
