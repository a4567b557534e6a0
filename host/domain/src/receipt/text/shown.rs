//! What of a receipt's text may be shown to a person: the operator's own words, not the sender's.

use super::{Key, keys, place, scan};
use crate::pdu::esm_class;
use std::ops::Range;

/// The places in user data, in octets, of the keys and of their values before `text:`, and of the key `text:` itself. All
/// else may be what the sender wrote. Nothing where the octets are no receipt: neither are they `known` to be one, nor do
/// they look like it.
fn shown(octets: &[u8], data_coding: u8, known: bool) -> Vec<Range<usize>> {
    let ucs2 = matches!(data_coding, 0x08 | 0x18..=0x1B);
    // Some operators copy the message's data_coding to its receipt.
    let narrow = || in_words(&narrow(octets), known, 1);
    let wide = || in_words(&wide(octets), known, 2);
    let (first, second) = if ucs2 {
        (wide(), narrow())
    } else {
        (narrow(), wide())
    };
    if first.is_empty() { second } else { first }
}

/// User data as it may be kept: its header stays, and of a receipt what the operator wrote; the rest is what `hide` makes of
/// it, octet for octet.
#[must_use]
pub fn redacted(
    octets: &[u8],
    esm_class: u8,
    data_coding: u8,
    hide: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    let header = match octets.first() {
        Some(&length) if esm_class & esm_class::UDHI != 0 => usize::from(length) + 1,
        _ => 0,
    };
    // A header that is longer than the data is none.
    let (header, text) = octets.split_at_checked(header).unwrap_or((&[], octets));
    let receipt = matches!(
        esm_class & esm_class::TYPE_MASK,
        esm_class::DELIVERY_RECEIPT | esm_class::INTERMEDIATE_NOTIFICATION
    );
    let mut hidden = hide(text);
    for range in shown(text, data_coding, receipt) {
        if let (Some(to), Some(from)) = (hidden.get_mut(range.clone()), text.get(range)) {
            to.copy_from_slice(from);
        }
    }
    [header, &hidden].concat()
}

fn in_words(text: &str, known: bool, width: usize) -> Vec<Range<usize>> {
    if !known && !scan(text).looks_like_a_receipt() {
        return Vec::new();
    }
    let found = keys(text);
    let mut shown = Vec::new();
    for (index, key) in found.iter().enumerate() {
        shown.push(key.start..key.value);
        if key.key == Key::Text {
            break;
        }
        shown.extend(place(text, key, found.get(index + 1)));
    }
    shown
        .into_iter()
        .map(|range| range.start * width..range.end * width)
        .collect()
}

/// One ASCII character an octet, so that places in the text are places in the octets.
fn narrow(octets: &[u8]) -> String {
    octets.iter().map(|&octet| ascii(octet)).collect()
}

/// One ASCII character a unit of UTF-16BE.
fn wide(octets: &[u8]) -> String {
    let units = octets.as_chunks().0.iter();
    units
        .map(|&unit| match unit {
            [0, octet] => ascii(octet),
            _ => NO_WORD,
        })
        .collect()
}

/// Stands for what can be neither key nor value.
const NO_WORD: char = '\x7F';

fn ascii(octet: u8) -> char {
    if octet.is_ascii() {
        char::from(octet)
    } else {
        NO_WORD
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    /// The octets that are shown, and a dot for each of the others.
    fn seen(octets: &[u8], data_coding: u8, known: bool) -> String {
        let shown = shown(octets, data_coding, known);
        let show = |at: usize| shown.iter().any(|range| range.contains(&at));
        let dotted = octets.iter().enumerate();
        dotted
            .map(|(at, &octet)| if show(at) { char::from(octet) } else { '.' })
            .collect()
    }

    #[test]
    fn the_operators_words_are_shown_and_the_senders_are_not() {
        let cases = [
            (
                "id:4817DB71 sub:001 stat:EXPIRED err:032 text:You owe 5",
                "id:4817DB71.sub:001.stat:EXPIRED.err:032.text:.........",
            ),
            ("49170111#id:7 stat:DELIVRD x", ".........id:7.stat:DELIVRD.."),
            ("stat:DELIVRD text:id:1 stat:X", "stat:DELIVRD.text:..........."),
            (
                "submit date: 26 done date:\u{A5}27",
                "submit date:.26.done date:.27",
            ),
            ("Call +49170111", ".............."),
        ];
        for (text, expected) in cases {
            let octets: Vec<_> = text.chars().map(|c| c as u8).collect();
            assert_eq!(seen(&octets, 0, true), expected);
        }
    }

    #[test]
    fn a_text_that_looks_like_a_receipt_counts_as_one() {
        assert_eq!(seen(b"id:1 stat:X hello", 0, false), ".".repeat(17));
        assert_eq!(
            seen(b"id:1 stat:X err:0 hello", 0, false),
            "id:1.stat:X.err:0......"
        );
    }

    #[test]
    fn places_are_those_of_the_octets_in_utf_16() {
        let octets: Vec<u8> = "id:7 hé".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(seen(&octets, 8, true), "\0i\0d\0:\x007......");
        assert_eq!(
            seen(&octets, 0, true),
            "\0i\0d\0:\x007......",
            "whatever data_coding says"
        );
        assert_eq!(seen(b"id:7 h", 8, true), "id:7..");
    }
}
