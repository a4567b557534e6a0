use super::*;
use crate::mobile_originated::{Content, join};
use crate::pdu::{Address, DeliverSmPdu, Tlv};
use crate::udh::UserDataHeader;
use proptest::prelude::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

/// Segment `number` of `total` under `reference`, saying `text`.
fn segment(reference: u16, total: u8, number: u8, text: &str) -> Segment {
    segment_from("491510000009", reference, total, number, text)
}

fn segment_from(from: &str, reference: u16, total: u8, number: u8, text: &str) -> Segment {
    let address = |digits: &str| Address {
        digits: digits.to_owned(),
        ..Address::default()
    };
    let part = MoPart::new(
        &DeliverSmPdu::default(),
        text.as_bytes(),
        &UserDataHeader::default(),
        (address(from), address("12345")),
        None,
    );
    Segment {
        id: Uuid::nil(),
        kind: ReferenceKind::EightBits,
        place: Concatenation {
            reference,
            total,
            number,
        },
        received_at: at(0),
        part,
    }
}

/// What a store does with admissions.
#[derive(Default)]
struct Shelf {
    assemblies: Vec<Assembly>,
    minted: u128,
}

impl Shelf {
    /// Keeps a batch and returns what is to be published. Everything is written; nothing was published yet.
    fn keep(&mut self, batch: &[Segment]) -> Admission {
        let segments: Vec<_> = batch
            .iter()
            .map(|segment| {
                self.minted += 1;
                Segment {
                    id: Uuid::from_u128(self.minted),
                    ..segment.clone()
                }
            })
            .collect();
        let keys: Vec<_> = segments.iter().map(Segment::key).collect();
        let of_batch = |assembly: &&Assembly| keys.contains(&assembly.key);
        let known = self.assemblies.iter().filter(of_batch).cloned().collect();
        let admission = admit(known, segments);
        for (id, segment) in &admission.added {
            let assembly = self.find(*id);
            let before = assembly.segments.insert(segment.place.number, segment.clone());
            assert!(before.is_none(), "a segment replaces another one");
        }
        for id in &admission.closed {
            self.find(*id).state = AssemblyState::Closed;
        }
        self.assemblies.extend(admission.opened.iter().cloned());
        for key in keys {
            let open = |a: &&Assembly| a.key == key && a.state == AssemblyState::Open;
            assert!(self.assemblies.iter().filter(open).count() <= 1, "two open ones");
        }
        admission
    }

    fn find(&mut self, id: Uuid) -> &mut Assembly {
        self.assemblies
            .iter_mut()
            .find(|assembly| assembly.id == id)
            .unwrap()
    }

    /// Keeps a batch, publishes, and notes that. Returns the texts, each with the numbers that it lacks.
    fn take(&mut self, batch: &[Segment]) -> Vec<(String, Vec<u8>)> {
        let admission = self.keep(batch);
        admission
            .tell
            .iter()
            .map(|assembly| self.tell(assembly))
            .collect()
    }

    fn tell(&mut self, assembly: &Assembly) -> (String, Vec<u8>) {
        let stored = self.find(assembly.id);
        assert_eq!(&*stored, assembly, "what is told is what is stored");
        assert_eq!(stored.state, AssemblyState::Closed);
        stored.state = AssemblyState::Told;
        let parts = assembly
            .segments
            .iter()
            .map(|(number, segment)| (*number, &segment.part));
        match join(parts) {
            Content::Text(text) => (text, assembly.missing()),
            Content::Data(data) => panic!("{data:?} is no text"),
        }
    }
}

fn whole(text: &str) -> Vec<(String, Vec<u8>)> {
    vec![(text.to_owned(), Vec::new())]
}

const NOTHING: Vec<(String, Vec<u8>)> = Vec::new();

#[test]
fn a_message_is_told_when_its_last_segment_comes() {
    let mut shelf = Shelf::default();
    assert_eq!(shelf.take(&[segment(1, 3, 3, "three")]), NOTHING);
    assert_eq!(shelf.take(&[segment(1, 3, 1, "one ")]), NOTHING);
    assert_eq!(shelf.take(&[segment(1, 3, 2, "two ")]), whole("one two three"));
}

#[test]
fn a_message_may_come_in_one_batch() {
    let batch = [
        segment(1, 2, 2, "two"),
        segment(9, 2, 1, "x"),
        segment(1, 2, 1, "one "),
    ];
    let mut shelf = Shelf::default();
    assert_eq!(shelf.take(&batch), whole("one two"));
    assert_eq!(shelf.take(&[segment(9, 2, 2, "y")]), whole("xy"));
}

#[test]
fn a_segment_sent_twice_counts_once() {
    let mut shelf = Shelf::default();
    let first = segment(1, 2, 1, "one ");
    assert_eq!(shelf.take(&[first.clone(), first.clone()]), NOTHING);
    assert_eq!(shelf.keep(&[first]).duplicates, 1);
    assert_eq!(shelf.take(&[segment(1, 2, 2, "two")]), whole("one two"));
}

#[test]
fn a_segment_sent_again_after_the_end_tells_nothing() {
    let mut shelf = Shelf::default();
    let (first, second) = (segment(1, 2, 1, "one "), segment(1, 2, 2, "two"));
    assert_eq!(shelf.take(&[first.clone(), second.clone()]), whole("one two"));
    for again in [&second, &first, &second] {
        assert_eq!(shelf.take(std::slice::from_ref(again)), NOTHING);
    }
    assert_eq!(shelf.assemblies.len(), 1);
}

#[test]
fn a_segment_sent_again_before_the_event_is_out_brings_the_message_again() {
    let mut shelf = Shelf::default();
    let (first, second) = (segment(1, 2, 1, "one "), segment(1, 2, 2, "two"));
    let cut_off = shelf.keep(&[first, second.clone()]).tell;
    let again = shelf.keep(&[second]);
    assert_eq!(again.tell, cut_off);
    assert_eq!(shelf.tell(&again.tell[0]), ("one two".to_owned(), Vec::new()));
}

#[test]
fn a_reference_that_is_used_again_is_another_message() {
    let mut shelf = Shelf::default();
    assert_eq!(
        shelf.take(&[segment(1, 2, 1, "one "), segment(1, 2, 2, "end")]),
        whole("one end")
    );
    // The same end, as of a signature: it belongs to the message that waits.
    assert_eq!(shelf.take(&[segment(1, 2, 1, "two ")]), NOTHING);
    assert_eq!(shelf.take(&[segment(1, 2, 2, "end")]), whole("two end"));
    assert_eq!(shelf.take(&[segment(1, 2, 2, "end")]), NOTHING);
}

#[test]
fn a_message_that_lacks_a_segment_gives_way_to_the_next_of_its_reference() {
    let mut shelf = Shelf::default();
    assert_eq!(
        shelf.take(&[segment(1, 3, 1, "lost "), segment(1, 3, 3, "tail")]),
        NOTHING
    );
    assert_eq!(
        shelf.take(&[segment(1, 3, 1, "new ")]),
        [("lost tail".to_owned(), vec![2])]
    );
    assert_eq!(
        shelf.take(&[segment(1, 3, 2, "and "), segment(1, 3, 3, "whole")]),
        whole("new and whole")
    );
}

#[test]
fn a_message_grows_no_longer_than_an_event_may_be() {
    let mut shelf = Shelf::default();
    let half = "x".repeat(LONGEST / 2);
    assert_eq!(
        shelf.take(&[segment(1, 3, 1, &half), segment(1, 3, 2, &half)]),
        NOTHING
    );
    let told = shelf.take(&[segment(1, 3, 3, "y")]);
    assert_eq!(told, [(half.repeat(2), vec![3])]);
    assert_eq!(shelf.assemblies[1].missing(), [1, 2]);
    // One that is longer by itself is a segment like others.
    let mut shelf = Shelf::default();
    let mut long = segment(1, 2, 1, "x");
    long.part.tlvs.push(Tlv {
        tag: 0x1400,
        value: vec![0; LONGEST],
    });
    assert_eq!(shelf.take(&[long]), NOTHING);
    assert_eq!(shelf.take(&[segment(1, 2, 2, "y")]), [("x".to_owned(), vec![2])]);
}

#[test]
fn a_segment_that_comes_after_its_message_was_given_up_is_told_too() {
    let mut shelf = Shelf::default();
    shelf.keep(&[segment(1, 2, 1, "one")]);
    let overdue = shelf.assemblies[0].id;
    shelf.find(overdue).state = AssemblyState::Told;
    assert_eq!(shelf.take(&[segment(1, 2, 2, "two")]), NOTHING);
    assert_eq!(shelf.assemblies.len(), 2);
    assert_eq!(shelf.assemblies[1].missing(), [1]);
}

#[test]
fn everything_in_the_key_tells_messages_apart() {
    let base = segment(1, 2, 1, "x");
    let change = |change: fn(&mut Segment)| {
        let mut other = base.clone();
        change(&mut other);
        other.key()
    };
    let keys = [
        change(|_| {}),
        change(|s| s.place.reference = 2),
        change(|s| s.place.total = 3),
        change(|s| s.kind = ReferenceKind::SixteenBits),
        change(|s| s.kind = ReferenceKind::Sar),
        change(|s| s.kind = ReferenceKind::Policy),
        change(|s| s.part.source.digits.push('1')),
        change(|s| s.part.destination.digits.push('1')),
        change(|s| std::mem::swap(&mut s.part.source, &mut s.part.destination)),
    ];
    let different: std::collections::HashSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "{keys:?}");
    assert_eq!(change(|s| s.place.number = 2), keys[0]);
    let odd = segment_from("a\0\"\n", 1, 2, 1, "x").key();
    assert!(odd.chars().all(|c| !c.is_control()), "{odd:?}");
}

/// Segments of several subscribers' messages, each possibly more than once, in any order and any batches.
fn traffic() -> impl Strategy<Value = (Vec<Vec<String>>, Vec<usize>, Vec<usize>)> {
    let message = prop::collection::vec("[a-z]{0,3}", 2..6);
    prop::collection::vec(message, 1..5).prop_flat_map(|messages| {
        let all: usize = messages.iter().map(Vec::len).sum();
        let order: Vec<usize> = (0..all).chain(0..all).collect();
        (
            Just(messages),
            Just(order).prop_shuffle(),
            prop::collection::vec(1..5_usize, 2 * all),
        )
    })
}

proptest! {
    #[test]
    fn every_message_is_told_once_and_whole((messages, order, batches) in traffic()) {
        let from = |message: usize| format!("4915100000{message}");
        let mut segments = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let total = u8::try_from(message.len()).unwrap();
            segments.extend((1..).zip(message).map(|(n, text)| segment_from(&from(index), 7, total, n, text)));
        }
        let mut shelf = Shelf::default();
        let mut told = Vec::new();
        let mut sent: Vec<_> = order.iter().map(|index| segments[*index].clone()).collect();
        for size in batches {
            let batch: Vec<_> = sent.drain(..size.min(sent.len())).collect();
            told.extend(shelf.take(&batch));
        }
        told.extend(shelf.take(&sent));
        let mut expected: Vec<_> = messages.iter().map(|message| (message.concat(), Vec::new())).collect();
        told.sort();
        expected.sort();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn nothing_that_was_kept_is_lost_however_a_reference_is_used(
        sent in prop::collection::vec((1..4_u8, "[a-c]"), 1..40),
    ) {
        // One device, one reference, and whatever it says: each segment is in some message, or a repetition of one.
        let mut shelf = Shelf::default();
        let mut duplicates = 0;
        for (number, text) in &sent {
            let admission = shelf.keep(&[segment(1, 3, *number, text)]);
            duplicates += admission.duplicates;
            for assembly in &admission.tell {
                if shelf.find(assembly.id).state == AssemblyState::Closed {
                    shelf.tell(assembly);
                }
            }
        }
        let kept: usize = shelf.assemblies.iter().map(|assembly| assembly.segments.len()).sum();
        prop_assert_eq!(kept + duplicates, sent.len());
    }
}
