//! Redis away, dead, frozen or empty, under load: the cap holds in every sliding second.

use super::hosts::{Operator, Seen, worst_second};
use super::{InRedis, Place as _, host_at};
use smpp_connector_tests::servers::RedisServer;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const CAP: u32 = 200;

/// Three hungry hosts while `story` happens to their server; returns what the operator saw.
async fn during(story: impl AsyncFnOnce(&mut RedisServer)) -> Vec<Seen> {
    let mut place = InRedis::fresh();
    let operator = Operator::start();
    let stop = CancellationToken::new();
    let mut hosts = Vec::new();
    for id in 0..3 {
        let limiter = place.limiter(CAP).await;
        hosts.push(operator.send_from(id, limiter, 100, stop.clone()).await);
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    story(&mut place.server).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    stop.cancel();
    for host in hosts {
        host.await.unwrap();
    }
    let seen = operator.seen();
    let (worst, count) = (worst_second(&seen), seen.len());
    eprintln!("worst second {worst}, {count} sent");
    assert!(worst <= CAP as usize, "{worst} in a second of {CAP}");
    seen
}

async fn sleep_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// How many came in the time that is `from_ms..to_ms` after `start`.
fn between(seen: &[Seen], start: Instant, from_ms: u64, to_ms: u64) -> usize {
    let at = |ms| start + Duration::from_millis(ms);
    seen.iter()
        .filter(|seen| (at(from_ms)..at(to_ms)).contains(&seen.at))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again_at_random_instants() {
    // Instants that differ from run to run.
    let random =
        || Instant::now().elapsed().subsec_nanos() as u64 + uuid::Uuid::now_v7().as_u64_pair().1 % 7_919;
    during(async |server| {
        for _ in 0..6 {
            server.kill();
            sleep_ms(random() % 400).await;
            server.start_again();
            sleep_ms(random() % 900).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn away_for_seconds_hosts_go_on_at_their_shares() {
    let mut away = Instant::now();
    let seen = during(async |server| {
        away = Instant::now();
        server.kill();
        sleep_ms(5_000).await;
        server.start_again();
    })
    .await;
    let shares = between(&seen, away, 3_000, 5_000);
    assert!(shares >= 250, "{shares} in two seconds at 3 x 66");
    let back = between(&seen, away, 6_400, 7_400);
    assert!(back >= 150, "{back} in a second when it is back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_and_thawed() {
    during(async |server| {
        for ms in [150, 700, 3_000] {
            server.freeze();
            sleep_ms(ms).await;
            server.thaw();
            sleep_ms(800).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_dies_gives_its_share_back_after_the_lease() {
    let place = InRedis::fresh();
    let operator = Operator::start();
    let stop = CancellationToken::new();
    let living = place.limiter(CAP).await;
    let sending = operator.send_from(0, living, 100, stop.clone()).await;
    // Its runtime ends under it: nothing says good-bye.
    let url = place.server.url();
    let dying = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let limiter = runtime.block_on(async {
            let limiter: Arc<_> =
                Arc::new(host_at(&url, CAP, None, &tokio_util::task::TaskTracker::new()).await);
            sleep_ms(1_000).await;
            limiter
        });
        drop(runtime);
        drop(limiter);
    });
    dying.join().unwrap();
    let died = Instant::now();
    sleep_ms(7_500).await;
    stop.cancel();
    sending.await.unwrap();
    let seen = operator.seen();
    assert!(worst_second(&seen) <= CAP as usize);
    let kept = between(&seen, died, 2_000, 4_000);
    assert!(
        kept <= CAP as usize + 5,
        "{kept} in two seconds while its share is kept"
    );
    let back = between(&seen, died, 5_500, 7_500);
    assert!(back >= 330, "{back} in two seconds after the lease");
}
