//! An encoded text that remembers where it may be cut.

use super::{Alphabet, Counting, gsm7};
use std::fmt;
use std::num::NonZeroU8;

/// A text as octets, in indivisible units. Its Debug output has no octets: they are the subscriber's text.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    coding: Coding,
    /// One septet an octet, also where the PDU will carry them packed.
    octets: Vec<u8>,
}

impl Encoded {
    pub(super) fn new(alphabet: Alphabet, octets: Vec<u8>) -> Self {
        Self {
            coding: Coding::Host(alphabet),
            octets,
        }
    }

    /// A text that a plugin encoded itself, where `unit` octets are one indivisible character.
    ///
    /// # Errors
    /// `unit` is 0 or does not divide the octets.
    pub fn from_octets(octets: Vec<u8>, unit: u8) -> Result<Self, BadUnit> {
        match NonZeroU8::new(unit) {
            Some(size) if octets.len().is_multiple_of(usize::from(unit)) => Ok(Self {
                coding: Coding::Plugin(size),
                octets,
            }),
            _ => Err(BadUnit {
                unit,
                octets: octets.len(),
            }),
        }
    }

    /// The alphabet that was really used; `None` when a plugin encoded the text.
    #[must_use]
    pub fn alphabet(&self) -> Option<&Alphabet> {
        match &self.coding {
            Coding::Host(alphabet) => Some(alphabet),
            Coding::Plugin(_) => None,
        }
    }

    /// Octets of the whole text in one PDU without a header, packed where [`Self::is_packed`].
    #[must_use]
    pub fn octets_len(&self) -> usize {
        if self.is_packed() {
            (self.octets.len() * 7).div_ceil(8)
        } else {
            self.octets.len()
        }
    }

    /// The whole text as one PDU without a header carries it.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        if self.is_packed() {
            gsm7::pack(&self.octets, 0)
        } else {
            self.octets.clone()
        }
    }

    /// No text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// What the room of a short message is measured in. A plugin's octets travel as they are.
    #[must_use]
    pub fn counting(&self) -> Counting {
        match &self.coding {
            Coding::Host(alphabet) => alphabet.counting(),
            Coding::Plugin(_) => Counting::Octets,
        }
    }

    /// Whether a PDU carries eight septets in seven octets.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        matches!(
            &self.coding,
            Coding::Host(Alphabet::Gsm7Packed | Alphabet::Gsm7National { packed: true, .. })
        )
    }

    /// The information elements that the header of every part has to have, whatever else it has; mostly none.
    pub(crate) fn header_elements(&self) -> Vec<u8> {
        self.alphabet().map(Alphabet::header_elements).unwrap_or_default()
    }

    /// One septet an octet where the alphabet is a packed one, else as in the PDU.
    pub(crate) fn unpacked(&self) -> &[u8] {
        &self.octets
    }

    /// The unit at the front of `rest`, a tail of [`Self::unpacked`] that begins at a unit. `None` at the end.
    pub(crate) fn first_unit(&self, rest: &[u8]) -> Option<Unit> {
        let first = *rest.first()?;
        let unit = match &self.coding {
            Coding::Plugin(size) => Unit::of_octets(usize::from(size.get())),
            Coding::Host(Alphabet::Gsm7Unpacked | Alphabet::Gsm7Packed | Alphabet::Gsm7National { .. }) => {
                Unit::of_octets(if first == gsm7::ESCAPE { 2 } else { 1 })
            }
            Coding::Host(Alphabet::Latin1) => Unit::of_octets(1),
            Coding::Host(Alphabet::Ascii) => Unit {
                octets: 1,
                septets: gsm7::cost(char::from(first)).unwrap_or(1),
            },
            // 0xD8..=0xDB begin a high surrogate; encoding writes the low one behind each.
            Coding::Host(Alphabet::Ucs2) => Unit::of_octets(if matches!(first, 0xD8..=0xDB) { 4 } else { 2 }),
            Coding::Host(Alphabet::Table(table)) => {
                let octets = if table.escapes(first) { 2 } else { 1 };
                Unit {
                    octets,
                    septets: octets.max(table.septets(first)),
                }
            }
        };
        Some(Unit {
            octets: unit.octets.min(rest.len()),
            ..unit
        })
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded")
            .field("coding", &self.coding)
            .field("octets", &self.octets_len())
            .finish()
    }
}

/// A plugin's `unit` that does not fit its octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{octets} octets do not divide into units of {unit}")]
pub struct BadUnit {
    /// As the plugin says.
    pub unit: u8,
    /// As many as it gave.
    pub octets: usize,
}

/// What a cut never divides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unit {
    /// Its length in [`Encoded::unpacked`].
    pub(crate) octets: usize,
    /// What it takes on the air where septets are counted.
    pub(crate) septets: usize,
}

impl Unit {
    fn of_octets(octets: usize) -> Self {
        Self {
            octets,
            septets: octets,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Coding {
    Host(Alphabet),
    Plugin(NonZeroU8),
}
