//! Two gateways that share an operator by one Redis: its bind limit and its TPS are over both.

use super::{messages, seen};
use smpp_connector_tests::servers::RedisServer;
use smpp_connector_tests::{Gateway, Operator, PATIENCE};
use smsc_sim::{Script, Smsc};
use std::time::{Duration, Instant};

/// How many binds a gateway says that it has.
fn binds_up(gateway: &Gateway) -> u32 {
    let text = gateway.app.metrics.render();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("smpp_connector_binds_up{operator=\"acme\"} "));
    line.map_or(0, |value| value.parse().unwrap())
}

async fn until(what: &str, enough: impl Fn() -> bool) {
    let waiting = async {
        while !enough() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_have_one_bind_each_and_the_one_that_stays_has_both() {
    let redis = RedisServer::start();
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr()).session("binds", "2");
    let one = Gateway::start_with_redis(&redis.url(), vec![operator.clone()]).await;
    until("alone it has both", || binds_up(&one) == 2).await;
    let other = Gateway::start_with_redis(&redis.url(), vec![operator]).await;
    until("one each", || binds_up(&one) == 1 && binds_up(&other) == 1).await;
    one.send(&messages(20)).await;
    other.send(&messages(20)).await;
    seen(&smsc, |seen| seen.accepted == 40).await;
    let stopped = Instant::now();
    one.shutdown().await;
    until("both are its own", || binds_up(&other) == 2).await;
    assert!(
        stopped.elapsed() < Duration::from_secs(10),
        "{:?}",
        stopped.elapsed()
    );
    other.send(&messages(20)).await;
    seen(&smsc, |seen| seen.accepted == 60).await;
    assert_eq!(smsc.counters().binds_refused, 0);
    other.shutdown().await;
    assert_eq!(smsc.counters().bound, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_keep_one_tps_limit_and_their_binds_while_redis_restarts() {
    let mut redis = RedisServer::start();
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr())
        .session("binds", "2")
        .set("tps_limit", "100");
    let one = Gateway::start_with_redis(&redis.url(), vec![operator.clone()]).await;
    let other = Gateway::start_with_redis(&redis.url(), vec![operator]).await;
    until("one each", || binds_up(&one) == 1 && binds_up(&other) == 1).await;
    let binds = smsc.counters().binds;
    one.send(&messages(250)).await;
    other.send(&messages(250)).await;
    seen(&smsc, |seen| seen.accepted >= 100).await;
    redis.kill();
    redis.start_again();
    seen(&smsc, |seen| seen.accepted == 500).await;
    assert!(
        smsc.max_in_any_second() <= 100,
        "{} in a second",
        smsc.max_in_any_second()
    );
    assert_eq!(
        (smsc.counters().binds, smsc.counters().bound),
        (binds, 2),
        "the binds stayed"
    );
    one.shutdown().await;
    other.shutdown().await;
}
