//! An operator's own alphabet: 256 octets and what each stands for.

use super::{Counting, UNKNOWN, gsm7};
use std::collections::BTreeMap;
use std::fmt;

/// A named table of 256 octets.
///
/// Octet 0x1B is one like any other, unless the table has the GSM extension table behind it: then 0x1B has no
/// character of its own, and characters that the table lacks are looked for there. A table made from
/// [`TableBase::Gsm7`] has it as long as no override gives 0x1B a character.
#[derive(Clone, PartialEq, Eq)]
pub struct CharTable {
    name: String,
    chars: [Option<char>; 256],
    /// Octets of U+0000..=U+00FF.
    latin: [Option<u8>; 256],
    /// Octets of the other characters, sorted.
    beyond: Vec<(char, u8)>,
    extension: bool,
    counting: Counting,
}

/// What a table starts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableBase {
    /// GSM 7-bit default alphabet in 0x00..=0x7F, with its extension table. Counted in septets.
    Gsm7,
    /// 0x00..=0x7F.
    Ascii,
    /// ISO 8859-1, all 256.
    Latin1,
}

impl CharTable {
    /// The longest name, in octets.
    pub const MAX_NAME: usize = 64;

    /// A table from all its entries; `None` where an octet stands for nothing. Counted in octets.
    ///
    /// # Errors
    /// A bad name, no entry at all, a character that stands at two octets, or U+FFFD.
    pub fn new(name: &str, chars: [Option<char>; 256]) -> Result<Self, TableError> {
        let entries: Vec<_> = (0..=u8::MAX)
            .zip(chars)
            .filter_map(|(octet, c)| Some((octet, c?)))
            .collect();
        Self::from_entries(name, &entries)
    }

    /// A table of these entries alone. Counted in octets.
    ///
    /// # Errors
    /// As [`Self::new`], and an octet that is given twice.
    pub fn from_entries(name: &str, entries: &[(u8, char)]) -> Result<Self, TableError> {
        if entries.is_empty() {
            return Err(TableError::Empty);
        }
        Self::build(name, [None; 256], entries)
    }

    /// A base with some octets meaning something else. An override also wins over the base when its character is
    /// encoded: GSM with `(0x40, '@')` writes 0x40 for `@`, and reads both 0x40 and 0x00 as `@`.
    ///
    /// # Errors
    /// A bad name, an octet or a character that the overrides give twice, or U+FFFD.
    pub fn from_base(name: &str, base: TableBase, overrides: &[(u8, char)]) -> Result<Self, TableError> {
        let mut chars = [None; 256];
        for (octet, slot) in (0..=u8::MAX).zip(&mut chars) {
            *slot = match base {
                TableBase::Gsm7 => gsm7::base(octet),
                TableBase::Ascii => octet.is_ascii().then_some(char::from(octet)),
                TableBase::Latin1 => Some(char::from(octet)),
            };
        }
        let mut table = Self::build(name, chars, overrides)?;
        if base == TableBase::Gsm7 {
            table.counting = Counting::Septets;
            table.extension = table.decode_octet(gsm7::ESCAPE).is_none();
        }
        Ok(table)
    }

    /// The same with the GSM extension table behind 0x1B.
    ///
    /// # Errors
    /// 0x1B has a character.
    pub fn with_extension(mut self) -> Result<Self, TableError> {
        if let Some(character) = self.decode_octet(gsm7::ESCAPE) {
            return Err(TableError::EscapeTaken { character });
        }
        self.extension = true;
        Ok(self)
    }

    /// The same without the GSM extension table.
    #[must_use]
    pub fn without_extension(mut self) -> Self {
        self.extension = false;
        self
    }

    /// The same, measured otherwise. [`Counting::Septets`] is right where the SMSC translates the table into the GSM
    /// alphabet for the air, as those do that read data_coding 0 as ISO 8859-1.
    #[must_use]
    pub fn counted_in(mut self, counting: Counting) -> Self {
        self.counting = counting;
        self
    }

    /// As in the operator's file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its texts are measured in.
    #[must_use]
    pub fn counting(&self) -> Counting {
        self.counting
    }

    /// Appends the octets of a character; `false` when the table lacks it.
    pub(super) fn put(&self, c: char, out: &mut Vec<u8>) -> bool {
        if let Some(octet) = self.octet(c) {
            out.push(octet);
            return true;
        }
        self.extension && gsm7::cost(c) == Some(2) && gsm7::put(c, out)
    }

    pub(super) fn decode(&self, octets: &[u8]) -> String {
        if self.extension {
            gsm7::decode_with(octets, |octet| self.decode_octet(octet), gsm7::extension)
        } else {
            octets
                .iter()
                .map(|octet| self.decode_octet(*octet).unwrap_or(UNKNOWN))
                .collect()
        }
    }

    /// Whether this octet is half of a pair.
    pub(super) fn escapes(&self, octet: u8) -> bool {
        self.extension && octet == gsm7::ESCAPE
    }

    /// What the octet's character costs on the air, 1 where the GSM alphabet lacks it.
    pub(super) fn septets(&self, octet: u8) -> usize {
        self.decode_octet(octet).and_then(gsm7::cost).unwrap_or(1)
    }

    fn decode_octet(&self, octet: u8) -> Option<char> {
        self.chars.get(usize::from(octet)).copied().flatten()
    }

    fn octet(&self, c: char) -> Option<u8> {
        match u8::try_from(c) {
            Ok(latin) => self.latin.get(usize::from(latin)).copied().flatten(),
            Err(_) => {
                let at = self.beyond.binary_search_by_key(&c, |(c, _)| *c).ok()?;
                self.beyond.get(at).map(|(_, octet)| *octet)
            }
        }
    }

    fn build(name: &str, mut chars: [Option<char>; 256], entries: &[(u8, char)]) -> Result<Self, TableError> {
        if name.trim().is_empty() || name.len() > Self::MAX_NAME {
            return Err(TableError::BadName);
        }
        let mut octets: BTreeMap<char, u8> = BTreeMap::new();
        let mut given = [false; 256];
        for &(octet, character) in entries {
            let slot = given.get_mut(usize::from(octet));
            if slot.is_some_and(|given| std::mem::replace(given, true)) {
                return Err(TableError::OctetTwice { octet });
            }
            if character == UNKNOWN {
                return Err(TableError::Unprintable { octet });
            }
            if let Some(first) = octets.insert(character, octet) {
                return Err(TableError::CharacterTwice {
                    octet,
                    character,
                    first,
                });
            }
            if let Some(slot) = chars.get_mut(usize::from(octet)) {
                *slot = Some(character);
            }
        }
        for (octet, character) in (0..=u8::MAX).zip(chars) {
            if let Some(character) = character {
                octets.entry(character).or_insert(octet);
            }
        }
        let mut latin = [None; 256];
        for (code, slot) in (0..=u8::MAX).zip(&mut latin) {
            *slot = octets.remove(&char::from(code));
        }
        Ok(Self {
            name: name.to_owned(),
            chars,
            latin,
            beyond: octets.into_iter().collect(),
            extension: false,
            counting: Counting::Octets,
        })
    }
}

impl fmt::Debug for CharTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CharTable")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a table.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TableError {
    /// Empty, or longer than [`CharTable::MAX_NAME`].
    #[error("the name of an alphabet table takes 1 to 64 octets")]
    BadName,
    /// Nothing could be encoded.
    #[error("the table has no entry")]
    Empty,
    /// Two meanings for one octet.
    #[error("entry 0x{octet:02X} is given twice")]
    OctetTwice {
        /// Which.
        octet: u8,
    },
    /// Two octets for one character, so that encoding it would be a guess.
    #[error("entry 0x{octet:02X}: {character:?} stands at 0x{first:02X} already")]
    CharacterTwice {
        /// The later entry.
        octet: u8,
        /// Given twice.
        character: char,
        /// The earlier entry.
        first: u8,
    },
    /// U+FFFD.
    #[error("entry 0x{octet:02X}: U+FFFD stands for what cannot be decoded and is no character")]
    Unprintable {
        /// Which.
        octet: u8,
    },
    /// The extension table needs 0x1B for itself.
    #[error("entry 0x1B: it is {character:?} here and cannot open the extension table")]
    EscapeTaken {
        /// What stands there.
        character: char,
    },
}
