//! What a gateway does with messages, receipts and links, told against a simulated SMSC.
#![cfg(test)]

mod addresses;
mod after_the_fix;
mod alphabet;
mod dead_links;
mod decisions;
mod duplicates;
mod failover;
mod failures;
mod forgiveness;
mod hooks;
mod inbound_policy;
mod links;
mod long_messages;
mod measured;
mod message_ids;
mod mobile_originated;
mod national;
mod odd_deliveries;
mod orders;
mod outages;
mod outbind;
mod profiles;
mod quirks;
mod reassembly;
mod receipts;
mod refusals;
mod second_chances;
mod secured;
mod shared_binds;
mod statuses;
mod stopped;
mod submit;
mod throttling;
mod tps;
mod traces;
mod unanswered;
mod under_way;

use serde_json::Value;
use smpp_connector_tests::{Message, PATIENCE};
use smsc_sim::{Counters, Smsc};

/// Waits until the SMSC has seen enough.
async fn seen(smsc: &Smsc, enough: impl Fn(&Counters) -> bool) -> Counters {
    smsc.wait_until(enough, PATIENCE)
        .await
        .expect("an SMSC that sees what the story says")
}

/// So many messages to numbers of their own; message `i` has text `i`.
fn messages(count: usize) -> Vec<Message> {
    (0..count)
        .map(|i| Message::to(&number(i)).text(&i.to_string()))
        .collect()
}

/// The destination of message `i`. It ends in no suffix to which a profile attaches a meaning.
fn number(i: usize) -> String {
    format!("4915100{i:05}9")
}

/// The events of one kind.
fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

/// Whether there are so many events of the kind.
fn count(events: &[Value], kind: &str) -> usize {
    of_kind(events, kind).len()
}

/// The outcomes that a message was given, in order.
fn outcomes<'a>(events: &'a [Value], message: &Message) -> Vec<&'a str> {
    let id = message.id().to_string();
    let own = of_kind(events, "submit")
        .into_iter()
        .filter(|event| event["messageId"] == id.as_str());
    own.filter_map(|event| event["outcome"].as_str()).collect()
}

/// Each message has this outcome, and no other.
#[track_caller]
fn assert_outcomes(events: &[Value], messages: &[Message], outcome: &str) {
    for (i, message) in messages.iter().enumerate() {
        assert_eq!(outcomes(events, message), [outcome], "message {i}");
    }
}

/// The texts that the SMSC took, in the order of their coming.
fn accepted_texts(smsc: &Smsc) -> Vec<String> {
    let submits = smsc.submits();
    let taken = submits.iter().filter(|submit| submit.number.is_some());
    taken
        .map(|submit| String::from_utf8_lossy(&submit.short_message).into_owned())
        .collect()
}

/// The text as a phone would show it: GSM 7-bit as far as the stories use it, or UTF-16BE.
fn shown(data_coding: u8, octets: &[u8]) -> String {
    if data_coding & 0x08 != 0 {
        let (units, odd) = octets.as_chunks();
        assert!(odd.is_empty(), "half a character");
        let units: Vec<_> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
        return String::from_utf16(&units).expect("whole surrogate pairs");
    }
    let text = String::from_utf8_lossy(octets)
        .replace("\u{1b}e", "€")
        .replace('\0', "@");
    assert!(!text.contains('\u{1b}'), "half a character");
    text
}
