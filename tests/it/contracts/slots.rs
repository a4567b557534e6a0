//! [`BindSlots`]: never more binds than the operator allows, over all who share them.

use super::sample::operator;
use smpp_connector::config::{RedisConfig, Secret};
use smpp_connector::ports::{BindSlots, Seat, SlotPool};
use smpp_connector::servers::redis::RedisServer as Connection;
use smpp_connector::slots::redis::RedisSlots;
use smpp_connector::slots::unshared::Unshared;
use smpp_connector_tests::servers::RedisServer;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_util::task::TaskTracker;

const LEASE: Duration = Duration::from_secs(2);

fn pool(binds: u16) -> SlotPool {
    SlotPool {
        operator_id: operator(1),
        session: "story@smsc:2775/TRANSCEIVER".to_owned(),
        binds,
    }
}

/// A host: its own connection on its own runtime, so that it can die without a word. Its binds take a moment to end.
struct Host {
    runtime: Option<Runtime>,
    bound: Arc<AtomicU32>,
}

/// The operator: how many are bound now, and were at most.
#[derive(Default)]
struct Bound {
    now: AtomicU32,
    most: AtomicU32,
}

async fn redis_slots(url: &str) -> RedisSlots {
    let tasks = TaskTracker::new();
    let config = RedisConfig {
        url: Secret::new(url),
        prefix: "smpp".to_owned(),
        lease: LEASE,
    };
    let connection = Connection::connect(&config, &tasks).await.unwrap();
    RedisSlots::new(connection, tasks)
}

async fn bind(mut seat: Seat, own: Arc<AtomicU32>, all: Arc<Bound>) {
    while seat.allowed.wait_for(|allowed| *allowed).await.is_ok() {
        seat.in_use.send_replace(true);
        own.fetch_add(1, Ordering::SeqCst);
        let now = all.now.fetch_add(1, Ordering::SeqCst) + 1;
        all.most.fetch_max(now, Ordering::SeqCst);
        let withdrawn = seat.allowed.wait_for(|allowed| !allowed).await.is_ok();
        if !withdrawn {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        own.fetch_sub(1, Ordering::SeqCst);
        all.now.fetch_sub(1, Ordering::SeqCst);
        seat.in_use.send_replace(false);
    }
}

impl Host {
    fn start(url: &str, binds: u16, all: &Arc<Bound>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (url, all, own) = (url.to_owned(), all.clone(), Arc::<AtomicU32>::default());
        let host = Self {
            bound: Arc::clone(&own),
            runtime: Some(runtime),
        };
        host.runtime.as_ref().unwrap().spawn(async move {
            let slots = redis_slots(&url).await;
            for seat in slots.join(pool(binds)) {
                tokio::spawn(bind(seat, own.clone(), all.clone()));
            }
            std::future::pending::<()>().await;
        });
        host
    }

    fn bound(&self) -> u32 {
        self.bound.load(Ordering::SeqCst)
    }

    /// As kill -9 does: the operator sees its links close, and Redis nothing.
    fn kill(mut self, all: &Bound) {
        self.runtime.take().unwrap().shutdown_background();
        all.now.fetch_sub(self.bound(), Ordering::SeqCst);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn until(what: &str, limit: Duration, enough: impl Fn() -> bool) -> Duration {
    let started = Instant::now();
    while !enough() {
        assert!(started.elapsed() < limit, "{what}, not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    started.elapsed()
}

fn bound(hosts: &[Host]) -> Vec<u32> {
    let mut bound: Vec<_> = hosts.iter().map(Host::bound).collect();
    bound.sort_unstable();
    bound
}

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn without_sharing_every_bind_is_allowed() {
    let seats = Unshared.join(pool(3));
    assert_eq!(seats.iter().filter(|seat| *seat.allowed.borrow()).count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_share_the_binds_as_they_come_and_go() {
    let (server, all) = (RedisServer::start(), Arc::new(Bound::default()));
    let mut hosts = vec![Host::start(&server.url(), 4, &all)];
    until("one has all", SOON, || bound(&hosts) == [4]).await;
    hosts.push(Host::start(&server.url(), 4, &all));
    until("two and two", SOON, || bound(&hosts) == [2, 2]).await;
    hosts.push(Host::start(&server.url(), 4, &all));
    until("somebody gives one", SOON, || bound(&hosts) == [1, 1, 2]).await;
    hosts.push(Host::start(&server.url(), 4, &all));
    until("one each", SOON, || bound(&hosts) == [1, 1, 1, 1]).await;
    hosts.push(Host::start(&server.url(), 4, &all));
    // The fifth has none, and nobody moves for it.
    tokio::time::sleep(2 * LEASE).await;
    assert_eq!(bound(&hosts), [0, 1, 1, 1, 1]);
    assert_eq!(all.most.load(Ordering::SeqCst), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_binds_of_a_killed_host_are_taken_over_within_the_lease() {
    let (server, all) = (RedisServer::start(), Arc::new(Bound::default()));
    let mut hosts = vec![
        Host::start(&server.url(), 2, &all),
        Host::start(&server.url(), 2, &all),
    ];
    until("one each", SOON, || bound(&hosts) == [1, 1]).await;
    let (left, killed) = (hosts.pop().unwrap(), hosts.pop().unwrap());
    killed.kill(&all);
    let took = until("both", LEASE + Duration::from_millis(700), || left.bound() == 2).await;
    assert!(took >= LEASE / 3, "not before it is sure: {took:?}");
    assert_eq!(all.most.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_that_are_dropped_are_free_at_once() {
    let server = RedisServer::start();
    let (one, other) = (redis_slots(&server.url()).await, redis_slots(&server.url()).await);
    let mut first = one.join(pool(1)).remove(0);
    tokio::time::timeout(SOON, first.allowed.wait_for(|allowed| *allowed))
        .await
        .unwrap()
        .unwrap();
    let mut second = other.join(pool(1)).remove(0);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!*second.allowed.borrow());
    drop(first);
    let allowed = second.allowed.wait_for(|allowed| *allowed);
    tokio::time::timeout(Duration::from_millis(1_500), allowed)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn binds_stay_while_redis_is_away_and_are_claimed_when_it_comes_back_empty() {
    let (mut server, all) = (RedisServer::start(), Arc::new(Bound::default()));
    let mut hosts = vec![
        Host::start(&server.url(), 3, &all),
        Host::start(&server.url(), 3, &all),
    ];
    until("two and one", SOON, || bound(&hosts) == [1, 2]).await;
    for away in [Duration::from_millis(50), 2 * LEASE] {
        server.kill();
        tokio::time::sleep(away).await;
        assert_eq!(bound(&hosts), [1, 2]);
        server.start_again();
        tokio::time::sleep(LEASE).await;
        assert_eq!(bound(&hosts), [1, 2]);
    }
    // It works as before.
    hosts.push(Host::start(&server.url(), 3, &all));
    until("one each", SOON, || bound(&hosts) == [1, 1, 1]).await;
    assert_eq!(all.most.load(Ordering::SeqCst), 3);
}
