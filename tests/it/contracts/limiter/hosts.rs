//! Several hosts that share an operator's promise in Redis: what the operator sees of them.

use super::{InRedis, Place as _, TpsLimiter, connection};
use futures_util::future::OptionFuture;
use smpp_domain::status::Throttling;
use smpp_domain::tps::{Pace, Pacer};
use std::net::UdpSocket;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const SECOND: Duration = Duration::from_secs(1);

/// Where the hosts send to: notes when each PDU went, and from which host. It came between the two times.
pub(super) struct Operator {
    socket: UdpSocket,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// One PDU.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    not_before: Instant,
    pub(super) at: Instant,
    host: u8,
}

impl Operator {
    pub(super) fn start() -> Self {
        Self {
            socket: UdpSocket::bind("127.0.0.1:0").unwrap(),
            seen: Arc::default(),
        }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        let mut seen = self.seen.lock().unwrap().clone();
        seen.sort_by_key(|seen| seen.not_before);
        seen
    }

    /// Sends as a bind does, with so many PDUs waiting at any time, until `stop`.
    pub(super) async fn send_from(
        &self,
        host: u8,
        limiter: Arc<dyn TpsLimiter>,
        pending: u32,
        stop: CancellationToken,
    ) -> tokio::task::JoinHandle<u64> {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(self.socket.local_addr().unwrap()).unwrap();
        let seen = self.seen.clone();
        tokio::spawn(async move {
            let (mut pacer, mut asking) = (Pacer::new(), None);
            while !stop.is_cancelled() {
                let mut wait = None;
                match pacer.take(Instant::now(), pending) {
                    Pace::Go => {
                        let not_before = Instant::now();
                        socket.send(&[host]).unwrap();
                        let at = Instant::now();
                        seen.lock().unwrap().push(Seen { not_before, at, host });
                        continue;
                    }
                    Pace::Ask(want) => {
                        let limiter = limiter.clone();
                        asking = Some(Box::pin(async move { limiter.reserve(want).await }));
                        continue;
                    }
                    Pace::Wait(at) => wait = Some(at),
                    Pace::Idle => {}
                }
                let timer = OptionFuture::from(wait.map(|at| tokio::time::sleep_until(at.into())));
                tokio::select! {
                    Some(answer) = OptionFuture::from(asking.as_mut()) => {
                        asking = None;
                        pacer.granted(answer.unwrap());
                    }
                    Some(()) = timer => {}
                    () = stop.cancelled() => {}
                }
            }
            pacer.lost()
        })
    }
}

/// The largest count in any sliding second, of PDUs that came within it without doubt.
pub(super) fn worst_second(seen: &[Seen]) -> usize {
    let within = |start: usize| {
        let end = seen[start].not_before + SECOND;
        seen[start..]
            .iter()
            .take_while(|later| later.not_before < end)
            .filter(|later| later.at < end)
            .count()
    };
    (0..seen.len()).map(within).max().unwrap_or(0)
}

/// What always hungry hosts made of the cap: the largest second, the use of the cap, and the share of each host as a part
/// of an equal one.
struct Made {
    worst: usize,
    used: f64,
    shares: Vec<f64>,
}

/// `LIMITER_SECONDS=30` measures for longer.
fn seconds() -> u64 {
    std::env::var("LIMITER_SECONDS").map_or(6, |seconds| seconds.parse().unwrap())
}

async fn hungry(cap: u32, pending: &[u32]) -> Made {
    let place = InRedis::fresh();
    let operator = Operator::start();
    let stop = CancellationToken::new();
    let mut hosts = Vec::new();
    for (id, pending) in (0..).zip(pending) {
        let limiter = place.limiter(cap).await;
        hosts.push(operator.send_from(id, limiter, *pending, stop.clone()).await);
    }
    tokio::time::sleep(SECOND).await;
    let (from, time) = (Instant::now(), Duration::from_secs(seconds()));
    tokio::time::sleep(time).await;
    stop.cancel();
    let mut lost = 0;
    for host in hosts {
        lost += host.await.unwrap();
    }
    let seen = operator.seen();
    let counted: Vec<_> = seen
        .iter()
        .filter(|seen| (from..from + time).contains(&seen.at))
        .collect();
    let total = counted.len() as f64;
    let share = |id: usize| counted.iter().filter(|seen| usize::from(seen.host) == id).count() as f64;
    let made = Made {
        worst: worst_second(&seen),
        used: total / (f64::from(cap) * time.as_secs_f64()),
        shares: (0..pending.len())
            .map(|id| share(id) * pending.len() as f64 / total)
            .collect(),
    };
    let (shares, used) = (&made.shares, made.used);
    eprintln!(
        "cap {cap}: worst second {}, {used:.3} used, shares {shares:.2?}, {lost} lost",
        made.worst
    );
    assert!(made.worst <= cap as usize, "{} in a second of {cap}", made.worst);
    made
}

/// A machine that is busy with something else is late for send times and wastes them: the best of three runs counts.
async fn shares_and_uses(cap: u32, hosts: usize, least: f64) {
    for attempt in 0..3 {
        let made = hungry(cap, &vec![100; hosts]).await;
        let fair = made.shares.iter().all(|share| (0.8..=1.2).contains(share));
        if made.used >= least && fair {
            return;
        }
        assert!(attempt < 2, "{:.3} used, shares {:.2?}", made.used, made.shares);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_share_evenly_and_use_the_cap() {
    shares_and_uses(200, 2, 0.97).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hosts_share_evenly_and_use_the_cap() {
    shares_and_uses(200, 4, 0.97).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_cap_is_shared_too() {
    shares_and_uses(10, 2, 0.95).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_cap_is_shared_too() {
    shares_and_uses(1_000, 4, 0.97).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_a_second_is_one_a_second() {
    let made = hungry(1, &[100, 100]).await;
    assert!(made.used >= 0.6, "{}", made.used);
}

/// One wants one PDU at a time now and then, or nothing: the others get what it leaves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_host_leaves_is_the_others() {
    for attempt in 0..3 {
        let idle_and_hungry = hungry(200, &[0, 100]).await;
        assert_eq!(idle_and_hungry.shares[0], 0.0);
        if idle_and_hungry.used >= 0.97 {
            return;
        }
        assert!(attempt < 2, "{}", idle_and_hungry.used);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_is_for_all_hosts() {
    let place = InRedis::fresh();
    let (one, other) = (place.limiter(100).await, place.limiter(100).await);
    one.throttled(false, Throttling::default()).await.unwrap();
    let paused = Instant::now();
    while other.reserve(1).await.unwrap().count == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(
        paused.elapsed() >= Duration::from_millis(300),
        "{:?}",
        paused.elapsed()
    );
    assert!(other.rate() < 75.0, "{}", other.rate());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_limits_differ_the_lower_one_holds() {
    let place = InRedis::fresh();
    let (high, low) = (place.limiter(1_000).await, place.limiter(50).await);
    low.reserve(1).await.unwrap();
    high.reserve(1).await.unwrap();
    assert!(high.rate() <= 50.0, "{}", high.rate());
    drop(low);
    let raised = async {
        while high.rate() < 1_000.0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), raised)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_server_says_what_it_is() {
    use smpp_connector::ports::Probe as _;
    let place = InRedis::fresh();
    let connection = connection(&place.server.url(), &place.tasks).await;
    let told = connection.probe().await.unwrap();
    assert!(told.starts_with("Redis "), "{told}");
}
