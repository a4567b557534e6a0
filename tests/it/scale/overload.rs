//! An operator is offered three times what it takes: nothing is lost, the others do not notice, and the backlog drains at its limit.
//! For 4 seconds, or ten minutes with `SMPP_STORIES=full`.

use super::{POST, accepted, count, messages, until_accepted};
use crate::platform::{my_turn, size};
use crate::process::BINARY;
use smpp_connector_tests::{GatewayProcess, Operator, PATIENCE, Platform};
use smsc_sim::{Record, Script, Smsc};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What the overloaded operator takes a second.
const LIMIT: u32 = 100;
/// What it is offered.
const OFFERED: u32 = 3 * LIMIT;
/// What both others together are offered, which they take at once.
const CALM: u32 = 100;
const BEAT: Duration = Duration::from_millis(100);
/// Before anything is measured.
const WARM: Duration = Duration::from_secs(1);
/// What a backlog may take of the host's memory: it is in the queue, not in the host.
const GAIN: u64 = 32 << 20;

struct Stage<'a> {
    host: &'a GatewayProcess,
    overloaded: &'a [Operator],
    others: &'a [Operator],
}

/// What has been offered.
#[derive(Default)]
struct Offer {
    to_overloaded: usize,
    to_others: usize,
    /// The most memory that the host has had meanwhile.
    memory: u64,
}

impl Stage<'_> {
    /// Offers both rates for a while, by the clock: what a late beat has missed comes with the next.
    fn offer(&self, to_overloaded: u32, time: Duration) -> Offer {
        let (started, mut offer) = (Instant::now(), Offer::default());
        loop {
            let elapsed = started.elapsed().min(time);
            for (to, rate, offered) in [
                (self.overloaded, to_overloaded, &mut offer.to_overloaded),
                (self.others, CALM, &mut offer.to_others),
            ] {
                let due = usize::try_from(elapsed.as_millis()).unwrap() * rate as usize / 1_000;
                for some in messages(to, due - *offered).chunks(POST) {
                    self.host.post(some).unwrap();
                }
                *offered = due;
            }
            offer.memory = offer.memory.max(self.host.own_memory());
            if elapsed == time {
                return offer;
            }
            std::thread::sleep(BEAT);
        }
    }

    /// Sum, in seconds, and number of the delays of the others' messages, from the queue to the wire.
    fn delays(&self) -> [f64; 2] {
        ["sum", "count"].map(|what| {
            let name = format!("smpp_connector_submit_delay_seconds_{what}");
            self.host.metric(&name, "operator=\"other-")
        })
    }

    fn play(&self, smsc: &Smsc) {
        let time = Duration::from_secs(size(4, 600));
        let warm = self.offer(0, WARM);
        until_accepted(self.host, warm.to_others, Duration::ZERO);
        let before = self.delays();
        let calm = self.offer(0, time);
        until_accepted(self.host, warm.to_others + calm.to_others, Duration::ZERO);
        let between = self.delays();
        let started = Instant::now();
        let offer = self.offer(OFFERED, time);
        // The others are through while most of the backlog is still there.
        let others = warm.to_others + calm.to_others + offer.to_others;
        let waiting = Instant::now();
        while self.delays()[1] < count(others) {
            assert!(waiting.elapsed() < PATIENCE, "{}", self.host.log());
            std::thread::sleep(BEAT);
        }
        let seen = smsc.counters().accepted;
        assert!(
            seen < u64::try_from(offer.to_overloaded).unwrap(),
            "the others have waited for the backlog"
        );
        let after = self.delays();
        let drained = time * OFFERED / LIMIT;
        until_accepted(self.host, others + offer.to_overloaded, drained);
        let taken = started.elapsed();
        let mean = |from: [f64; 2], to: [f64; 2]| (to[0] - from[0]) / (to[1] - from[1]);
        let use_of_limit = count(offer.to_overloaded) / taken.as_secs_f64() / f64::from(LIMIT);
        println!(
            "{} messages offered in {time:?}, through after {taken:.1?}: {:.0} % of the limit; delay of others {:.1} ms alone, {:.1} ms \
             beside it, {:.2} times; {} MiB alone, {} MiB beside it",
            offer.to_overloaded,
            100.0 * use_of_limit,
            1e3 * mean(before, between),
            1e3 * mean(between, after),
            mean(between, after) / mean(before, between),
            calm.memory >> 20,
            offer.memory >> 20
        );
        assert!(use_of_limit < 1.05, "{use_of_limit} of the limit");
        let gain = offer.memory.saturating_sub(calm.memory);
        assert!(gain < GAIN, "{} MiB more", gain >> 20);
        let sent = usize::try_from(smsc.counters().submits).unwrap();
        assert_eq!(sent, offer.to_overloaded, "each once");
        assert!(
            accepted(self.host) <= count(others + offer.to_overloaded),
            "each once"
        );
    }
}

fn operators(overloaded: &Smsc, other: &Smsc) -> Vec<Operator> {
    let limit = LIMIT.to_string();
    let overloaded = Operator::at(overloaded.addr()).named("overloaded");
    let other = |n| Operator::at(other.addr()).named(&format!("other-{n}"));
    vec![overloaded.set("tps_limit", &limit), other(1), other(2)]
}

fn smsc(runtime: &Runtime) -> Smsc {
    let script = Script::new().record(Record::Counts);
    runtime.block_on(Smsc::start(script)).unwrap()
}

fn play(smsc: &Smsc, host: &GatewayProcess, operators: &[Operator]) {
    let (overloaded, others) = operators.split_at(1);
    let stage = Stage {
        host,
        overloaded,
        others,
    };
    stage.play(smsc);
}

#[test]
fn an_overloaded_operator_leaves_the_others_alone() {
    let _turn = my_turn();
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let [overloaded, other] = [(); 2].map(|()| smsc(&runtime));
    let operators = operators(&overloaded, &other);
    let host = GatewayProcess::start(BINARY, dir.path(), &operators);
    play(&overloaded, &host, &operators);
    assert!(host.terminate().success());
}

#[test]
fn an_overloaded_operator_leaves_the_others_of_a_platform_alone() {
    let _turn = my_turn();
    let (runtime, platform) = (Runtime::new().unwrap(), Platform::start(BINARY));
    let [overloaded, other] = [(); 2].map(|()| smsc(&runtime));
    let operators = operators(&overloaded, &other);
    let host = platform.host("host", &operators);
    play(&overloaded, &host, &operators);
    assert!(host.terminate().success());
}
