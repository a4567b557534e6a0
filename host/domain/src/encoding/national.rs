//! GSM 7-bit with national language tables (3GPP TS 23.038 sections 6.2.1.2.1 to 6.2.1.2.5 and annex A).
//!
//! A locking shift table stands in the place of the default alphabet, a single shift table in the place of its extension
//! table, and each is told by an information element in the header of every part (3GPP TS 23.040 sections 9.2.3.24.15 and
//! 9.2.3.24.16). Where the one is missing the default counts.

mod locking;
mod single;
mod table;

#[cfg(test)]
mod tests;

use super::gsm7;
use std::fmt;
use table::Table;

/// Information element of a single shift table.
const SINGLE_SHIFT: u8 = 0x24;
/// Information element of a locking shift table.
const LOCKING_SHIFT: u8 = 0x25;

/// The languages that have tables, by their identifiers (3GPP TS 23.038 section 6.2.1.2.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Language {
    /// Both tables.
    Turkish = 1,
    /// A single shift table alone.
    Spanish = 2,
    /// Both tables.
    Portuguese = 3,
    /// And Assamese. Both tables.
    Bengali = 4,
    /// Both tables.
    Gujarati = 5,
    /// Both tables.
    Hindi = 6,
    /// Both tables.
    Kannada = 7,
    /// Both tables.
    Malayalam = 8,
    /// Both tables.
    Oriya = 9,
    /// Both tables.
    Punjabi = 10,
    /// Both tables.
    Tamil = 11,
    /// Both tables.
    Telugu = 12,
    /// Both tables.
    Urdu = 13,
}

impl Language {
    /// All of them, in the order of their identifiers.
    pub const ALL: [Self; 13] = [
        Self::Turkish,
        Self::Spanish,
        Self::Portuguese,
        Self::Bengali,
        Self::Gujarati,
        Self::Hindi,
        Self::Kannada,
        Self::Malayalam,
        Self::Oriya,
        Self::Punjabi,
        Self::Tamil,
        Self::Telugu,
        Self::Urdu,
    ];

    /// As in the information elements.
    #[must_use]
    pub fn identifier(self) -> u8 {
        self as u8
    }

    /// The language of an identifier; `None` for 0 and those from 14 on, which are reserved.
    #[must_use]
    pub fn from_identifier(identifier: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.identifier() == identifier)
    }

    /// For configuration and errors: `turkish`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Turkish => "turkish",
            Self::Spanish => "spanish",
            Self::Portuguese => "portuguese",
            Self::Bengali => "bengali",
            Self::Gujarati => "gujarati",
            Self::Hindi => "hindi",
            Self::Kannada => "kannada",
            Self::Malayalam => "malayalam",
            Self::Oriya => "oriya",
            Self::Punjabi => "punjabi",
            Self::Tamil => "tamil",
            Self::Telugu => "telugu",
            Self::Urdu => "urdu",
        }
    }

    /// The characters of its tables.
    pub(super) fn characters(self) -> impl Iterator<Item = char> {
        let tables = self.locking().into_iter().chain([self.single()]);
        tables.flat_map(|table| table.iter().map(|(_, character)| character))
    }

    fn locking(self) -> Option<&'static Table> {
        Some(match self {
            Self::Spanish => return None,
            Self::Turkish => &locking::TURKISH,
            Self::Portuguese => &locking::PORTUGUESE,
            Self::Bengali => &locking::BENGALI,
            Self::Gujarati => &locking::GUJARATI,
            Self::Hindi => &locking::HINDI,
            Self::Kannada => &locking::KANNADA,
            Self::Malayalam => &locking::MALAYALAM,
            Self::Oriya => &locking::ORIYA,
            Self::Punjabi => &locking::PUNJABI,
            Self::Tamil => &locking::TAMIL,
            Self::Telugu => &locking::TELUGU,
            Self::Urdu => &locking::URDU,
        })
    }

    fn single(self) -> &'static Table {
        match self {
            Self::Turkish => &single::TURKISH,
            Self::Spanish => &single::SPANISH,
            Self::Portuguese => &single::PORTUGUESE,
            Self::Bengali => &single::BENGALI,
            Self::Gujarati => &single::GUJARATI,
            Self::Hindi => &single::HINDI,
            Self::Kannada => &single::KANNADA,
            Self::Malayalam => &single::MALAYALAM,
            Self::Oriya => &single::ORIYA,
            Self::Punjabi => &single::PUNJABI,
            Self::Tamil => &single::TAMIL,
            Self::Telugu => &single::TELUGU,
            Self::Urdu => &single::URDU,
        }
    }
}

/// The tables of one text: at least one that is not the default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NationalTables {
    locking: Option<Language>,
    single: Option<Language>,
}

impl NationalTables {
    /// Tables by the identifiers of their languages.
    ///
    /// # Errors
    /// There is no such table, or none is named.
    pub fn new(locking: Option<u8>, single: Option<u8>) -> Result<Self, NoSuchTable> {
        let language = |identifier: u8| {
            Language::from_identifier(identifier).ok_or(NoSuchTable::Language { identifier })
        };
        let tables = Self {
            locking: locking.map(language).transpose()?,
            single: single.map(language).transpose()?,
        };
        match tables.locking {
            None if tables.single.is_none() => Err(NoSuchTable::None),
            Some(language) if language.locking().is_none() => Err(NoSuchTable::Locking { language }),
            _ => Ok(tables),
        }
    }

    /// Whose table stands in the place of the default alphabet.
    #[must_use]
    pub fn locking(self) -> Option<Language> {
        self.locking
    }

    /// Whose table stands in the place of the extension table.
    #[must_use]
    pub fn single(self) -> Option<Language> {
        self.single
    }

    /// What a text may be tried in: single shift, locking shift, and both, of each language.
    pub(crate) fn of(languages: &[Language]) -> impl Iterator<Item = Self> {
        languages.iter().copied().flat_map(|language| {
            let locking = language.locking().map(|_| language);
            let single = Some(language);
            let alone = Self {
                locking: None,
                single,
            };
            let locked = locking.into_iter().flat_map(move |language| {
                [None, single].map(|single| Self {
                    locking: Some(language),
                    single,
                })
            });
            std::iter::once(alone).chain(locked)
        })
    }

    /// The information elements that tell them, without the header's length octet: 3 octets a table.
    pub(crate) fn elements(self) -> Vec<u8> {
        let element =
            |id: u8, language: Option<Language>| language.map(|language| [id, 1, language.identifier()]);
        [
            element(SINGLE_SHIFT, self.single),
            element(LOCKING_SHIFT, self.locking),
        ]
        .into_iter()
        .flatten()
        .flatten()
        .collect()
    }

    /// Appends the septets of a character, one an octet; `false` when the tables lack it.
    pub(super) fn put(self, c: char, out: &mut Vec<u8>) -> bool {
        let base = match self.locking.and_then(Language::locking) {
            Some(table) => table.septet(c),
            None => gsm7::base_septet(c),
        };
        if let Some(septet) = base {
            out.push(septet);
            return true;
        }
        let shifted = match self.single {
            Some(language) => language.single().septet(c),
            None => gsm7::extension_septet(c),
        };
        if let Some(septet) = shifted {
            out.extend([gsm7::ESCAPE, septet]);
        }
        shifted.is_some()
    }

    /// As [`super::decode`].
    pub(super) fn decode(self, septets: &[u8]) -> String {
        let locking = self.locking.and_then(Language::locking);
        let base = |septet| locking.map_or_else(|| gsm7::base(septet), |table| table.character(septet));
        let single = self.single.map(Language::single);
        let shifted =
            |septet| single.map_or_else(|| gsm7::extension(septet), |table| table.character(septet));
        gsm7::decode_with(septets, base, shifted)
    }
}

/// Decodes septets, one an octet, whose header names these languages: see [`super::decode`]. A language that has no such
/// table counts as not named (3GPP TS 23.038 section 6.2.1.2.1).
#[must_use]
pub fn decode_national(septets: &[u8], locking: Option<u8>, single: Option<u8>) -> String {
    let language = |identifier: Option<u8>| identifier.and_then(Language::from_identifier);
    let tables = NationalTables {
        locking: language(locking).filter(|language| language.locking().is_some()),
        single: language(single),
    };
    tables.decode(septets)
}

/// Tables that cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoSuchTable {
    /// Neither of the two.
    #[error("no national language table is named: name one, or use gsm7-unpacked")]
    None,
    /// Reserved.
    #[error("{identifier} is no language that has tables: use 1 to 13 (3GPP TS 23.038 section 6.2.1.2.4)")]
    Language {
        /// As named.
        identifier: u8,
    },
    /// Spanish.
    #[error("there is no locking shift table for {language}: use its single shift table")]
    Locking {
        /// Which.
        language: Language,
    },
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
