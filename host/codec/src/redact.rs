//! A PDU's octets for a person: as many as there were, and nothing private in them.
//!
//! What tells how a PDU was built stays: header, lengths, flags, ids, a receipt's keys, state and errors. Of an address all
//! but the last two octets become `*`, of a password all; of text, and of everything whose meaning is not known, each octet
//! becomes one of its kind: `Hello 5` is `Xxxxx 0`.

use crate::frame::Frame;
use crate::layout::{Coding, Kind, Piece, TLV_HEAD, walk};
use smpp_domain::pdu::tag;
use smpp_domain::receipt::text::redacted;

/// The length of a time.
const TIME: usize = 16;

/// No number, and no text worth the name, fits into a TLV of so few octets.
const HARMLESS_TLV: usize = 4;

/// The whole PDU, header included.
#[must_use]
pub fn redact(frame: &Frame) -> Vec<u8> {
    let mut shown = Vec::with_capacity(frame.octets().len());
    walk(frame.octets(), |piece| hide(&piece, &mut shown));
    shown
}

/// Octets among which no PDU could be found: of their length field, which is none, every octet is kept.
#[must_use]
pub fn redact_unframed(octets: &[u8]) -> Vec<u8> {
    let (length, rest) = octets.split_at(size_of::<u32>().min(octets.len()));
    [length, &words(rest)].concat()
}

/// Appends what of a field may be seen: as many octets as it has.
fn hide(piece: &Piece<'_>, shown: &mut Vec<u8>) {
    let octets = piece.octets;
    match piece.kind {
        Kind::Integer(_) => shown.extend_from_slice(octets),
        Kind::Name(longest) => c_octets(octets, shown, |name| unless(name.len() > longest, name)),
        Kind::Id => c_octets(octets, shown, id),
        Kind::Number => c_octets(octets, shown, number),
        Kind::Password => c_octets(octets, shown, |password| vec![b'*'; password.len()]),
        // What has another length may be another field.
        Kind::Time => c_octets(octets, shown, |time| unless(time.len() != TIME, time)),
        Kind::Text(_, coding) => shown.extend(user_data(octets, coding)),
        Kind::Tlv(coding) => tlv(octets, coding, shown),
        Kind::Rest => shown.extend(words(octets)),
    }
}

/// A C-octet string by `show`, and its NUL where it has one.
fn c_octets(octets: &[u8], shown: &mut Vec<u8>, show: impl Fn(&[u8]) -> Vec<u8>) {
    let (text, nul) = octets
        .split_last()
        .filter(|(last, _)| **last == 0)
        .map_or((octets, &[][..]), |(_, text)| (text, &[0]));
    shown.extend(show(text));
    shown.extend_from_slice(nul);
}

fn unless(hidden: bool, octets: &[u8]) -> Vec<u8> {
    if hidden { words(octets) } else { octets.to_vec() }
}

fn user_data(octets: &[u8], coding: Coding) -> Vec<u8> {
    redacted(octets, coding.esm_class, coding.data_coding, words)
}

fn tlv(octets: &[u8], coding: Coding, shown: &mut Vec<u8>) {
    let (head, value) = octets.split_at(TLV_HEAD.min(octets.len()));
    shown.extend_from_slice(head);
    let [tag_high, tag_low, ..] = *head else { return };
    shown.extend(match u16::from_be_bytes([tag_high, tag_low]) {
        tag::MESSAGE_PAYLOAD => user_data(value, coding),
        tag::RECEIPTED_MESSAGE_ID => id(value),
        _ => unless(value.len() > HARMLESS_TLV, value),
    });
}

/// All but the last two octets hidden, as in logs.
fn number(octets: &[u8]) -> Vec<u8> {
    let hidden = octets.len().saturating_sub(2);
    let each = octets.iter().enumerate();
    each.map(|(at, &octet)| match octet {
        b' '..=b'~' if at < hidden => b'*',
        b' '..=b'~' => octet,
        _ => kind(octet),
    })
    .collect()
}

/// Ids are kept however long they are, and with the blanks around them: they are what such a PDU is odd about. What has a
/// blank inside is no id, but a text in its place.
pub(crate) fn id(octets: &[u8]) -> Vec<u8> {
    if octets.trim_ascii().contains(&b' ') {
        words(octets)
    } else {
        octets.to_vec()
    }
}

fn words(octets: &[u8]) -> Vec<u8> {
    octets.iter().map(|&octet| kind(octet)).collect()
}

/// An octet of the same kind. Blanks, ends of lines, NUL and the escape character stay: they are what texts are odd about.
fn kind(octet: u8) -> u8 {
    match octet {
        b'0'..=b'9' => b'0',
        b'a'..=b'z' => b'x',
        b'A'..=b'Z' => b'X',
        0 | b'\n' | b'\r' | b' ' | 0x1B => octet,
        0x80.. => 0x80,
        b'!'..=b'~' => b'.',
        _ => 0x01,
    }
}
