//! Many operators on one host, each with a plugin: 30, or 10, 100 and 1,000 with `SMPP_STORIES=full`.

use super::{count, messages, post};
use crate::platform::{my_turn, size};
use crate::process::BINARY;
use smpp_connector_tests::load::{Processes, Who};
use smpp_connector_tests::{FarSide, GatewayProcess, Operator, PATIENCE, Platform, plugin_with};
use smsc_sim::{Record, Script};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What a host may have in memory with a hundred operators at work, beside its program.
const MEMORY: u64 = 128 << 20;
/// What each operator beyond these may add.
const EACH: u64 = 400 << 10;

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
    /// CPU of a message, in microseconds.
    message: f64,
    /// The same of its servers.
    servers: f64,
    own_memory: u64,
    resident: u64,
    /// How long its page of metrics takes.
    metrics: Duration,
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

/// Sends through a host that has just started. The operators' side tells when it is over: a page of metrics of a thousand operators
/// costs more than a message.
fn play(
    host: &GatewayProcess,
    smsc: &FarSide,
    servers: &Processes,
    started: Instant,
    operators: &[Operator],
) -> Cost {
    let reached = |what: &str, enough: &dyn Fn() -> bool| {
        while !enough() {
            assert!(started.elapsed() < 4 * PATIENCE, "{what}; log:\n{}", host.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let many = u64::try_from(operators.len()).unwrap();
    reached("binds", &|| smsc.counters().bound >= many);
    let start = started.elapsed();
    // Whatever was put off until after the start.
    std::thread::sleep(Duration::from_secs(size(1, 10)));
    let before = host.cpu();
    const IDLE: u32 = 3;
    std::thread::sleep(Duration::from_secs(IDLE.into()));
    let idle = (host.cpu() - before) / IDLE;
    let all = messages(operators, size(1_500, 50_000));
    let used = || servers.used().unwrap().iter().sum::<f64>();
    let (before, told, servers_before) = (host.cpu(), smsc.counters().receipts_acknowledged, used());
    post(host, &all);
    let end = told + u64::try_from(all.len()).unwrap();
    reached("receipts", &|| smsc.counters().receipts_acknowledged >= end);
    let message = (host.cpu() - before).as_secs_f64() * 1e6 / count(all.len());
    let servers = (used() - servers_before) / count(all.len());
    let (own_memory, resident) = (host.own_memory(), host.resident());
    let asked = Instant::now();
    let accepted = super::accepted(host);
    assert!(accepted >= count(all.len()), "{accepted} accepted");
    Cost {
        operators: operators.len(),
        start,
        idle,
        message,
        servers,
        own_memory,
        resident,
        metrics: asked.elapsed(),
    }
}

fn tell(what: &str, costs: &[Cost]) {
    let one = &costs[0];
    println!("{what}:");
    for cost in costs {
        println!(
            "{:>6} operators: start {:.1?}, {:.1?} of CPU in a second without traffic, {:.0} us a message, {:.2} times, {:.0} us of the \
             servers, {:.2} times, {} MiB of its own, {} MiB resident, metrics in {:.0?}",
            cost.operators,
            cost.start,
            cost.idle,
            cost.message,
            cost.message / one.message,
            cost.servers,
            cost.servers / one.servers,
            cost.own_memory >> 20,
            cost.resident >> 20,
            cost.metrics
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
        let smsc = FarSide::start(Script::new().record(Record::Off)).unwrap();
        let (dir, operators) = (tempfile::tempdir().unwrap(), operators(smsc.addr, *many));
        let started = Instant::now();
        let host = GatewayProcess::start(BINARY, dir.path(), &operators);
        let cost = play(&host, &smsc, &Processes::default(), started, &operators);
        assert!(host.terminate().success());
        smsc.end();
        cost
    };
    tell("embedded", &sizes().iter().map(run).collect::<Vec<_>>());
}

#[test]
fn many_operators_fit_one_host_of_a_platform() {
    let _turn = my_turn();
    let run = |many: &usize| {
        let smsc = FarSide::start(Script::new().record(Record::Off)).unwrap();
        let (platform, operators) = (Platform::start(BINARY), operators(smsc.addr, *many));
        let servers = Processes(vec![
            ("NATS", Who::Family(platform.nats.pid())),
            ("PostgreSQL", Who::Family(platform.postgres.pid())),
            ("Redis", Who::Family(platform.redis.pid())),
        ]);
        let started = Instant::now();
        let host = platform.host("host", &operators);
        let cost = play(&host, &smsc, &servers, started, &operators);
        assert!(host.terminate().success());
        smsc.end();
        cost
    };
    tell(
        "NATS, PostgreSQL and Redis",
        &sizes().iter().map(run).collect::<Vec<_>>(),
    );
}
