//! Primaries that die and come back under load, and the backups that stand in.

use super::{count, messages, number, of_kind, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc, Submit};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

const HOLD: Duration = Duration::from_millis(300);
const WINDOW: usize = 10;

/// A primary and a backup under 500 messages a second, and what was given to the gateway so far.
struct Stage {
    primary: Smsc,
    backup: Smsc,
    gateway: Gateway,
    sent: Vec<Message>,
}

impl Stage {
    async fn new(change: impl FnOnce(Operator) -> Operator) -> Self {
        // Answers take a while: at each cut some are under way.
        let script = || {
            Script::new()
                .latency(Duration::from_millis(10))
                .receipts(smsc_sim::Receipts::off())
        };
        let (primary, backup) = (
            Smsc::start(script()).await.unwrap(),
            Smsc::start(script()).await.unwrap(),
        );
        let operator = Operator::at(primary.addr())
            .set("tps_limit", "500")
            .set("reconnect_delays", "[\"100ms\"]")
            .session("failback_hold", "\"300ms\"")
            .backup_at(backup.addr());
        let gateway = Gateway::start(vec![change(operator)]).await;
        seen(&primary, |seen| seen.bound == 1).await;
        Self {
            primary,
            backup,
            gateway,
            sent: Vec::new(),
        }
    }

    fn accepted(&self) -> usize {
        usize::try_from(self.primary.counters().accepted + self.backup.counters().accepted).unwrap()
    }

    /// Keeps more waiting than goes out in two seconds.
    async fn load(&mut self) {
        if self.sent.len() < self.accepted() + 1_000 {
            let first = self.sent.len();
            let fresh: Vec<_> = (first..first + 500)
                .map(|i| Message::to(&number(i)).text(&i.to_string()))
                .collect();
            self.gateway.send(&fresh).await;
            self.sent.extend(fresh);
        }
    }

    /// Kills the primary in the middle of its traffic, and revives it when the backup works. Returns how long nobody did.
    async fn kill_and_revive(&mut self) -> Duration {
        self.load().await;
        let (busy, idle) = (self.primary.counters(), self.backup.counters());
        seen(&self.primary, |seen| seen.submits >= busy.submits + 40).await;
        self.primary.stop_listening().await;
        let cut = Instant::now();
        assert_eq!(self.primary.cut_links(), 1);
        seen(&self.backup, |seen| seen.submits > idle.submits).await;
        let gap = cut.elapsed();
        self.primary.resume().await.unwrap();
        let before = self.primary.counters();
        seen(&self.primary, |seen| seen.binds > before.binds).await;
        self.load().await;
        seen(&self.primary, |seen| seen.submits > before.submits).await;
        gap
    }

    /// Waits until everything has its outcome.
    async fn events(&self) -> Vec<Value> {
        let all = self.sent.len();
        self.gateway
            .events_until(|events| count(events, "submit") >= all)
            .await
    }

    /// The outcomes of each message, in the order of sending.
    fn outcomes<'e>(&self, events: &'e [Value]) -> Vec<Vec<&'e str>> {
        let mut by_id: HashMap<&str, Vec<&str>> = HashMap::new();
        for event in of_kind(events, "submit") {
            let id = event["messageId"].as_str().unwrap();
            by_id
                .entry(id)
                .or_default()
                .push(event["outcome"].as_str().unwrap());
        }
        let own = |message: &Message| {
            by_id
                .remove(message.id().to_string().as_str())
                .unwrap_or_default()
        };
        self.sent.iter().map(own).collect()
    }

    fn assert_accepted(&self, events: &[Value]) {
        for (i, outcomes) in self.outcomes(events).iter().enumerate() {
            assert_eq!(outcomes, &["ACCEPTED"], "message {i}");
        }
    }

    /// How many messages went more than once: each had been among the last window of a link that was then cut, and went
    /// once more for each such cut, and no more.
    fn doubled(&self, outcomes: &[Vec<&str>]) -> usize {
        let submits = self.primary.submits();
        let mut by_link: HashMap<u64, Vec<&Submit>> = HashMap::new();
        for submit in &submits {
            by_link.entry(submit.link).or_default().push(submit);
        }
        // What could be unanswered when a link was cut: the last window of each link but the one that is up.
        let last = submits.iter().map(|submit| submit.link).max().unwrap();
        let mut at_cut: HashMap<&str, usize> = HashMap::new();
        let cut = by_link.iter().filter(|(link, _)| **link != last);
        for submit in cut.flat_map(|(_, own)| own.iter().rev().take(WINDOW)) {
            *at_cut.entry(&submit.destination.digits).or_default() += 1;
        }
        let (here, there) = (
            self.primary.submits_by_destination(),
            self.backup.submits_by_destination(),
        );
        let mut doubled = 0;
        for (i, outcomes) in outcomes.iter().enumerate() {
            let number = number(i);
            let copies = here.get(&number).unwrap_or(&0) + there.get(&number).unwrap_or(&0);
            let unanswered = at_cut.get(number.as_str()).copied().unwrap_or_default();
            // What was reported as UNKNOWN may not have come further than our own socket.
            assert!(copies >= 1 || outcomes == &["UNKNOWN"], "message {i} was lost");
            assert!(
                copies as usize <= 1 + unanswered,
                "message {i} went {copies} times"
            );
            doubled += usize::from(copies > 1);
        }
        doubled
    }

    /// No traffic on a primary that came back before it has proved itself.
    fn assert_held(&self) {
        let mut first: HashMap<u64, Instant> = HashMap::new();
        for submit in self.primary.submits() {
            first.entry(submit.link).or_insert(submit.at);
        }
        for bind in self.primary.bind_requests().iter().skip(1) {
            let waited = first[&bind.link] - bind.at;
            assert!(waited >= HOLD, "link {} worked after {waited:?}", bind.link);
        }
    }

    /// The primary went through the states in the model's order, `rounds` times.
    fn assert_states(&self, events: &[Value], rounds: usize) {
        let port = json!(self.primary.addr().port());
        let own = of_kind(events, "session")
            .into_iter()
            .filter(|event| event["port"] == port);
        let changes: Vec<_> = own
            .map(|event| (event["from"].as_str().unwrap(), event["to"].as_str().unwrap()))
            .collect();
        for pair in changes.windows(2) {
            assert_eq!(pair[0].1, pair[1].0, "{changes:?}");
        }
        // An attempt that came too early changes nothing in the order of the others.
        let failed = |state: &&str| !matches!(*state, "CONNECTING" | "DISCONNECTED");
        let states: Vec<_> = changes.iter().map(|(_, to)| *to).filter(failed).collect();
        let round = ["UNBOUND", "FAILBACK", "BOUND"];
        let wanted: Vec<_> = ["BOUND"]
            .into_iter()
            .chain([round; 50].concat().into_iter().take(3 * rounds))
            .collect();
        assert_eq!(states, wanted);
        let attempts = changes.iter().filter(|(_, to)| *to == "CONNECTING").count();
        let failures = changes.iter().filter(|(_, to)| *to == "DISCONNECTED").count();
        assert_eq!(attempts, 1 + rounds + failures);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_dies_and_comes_back_fifty_times_under_load() {
    let mut stage = Stage::new(|operator| operator).await;
    let mut gaps = Vec::new();
    for _ in 0..50 {
        gaps.push(stage.kill_and_revive().await);
    }
    let longest = gaps.iter().max().unwrap();
    assert!(*longest < Duration::from_secs(2), "{gaps:?}");
    let events = stage.events().await;
    stage.assert_accepted(&events);
    let doubled = stage.doubled(&stage.outcomes(&events));
    stage.assert_held();
    stage.assert_states(&events, 50);
    println!(
        "{} messages, {doubled} unanswered at a cut and sent again, longest gap {longest:?}",
        stage.sent.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_may_go_twice_a_dying_primary_doubles_nothing() {
    let mut stage = Stage::new(|operator| operator.set("on_unanswered", "\"report\"")).await;
    for _ in 0..10 {
        stage.kill_and_revive().await;
    }
    let events = stage.events().await;
    let mut unknown = 0;
    for (i, outcomes) in stage.outcomes(&events).iter().enumerate() {
        match outcomes.as_slice() {
            ["ACCEPTED"] => {}
            ["UNKNOWN"] => unknown += 1,
            other => panic!("message {i}: {other:?}"),
        }
    }
    assert!(unknown <= 10 * WINDOW, "{unknown}");
    assert_eq!(stage.doubled(&stage.outcomes(&events)), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_on_demand_is_bound_only_while_it_is_needed() {
    let mut stage = Stage::new(|operator| operator.session("bind", "\"on-demand\"")).await;
    for round in 1..=3 {
        assert_eq!(
            (stage.backup.counters().links, stage.backup.counters().binds),
            (0, round - 1)
        );
        let gap = stage.kill_and_revive().await;
        assert!(gap < Duration::from_secs(2), "{gap:?}");
        seen(&stage.backup, |seen| seen.unbinds == round && seen.links == 0).await;
    }
    let events = stage.events().await;
    stage.assert_accepted(&events);
    stage.doubled(&stage.outcomes(&events));
    stage.assert_held();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_on_demand_stands_in_for_a_primary_that_never_came_up() {
    let script = Script::new().bind_status(smsc_sim::status::INVALID_PASSWORD);
    let (primary, backup) = (
        Smsc::start(script).await.unwrap(),
        Smsc::start(Script::new()).await.unwrap(),
    );
    let operator = Operator::at(primary.addr())
        .backup_at(backup.addr())
        .session("bind", "\"on-demand\"");
    let gateway = Gateway::start(vec![operator]).await;
    let messages = messages(20);
    gateway.send(&messages).await;
    let events = gateway.events_until(|events| count(events, "submit") == 20).await;
    super::assert_outcomes(&events, &messages, "ACCEPTED");
    assert_eq!((primary.counters().binds, backup.counters().submits), (0, 20));
}

/// A message that was begun on the backup ends there, although the primary has the traffic again: its parts belong together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_stays_where_it_began_when_the_primary_comes_back() {
    let stage = Stage::new(|operator| operator.set("tps_limit", "200")).await;
    seen(&stage.backup, |seen| seen.bound == 1).await;
    stage.primary.stop_listening().await;
    stage.primary.cut_links();
    let text = "c".repeat(153 * 4);
    let messages: Vec<_> = (0..100).map(|i| Message::to(&number(i)).text(&text)).collect();
    stage.gateway.send(&messages).await;
    seen(&stage.backup, |seen| seen.submits >= 40).await;
    stage.primary.resume().await.unwrap();
    let events = stage
        .gateway
        .events_until(|events| count(events, "submit") == messages.len())
        .await;
    super::assert_outcomes(&events, &messages, "ACCEPTED");
    let (here, there) = (stage.primary.messages(), stage.backup.messages());
    assert!(!here.is_empty(), "the story is about the switch");
    assert_eq!(here.len() + there.len(), messages.len());
    assert!(
        here.iter()
            .chain(&there)
            .all(smsc_sim::ReceivedMessage::is_complete)
    );
}
