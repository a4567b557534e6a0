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

/// An idle machine reaches 99 % of the limit. One that is busy with something else is late for send times and wastes
/// them, so the best of three runs counts, and a third of the limit is the machine's to waste.
async fn holds_and_uses_the_limit(binds: &str) {
    let limit = f64::from(LIMIT);
    let mut best = 0.0_f64;
    for _ in 0..3 {
        best = best.max(rate(binds).await);
        if best >= 0.9 * limit {
            return;
        }
    }
    assert!(
        best >= 0.66 * limit,
        "{best} parts a second, where {LIMIT} are allowed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_is_held_and_used_parts_included() {
    holds_and_uses_the_limit("1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_is_the_operators_not_the_binds() {
    holds_and_uses_the_limit("2").await;
}
