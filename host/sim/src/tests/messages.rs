//! Parts put together again.

use super::client::{Client, Message, message};
use super::{TRANSCEIVER, smsc};
use crate::{Concatenation, Receipts, ReceivedMessage, Rule, Script, Smsc, Then, When, tag};

async fn received(script: Script, all: &[Message]) -> (Smsc, Vec<ReceivedMessage>) {
    let smsc = smsc(script.receipts(Receipts::off())).await;
    let mut client = Client::bound(smsc.connect_in_memory(), TRANSCEIVER).await;
    for one in all {
        client.ask(one).await;
    }
    let messages = smsc.messages();
    (smsc, messages)
}

fn part(header: &[u8], text: &str) -> Message {
    let mut part = message("49170", [header, text.as_bytes()].concat());
    part.esm_class = 0x40;
    part
}

fn segment(number: u8, text: &str) -> Message {
    let mut segment = message("49170", text);
    segment.tlvs = vec![
        (tag::SAR_REFERENCE, vec![0, 7]),
        (tag::SAR_TOTAL, vec![2]),
        (tag::SAR_PART, vec![number]),
    ];
    segment
}

fn payload(text: &str) -> Message {
    let mut whole = message("49170", "");
    whole.tlvs = vec![(tag::MESSAGE_PAYLOAD, text.into())];
    whole
}

#[tokio::test]
async fn all_five_ways_to_cut_a_message() {
    let all = [
        part(b"\x05\x00\x03\x2f\x02\x02", "world"),
        message("49170", "single"),
        part(b"\x06\x08\x04\x01\x2f\x02\x01", "wide "),
        part(b"\x05\x00\x03\x2f\x02\x01", "hello "),
        segment(1, "sar "),
        payload("a long text"),
        part(b"\x06\x08\x04\x01\x2f\x02\x02", "reference"),
        segment(2, "segments"),
    ];
    let (_smsc, messages) = received(Script::new(), &all).await;
    let seen: Vec<_> = messages
        .iter()
        .map(|one| (one.concatenation, &one.octets[..], one.is_complete()))
        .collect();
    assert_eq!(
        seen,
        [
            (Concatenation::Udh8, b"hello world".as_slice(), true),
            (Concatenation::Single, b"single", true),
            (Concatenation::Udh16, b"wide reference", true),
            (Concatenation::Sar, b"sar segments", true),
            (Concatenation::Payload, b"a long text", true),
        ]
    );
}

#[tokio::test]
async fn a_repeated_part_counts_once_and_a_reused_reference_begins_anew() {
    let (one, two) = (b"\x05\x00\x03\x01\x02\x01", b"\x05\x00\x03\x01\x02\x02");
    let all = [
        part(one, "a"),
        part(one, "a"),
        part(two, "b"),
        part(two, "b"),
        part(one, "c"),
    ];
    let (_smsc, messages) = received(Script::new(), &all).await;
    let seen: Vec<_> = messages
        .iter()
        .map(|one| (&one.octets[..], one.parts, one.total))
        .collect();
    assert_eq!(seen, [(b"ab".as_slice(), 2, 2), (b"c", 1, 2)]);
}

#[tokio::test]
async fn a_refused_part_is_missing() {
    let script = Script::new().respond(Rule::when(When::PartNumber(2)).then(Then::Status(0x45)));
    // The concatenation element comes after a port element, and the header length counts both.
    let all = [
        part(b"\x0b\x05\x04\x23\xf4\x00\x00\x00\x03\x01\x02\x01", "first"),
        part(b"\x0b\x05\x04\x23\xf4\x00\x00\x00\x03\x01\x02\x02", "second"),
        segment(2, "refused too"),
    ];
    let (smsc, messages) = received(script, &all).await;
    assert_eq!(smsc.counters().refused, 2);
    assert_eq!(messages.len(), 1);
    assert!(!messages[0].is_complete() && messages[0].octets == "first");
}

#[tokio::test]
async fn a_header_longer_than_the_message_is_no_header() {
    let (_smsc, messages) = received(Script::new(), &[part(b"\x99", "text")]).await;
    assert_eq!(messages[0].octets[..], *b"\x99text");
}
