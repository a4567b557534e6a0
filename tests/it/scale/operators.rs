//! Many operators on one host, each with a plugin: 30, or 10, 100 and 1,000 with `SMPP_STORIES=full`.
//!
//! A message's cost is told twice: by the clock, where each comes alone whoever it is for, and in a burst of as many as the host
//! can take. In a burst one operator has them by the hundred, which share system calls, statements and syncs; of a thousand operators each
//! has one at a time. So the first ratio tells what operators cost, and the second what batches save.

use super::{count, messages, post};
use crate::platform::{my_turn, size};
use crate::process::BINARY;
use smpp_connector_tests::load::{Processes, Who};
use smpp_connector_tests::{FarSide, GatewayProcess, Message, Operator, PATIENCE, Platform, plugin_with};
use smsc_sim::{Receipts, Record, Script};
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What a host may have in memory with a hundred operators at work, beside its program.
const MEMORY: u64 = 128 << 20;
/// What each operator beyond these may add.
const EACH: u64 = 400 << 10;

/// Messages a second by the clock, to all operators together.
const RATE: usize = 500;
/// How often that is looked at: each message comes alone.
const BEAT: Duration = Duration::from_millis(1);

/// How many operators there are, one run after the other.
fn sizes() -> &'static [usize] {
    size(&[1, 30], &[1, 10, 100, 1_000])
}

/// What a host has cost.
struct Cost {
    operators: usize,
    start: Duration,
    /// CPU of a second without traffic.
    idle: Duration,
    by_the_clock: Work,
    burst: Work,
    own_memory: u64,
    resident: u64,
    /// How long its page of metrics takes.
    metrics: Duration,
}

/// CPU of a message, in microseconds.
struct Work {
    host: f64,
    servers: f64,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} us and {:.0} of the servers", self.host, self.servers)
    }
}

/// Who works, and where it is seen that a message is through.
struct Scene {
    host: GatewayProcess,
    smsc: FarSide,
    servers: Processes,
    started: Instant,
}

impl Scene {
    fn wait(&self, what: &str, enough: impl Fn() -> bool) {
        while !enough() {
            let log = || self.host.log();
            assert!(self.started.elapsed() < 5 * PATIENCE, "{what}; log:\n{}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What each of these messages costs until its receipt is acknowledged. The operators' side tells when it is over: a page of
    /// metrics of a thousand operators costs more than a message.
    fn work(&self, messages: usize, send: impl FnOnce()) -> Work {
        let used = || self.servers.used().unwrap().iter().sum::<f64>();
        let acknowledged = || self.smsc.counters().receipts_acknowledged;
        let (host, servers, told) = (self.host.cpu(), used(), acknowledged());
        send();
        let end = told + u64::try_from(messages).unwrap();
        self.wait("receipts", || acknowledged() >= end);
        Work {
            host: (self.host.cpu() - host).as_secs_f64() * 1e6 / count(messages),
            servers: (used() - servers) / count(messages),
        }
    }
}

/// Posts messages as they are due.
fn pace(host: &GatewayProcess, messages: &[Message]) {
    let (started, mut posted) = (Instant::now(), 0);
    while posted < messages.len() {
        std::thread::sleep(BEAT);
        let due = usize::try_from(started.elapsed().as_millis()).unwrap() * RATE / 1_000;
        let due = due.min(messages.len());
        if due > posted {
            host.post(&messages[posted..due]).unwrap();
        }
        posted = due;
    }
}

/// Its receipts come when the answer has long been recorded, as in the field. Those that overtake it are parked, which costs more.
fn far_side() -> FarSide {
    let receipts = Receipts::new().after(Duration::from_millis(500));
    FarSide::start(Script::new().record(Record::Off).receipts(receipts)).unwrap()
}

fn operators(smsc: SocketAddr, many: usize) -> Vec<Operator> {
    let plugin = plugin_with("latin1", false);
    let one = |n| {
        Operator::at(smsc)
            .named(&format!("operator-{n}"))
            // An account of its own: receipts come by any link of it.
            .session("system_id", &format!("\"{n}\""))
            .set("tps_limit", "1000000")
            // As by default: how often each operator looks through its parked receipts depends on it.
            .set("unmatched_after", "\"60s\"")
            .plugin(plugin.clone())
    };
    (0..many).map(one).collect()
}

/// Sends through a host that has just started, and ends it.
fn play(scene: Scene, operators: &[Operator]) -> Cost {
    let Scene { host, smsc, .. } = &scene;
    let many = u64::try_from(operators.len()).unwrap();
    scene.wait("binds", || smsc.counters().bound >= many);
    let start = scene.started.elapsed();
    // Whatever was put off until after the start.
    std::thread::sleep(Duration::from_secs(size(1, 10)));
    let before = host.cpu();
    const IDLE: u32 = 3;
    std::thread::sleep(Duration::from_secs(IDLE.into()));
    let idle = (host.cpu() - before) / IDLE;
    let some = messages(operators, RATE * size(1, 20));
    let by_the_clock = scene.work(some.len(), || pace(host, &some));
    let all = messages(operators, size(1_500, 50_000));
    let burst = scene.work(all.len(), || post(host, &all));
    let (own_memory, resident) = (host.own_memory(), host.resident());
    let asked = Instant::now();
    let accepted = super::accepted(host);
    let metrics = asked.elapsed();
    assert!(accepted >= count(some.len() + all.len()), "{accepted} accepted");
    assert!(scene.host.terminate().success());
    scene.smsc.end();
    Cost {
        operators: operators.len(),
        start,
        idle,
        by_the_clock,
        burst,
        own_memory,
        resident,
        metrics,
    }
}

fn tell(what: &str, costs: &[Cost]) {
    let one = &costs[0];
    println!("{what}:");
    let times = |work: &Work, one: &Work| work.host / one.host;
    for cost in costs {
        println!(
            "{:>6} operators: start {:.1?}, {:.1?} of CPU in a second without traffic, {} MiB of its own, {} MiB resident, metrics in {:.0?}; \
             a message at {RATE} a second {}, {:.2} times; in a burst {}, {:.2} times",
            cost.operators,
            cost.start,
            cost.idle,
            cost.own_memory >> 20,
            cost.resident >> 20,
            cost.metrics,
            cost.by_the_clock,
            times(&cost.by_the_clock, &one.by_the_clock),
            cost.burst,
            times(&cost.burst, &one.burst),
        );
    }
    for cost in costs {
        let beyond = u64::try_from(cost.operators.saturating_sub(100)).unwrap();
        assert!(
            cost.own_memory < MEMORY + EACH * beyond,
            "{} MiB",
            cost.own_memory >> 20
        );
    }
}

#[test]
fn many_operators_fit_one_embedded_host() {
    let _turn = my_turn();
    let run = |many: &usize| {
        let smsc = far_side();
        let (dir, operators) = (tempfile::tempdir().unwrap(), operators(smsc.addr, *many));
        let started = Instant::now();
        let host = GatewayProcess::start(BINARY, dir.path(), &operators);
        let scene = Scene {
            host,
            smsc,
            servers: Processes::default(),
            started,
        };
        play(scene, &operators)
    };
    tell("embedded", &sizes().iter().map(run).collect::<Vec<_>>());
}

#[test]
fn many_operators_fit_one_host_of_a_platform() {
    let _turn = my_turn();
    let run = |many: &usize| {
        let smsc = far_side();
        let (platform, operators) = (Platform::start(BINARY), operators(smsc.addr, *many));
        let servers = Processes(vec![
            ("NATS", Who::Family(platform.nats.pid())),
            ("PostgreSQL", Who::Family(platform.postgres.pid())),
            ("Redis", Who::Family(platform.redis.pid())),
        ]);
        let started = Instant::now();
        let host = platform.host("host", &operators);
        let scene = Scene {
            host,
            smsc,
            servers,
            started,
        };
        play(scene, &operators)
    };
    tell(
        "NATS, PostgreSQL and Redis",
        &sizes().iter().map(run).collect::<Vec<_>>(),
    );
}
