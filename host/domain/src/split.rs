//! One encoded text to the short messages that carry it (3GPP TS 23.040 section 9.2.3.24, SMPP 3.4 section 5.3.2).
//!
//! Parts are filled greedily and cut between units of the text only. Everything is counted before a part exists: a
//! text that is too long gives an error and no part at all.
//!
//! | on the air | single | part, 8-bit reference | part, 16-bit reference or SAR |
//! |---|---|---|---|
//! | septets | 160 | 153 | 152 |
//! | octets | 140 | 134 | 133 (UCS2: 132) |
//!
//! National language tables are told in a header of every part, the only one too, and leave 155 septets beside one table
//! (152 beside two) in a single one, 149 (146) beside an 8-bit reference, and 148 (145) beside a 16-bit one.
//!
//! What becomes of SAR parts is the SMSC's choice, and it may choose a 16-bit reference: so they leave room for that.

mod national;
mod planned;
mod room;
mod settings;

pub use national::{NationalRule, cheapest_tables};
pub use planned::PlannedError;
pub use room::{part_limit, single_limit};
pub use settings::{Cut, LongText, Splitting};

use crate::encoding::{Encoded, pack};
use crate::pdu::{Tlv, esm_class, tag};
use crate::policy::{PlannedPart, ReferenceWidth};
use room::Room;
use std::fmt;
use std::ops::Range;

/// How a text becomes short messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Plan {
    /// Concatenation headers in the user data.
    Udh {
        /// Of the reference.
        width: ReferenceWidth,
        /// Octets of short_message in one part of several, header included; at most 254. `None`: what the alphabet
        /// allows. More than that also lets a longer text go as one short message; less does not let a shorter one
        /// go as several.
        max_octets: Option<u16>,
        /// `None` is 255.
        max_parts: Option<u8>,
    },
    /// sar_msg_ref_num, sar_total_segments and sar_segment_seqnum.
    Sar {
        /// Octets of short_message in one part of several, if fewer than the alphabet allows. `None`: what it allows.
        max_octets: Option<u16>,
        /// `None` is 255.
        max_parts: Option<u8>,
    },
    /// The whole text in message_payload.
    Payload {
        /// The most that the operator takes; `None` is 65535.
        max_octets: Option<u32>,
        /// Also a text that fits one short message.
        always: bool,
        /// For texts of more octets; `None` refuses them.
        beyond: Option<Box<Plan>>,
    },
    /// Cut by a plugin.
    Planned(Vec<PlannedPart>),
}

/// One short message: what [`split`] decides of a submit_sm.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// [`esm_class::UDHI`] or 0, to be combined with the bits that the operator wants.
    pub esm_class: u8,
    /// User data header and text, at most 254 octets.
    pub short_message: Vec<u8>,
    /// SAR parameters or message_payload.
    pub tlvs: Vec<Tlv>,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("esm_class", &self.esm_class)
            .field("octets", &self.short_message.len())
            .field(
                "tlvs",
                &self
                    .tlvs
                    .iter()
                    .map(|tlv| (tlv.tag, tlv.value.len()))
                    .collect::<Vec<_>>(),
            )
            .finish()
    }
}

/// sm_length of SMPP 3.4 section 5.2.21.
pub const MAX_SHORT_MESSAGE: usize = 254;
/// A TLV's length has 16 bits.
pub const MAX_PAYLOAD: usize = u16::MAX as usize;
/// Both kinds of concatenation count parts in one octet.
pub const MAX_PARTS: usize = u8::MAX as usize;

/// Why there are no parts.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SplitError {
    /// More parts than may be sent.
    #[error(
        "the text is too long: its {octets} octets need {needed} parts, and at most {allowed} are allowed"
    )]
    TooLong {
        /// Of the encoded text.
        octets: usize,
        /// Parts.
        needed: usize,
        /// Parts.
        allowed: usize,
    },
    /// More than message_payload holds, or may hold at the operator.
    #[error(
        "the text is too long: its {octets} octets do not fit message_payload, which holds {allowed} here"
    )]
    PayloadTooLong {
        /// Of the encoded text.
        octets: usize,
        /// By message_payload.
        allowed: usize,
    },
    /// `max_parts` of 0.
    #[error("the plan allows no part at all")]
    NoPartAllowed,
    /// The header and one character do not fit `max_octets`.
    #[error("a part of {max_octets} octets has no room for a character behind its header of {header}")]
    NoRoom {
        /// Of a part.
        max_octets: usize,
        /// Of the concatenation header.
        header: usize,
    },
    /// A plugin's own parts break a rule.
    #[error("the plugin's parts: {0}")]
    Planned(#[from] PlannedError),
}

/// Cuts a text. One that fits one short message gives one part, without a header unless its alphabet needs one; so does
/// an empty one.
///
/// `reference` is that of the message in a 16-bit header. An 8-bit one is made of it in 1..=255, so that consecutive
/// references stay different and wrap at 255; in SAR 0 becomes 65535.
///
/// # Errors
/// The text takes more parts or octets than allowed, or the plan cannot hold any text.
pub fn split(encoded: &Encoded, plan: &Plan, reference: u16) -> Result<Vec<Part>, SplitError> {
    match plan {
        Plan::Udh {
            width,
            max_octets,
            max_parts,
        } => udh(encoded, *width, *max_octets, *max_parts, reference),
        Plan::Sar {
            max_octets,
            max_parts,
        } => sar(encoded, *max_octets, *max_parts, reference),
        Plan::Payload {
            max_octets,
            always,
            beyond,
        } => payload(encoded, *max_octets, *always, beyond.as_deref(), reference),
        Plan::Planned(parts) => Ok(planned::parts(parts)?),
    }
}

/// sar_msg_ref_num has 16 bits, and an SMSC that turns it into a header needs that much room.
const SAR_HEADER: usize = 7;

fn udh(
    encoded: &Encoded,
    width: ReferenceWidth,
    max_octets: Option<u16>,
    max_parts: Option<u8>,
    reference: u16,
) -> Result<Vec<Part>, SplitError> {
    let max_octets = max_octets.map(|octets| usize::from(octets).min(MAX_SHORT_MESSAGE));
    if Room::single(encoded)
        .raised_to(encoded, max_octets)
        .holds(encoded)
    {
        return whole(encoded, max_parts);
    }
    let header = room::header_of_part(encoded, width);
    let room = Room::behind(encoded, header).limited_to(encoded, max_octets, header);
    let Some(cuts) = cut(encoded, room, room::fill_bits(header)) else {
        return Err(SplitError::NoRoom {
            max_octets: max_octets.unwrap_or(room::AIR_OCTETS),
            header,
        });
    };
    let tables = encoded.header_elements();
    numbered(encoded, &cuts, max_parts, |total, number, text| {
        let [high, low] = reference.to_be_bytes();
        let place: &[u8] = match width {
            ReferenceWidth::EightBits => &[0x00, 3, eight_bits(reference), total, number],
            ReferenceWidth::SixteenBits => &[0x08, 4, high, low, total, number],
        };
        headed(encoded, &[place, &tables], text)
    })
}

/// A header and sar_* parameters must not meet in one PDU, so a text whose tables need a header has its numbers there.
fn sar(
    encoded: &Encoded,
    max_octets: Option<u16>,
    max_parts: Option<u8>,
    reference: u16,
) -> Result<Vec<Part>, SplitError> {
    if !encoded.header_elements().is_empty() {
        let full = room::part_octets(encoded, ReferenceWidth::SixteenBits);
        let fewer = max_octets.filter(|max| usize::from(*max) < full);
        return udh(encoded, ReferenceWidth::SixteenBits, fewer, max_parts, reference);
    }
    if Room::single(encoded).holds(encoded) {
        return whole(encoded, max_parts);
    }
    let max_octets = max_octets.map(usize::from);
    let room = Room::behind(encoded, SAR_HEADER).lowered_to(encoded, max_octets);
    let Some(cuts) = cut(encoded, room, 0) else {
        return Err(SplitError::NoRoom {
            max_octets: max_octets.unwrap_or(room::AIR_OCTETS),
            header: 0,
        });
    };
    let reference = if reference == 0 { u16::MAX } else { reference };
    let tlv = |tag, value| Tlv { tag, value };
    numbered(encoded, &cuts, max_parts, |total, number, text| Part {
        tlvs: vec![
            tlv(tag::SAR_MSG_REF_NUM, reference.to_be_bytes().to_vec()),
            tlv(tag::SAR_TOTAL_SEGMENTS, vec![total]),
            tlv(tag::SAR_SEGMENT_SEQNUM, vec![number]),
        ],
        ..headed(encoded, &[], text)
    })
}

fn payload(
    encoded: &Encoded,
    max_octets: Option<u32>,
    always: bool,
    beyond: Option<&Plan>,
    reference: u16,
) -> Result<Vec<Part>, SplitError> {
    if encoded.is_empty() || (!always && Room::single(encoded).holds(encoded)) {
        return whole(encoded, None);
    }
    let part = headed(encoded, &[&encoded.header_elements()], encoded.unpacked());
    let octets = part.short_message.len();
    let allowed = max_octets
        .and_then(|max| usize::try_from(max).ok())
        .unwrap_or(MAX_PAYLOAD)
        .min(MAX_PAYLOAD);
    match beyond {
        _ if octets <= allowed => Ok(vec![Part {
            tlvs: vec![Tlv {
                tag: tag::MESSAGE_PAYLOAD,
                value: part.short_message,
            }],
            esm_class: part.esm_class,
            ..Part::default()
        }]),
        Some(plan) => split(encoded, plan, reference),
        None => Err(SplitError::PayloadTooLong { octets, allowed }),
    }
}

/// The text as one short message.
fn whole(encoded: &Encoded, max_parts: Option<u8>) -> Result<Vec<Part>, SplitError> {
    if max_parts == Some(0) {
        return Err(SplitError::NoPartAllowed);
    }
    let elements = if encoded.is_empty() {
        Vec::new()
    } else {
        encoded.header_elements()
    };
    Ok(vec![headed(encoded, &[&elements], encoded.unpacked())])
}

/// Octets of the text, one septet an octet, behind a header of these elements; without any there is no header.
fn headed(encoded: &Encoded, elements: &[&[u8]], text: &[u8]) -> Part {
    let length: usize = elements.iter().map(|element| element.len()).sum();
    let mut short_message = Vec::with_capacity(1 + length + text.len());
    if length > 0 {
        // Concatenation and two tables make 12 octets at most.
        short_message.push(u8::try_from(length).unwrap_or(u8::MAX));
        elements
            .iter()
            .for_each(|element| short_message.extend_from_slice(element));
    }
    if encoded.is_packed() {
        let fill_bits = room::fill_bits(short_message.len());
        short_message.extend(pack(text, fill_bits));
    } else {
        short_message.extend_from_slice(text);
    }
    Part {
        esm_class: if length > 0 { esm_class::UDHI } else { 0 },
        short_message,
        tlvs: Vec::new(),
    }
}

/// Cuts greedily; packed septets begin after `fill_bits`. `None` when not even one unit fits.
fn cut(encoded: &Encoded, room: Room, fill_bits: u8) -> Option<Vec<Range<usize>>> {
    // Seven spare bits are one more septet to whoever counts octets: an `@` in the middle of the text.
    let looks_longer =
        |septets: usize| encoded.is_packed() && (septets * 7 + usize::from(fill_bits)) % 8 == 1;
    let mut cuts = Vec::new();
    let (mut start, mut last, mut end, mut left) = (0, 0, 0, room);
    while let Some(unit) = encoded.first_unit(encoded.unpacked().get(end..)?) {
        if let Some(less) = left.less(unit) {
            (left, last, end) = (less, end, end + unit.octets);
            continue;
        }
        if end == start {
            return None;
        }
        if looks_longer(end - start) && last > start {
            end = last;
        }
        cuts.push(start..end);
        (start, last, left) = (end, end, room);
    }
    cuts.push(start..end);
    Some(cuts)
}

/// Makes the parts of a text from their total, their number from 1, and their octets, one septet an octet.
fn numbered(
    encoded: &Encoded,
    cuts: &[Range<usize>],
    max_parts: Option<u8>,
    part: impl Fn(u8, u8, &[u8]) -> Part,
) -> Result<Vec<Part>, SplitError> {
    let allowed = max_parts.unwrap_or(u8::MAX);
    let total = match u8::try_from(cuts.len()) {
        _ if allowed == 0 => return Err(SplitError::NoPartAllowed),
        Ok(total) if total <= allowed => total,
        _ => {
            return Err(SplitError::TooLong {
                octets: encoded.octets_len(),
                needed: cuts.len(),
                allowed: usize::from(allowed),
            });
        }
    };
    let texts = cuts.iter().filter_map(|cut| encoded.unpacked().get(cut.clone()));
    Ok((1..=total)
        .zip(texts)
        .map(|(number, text)| part(total, number, text))
        .collect())
}

/// 1..=255: some handsets and SMSCs take 0 for "no reference".
fn eight_bits(reference: u16) -> u8 {
    u8::try_from(reference % 255).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests;
