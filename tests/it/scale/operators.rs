//! Many operators on one host, each with a plugin: 30, or 1,000 with `SMPP_STORIES=full`.

use super::{count, messages, post, until_accepted};
use crate::platform::{my_turn, size};
use crate::process::BINARY;
use smpp_connector_tests::{FarSide, GatewayProcess, Operator, PATIENCE, Platform, plugin_with};
use smsc_sim::{Record, Script};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What a host may have in memory with a hundred operators at work, beside its program.
const MEMORY: u64 = 128 << 20;
/// What each operator beyond these may add.
const EACH: u64 = 400 << 10;

/// What a host has cost.
struct Cost {
    start: Duration,
    /// CPU of a second without traffic.
    idle: Duration,
    /// CPU of a message, in microseconds.
    message: f64,
    own_memory: u64,
}

fn operators(smsc: SocketAddr, many: usize) -> Vec<Operator> {
    let plugin = plugin_with("latin1", false);
    let one = |n| {
        Operator::at(smsc)
            .named(&format!("operator-{n}"))
            .set("tps_limit", "1000000")
            .plugin(plugin.clone())
    };
    (0..many).map(one).collect()
}

/// Sends through a host that has just started.
fn play(host: &GatewayProcess, started: Instant, operators: &[Operator], messages_in_all: usize) -> Cost {
    let up = || host.metric("smpp_connector_binds_up", "");
    while up() < count(operators.len()) {
        assert!(started.elapsed() < PATIENCE, "{} binds are up", up());
        std::thread::sleep(Duration::from_millis(50));
    }
    let (start, before) = (started.elapsed(), host.cpu());
    const IDLE: u32 = 3;
    std::thread::sleep(Duration::from_secs(IDLE.into()));
    let idle = (host.cpu() - before) / IDLE;
    let (all, before) = (messages(operators, messages_in_all), host.cpu());
    post(host, &all);
    until_accepted(host, all.len(), Duration::ZERO);
    let message = (host.cpu() - before).as_secs_f64() * 1e6 / count(all.len());
    Cost {
        start,
        idle,
        message,
        own_memory: host.own_memory(),
    }
}

fn tell(what: &str, one: &Cost, all: &Cost, many: usize) {
    println!(
        "{what}, 1 and {many} operators: start {:?} and {:?}; a second without traffic {:?} and {:?} of CPU; a message {:.0} and {:.0} us, \
         {:.2} times; {} and {} MiB of memory",
        one.start,
        all.start,
        one.idle,
        all.idle,
        one.message,
        all.message,
        all.message / one.message,
        one.own_memory >> 20,
        all.own_memory >> 20
    );
}

fn bound(many: usize) -> u64 {
    MEMORY + EACH * u64::try_from(many.saturating_sub(100)).unwrap()
}

#[test]
fn many_operators_fit_one_embedded_host() {
    let _turn = my_turn();
    let (many, in_all) = (size(30, 1_000), size(1_500, 50_000));
    let smsc = FarSide::start(Script::new().record(Record::Off)).unwrap();
    let [one, all] = [1, many].map(|many| {
        let (dir, operators) = (tempfile::tempdir().unwrap(), operators(smsc.addr, many));
        let started = Instant::now();
        let host = GatewayProcess::start(BINARY, dir.path(), &operators);
        let cost = play(&host, started, &operators, in_all);
        assert!(host.terminate().success());
        cost
    });
    smsc.end();
    tell("embedded", &one, &all, many);
    assert!(all.own_memory < bound(many), "{} MiB", all.own_memory >> 20);
}

#[test]
fn many_operators_fit_one_host_of_a_platform() {
    let _turn = my_turn();
    let (many, in_all) = (size(30, 1_000), size(1_500, 50_000));
    let smsc = FarSide::start(Script::new().record(Record::Off)).unwrap();
    let [one, all] = [1, many].map(|many| {
        let (platform, operators) = (Platform::start(BINARY), operators(smsc.addr, many));
        let started = Instant::now();
        let host = platform.host("host", &operators);
        let cost = play(&host, started, &operators, in_all);
        assert!(host.terminate().success());
        cost
    });
    smsc.end();
    tell("NATS, PostgreSQL and Redis", &one, &all, many);
    assert!(all.own_memory < bound(many), "{} MiB", all.own_memory >> 20);
}
