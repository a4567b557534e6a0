//! Servers that die and networks that hang, break and close, under load: the sessions stay bound, work pauses and goes on by
//! itself, memory stays flat, nothing is lost and nothing is sent twice.

use super::ledger::{Promise, keeps};
use super::traffic::Traffic;
use super::{BINARY, my_turn, operator, size, until_bound};
use smpp_connector_tests::{GatewayProcess, Message, Operator, Platform, Relay, Way};
use smpp_domain::ids::MessageId;
use smsc_sim::{Receipts, Script, Smsc};
use std::time::{Duration, Instant};

/// What work may take to go on, once all is well again.
const RESUMED: Duration = Duration::from_secs(40);

/// What a host may gain in memory by all of this.
const GAIN: u64 = 48 << 20;

/// A stage on which one thing after the other breaks.
struct Stage {
    /// Before their platform, which takes their folders with it.
    hosts: Vec<GatewayProcess>,
    platform: Platform,
    smsc: Smsc,
    operator: Operator,
    binds: u64,
    traffic: Option<Traffic>,
    memory: Vec<u64>,
    probes: usize,
    began: Instant,
}

impl Stage {
    fn new(platform: Platform, hosts: u64) -> Self {
        let receipts = Receipts::new().after(Duration::from_millis(40));
        let smsc = platform.smsc(
            // It keeps what is refused for longer than the longest harm: operators do for days.
            Script::new()
                .resend_refused(Duration::from_secs(1), 120)
                .latency(Duration::from_millis(10))
                .receipts(receipts),
        );
        let operator = operator(&smsc).session("binds", &hosts.to_string());
        let running = (0..hosts)
            .map(|host| platform.host(&format!("host-{host}"), std::slice::from_ref(&operator)))
            .collect();
        until_bound(&platform, &smsc, hosts);
        let traffic = Traffic::start(&platform, &operator, 1);
        let mut stage = Self {
            binds: smsc.counters().binds,
            platform,
            smsc,
            operator,
            hosts: running,
            traffic: Some(traffic),
            memory: Vec::new(),
            probes: 0,
            began: Instant::now(),
        };
        stage.goes_on("at first");
        stage.memory = stage.hosts.iter().map(GatewayProcess::resident).collect();
        stage
    }

    /// What is published now is carried out, to the last receipt.
    fn goes_on(&mut self, after: &str) {
        let first = self.probes;
        self.probes += 20;
        let messages: Vec<_> = (first..self.probes)
            .map(|n| Message::to(&format!("4916{n:08}")).operator(self.operator.id))
            .collect();
        let ids: Vec<MessageId> = messages.iter().map(Message::id).collect();
        let started = Instant::now();
        self.platform.publish(&messages);
        self.platform
            .within(RESUMED, after, |ledger| ledger.ended(&ids) == ids.len());
        let at = started.duration_since(self.began);
        println!("{after}, over at {at:?}: goes on within {:?}", started.elapsed());
    }

    /// One harm after another; `mend` makes it good.
    fn suffers(
        &mut self,
        what: &str,
        lasting: Duration,
        harm: impl FnOnce(&mut Platform),
        mend: impl FnOnce(&mut Platform),
    ) {
        harm(&mut self.platform);
        // Not a wait for something: the harm lasts so long.
        std::thread::sleep(lasting);
        let seen = self.smsc.counters();
        assert_eq!(seen.bound, self.binds, "during {what}: {seen:#?}");
        mend(&mut self.platform);
        self.goes_on(what);
        let seen = self.smsc.counters();
        assert_eq!(seen.binds, self.binds, "after {what}: {seen:#?}");
        for (host, before) in self.hosts.iter().zip(&self.memory) {
            let gain = host.resident().saturating_sub(*before);
            assert!(gain < GAIN, "after {what}: {} MiB more", gain >> 20);
        }
    }

    fn ends(mut self) {
        let accepted = self.traffic.take().unwrap().stop(&self.platform);
        let found = keeps(Promise::Exactly, &self.platform, &self.smsc, &accepted, RESUMED);
        println!("{found}");
        for host in self.hosts {
            assert!(host.terminate().success());
        }
    }
}

/// How long the harm lasts, and how often it comes.
fn away() -> Duration {
    Duration::from_secs(size(2, 12))
}

fn rounds() -> usize {
    size(1, 5)
}

#[test]
fn servers_that_are_killed_and_come_back_cost_time_alone() {
    let _turn = my_turn();
    let mut stage = Stage::new(Platform::start(BINARY), 2);
    for _ in 0..rounds() {
        stage.suffers(
            "a kill of nats-server",
            away(),
            |servers| servers.nats.kill(),
            |servers| servers.nats.start_again(),
        );
        stage.suffers(
            "a kill of PostgreSQL",
            away(),
            |servers| servers.postgres.kill(),
            |servers| servers.postgres.start_again(),
        );
        stage.suffers(
            "a kill of redis-server",
            away(),
            |servers| servers.redis.kill(),
            |servers| servers.redis.start_again(),
        );
    }
    stage.ends();
}

#[test]
fn a_current_nats_server_may_be_killed_as_well() {
    let _turn = my_turn();
    let mut stage = Stage::new(Platform::start_current(BINARY), 2);
    for _ in 0..rounds() {
        stage.suffers(
            "a kill of nats-server",
            away(),
            |servers| servers.nats.kill(),
            |servers| servers.nats.start_again(),
        );
    }
    stage.ends();
}

#[test]
fn servers_that_hang_cost_time_alone() {
    let _turn = my_turn();
    let mut stage = Stage::new(Platform::start(BINARY), 1);
    for _ in 0..rounds() {
        stage.suffers(
            "a hanging nats-server",
            away(),
            |s| s.nats.freeze(),
            |s| s.nats.thaw(),
        );
        stage.suffers(
            "a hanging PostgreSQL",
            away(),
            |s| s.postgres.freeze(),
            |s| s.postgres.thaw(),
        );
        stage.suffers(
            "a hanging redis-server",
            away(),
            |s| s.redis.freeze(),
            |s| s.redis.thaw(),
        );
    }
    stage.ends();
}

/// Everything that a network does, to the connections of one server.
fn a_network_that_fails(of: fn(&Platform) -> &Relay) {
    let _turn = my_turn();
    let mut stage = Stage::new(Platform::start(BINARY).behind_relays(), 1);
    let heal = |platform: &mut Platform| of(platform).heal();
    for _ in 0..rounds() {
        stage.suffers("a stall", away(), |platform| of(platform).stall_all(), heal);
        for way in [Way::ToServer, Way::ToClient] {
            let what = format!("a stall {way:?}");
            stage.suffers(&what, away(), |platform| of(platform).stall(way), heal);
            let what = format!("a half-close {way:?}");
            let moment = Duration::from_millis(300);
            stage.suffers(&what, moment, |platform| of(platform).half_close(way), heal);
        }
        let moment = Duration::from_millis(300);
        stage.suffers("a cut", moment, |platform| of(platform).cut(), heal);
        let gone = |platform: &mut Platform| {
            of(platform).refuse();
            of(platform).cut();
        };
        stage.suffers("a cut with refusals", away(), gone, heal);
        let hole = |platform: &mut Platform| {
            of(platform).stall_all();
            of(platform).cut();
        };
        stage.suffers("a cut into a stall", away(), hole, heal);
    }
    stage.ends();
}

fn relays(platform: &Platform) -> &smpp_connector_tests::Relays {
    platform.relays.as_ref().unwrap()
}

#[test]
fn a_network_that_fails_before_nats_costs_time_alone() {
    a_network_that_fails(|platform| &relays(platform).nats);
}

#[test]
fn a_network_that_fails_before_postgres_costs_time_alone() {
    a_network_that_fails(|platform| &relays(platform).postgres);
}

#[test]
fn a_network_that_fails_before_redis_costs_time_alone() {
    a_network_that_fails(|platform| &relays(platform).redis);
}
