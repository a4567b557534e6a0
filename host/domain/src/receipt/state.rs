//! What operators call the states of a message, and which of those end it.
//!
//! ACCEPTED and UNKNOWN are not final here, although SMPP 3.4 lists them beside the final states: most operators send
//! them on the way, and a wrong "final" would turn the real end into a contradiction. An operator that means them as
//! the end says so in its policy.

use crate::correlation::DlrMessageState::{self as State, *};

/// Words that are not the beginning of a full word.
const WORDS: [(&str, State, bool); 18] = [
    ("DELIVRD", Delivered, true),
    ("DELIVERD", Delivered, true),
    ("UNDLIV", Undeliverable, true),
    ("ACCEPTD", Accepted, false),
    ("REJECTD", Rejected, true),
    ("FAILED", Undeliverable, true),
    ("SYSERR", Undeliverable, true),
    ("SKIPPED", Undeliverable, true),
    ("BARRED", Rejected, true),
    ("BARREDA", Rejected, true),
    ("NOCRED", Rejected, true),
    ("ZEROBAL", Rejected, true),
    ("BUFFRED", Enroute, false),
    ("BUFFERD", Enroute, false),
    ("SCHEDLD", Enroute, false),
    ("ACKED", Accepted, false),
    ("NULL", Unknown, false),
    // One operator writes its own numbers, and 0 is its only good one.
    ("0", Delivered, true),
];

/// Full words, of which operators also send any beginning.
const FULL_WORDS: [(&str, State, bool); 11] = [
    ("ENROUTE", Enroute, false),
    ("BUFFERED", Enroute, false),
    ("SCHEDULED", Enroute, false),
    ("DELIVERED", Delivered, true),
    ("EXPIRED", Expired, true),
    ("DELETED", Deleted, true),
    ("UNDELIVERABLE", Undeliverable, true),
    ("UNDELIVERED", Undeliverable, true),
    ("ACCEPTED", Accepted, false),
    ("UNKNOWN", Unknown, false),
    ("REJECTED", Rejected, true),
];

/// The shortest beginning that tells all full words apart.
const SHORTEST_BEGINNING: usize = 5;

/// What a word of `stat:` means and whether it ends the part, in any case; `None` for a word that nobody knows.
#[must_use]
pub fn state_word(word: &str) -> Option<(State, bool)> {
    let word = word.trim().to_ascii_uppercase();
    let known = WORDS.iter().find(|(known, ..)| *known == word);
    let known = known.or_else(|| {
        let long_enough = word.len() >= SHORTEST_BEGINNING;
        FULL_WORDS
            .iter()
            .find(|(full, ..)| long_enough && full.starts_with(&word))
    });
    known.map(|&(_, state, is_final)| (state, is_final))
}

/// What a value of message_state means and whether it ends the part (SMPP 3.4 section 5.2.28). 0 (SCHEDULED) and 9
/// (SKIPPED) are of version 5, and 3.4 operators send them; `None` for the rest.
#[must_use]
pub fn message_state(octet: u8) -> Option<(State, bool)> {
    Some(match octet {
        0 | 1 => (Enroute, false),
        2 => (Delivered, true),
        3 => (Expired, true),
        4 => (Deleted, true),
        5 | 9 => (Undeliverable, true),
        6 => (Accepted, false),
        7 => (Unknown, false),
        8 => (Rejected, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_seen_in_the_field_has_its_state() {
        let table = [
            (
                "DELIVRD DELIVERED DELIVERD DELIVER delivrd Delivered 0",
                Delivered,
                true,
            ),
            ("EXPIRED EXPIRE", Expired, true),
            ("DELETED deleted", Deleted, true),
            (
                "UNDELIV UNDELIVERABLE UNDELIVERED UNDELIVERA FAILED SYSERR SKIPPED",
                Undeliverable,
                true,
            ),
            (
                "REJECTD REJECTED REJECT NOCRED BARRED BARREDA ZEROBAL",
                Rejected,
                true,
            ),
            ("ACCEPTD ACCEPTED ACCEPT ACKED", Accepted, false),
            (
                "ENROUTE ENROUT BUFFRED BUFFERD BUFFERED SCHEDLD SCHEDULED",
                Enroute,
                false,
            ),
            ("UNKNOWN unknown NULL", Unknown, false),
        ];
        for (words, state, is_final) in table {
            for word in words.split(' ') {
                assert_eq!(state_word(word), Some((state, is_final)), "{word}");
            }
        }
    }

    #[test]
    fn a_strange_word_has_no_state() {
        for word in [
            "BADSTAT",
            "",
            " ",
            "D",
            "DELI",
            "DELIVRDX",
            "1",
            "2",
            "DELIVEREDX",
            "ДОСТ",
        ] {
            assert_eq!(state_word(word), None, "{word}");
        }
    }

    #[test]
    fn every_message_state_is_mapped() {
        let states: Vec<_> = (0..=10).map(message_state).collect();
        let (sent, dead) = (Some((Enroute, false)), Some((Undeliverable, true)));
        assert_eq!(
            states,
            [
                sent,
                sent,
                Some((Delivered, true)),
                Some((Expired, true)),
                Some((Deleted, true)),
                dead,
                Some((Accepted, false)),
                Some((Unknown, false)),
                Some((Rejected, true)),
                dead,
                None
            ]
        );
    }
}
