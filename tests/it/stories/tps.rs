//! The promise to the operator: no second holds more submit_sm than agreed.

use super::{messages, seen};
use smpp_connector_tests::{Gateway, Operator};
use smsc_sim::{Script, Smsc};
use std::time::Duration;

const LIMIT: u32 = 50;

/// Sends 150 parts as short and long messages; returns how many parts a second went.
async fn rate(binds: &str) -> f64 {
    let smsc = Smsc::start(Script::new().latency(Duration::from_millis(20)))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr())
        .set("tps_limit", &LIMIT.to_string())
        .session("binds", binds);
    let gateway = Gateway::start(vec![operator]).await;
    seen(&smsc, |seen| seen.bound.to_string() == binds).await;
    let mut messages = messages(90);
    for long in messages.iter_mut().step_by(3) {
        *long = long.clone().text(&"d".repeat(153 * 3));
    }
    gateway.send(&messages).await;
    seen(&smsc, |seen| seen.accepted == 150).await;
    assert!(
        smsc.max_in_any_second() <= u64::from(LIMIT),
        "{} in a second",
        smsc.max_in_any_second()
    );
    let submits = smsc.submits();
    let took = submits[149].at - submits[0].at;
    149.0 / took.as_secs_f64()
}

/// A machine that is busy with something else may waste send times, but not three times in a row.
async fn holds_and_uses_the_limit(binds: &str) {
    let mut rates = Vec::new();
    for _ in 0..3 {
        rates.push(rate(binds).await);
        if rates.last().is_some_and(|&rate| rate >= 0.9 * f64::from(LIMIT)) {
            return;
        }
    }
    panic!("{rates:?} parts a second, where {LIMIT} are allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_is_held_and_used_parts_included() {
    holds_and_uses_the_limit("1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_is_the_operators_not_the_binds() {
    holds_and_uses_the_limit("2").await;
}
