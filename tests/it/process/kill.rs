//! kill -9 at random instants: nothing accepted is lost, and what was settled is never sent again.
//!
//! `KILL_SEED=n` repeats the instants of a run; the seed is printed.

use super::{BINARY, Stage};
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, Message, Operator, http, post};
use smsc_sim::{Receipts, Script, Smsc, Submit};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::time::Duration;

const ROUNDS: usize = 25;
const WINDOW: usize = 20;

/// Numbers that look random (SplitMix64), the same for the same seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn seeded() -> Self {
        let given = std::env::var("KILL_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()) * 7_919);
        println!("KILL_SEED={seed}");
        Self(seed)
    }

    /// 0..bound.
    pub(crate) fn roll(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

/// What the platform knows of one message.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) number: String,
    pub(crate) text: String,
}

impl Sent {
    /// Text `number`, of several parts in one of three.
    pub(crate) fn random(number: String, dice: &mut Dice) -> Self {
        let words = if dice.roll(3) == 0 { 30 + dice.roll(40) } else { 1 };
        let text: String = (0..words).map(|word| format!("{number} {word} ")).collect();
        let text = text.trim_end().to_owned();
        Self { number, text }
    }

    pub(crate) fn message(&self, operator: &Operator) -> Message {
        Message::to(&self.number).text(&self.text).operator(operator.id)
    }
}

/// What a life of the gateway has told the platform before it was killed.
#[derive(Default)]
pub(super) struct Life {
    /// Answered 202, by message id.
    pub(super) accepted: BTreeMap<String, Sent>,
    /// Ids of messages whose outcome was read from the stream.
    pub(super) settled: BTreeSet<String>,
}

/// A story of lives: what each told, and how many submit_sm the SMSC had seen at its end.
#[derive(Default)]
pub(super) struct Lives {
    pub(super) accepted: BTreeMap<String, Sent>,
    pub(super) ends: Vec<(usize, BTreeSet<String>)>,
}

/// Lets a gateway run under traffic for a random time, and kills it.
fn one_life(stage: &Stage, operator: &Operator, round: usize, dice: &mut Dice) -> Life {
    let gateway = stage.gateway(operator);
    let stream = gateway.url("/api/v1/events?after=0");
    let reader = std::thread::spawn(move || read_outcomes(&stream));
    let (url, operator, seed) = (gateway.url(""), operator.clone(), dice.roll(u64::MAX));
    let (first_in, first) = mpsc::channel();
    let poster = std::thread::spawn(move || post_until_dead(&url, &operator, round, Dice(seed), &first_in));
    // Some are killed before they have accepted anything.
    if dice.roll(8) > 0 {
        first.recv().unwrap();
    }
    std::thread::sleep(Duration::from_micros(dice.roll(500_000)));
    gateway.kill();
    Life {
        accepted: poster.join().unwrap(),
        settled: reader.join().unwrap(),
    }
}

/// Reads the stream until it breaks: ids of messages that have their outcome.
fn read_outcomes(url: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let Ok(lines) = http::lines(url) else { return ids };
    for line in lines.map_while(Result::ok) {
        let event = line
            .strip_prefix("data:")
            .and_then(|data| serde_json::from_str::<Value>(data).ok());
        let outcome = event.filter(|event| event["type"] == "submit");
        ids.extend(outcome.map(|event| event["messageId"].as_str().unwrap().to_owned()));
    }
    ids
}

/// Posts small batches until nobody answers; every third message has several parts.
fn post_until_dead(
    url: &str,
    operator: &Operator,
    round: usize,
    mut dice: Dice,
    first: &mpsc::Sender<()>,
) -> BTreeMap<String, Sent> {
    let mut accepted = BTreeMap::new();
    // Enough to keep the window full, and not so much that the backlog outgrows the story.
    for batch in 0..40 {
        let mut sent = Vec::new();
        let mut bodies = Vec::new();
        for item in 0..=dice.roll(5) {
            let number = format!("48{round:03}{batch:04}{item:02}");
            let item = Sent::random(number, &mut dice);
            let message = item.message(operator);
            sent.push((message.id().to_string(), item));
            bodies.push(message);
        }
        if post(url, &bodies).is_err() {
            break;
        }
        accepted.extend(sent);
        // The story may have stopped to listen.
        first.send(()).unwrap_or_default();
    }
    accepted
}

/// Plays all lives.
pub(super) fn play(stage: &Stage, operator: &Operator, rounds: usize, dice: &mut Dice) -> Lives {
    let mut lives = Lives::default();
    for round in 0..rounds {
        let life = one_life(stage, operator, round, dice);
        // What is in the sockets still arrives.
        stage.wait_until(|counters| counters.links == 0);
        lives.accepted.extend(life.accepted);
        lives.ends.push((stage.smsc.submits().len(), life.settled));
    }
    lives
}

/// Reads events until each of these messages had one of this kind.
pub(super) fn until_all<'a>(
    gateway: &GatewayProcess,
    messages: impl Iterator<Item = &'a String>,
    is_it: impl Fn(&Value) -> bool,
) -> Vec<Value> {
    let mut missing: BTreeSet<&str> = messages.map(String::as_str).collect();
    gateway.events_until(|events| {
        let newest = events.last().filter(|event| is_it(event));
        if let Some(id) = newest.and_then(|event| event["messageId"].as_str()) {
            missing.remove(id);
        }
        missing.is_empty()
    })
}

/// The messages' outcomes, each told once in the log.
pub(super) fn outcomes(events: &[Value]) -> BTreeMap<String, Value> {
    let mut outcomes = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "submit") {
        let id = event["messageId"].as_str().unwrap().to_owned();
        let earlier = outcomes.insert(id, event.clone());
        assert!(
            earlier.is_none(),
            "two outcomes of one message: {earlier:#?} and {event:#?}"
        );
    }
    outcomes
}

/// A settled message does not come again in a later life.
pub(super) fn nothing_settled_is_sent_again(lives: &Lives, submits: &[Submit]) {
    for (end, settled) in &lives.ends {
        let numbers: BTreeSet<_> = settled
            .iter()
            .filter_map(|id| lives.accepted.get(id))
            .map(|sent| sent.number.as_str())
            .collect();
        let later = submits.get(*end..).unwrap();
        let again: Vec<_> = later
            .iter()
            .filter(|submit| numbers.contains(submit.destination.digits.as_str()))
            .collect();
        assert!(
            again.is_empty(),
            "settled before a kill and sent again: {again:#?}"
        );
    }
}

/// Every message that the SMSC got from the accepted ones is whole, once, and with its text.
pub(crate) fn arrived_whole(smsc: &Smsc, wanted: impl Iterator<Item = Sent>) {
    let mut arrived: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for message in smsc.messages() {
        arrived
            .entry(message.destination.clone())
            .or_default()
            .push(message);
    }
    for sent in wanted {
        let Some(found) = arrived.get(&sent.number) else {
            panic!("{} never arrived", sent.number)
        };
        // One part was sent twice: of messages with a reference the phone sees one.
        let first = found.first().unwrap();
        assert!(
            first.total == 1 || found.len() == 1,
            "{}: its parts have different references: {found:#?}",
            sent.number
        );
        assert!(found.iter().all(|message| message.is_complete()), "{found:#?}");
        assert_eq!(first.octets, sent.text.as_bytes());
    }
}

/// How many messages had some part sent again, by life (the last entry is the life that was not killed).
fn repeated(lives: &Lives, submits: &[Submit]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let mut repeated = vec![BTreeSet::new(); lives.ends.len() + 1];
    for (i, submit) in submits.iter().enumerate() {
        if !seen.insert((&submit.destination.digits, &submit.short_message)) {
            let life = lives.ends.iter().take_while(|(end, _)| *end <= i).count();
            repeated[life].insert(&submit.destination.digits);
        }
    }
    repeated.iter().map(BTreeSet::len).collect()
}

#[test]
fn kill_9_at_any_instant_loses_nothing() {
    let latency = Duration::from_millis(10);
    let receipts = Receipts::new().after(Duration::from_millis(40));
    let stage = Stage::new(
        Script::new()
            .latency(latency)
            .jitter(latency, 1)
            .receipts(receipts),
    );
    let operator = stage.operator().session("window", &WINDOW.to_string());
    let lives = play(&stage, &operator, ROUNDS, &mut Dice::seeded());
    assert!(lives.accepted.len() > ROUNDS * 4, "{}", lives.accepted.len());

    let last = GatewayProcess::launch(BINARY, stage.path(), "warn");
    let events = until_all(&last, lives.accepted.keys(), |event| {
        event["messageFinal"] == true
    });
    let outcomes = outcomes(&events);
    for id in lives.accepted.keys() {
        assert_eq!(outcomes[id]["outcome"], "ACCEPTED", "{:#?}", outcomes[id]);
    }
    let submits = stage.smsc.submits();
    nothing_settled_is_sent_again(&lives, &submits);
    arrived_whole(&stage.smsc, lives.accepted.values().cloned());
    let repeated = repeated(&lives, &submits);
    println!(
        "{} accepted, {} submit_sm, messages repeated by life: {repeated:?}",
        lives.accepted.len(),
        submits.len()
    );
    // A life repeats at most what the one before it had taken and not settled: it is bounded by the operator's places.
    assert!(
        repeated.iter().all(|&count| count <= 8 * WINDOW + 512),
        "{repeated:?}"
    );
    assert!(last.terminate().success());
}
