//! The segments of one message come to different hosts, the last two at the same moment, and one host is killed with segments
//! in its hands: the message is one event nevertheless.

use super::{BINARY, my_turn};
use serde_json::{Value, json};
use smpp_connector_tests::{Delivery, Operator, Peer, PeerLink, Platform};
use std::collections::BTreeMap;

const MESSAGES: u8 = 40;

/// Segment `number` of three; `message` is its reference too.
fn segment(message: u8, number: u8) -> Delivery {
    let text = format!("{message}.{number} ");
    Delivery::of_class(0x40, &[&[5, 0, 3, message, 3, number], text.as_bytes()].concat())
}

async fn deliver(link: &mut PeerLink, segment: &Delivery) {
    let answer = link.ask(0x05, &segment.deliver_sm()).await;
    assert_eq!((answer.command, answer.status), (0x8000_0005, 0));
}

#[test]
fn segments_that_come_to_two_hosts_are_one_message() {
    let _turn = my_turn();
    let platform = Platform::start(BINARY);
    let (here, there) = platform.block_on(async { (Peer::listen().await, Peer::listen().await) });
    let at_here = Operator::at(here.addr());
    let mut at_there = Operator::at(there.addr());
    at_there.id = at_here.id;
    let one = platform.host("host-0", std::slice::from_ref(&at_here));
    let two = platform.gateway("host-1", vec![at_there]);
    platform.block_on(async {
        let (mut here, mut there) = (here.bound().await, there.bound().await);
        for message in 0..MESSAGES {
            deliver(&mut here, &segment(message, 2)).await;
            let (first, last) = (segment(message, 1), segment(message, 3));
            tokio::join!(deliver(&mut here, &first), deliver(&mut there, &last));
        }
        // This one is complete only after the host that has most of it is dead.
        deliver(&mut here, &segment(MESSAGES, 3)).await;
        deliver(&mut here, &segment(MESSAGES, 1)).await;
        one.kill();
        deliver(&mut there, &segment(MESSAGES, 2)).await;
        // What the dead host may not have answered comes again, here.
        for number in [1, 2, 3] {
            deliver(&mut there, &segment(MESSAGES, number)).await;
        }
        let expected: BTreeMap<_, _> = (0..=MESSAGES)
            .map(|message| (format!("{message}.1 {message}.2 {message}.3 "), 1))
            .collect();
        let events = two
            .events_until(|events| told(events).len() == expected.len())
            .await;
        assert_eq!(told(&events), expected);
        drop(there);
        two.shutdown().await;
    });
}

/// How often each text was told.
fn told(events: &[Value]) -> BTreeMap<String, usize> {
    let mut texts = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "mo") {
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
