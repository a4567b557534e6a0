//! kill -9 of hosts at random instants, under load: what the operator and the observer saw is held against the promise.
//!
//! `KILL_SEED=n` repeats the instants of a run; the seed is printed. 200 rounds with `SMPP_STORIES=full`.

use super::ledger::{Promise, keeps};
use super::traffic::Traffic;
use super::{BINARY, my_turn, operator, size};
use crate::process::kill::Dice;
use smpp_connector_tests::{GatewayProcess, Operator, Platform};
use smsc_sim::{Receipts, Script, Smsc};
use std::time::Duration;

/// What a killed host had comes back after so long, at most.
const TAKEOVER: Duration = Duration::from_secs(15);

/// For everything that is left when the last round is over.
const DRAINED: Duration = Duration::from_secs(120);

fn smsc(platform: &Platform, seed: u64) -> Smsc {
    let latency = Duration::from_millis(10);
    let receipts = Receipts::new().after(Duration::from_millis(40));
    platform.smsc(
        Script::new()
            .latency(latency)
            .jitter(latency, seed)
            .receipts(receipts),
    )
}

/// Lets something happen first, mostly: some hosts die before they have bound.
fn live_a_little(platform: &Platform, smsc: &Smsc, dice: &mut Dice) {
    if dice.roll(8) > 0 {
        let before = smsc.counters().submits;
        platform.seen(smsc, |seen| seen.submits > before);
    }
    std::thread::sleep(Duration::from_micros(dice.roll(500_000)));
}

/// Starts hosts, kills one of them a round and starts it again; then everything has to come out.
fn play(hosts: usize, rounds: usize, on_unanswered: &str, promise: Promise) {
    let _turn = my_turn();
    let mut dice = Dice::seeded();
    let platform = Platform::start(BINARY).set("lease", "\"1s\"");
    let smsc = smsc(&platform, dice.roll(u64::MAX));
    let operator = operator(&smsc)
        .session("binds", &hosts.to_string())
        .set("on_unanswered", &format!("\"{on_unanswered}\""));
    let start = |name: usize| start(&platform, name, &operator);
    let mut running: Vec<_> = (0..hosts).map(start).collect();
    let traffic = Traffic::start(&platform, &operator, dice.roll(u64::MAX));
    for _ in 0..rounds {
        live_a_little(&platform, &smsc, &mut dice);
        let dying = dice.roll(u64::try_from(hosts).unwrap());
        let dying = usize::try_from(dying).unwrap();
        running.remove(dying).kill();
        running.insert(dying, start(dying));
    }
    let accepted = traffic.stop(&platform);
    assert!(accepted.len() > rounds * 4, "{}", accepted.len());
    let found = keeps(promise, &platform, &smsc, &accepted, TAKEOVER + DRAINED);
    println!("{hosts} hosts, {rounds} kills: {found}");
    for host in running {
        assert!(host.terminate().success());
    }
}

fn start(platform: &Platform, name: usize, operator: &Operator) -> GatewayProcess {
    platform.host(&format!("host-{name}"), std::slice::from_ref(operator))
}

#[test]
fn kill_9_of_the_only_host_loses_nothing() {
    play(1, size(12, 200), "resend", Promise::AtLeastOnce);
}

#[test]
fn kill_9_of_the_only_host_repeats_nothing_where_that_was_asked_for() {
    play(1, size(8, 200), "report", Promise::AtMostOnce);
}

#[test]
fn kill_9_of_one_of_two_hosts_loses_nothing() {
    play(2, size(12, 200), "resend", Promise::AtLeastOnce);
}

#[test]
fn kill_9_of_one_of_two_hosts_repeats_nothing_where_that_was_asked_for() {
    play(2, size(8, 200), "report", Promise::AtMostOnce);
}
