//! How much text a short message holds.

use crate::encoding::{Alphabet, Counting, Encoded, Unit};
use crate::policy::ReferenceWidth;

/// The user data of an SMS on the air, in octets (3GPP TS 23.040 section 9.2.3.16).
pub(super) const AIR_OCTETS: usize = 140;

/// What the only short message of a text holds: 160 septets or 140 octets, as [`Alphabet::counting`] says; 155 septets
/// beside one national language table, 152 beside two.
#[must_use]
pub fn single_limit(alphabet: &Alphabet) -> usize {
    air_room(
        alphabet.counting(),
        header_of_single(alphabet.header_elements().len()),
    )
}

/// What one part holds beside a header of `header` octets (6 and 7 for concatenation, 3 more a national language
/// table), in septets or octets as
/// [`Alphabet::counting`] says, and in whole UTF-16 units for UCS2.
#[must_use]
pub fn part_limit(alphabet: &Alphabet, header: usize) -> usize {
    let room = air_room(alphabet.counting(), header);
    if *alphabet == Alphabet::Ucs2 {
        room - room % 2
    } else {
        room
    }
}

/// What a part may take, both of it: octets (septets where the PDU carries them packed), and septets on the air.
#[derive(Clone, Copy)]
pub(super) struct Room {
    octets: usize,
    septets: usize,
}

impl Room {
    /// Of the only short message of a text, as the alphabet allows.
    pub(super) fn single(encoded: &Encoded) -> Self {
        Self::behind(encoded, header_of_single(encoded.header_elements().len()))
    }

    /// Behind a header, as the alphabet allows.
    pub(super) fn behind(encoded: &Encoded, header: usize) -> Self {
        let room = air_room(encoded.counting(), header);
        match encoded.counting() {
            Counting::Octets => Self {
                octets: room,
                septets: usize::MAX,
            },
            Counting::Septets => Self {
                octets: room,
                septets: room,
            },
        }
    }

    /// The same in PDUs of `max_octets`. More than the alphabet allows is the operator's word that its SMSC cuts
    /// otherwise, and then the air does not count.
    pub(super) fn limited_to(self, encoded: &Encoded, max_octets: Option<usize>, header: usize) -> Self {
        match max_octets.map(|octets| in_pdu(encoded, octets, header)) {
            None => self,
            Some(octets) if octets <= self.octets => Self { octets, ..self },
            Some(octets) => Self {
                octets,
                septets: usize::MAX,
            },
        }
    }

    /// The same in PDUs that hold no more than `max_octets`, all of them text.
    pub(super) fn lowered_to(self, encoded: &Encoded, max_octets: Option<usize>) -> Self {
        let octets = max_octets.map_or(self.octets, |octets| in_pdu(encoded, octets, 0));
        Self {
            octets: self.octets.min(octets),
            ..self
        }
    }

    /// The same of the only short message, but never less than before.
    pub(super) fn raised_to(self, encoded: &Encoded, max_octets: Option<usize>) -> Self {
        let header = header_of_single(encoded.header_elements().len());
        let limited = self.limited_to(encoded, max_octets, header);
        if limited.octets > self.octets {
            limited
        } else {
            self
        }
    }

    /// What is left beside this unit, if it fits.
    pub(super) fn less(self, unit: Unit) -> Option<Self> {
        Some(Self {
            octets: self.octets.checked_sub(unit.octets)?,
            septets: self.septets.checked_sub(unit.septets)?,
        })
    }

    /// Whether the whole text fits.
    pub(super) fn holds(self, encoded: &Encoded) -> bool {
        let mut rest = encoded.unpacked();
        // Every unit takes an octet at least, so a long text need not be walked to know.
        if rest.len() > self.octets {
            return false;
        }
        let mut left = self;
        while let Some(unit) = encoded.first_unit(rest) {
            let (Some(less), Some(tail)) = (left.less(unit), rest.get(unit.octets..)) else {
                return false;
            };
            (left, rest) = (less, tail);
        }
        true
    }
}

/// Octets of short_message in a full part, header included, as the alphabet allows.
pub(super) fn part_octets(encoded: &Encoded, width: ReferenceWidth) -> usize {
    let header = header_of_part(encoded, width);
    if encoded.is_packed() {
        AIR_OCTETS
    } else {
        header + air_room(encoded.counting(), header)
    }
}

/// Octets of the header of one part of several: its length, the concatenation, and what the alphabet needs.
pub(super) fn header_of_part(encoded: &Encoded, width: ReferenceWidth) -> usize {
    let concatenation = match width {
        ReferenceWidth::EightBits => 5,
        ReferenceWidth::SixteenBits => 6,
    };
    1 + concatenation + encoded.header_elements().len()
}

/// The same of the only part, which has a header only if its alphabet needs one.
fn header_of_single(elements: usize) -> usize {
    elements + usize::from(elements > 0)
}

/// Bits between a header of so many octets and the next septet border.
pub(super) fn fill_bits(header: usize) -> u8 {
    u8::try_from(header % 7).map_or(0, |octets| octets * 6 % 7)
}

fn air_room(counting: Counting, header: usize) -> usize {
    match counting {
        Counting::Octets => AIR_OCTETS.saturating_sub(header),
        Counting::Septets => septets(AIR_OCTETS, header),
    }
}

fn in_pdu(encoded: &Encoded, octets: usize, header: usize) -> usize {
    if encoded.is_packed() {
        septets(octets, header)
    } else {
        octets.saturating_sub(header)
    }
}

/// Septets in user data of `octets`; they begin on the first septet border behind the header.
fn septets(octets: usize, header: usize) -> usize {
    (octets * 8 / 7).saturating_sub((header * 8).div_ceil(7))
}
