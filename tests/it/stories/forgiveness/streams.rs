//! Streams in which no PDU can be found: the one thing that ends a link.

use super::super::{of_kind, seen};
use super::Story;
use smsc_sim::{Script, Writes};

/// The message that was in flight is sent again on the next link.
async fn the_link_begins_anew(octets: &[u8], words: &str, shown: &str) {
    let mut story = Story::begin(Writes::Whole).await;
    let (message, _) = story.in_flight().await;
    story.smsc.set_script(Script::new());
    story.write(octets);
    assert_eq!(story.gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    let counters = seen(&story.smsc, |seen| seen.binds == 2 && seen.links == 1).await;
    assert_eq!((counters.submits, counters.generic_nacks), (2, 1));

    let events = story.gateway.events().await;
    let lost = of_kind(&events, "session")
        .into_iter()
        .find(|event| event["to"] == "UNBOUND")
        .unwrap();
    assert!(lost["reason"].as_str().unwrap().contains(words), "{lost}");
    let kept = story.kept().await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0]["kind"], "broken_frame");
    assert!(kept[0]["oddity"].as_str().unwrap().contains(words), "{kept:?}");
    assert_eq!(kept[0]["octets"], hex::encode(shown));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_length_below_the_headers_begins_the_link_anew() {
    let octets = b"\0\0\0\x0F\0\0\0\x05\0\0\0\0\0\0\0\x09";
    let shown = "\0\0\0\x0F\0\0\0\x01\0\0\0\0\0\0\0\x01";
    the_link_begins_anew(octets, "command_length 15", shown).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_length_beyond_the_limit_begins_the_link_anew() {
    let octets = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    let shown = "HTTP.0.0 000 Xxx Xxxxxxx\r\n\r\n";
    the_link_begins_anew(octets, "over the limit", shown).await;
}
