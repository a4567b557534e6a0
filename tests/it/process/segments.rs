//! kill -9 between the segments of long messages from subscribers, and at any instant.

use super::Stage;
use super::kill::Dice;
use serde_json::{Value, json};
use smpp_connector_tests::{Operator, PATIENCE};
use smsc_sim::{Mo, MoError, Script};
use std::collections::BTreeMap;
use std::time::Duration;

/// Segment `number` of three, of a message by a subscriber of its own.
fn segment(message: usize, number: u8) -> Mo {
    let header = [5, 0, 3, 1, 3, number];
    let text = format!("{message}.{number} ");
    Mo {
        octets: [&header, text.as_bytes()].concat().into(),
        esm_class: 0x40,
        ..Mo::text(format!("4915100{message:05}"), "12345", "")
    }
}

fn mos(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["type"] == "mo").collect()
}

/// How often each text was told. All of them are whole.
fn texts(events: &[Value]) -> BTreeMap<String, usize> {
    let mut texts = BTreeMap::new();
    for event in mos(events) {
        assert_eq!(
            (&event["complete"], &event["parts"]),
            (&json!(true), &json!(3)),
            "{event}"
        );
        *texts
            .entry(event["text"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    texts
}

fn once_each(messages: usize) -> BTreeMap<String, usize> {
    let text = |message| format!("{message}.1 {message}.2 {message}.3 ");
    (0..messages).map(|message| (text(message), 1)).collect()
}

/// Lives until the operator has its answer.
fn one_life(stage: &Stage, operator: &Operator, mo: Mo) {
    let gateway = stage.gateway(operator);
    assert_eq!(stage.runtime.block_on(answered(stage, mo)), Ok(0));
    gateway.kill();
    stage.wait_until(|counters| counters.links == 0);
}

async fn answered(stage: &Stage, mo: Mo) -> Result<u32, MoError> {
    let bound = stage.smsc.wait_until(|counters| counters.bound == 1, PATIENCE);
    bound.await.unwrap();
    stage.smsc.send_mo(mo).await
}

#[test]
fn a_message_survives_kill_9_after_each_of_its_segments() {
    const MESSAGES: usize = 2;
    let stage = Stage::new(Script::new());
    let operator = stage.operator();
    for message in 0..MESSAGES {
        for number in [3, 1, 2] {
            one_life(&stage, &operator, segment(message, number));
        }
    }
    let gateway = stage.gateway(&operator);
    let events = gateway.events_until(|events| mos(events).len() == MESSAGES);
    assert_eq!(texts(&events), once_each(MESSAGES));
}

#[test]
fn messages_are_told_whole_and_once_whenever_the_gateway_is_killed() {
    const ROUNDS: usize = 8;
    const MESSAGES: usize = 60;
    let mut dice = Dice::seeded();
    let stage = Stage::new(Script::new().window_of_receipts(20));
    let operator = stage.operator();
    for round in 0..ROUNDS {
        let gateway = stage.gateway(&operator);
        stage.wait_until(|counters| counters.bound == 1);
        let messages = round * MESSAGES..(round + 1) * MESSAGES;
        let mos = messages.flat_map(|message| [2, 3, 1].map(|number| segment(message, number)));
        let sending = futures_util::future::join_all(mos.map(|mo| stage.smsc.send_mo(mo)));
        let until = Duration::from_micros(dice.roll(60_000));
        // What the gateway does not answer in its life, the operator sends to the next one.
        stage
            .runtime
            .block_on(async { tokio::time::timeout(until, sending).await.unwrap_or_default() });
        gateway.kill();
        stage.wait_until(|counters| counters.links == 0);
    }
    let gateway = stage.gateway(&operator);
    stage.wait_until(|counters| counters.mos_acknowledged == 3 * (ROUNDS * MESSAGES) as u64);
    let events = gateway.events_until(|events| mos(events).len() == ROUNDS * MESSAGES);
    assert_eq!(texts(&events), once_each(ROUNDS * MESSAGES));
}
