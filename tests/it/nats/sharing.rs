//! Several hosts on one operator's consumer.

use super::{PATIENCE, acknowledge, commands, freeze, nothing_comes, publish, take, text, tokens};
use crate::contracts::nats::NatsHost;
use crate::contracts::{CurrentNats, DebianNats, Place as _, operator_1_order};
use smpp_connector::ports::{CommandQueue, Intake};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Short, so that a takeover is not waited for long.
const ACK_WAIT: Duration = Duration::from_secs(1);

fn impatient(host: &NatsHost) -> Arc<dyn Intake> {
    host.queue
        .clone()
        .with_ack_wait(ACK_WAIT)
        .intake(operator_1_order())
}

/// Fetches and acknowledges until nothing more comes for a while.
async fn work(intake: Arc<dyn Intake>) -> Vec<String> {
    let mut done = Vec::new();
    while let Ok(came) = timeout(Duration::from_millis(500), intake.fetch(7)).await {
        let came = came.unwrap();
        assert!(came.len() <= 7);
        assert!(came.iter().all(|delivery| !delivery.redelivered));
        intake.ack(&tokens(&came)).await.unwrap();
        done.extend(came.iter().map(text));
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_share_the_commands_and_none_comes_twice() {
    shared_by_three(CurrentNats::fresh().await).await;
    shared_by_three(DebianNats::fresh().await).await;
}

async fn shared_by_three<const CURRENT: bool>(place: crate::contracts::nats::NatsPlace<CURRENT>) {
    let mut hosts = vec![place.host];
    for _ in 0..2 {
        hosts.push(NatsHost::open(&place.server.url()).await);
    }
    let workers: Vec<_> = hosts
        .iter()
        .map(|host| tokio::spawn(work(host.queue.intake(operator_1_order()))))
        .collect();
    for batch in 0..20 {
        let texts = (0..50).map(|number| format!("{batch}/{number}"));
        hosts[0].queue.publish(&commands(texts)).await.unwrap();
    }
    let (mut all, mut busy) = (Vec::new(), 0);
    for worker in workers {
        let done = worker.await.unwrap();
        busy += usize::from(!done.is_empty());
        all.extend(done);
    }
    assert_eq!(all.len(), 1_000);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 1_000);
    assert!(busy > 1, "one host had them all");
    for host in hosts {
        host.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_back_comes_to_another_host_at_once() {
    let place = CurrentNats::fresh().await;
    let other = NatsHost::open(&place.server.url()).await;
    let (here, there) = (
        place.host.queue.intake(operator_1_order()),
        other.queue.intake(operator_1_order()),
    );
    publish(&place.host, &["a", "b"]).await;
    let mine = take(&here, 2).await;
    let waiting = tokio::spawn(async move {
        let came = take(&there, 1).await;
        (there, came)
    });
    let released = Instant::now();
    here.release(&[mine[0].token]).await.unwrap();
    let (there, came) = waiting.await.unwrap();
    assert!(released.elapsed() < Duration::from_secs(5), "ack_wait is 15 s");
    assert_eq!((text(&came[0]).as_str(), came[0].redelivered), ("a", true));
    nothing_comes(&there).await;
    // It is not ours to acknowledge any more.
    here.ack(&tokens(&mine)).await.unwrap();
    there.ack(&tokens(&came)).await.unwrap();
    drop((here, there));
    other.close().await;
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_stays_and_what_is_not_goes_to_another_host() {
    let place = DebianNats::fresh().await;
    let other = NatsHost::open(&place.server.url()).await;
    let (here, there) = (impatient(&place.host), impatient(&other));
    publish(&place.host, &["a", "b"]).await;
    let mine = take(&here, 2).await;
    let until = Instant::now() + 3 * ACK_WAIT;
    let every = here.hold_every().unwrap();
    assert!(every * 3 < ACK_WAIT);
    while Instant::now() < until {
        let came = timeout(every, there.fetch(10)).await;
        assert!(came.is_err(), "it is held, and came all the same: {came:?}");
        here.hold().await.unwrap();
    }
    here.ack(&[mine[0].token]).await.unwrap();
    let came = take(&there, 1).await;
    assert_eq!((text(&came[0]).as_str(), came[0].redelivered), ("b", true));
    there.ack(&tokens(&came)).await.unwrap();
    drop((here, there));
    other.close().await;
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_let_go_is_not_held() {
    let place = CurrentNats::fresh().await;
    let here = impatient(&place.host);
    publish(&place.host, &["a"]).await;
    let came = take(&here, 1).await;
    // Holding on for it would keep it from everybody.
    here.let_go(&tokens(&came));
    let holding = tokio::spawn({
        let here = Arc::clone(&here);
        async move {
            loop {
                tokio::time::sleep(ACK_WAIT / 4).await;
                here.hold().await.unwrap();
            }
        }
    });
    let came = take(&here, 1).await;
    assert_eq!((text(&came[0]).as_str(), came[0].redelivered), ("a", true));
    holding.abort();
    holding.await.unwrap_err();
    drop(here);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_the_server_does_not_hear_fails() {
    let place = DebianNats::fresh().await;
    let here = impatient(&place.host);
    publish(&place.host, &["a"]).await;
    let mine = take(&here, 1).await;
    tokio::time::sleep(here.hold_every().unwrap()).await;
    // The connection stands, and takes what is written to it.
    freeze(&place.server);
    let held = here.hold().await;
    place.server.thaw();
    held.unwrap_err();
    acknowledge(&here, &mine).await;
    drop(here);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dropped_fetch_was_given_goes_to_another_host() {
    let place = DebianNats::fresh().await;
    let here = place.host.queue.intake(operator_1_order());
    nothing_comes(&here).await;
    // Its pull is still open at the server.
    publish(&place.host, &["a", "b", "c"]).await;
    let other = NatsHost::open(&place.server.url()).await;
    let there = other.queue.intake(operator_1_order());
    let came = timeout(PATIENCE / 3, take(&there, 3))
        .await
        .expect("before ack_wait");
    let texts: HashSet<_> = came.iter().map(text).collect();
    assert_eq!(texts.len(), 3);
    drop((here, there));
    other.close().await;
    place.end().await;
}

/// Fetches few or many, gives up on some fetches, and acknowledges, until nothing more comes for a while.
async fn work_by_fits_and_starts(intake: Arc<dyn Intake>, seed: u64) -> Vec<String> {
    let mut done = Vec::new();
    let mut idle_since = Instant::now();
    for n in seed.. {
        let (max, patience) = (1 + n * 7 % 40, n * 13 % 9);
        let fetch = intake.fetch(usize::try_from(max).unwrap());
        if let Ok(came) = timeout(Duration::from_millis(patience), fetch).await {
            let came = came.unwrap();
            intake.ack(&tokens(&came)).await.unwrap();
            done.extend(came.iter().map(text));
            idle_since = Instant::now();
        } else if idle_since.elapsed() > Duration::from_secs(2) {
            break;
        }
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_comes_soon_however_hosts_fetch() {
    by_fits_and_starts(CurrentNats::fresh().await).await;
    by_fits_and_starts(DebianNats::fresh().await).await;
}

async fn by_fits_and_starts<const CURRENT: bool>(place: crate::contracts::nats::NatsPlace<CURRENT>) {
    let other = NatsHost::open(&place.server.url()).await;
    let workers: Vec<_> = [&place.host, &other]
        .into_iter()
        .zip(0..)
        .map(|(host, seed)| {
            tokio::spawn(work_by_fits_and_starts(
                host.queue.intake(operator_1_order()),
                seed,
            ))
        })
        .collect();
    for batch in 0..600 {
        let texts = (0..1 + batch % 5).map(|number| format!("{batch}/{number}"));
        place.host.queue.publish(&commands(texts)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(batch % 7)).await;
    }
    let mut all = HashSet::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    // Whoever waits for two seconds has waited in vain: ack_wait is ten.
    assert_eq!(all.len(), 1_800);
    other.close().await;
    place.end().await;
}
