//! [`SegmentStore`]: the segments of long messages from subscribers.

use super::SegmentPlace;
use super::sample::{in_seconds, next_id, operator};
use smpp_connector::ports::{SegmentStore, Waiting};
use smpp_domain::mobile_originated::MoPart;
use smpp_domain::pdu::{Address, Tlv};
use smpp_domain::policy::Concatenation;
use smpp_domain::reassembly::{Assembly, Segment};
use smpp_domain::udh::{LanguageTables, Ports, ReferenceKind};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

contract!([sqlite: SqlitePlace, postgres: PostgresPlace] {
    segments_wait_for_the_last_one_across_a_restart,
    a_segment_comes_back_as_it_was,
    segments_may_have_no_text,
    a_message_is_named_until_it_is_told,
    a_told_message_recognises_its_segments_until_it_is_forgotten,
    a_reference_that_is_used_again_closes_what_is_incomplete,
    operators_do_not_see_each_others_segments,
    what_waited_too_long_is_given_up_oldest_first,
    what_was_closed_and_not_told_is_found_again,
    what_waits_is_counted,
    a_batch_may_hold_everything_at_once,
    last_segments_at_the_same_moment_make_one_message,
    nothing_is_kept_and_nothing_is_told,
});

/// Segment `number` of two under `reference`, of a subscriber whom only one test knows.
pub(crate) fn segment(reference: u16, number: u8, text: &str) -> Segment {
    let address = |digits: &str| Address {
        ton: 1,
        npi: 1,
        digits: digits.to_owned(),
    };
    Segment {
        id: next_id(),
        kind: ReferenceKind::EightBits,
        place: Concatenation {
            reference,
            total: 2,
            number,
        },
        received_at: in_seconds(0),
        part: MoPart {
            source: address("491510000009"),
            destination: address("12345"),
            service_type: String::new(),
            esm_class: 0x40,
            protocol_id: 0,
            data_coding: 0,
            languages: LanguageTables::default(),
            ports: None,
            broken_header: false,
            text: None,
            tlvs: Vec::new(),
            octets: text.as_bytes().to_vec(),
        },
    }
}

/// Keeps segments of the first operator; returns what is whole or closed now.
async fn keep(store: &Arc<dyn SegmentStore>, segments: &[Segment]) -> Vec<Assembly> {
    store.keep(operator(1), segments).await.unwrap().tell
}

/// Gives up everything that is open, at most `limit`.
async fn give_up(store: &Arc<dyn SegmentStore>, limit: usize) -> Vec<Assembly> {
    let (all, none) = (in_seconds(60), in_seconds(-60));
    store.give_up(operator(1), all, none, limit).await.unwrap()
}

fn texts(assembly: &Assembly) -> Vec<&[u8]> {
    assembly
        .segments
        .values()
        .map(|segment| &*segment.part.octets)
        .collect()
}

async fn segments_wait_for_the_last_one_across_a_restart(place: &mut impl SegmentPlace) {
    let store = place.segments();
    let (first, second) = (segment(1, 1, "one "), segment(1, 2, "two"));
    assert_eq!(keep(&store, &[second.clone()]).await, []);
    drop(store);
    place.reopen().await;
    let store = place.segments();
    let told = keep(&store, &[first.clone()]).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].is_complete());
    assert_eq!((told[0].id, told[0].opened_at), (second.id, second.received_at));
    assert_eq!(
        told[0].segments.clone().into_values().collect::<Vec<_>>(),
        [first, second]
    );
}

async fn segments_may_have_no_text(place: &mut impl SegmentPlace) {
    let store = place.segments();
    assert_eq!(keep(&store, &[segment(1, 1, "")]).await, []);
    let told = keep(&store, &[segment(1, 2, "")]).await;
    assert_eq!(texts(&told[0]), [b"", b""]);
}

async fn a_segment_comes_back_as_it_was(place: &mut impl SegmentPlace) {
    let store = place.segments();
    let mut odd = segment(u16::MAX, 2, "");
    odd.kind = ReferenceKind::Sar;
    odd.part = MoPart {
        source: Address {
            ton: 5,
            npi: 0,
            digits: "żółć \0\"\\ 1e3".to_owned(),
        },
        service_type: "CMT".to_owned(),
        protocol_id: 255,
        data_coding: 0xF5,
        languages: LanguageTables {
            locking: Some(1),
            single: Some(13),
        },
        ports: Some(Ports {
            destination: u16::MAX,
            source: 0,
        }),
        broken_header: true,
        text: Some("null 🎉\0".to_owned()),
        tlvs: vec![Tlv {
            tag: 0x1400,
            value: vec![0, 255],
        }],
        octets: (0..=255).collect(),
        ..odd.part
    };
    keep(&store, &[odd.clone()]).await;
    let found = give_up(&store, 10).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].segments.values().collect::<Vec<_>>(), [&odd]);
    assert_eq!(found[0].missing(), [1]);
}

async fn a_message_is_named_until_it_is_told(place: &mut impl SegmentPlace) {
    let store = place.segments();
    let (first, second) = (segment(1, 1, "one "), segment(1, 2, "two"));
    let told = keep(&store, &[first.clone(), second.clone()]).await;
    assert_eq!(texts(&told[0]), [b"one ".as_slice(), b"two"]);
    // The caller was cut off, and the operator sends again what was not answered.
    let again = store
        .keep(operator(1), &[second.clone(), first.clone()])
        .await
        .unwrap();
    assert_eq!((again.tell, again.duplicates), (told.clone(), 2));
    store.told(&[told[0].id]).await.unwrap();
    store.told(&[told[0].id, next_id()]).await.unwrap();
    let after = store.keep(operator(1), &[second, first]).await.unwrap();
    assert_eq!((after.tell, after.duplicates), (vec![], 2));
}

async fn a_told_message_recognises_its_segments_until_it_is_forgotten(place: &mut impl SegmentPlace) {
    let store = place.segments();
    let (first, second) = (segment(1, 1, "one "), segment(1, 2, "two"));
    let told = keep(&store, &[first, second.clone()]).await;
    store.told(&[told[0].id]).await.unwrap();
    let waiting = keep(&store, &[segment(2, 1, "other")]).await;
    assert_eq!(waiting, []);
    assert_eq!(store.forget_told(in_seconds(-60), 10).await.unwrap(), 0);
    assert_eq!(keep(&store, &[second.clone()]).await, []);
    assert_eq!(store.forget_told(in_seconds(60), 10).await.unwrap(), 1);
    assert_eq!(store.forget_told(in_seconds(60), 10).await.unwrap(), 0);
    // Nothing is known of it any more: it begins a message, beside the one that still waits.
    let again = Segment {
        id: next_id(),
        ..second
    };
    assert_eq!(keep(&store, &[again]).await, []);
    let open: Vec<_> = give_up(&store, 10).await.iter().map(Assembly::missing).collect();
    assert_eq!(open, [vec![1], vec![2]]);
}

async fn a_reference_that_is_used_again_closes_what_is_incomplete(place: &mut impl SegmentPlace) {
    let store = place.segments();
    assert_eq!(keep(&store, &[segment(1, 1, "lost")]).await, []);
    let closed = keep(&store, &[segment(1, 1, "new ")]).await;
    assert_eq!((closed.len(), closed[0].missing()), (1, vec![2]));
    assert_eq!(texts(&closed[0]), [b"lost"]);
    store.told(&[closed[0].id]).await.unwrap();
    let whole = keep(&store, &[segment(1, 2, "one")]).await;
    assert_eq!(texts(&whole[0]), [b"new ".as_slice(), b"one"]);
}

async fn operators_do_not_see_each_others_segments(place: &mut impl SegmentPlace) {
    let store = place.segments();
    let (first, second) = (segment(1, 1, "one "), segment(1, 2, "two"));
    keep(&store, &[first]).await;
    let other = store.keep(operator(2), &[second]).await.unwrap();
    assert!(other.tell.is_empty());
    assert_eq!((other.of_operator.messages, other.of_all.messages), (1, 2));
    assert_eq!(give_up(&store, 10).await.len(), 1);
}

async fn what_waited_too_long_is_given_up_oldest_first(place: &mut impl SegmentPlace) {
    let store = place.segments();
    let aged = |reference, seconds| {
        let mut segment = segment(reference, 1, "text");
        segment.received_at = in_seconds(seconds);
        segment
    };
    let (young, old, oldest) = (aged(1, -10), aged(2, -20), aged(3, -30));
    keep(&store, &[young.clone(), old.clone(), oldest.clone()]).await;
    let before = |seconds, limit| {
        let store = Arc::clone(&store);
        async move {
            let none = in_seconds(-60);
            let found = store
                .give_up(operator(1), in_seconds(seconds), none, limit)
                .await
                .unwrap();
            found.iter().map(|message| message.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(before(-40, 10).await, Vec::<Uuid>::new());
    assert_eq!(before(-5, 1).await, [oldest.id]);
    assert_eq!(before(-15, 10).await, [old.id]);
    assert_eq!(before(-15, 10).await, Vec::<Uuid>::new());
    assert_eq!(before(0, 10).await, [young.id]);
    // What is closed takes no more segments.
    assert_eq!(keep(&store, &[segment(3, 2, "late")]).await, []);
}

async fn what_was_closed_and_not_told_is_found_again(place: &mut impl SegmentPlace) {
    let store = place.segments();
    let whole = keep(&store, &[segment(1, 1, "one "), segment(1, 2, "two")]).await;
    let given_up = {
        keep(&store, &[segment(2, 1, "half")]).await;
        give_up(&store, 10).await
    };
    drop(store);
    place.reopen().await;
    let store = place.segments();
    let stale = |seconds| {
        let store = Arc::clone(&store);
        async move {
            let found = store
                .give_up(operator(1), in_seconds(-60), in_seconds(seconds), 10)
                .await;
            found
                .unwrap()
                .into_iter()
                .map(|message| message.id)
                .collect::<HashSet<_>>()
        }
    };
    assert_eq!(stale(-60).await, HashSet::new());
    assert_eq!(stale(60).await, HashSet::from([whole[0].id, given_up[0].id]));
    store.told(&[whole[0].id]).await.unwrap();
    assert_eq!(stale(60).await, HashSet::from([given_up[0].id]));
}

async fn what_waits_is_counted(place: &mut impl SegmentPlace) {
    let store = place.segments();
    let mut of_three = segment(1, 1, "12345");
    of_three.place.total = 3;
    let kept = store
        .keep(operator(1), &[of_three.clone(), segment(2, 1, "123")])
        .await
        .unwrap();
    let waiting = |messages, octets| Waiting { messages, octets };
    assert_eq!((kept.of_operator, kept.of_all), (waiting(2, 8), waiting(2, 8)));
    let mut third = segment(1, 3, "1234567");
    third.place.total = 3;
    let kept = store
        .keep(operator(1), &[third, segment(2, 2, "done")])
        .await
        .unwrap();
    assert_eq!(kept.of_operator, waiting(1, 12));
    let kept = store.keep(operator(2), &[segment(1, 1, "12")]).await.unwrap();
    assert_eq!((kept.of_operator, kept.of_all), (waiting(1, 2), waiting(2, 14)));
}

async fn a_batch_may_hold_everything_at_once(place: &mut impl SegmentPlace) {
    let store = place.segments();
    keep(&store, &[segment(1, 1, "a")]).await;
    let batch = [
        segment(1, 2, "b"),
        segment(1, 1, "a"),
        segment(2, 2, "c"),
        segment(2, 2, "d"),
        segment(2, 1, "e"),
        segment(1, 1, "f"),
    ];
    let kept = store.keep(operator(1), &batch).await.unwrap();
    let told: HashSet<_> = kept
        .tell
        .iter()
        .map(|message| (texts(message).concat(), message.missing()))
        .collect();
    let expected = [("ab", vec![]), ("c", vec![1]), ("ed", vec![])];
    let expected = expected.map(|(text, missing)| (text.as_bytes().to_vec(), missing));
    assert_eq!(told, HashSet::from(expected));
    assert_eq!((kept.duplicates, kept.of_operator.messages), (1, 1));
}

/// What comes to two hosts at once is decided by one of them after the other: the second sees what the first has done.
async fn last_segments_at_the_same_moment_make_one_message(place: &mut impl SegmentPlace) {
    const PAIRS: u16 = 25;
    let store = place.segments();
    let mut tasks = JoinSet::new();
    for reference in 0..PAIRS {
        let start = Arc::new(Barrier::new(2));
        for number in [1, 2] {
            let (store, start) = (Arc::clone(&store), Arc::clone(&start));
            let segment = segment(reference, number, &number.to_string());
            tasks.spawn(async move {
                start.wait().await;
                keep(&store, &[segment]).await
            });
        }
    }
    let mut told = HashSet::new();
    while let Some(messages) = tasks.join_next().await {
        for message in messages.unwrap() {
            assert_eq!(texts(&message), [b"1", b"2"]);
            assert!(told.insert(message.id), "a message was named twice");
        }
    }
    assert_eq!(told.len(), usize::from(PAIRS));
    assert_eq!(give_up(&store, 10).await, []);
}

async fn nothing_is_kept_and_nothing_is_told(place: &mut impl SegmentPlace) {
    let store = place.segments();
    assert_eq!(keep(&store, &[]).await, []);
    store.told(&[]).await.unwrap();
    assert_eq!(give_up(&store, 0).await, []);
}
