//! User data headers (3GPP TS 23.040 section 9.2.3.24) and segment parameters of what comes in.

use crate::pdu::{DeliverSmPdu, Tlv, esm_class, find_tlv, tag};
use crate::policy::Concatenation;
use serde::{Deserialize, Serialize};

/// Information elements that are read. All others are skipped by their length.
mod element {
    /// Concatenated short messages, 8-bit reference.
    pub(super) const CONCATENATION_8: u8 = 0x00;
    /// Application ports of 8 bits: destination, originator.
    pub(super) const PORTS_8: u8 = 0x04;
    /// Application ports of 16 bits: destination, originator.
    pub(super) const PORTS_16: u8 = 0x05;
    /// Concatenated short messages, 16-bit reference.
    pub(super) const CONCATENATION_16: u8 = 0x08;
    /// National language single shift.
    pub(super) const SINGLE_SHIFT: u8 = 0x24;
    /// National language locking shift.
    pub(super) const LOCKING_SHIFT: u8 = 0x25;
}

/// Who numbered the segments of a message, and how. References of different kinds have nothing to do with each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceKind {
    /// Information element 0x00.
    EightBits,
    /// Information element 0x08.
    SixteenBits,
    /// sar_msg_ref_num.
    Sar,
    /// The operator's policy.
    Policy,
}

/// The application ports of a message (3GPP TS 23.040 section 9.2.3.24.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ports {
    /// The receiving application's.
    pub destination: u16,
    /// The sending application's.
    pub source: u16,
}

/// National language tables (3GPP TS 23.038 annex A) by their identifiers; `None` is the default table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LanguageTables {
    /// In the place of the default alphabet.
    pub locking: Option<u8>,
    /// In the place of the extension table.
    pub single: Option<u8>,
}

/// What a header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UserDataHeader {
    /// Which segment of a longer message it is.
    pub place: Option<(ReferenceKind, Concatenation)>,
    /// Between which applications.
    pub ports: Option<Ports>,
    /// How the text is to be read.
    pub languages: LanguageTables,
    /// It claims more octets than there are, or an element more than the header has.
    pub is_broken: bool,
}

/// The user data of a message without its header, and what header or sar_* parameters say of it.
///
/// A header that claims more octets than there are is no header: all of it counts as text. An element that is longer
/// than the rest of the header ends the reading of it.
#[must_use]
pub fn user_data(pdu: &DeliverSmPdu) -> (&[u8], UserDataHeader) {
    user_data_of(pdu.esm_class, pdu.user_data(), &pdu.tlvs)
}

/// The same of what stands in any PDU: `octets` are its short_message or message_payload.
#[must_use]
pub fn user_data_of<'a>(esm_class: u8, octets: &'a [u8], tlvs: &[Tlv]) -> (&'a [u8], UserDataHeader) {
    let (text, mut header) = if esm_class & esm_class::UDHI == 0 {
        (octets, UserDataHeader::default())
    } else if let Some((header, text)) = split_header(octets) {
        (text, read(header))
    } else {
        let broken = UserDataHeader {
            is_broken: true,
            ..UserDataHeader::default()
        };
        (octets, broken)
    };
    header.place = header.place.or_else(|| sar(tlvs));
    (text, header)
}

fn split_header(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = octets.split_first()?;
    rest.split_at_checked(usize::from(length))
}

/// Reads the elements in any order. Of several of one kind the last that makes sense counts (section 9.2.3.24).
fn read(mut rest: &[u8]) -> UserDataHeader {
    let mut header = UserDataHeader::default();
    while let [element, length, after @ ..] = rest {
        let Some((data, next)) = after.split_at_checked(usize::from(*length)) else {
            header.is_broken = true;
            break;
        };
        header.add(*element, data);
        rest = next;
    }
    header.is_broken |= rest.len() == 1;
    header
}

impl UserDataHeader {
    fn add(&mut self, element: u8, data: &[u8]) {
        match (element, data) {
            (element::CONCATENATION_8, &[reference, total, number]) => {
                self.put(ReferenceKind::EightBits, u16::from(reference), total, number);
            }
            (element::CONCATENATION_16, &[high, low, total, number]) => {
                let reference = u16::from_be_bytes([high, low]);
                self.put(ReferenceKind::SixteenBits, reference, total, number);
            }
            (element::PORTS_8, &[destination, source]) => {
                self.ports = Some(Ports {
                    destination: u16::from(destination),
                    source: u16::from(source),
                });
            }
            (element::PORTS_16, &[to_high, to_low, from_high, from_low]) => {
                self.ports = Some(Ports {
                    destination: u16::from_be_bytes([to_high, to_low]),
                    source: u16::from_be_bytes([from_high, from_low]),
                });
            }
            (element::SINGLE_SHIFT, &[language]) => self.languages.single = Some(language),
            (element::LOCKING_SHIFT, &[language]) => self.languages.locking = Some(language),
            _ => {}
        }
    }

    fn put(&mut self, kind: ReferenceKind, reference: u16, total: u8, number: u8) {
        if let Some(place) = valid(reference, total, number) {
            self.place = Some((kind, place));
        }
    }
}

fn sar(tlvs: &[Tlv]) -> Option<(ReferenceKind, Concatenation)> {
    let reference = find_tlv(tlvs, tag::SAR_MSG_REF_NUM)?;
    let total = find_tlv(tlvs, tag::SAR_TOTAL_SEGMENTS)?;
    let number = find_tlv(tlvs, tag::SAR_SEGMENT_SEQNUM)?;
    let place = match (reference, total, number) {
        (&[high, low], &[total], &[number]) => valid(u16::from_be_bytes([high, low]), total, number),
        _ => None,
    };
    place.map(|place| (ReferenceKind::Sar, place))
}

/// Numbers outside 1..=total, and totals of 0, say nothing (3GPP TS 23.040 section 9.2.3.24.1: ignore the element).
fn valid(reference: u16, total: u8, number: u8) -> Option<Concatenation> {
    (1..=total).contains(&number).then_some(Concatenation {
        reference,
        total,
        number,
    })
}

#[cfg(test)]
mod tests;
