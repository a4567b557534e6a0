//! While a server is away sending stops by itself, after what was at hand; then it goes on, and nothing is lost or sent twice.

use super::pace::Pace;
use super::{BINARY, my_turn, operator, until_bound};
use smpp_connector_tests::{GatewayProcess, Message, Operator, Platform};
use smpp_domain::ids::MessageId;
use smsc_sim::{Receipts, Script, Smsc};
use std::collections::HashSet;
use std::time::{Duration, Instant};

const TPS: u64 = 300;

/// What a host takes from the queue at most: four seconds of it.
const PLACES: u64 = 4 * TPS;

/// Once it has stopped, nothing comes for so long.
const SILENCE: Duration = Duration::from_secs(2);

/// After the last send that is allowed.
const MARGIN: Duration = Duration::from_secs(10);

/// For everything to come out, with so many messages at this rate.
const LIMIT: Duration = Duration::from_secs(60);

struct Stage {
    host: GatewayProcess,
    platform: Platform,
    smsc: Smsc,
    pace: Pace,
    operator: Operator,
    published: Vec<MessageId>,
}

impl Stage {
    fn new() -> Self {
        let platform = Platform::start(BINARY);
        let latency = Duration::from_millis(10);
        let smsc = platform.smsc(Script::new().latency(latency).receipts(Receipts::off()));
        let operator = operator(&smsc).set("tps_limit", &TPS.to_string());
        let host = platform.host("host", std::slice::from_ref(&operator));
        until_bound(&platform, &smsc, 1);
        Self {
            pace: Pace::start(&platform),
            host,
            platform,
            smsc,
            operator,
            published: Vec::new(),
        }
    }

    /// More than a host takes at once is there to be sent; then the server goes.
    fn stops(&mut self, what: &str, harm: impl FnOnce(&mut Platform), mend: impl FnOnce(&mut Platform)) {
        let first = self.published.len();
        let count = usize::try_from(PLACES + TPS).unwrap();
        let messages: Vec<_> = (first..first + count)
            .map(|n| Message::to(&format!("4920{n:08}")).operator(self.operator.id))
            .collect();
        self.published.extend(messages.iter().map(Message::id));
        let before = self.smsc.counters().submits;
        self.platform.publish(&messages);
        self.platform
            .seen(&self.smsc, |seen| seen.submits >= before + TPS / 2);

        harm(&mut self.platform);
        let (away, at) = (Instant::now(), self.smsc.counters().submits);
        let stopped = self.until_silent(away);
        let further = self.smsc.counters().submits - at;
        println!("{what}: {further} more submit_sm, the last after {stopped:?}");
        assert!(further <= PLACES, "{what}: {further} more submit_sm");
        let left = u64::try_from(self.published.len()).unwrap() - self.smsc.counters().submits;
        assert!(left > 0, "{what}: nothing was left to be held back");
        assert_eq!(self.smsc.counters().bound, 1, "{what}");

        mend(&mut self.platform);
        let all = &self.published;
        self.platform
            .within(LIMIT, what, |ledger| ledger.settled(all) == all.len());
    }

    /// Looks on until nothing was sent for a while. Returns when the last was sent, after the server had gone.
    fn until_silent(&self, away: Instant) -> Duration {
        let (mut sent, mut last) = (self.smsc.counters().submits, Instant::now());
        while last.elapsed() < SILENCE {
            // The simulated operator cannot be asked to tell that nothing comes.
            std::thread::sleep(Duration::from_millis(20));
            let now = self.smsc.counters().submits;
            if now > sent {
                (sent, last) = (now, Instant::now());
            }
            assert!(
                away.elapsed() < Duration::from_secs(4) + MARGIN + SILENCE,
                "sending goes on"
            );
        }
        last.saturating_duration_since(away)
    }

    /// Each was sent once.
    fn ends(self) {
        let sent: Vec<_> = self.smsc.submits();
        let numbers: HashSet<_> = sent.iter().map(|submit| &submit.destination.digits).collect();
        assert_eq!(
            (sent.len(), numbers.len()),
            (self.published.len(), self.published.len())
        );
        self.pace.holds(TPS, &self.smsc);
        assert!(self.host.terminate().success());
    }
}

#[test]
fn without_nats_nothing_is_sent_but_what_was_at_hand() {
    let _turn = my_turn();
    let mut stage = Stage::new();
    stage.stops("nats-server killed", |s| s.nats.kill(), |s| s.nats.start_again());
    stage.stops("nats-server hanging", |s| s.nats.freeze(), |s| s.nats.thaw());
    stage.ends();
}

#[test]
fn without_postgres_nothing_is_sent_but_what_was_at_hand() {
    let _turn = my_turn();
    let mut stage = Stage::new();
    stage.stops(
        "PostgreSQL killed",
        |s| s.postgres.kill(),
        |s| s.postgres.start_again(),
    );
    stage.stops(
        "PostgreSQL hanging",
        |s| s.postgres.freeze(),
        |s| s.postgres.thaw(),
    );
    stage.ends();
}
