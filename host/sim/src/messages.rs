//! Puts the parts of long messages together again, as a phone would.

use crate::records::Submit;
use crate::wire::submit::{concatenation, split_header};
use crate::wire::tag;
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How a message was cut into parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Concatenation {
    /// One part in short_message.
    Single,
    /// One part in message_payload.
    Payload,
    /// A user data header with an 8-bit reference.
    Udh8,
    /// A user data header with a 16-bit reference.
    Udh16,
    /// The sar_ TLVs.
    Sar,
}

/// A message as its recipient would see it. Only what the SMSC accepted counts; a part that was sent twice
/// with the same place is taken once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// Whose bind it came by.
    pub system_id: Arc<str>,
    /// Source digits.
    pub source: String,
    /// Destination digits.
    pub destination: String,
    /// data_coding of the first part that came.
    pub data_coding: u8,
    /// The user data of all parts that came, in their order, without user data headers. Septets that were
    /// packed by the sender stay packed.
    pub octets: Bytes,
    /// Parts that came.
    pub parts: usize,
    /// Parts that there are.
    pub total: usize,
    /// How it was cut.
    pub concatenation: Concatenation,
}

impl ReceivedMessage {
    /// Whether all parts came.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.parts == self.total
    }
}

struct Piece {
    concatenation: Concatenation,
    reference: u16,
    total: u8,
    part: u8,
    octets: Bytes,
}

#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    system_id: &'a str,
    source: &'a str,
    destination: &'a str,
    concatenation: Concatenation,
    reference: u16,
    total: u8,
}

struct Group<'a> {
    first: &'a Submit,
    concatenation: Concatenation,
    total: u8,
    octets: BTreeMap<u8, Bytes>,
}

/// Messages in the order in which their first parts came. A reference that comes again after its message is
/// complete begins a new one.
pub(crate) fn reassemble<'a>(submits: impl Iterator<Item = &'a Submit>) -> Vec<ReceivedMessage> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut open: HashMap<Key<'a>, usize> = HashMap::new();
    for submit in submits {
        let piece = piece(submit);
        let key = Key {
            system_id: &submit.system_id,
            source: &submit.source.digits,
            destination: &submit.destination.digits,
            concatenation: piece.concatenation,
            reference: piece.reference,
            total: piece.total,
        };
        let begun = open.get(&key).copied().filter(|_| piece.total > 1);
        let known = begun.and_then(|at| groups.get_mut(at)).filter(|group| {
            let complete = group.octets.len() == usize::from(group.total);
            !complete || group.octets.get(&piece.part) == Some(&piece.octets)
        });
        if let Some(group) = known {
            group.octets.entry(piece.part).or_insert(piece.octets);
            continue;
        }
        open.insert(key, groups.len());
        groups.push(Group {
            first: submit,
            concatenation: piece.concatenation,
            total: piece.total,
            octets: BTreeMap::from([(piece.part, piece.octets)]),
        });
    }
    groups.into_iter().map(Group::finish).collect()
}

impl Group<'_> {
    fn finish(self) -> ReceivedMessage {
        let octets: Vec<u8> = self
            .octets
            .values()
            .flat_map(|part| part.iter().copied())
            .collect();
        ReceivedMessage {
            system_id: self.first.system_id.clone(),
            source: self.first.source.digits.clone(),
            destination: self.first.destination.digits.clone(),
            data_coding: self.first.data_coding,
            octets: octets.into(),
            parts: self.octets.len(),
            total: usize::from(self.total),
            concatenation: self.concatenation,
        }
    }
}

fn piece(submit: &Submit) -> Piece {
    let payload = submit
        .tlv(tag::MESSAGE_PAYLOAD)
        .filter(|_| submit.short_message.is_empty());
    let user_data = payload.unwrap_or(&submit.short_message);
    let (header, text) = split_header(submit.esm_class, user_data);
    let octets = user_data.slice_ref(text);
    if let Some(place) = concatenation(header) {
        let concatenation = if place.wide {
            Concatenation::Udh16
        } else {
            Concatenation::Udh8
        };
        return Piece {
            concatenation,
            reference: place.reference,
            total: place.total,
            part: place.part,
            octets,
        };
    }
    if let Some((reference, total, part)) = sar(submit) {
        return Piece {
            concatenation: Concatenation::Sar,
            reference,
            total,
            part,
            octets,
        };
    }
    let concatenation = if payload.is_some() {
        Concatenation::Payload
    } else {
        Concatenation::Single
    };
    Piece {
        concatenation,
        reference: 0,
        total: 1,
        part: 1,
        octets,
    }
}

/// The three sar_ TLVs are one statement: all or nothing (SMPP 3.4 section 5.3.2.22).
fn sar(submit: &Submit) -> Option<(u16, u8, u8)> {
    let reference = <[u8; 2]>::try_from(submit.tlv(tag::SAR_REFERENCE)?.as_ref()).ok()?;
    let total = submit.tlv(tag::SAR_TOTAL)?.first()?;
    let part = submit.tlv(tag::SAR_PART)?.first()?;
    Some((u16::from_be_bytes(reference), *total, *part))
}
