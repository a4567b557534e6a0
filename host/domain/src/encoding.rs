//! Text to octets and back.
//!
//! A text is encoded once, into [`Encoded`], which keeps it as a row of indivisible units: an escape pair of the GSM
//! alphabet, a surrogate pair of UTF-16, a `unit` of a plugin's own coding. [`crate::split`] cuts between units only.
//!
//! Nothing here chooses an alphabet: the command, the operator's file and its policy do.

mod data_coding;
mod encoded;
mod gsm7;
mod masking;
mod national;
mod table;
mod transliterate;

pub use data_coding::{alphabet_for_data_coding, data_coding};
pub(crate) use encoded::Unit;
pub use encoded::{BadUnit, Encoded};
pub use gsm7::{decode_packed, gsm7_septets, pack, unpack};
pub use masking::Masker;
pub use national::{Language, NationalTables, NoSuchTable, decode_national};
pub use table::{CharTable, TableBase, TableError};

use crate::dispatch::SmsEncoding;
use crate::policy::AlphabetName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What happens to characters that the alphabet lacks (`on_unencodable`).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnencodableRule {
    /// The whole text is sent as UCS2.
    #[default]
    Ucs2,
    /// Nearest look-alike, then `?`.
    Transliterate,
    /// This text stands in; what the alphabet lacks of it becomes `?`. Empty removes the character.
    Replace(String),
    /// The message is rejected.
    Reject,
}

/// How characters become octets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alphabet {
    /// GSM 7-bit default alphabet and extension table (3GPP TS 23.038 section 6.2.1), one septet an octet.
    Gsm7Unpacked,
    /// The same, packed as on the air (3GPP TS 23.038 section 6.1.2.1).
    Gsm7Packed,
    /// GSM 7-bit with national language tables (3GPP TS 23.038 annex A). Every part has a header that tells them.
    Gsm7National {
        /// In the place of the default ones.
        tables: NationalTables,
        /// As on the air, behind the header and its fill bits; else one septet an octet.
        packed: bool,
    },
    /// 7-bit ASCII (IA5).
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// UTF-16BE: surrogate pairs are used, because handsets understand them.
    Ucs2,
    /// A table of the operator.
    Table(Arc<CharTable>),
}

/// In what the room of a short message is measured: 140 octets on the air, or the 160 septets that fit them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counting {
    /// The text travels as GSM septets on the air, whatever its octets in the PDU are.
    Septets,
    /// The text travels as it is.
    Octets,
}

impl Alphabet {
    /// The alphabet that a policy names, where `tables` are those of the operator's file. National language tables go
    /// unpacked.
    ///
    /// # Errors
    /// There is no such table.
    pub fn from_name(
        name: &AlphabetName,
        tables: &BTreeMap<String, Arc<CharTable>>,
    ) -> Result<Self, UnknownAlphabet> {
        Ok(match name {
            AlphabetName::Gsm7Unpacked => Self::Gsm7Unpacked,
            AlphabetName::Gsm7Packed => Self::Gsm7Packed,
            AlphabetName::Gsm7National {
                locking_shift,
                single_shift,
            } => Self::Gsm7National {
                tables: NationalTables::new(*locking_shift, *single_shift)?,
                packed: false,
            },
            AlphabetName::Ascii => Self::Ascii,
            AlphabetName::Latin1 => Self::Latin1,
            AlphabetName::Ucs2 => Self::Ucs2,
            AlphabetName::Named(name) => {
                Self::Table(
                    tables
                        .get(name)
                        .cloned()
                        .ok_or_else(|| UnknownAlphabet::NoSuchTable {
                            name: name.clone(),
                            known: tables.keys().cloned().collect::<Vec<_>>().join(", "),
                        })?,
                )
            }
        })
    }

    /// In what its texts are measured.
    ///
    /// ASCII counts septets: an SMSC that takes it translates it into the GSM alphabet, where `[` costs two.
    #[must_use]
    pub fn counting(&self) -> Counting {
        match self {
            Self::Gsm7Unpacked | Self::Gsm7Packed | Self::Gsm7National { .. } | Self::Ascii => {
                Counting::Septets
            }
            Self::Latin1 | Self::Ucs2 => Counting::Octets,
            Self::Table(table) => table.counting(),
        }
    }

    /// The information elements by which a receiver knows it; none for those that data_coding tells.
    pub(crate) fn header_elements(&self) -> Vec<u8> {
        match self {
            Self::Gsm7National { tables, .. } => tables.elements(),
            _ => Vec::new(),
        }
    }

    /// For events and errors: `GSM7`, `GSM7_PACKED`, `GSM7_NATIONAL`, `ASCII`, `LATIN1`, `UCS2`, or the table's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Gsm7Unpacked => "GSM7",
            Self::Gsm7Packed => "GSM7_PACKED",
            Self::Gsm7National { .. } => "GSM7_NATIONAL",
            Self::Ascii => "ASCII",
            Self::Latin1 => "LATIN1",
            Self::Ucs2 => "UCS2",
            Self::Table(table) => table.name(),
        }
    }

    /// Appends the octets of one character; `false` when the alphabet lacks it.
    fn put(&self, c: char, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Gsm7Unpacked | Self::Gsm7Packed => gsm7::put(c, out),
            Self::Gsm7National { tables, .. } => tables.put(c, out),
            Self::Ascii => u8::try_from(c).is_ok_and(|octet| octet.is_ascii() && push(out, octet)),
            Self::Latin1 => u8::try_from(c).is_ok_and(|octet| push(out, octet)),
            Self::Ucs2 => {
                let mut units = [0; 2];
                out.extend(
                    c.encode_utf16(&mut units)
                        .iter()
                        .flat_map(|unit| unit.to_be_bytes()),
                );
                true
            }
            Self::Table(table) => table.put(c, out),
        }
    }
}

impl From<SmsEncoding> for Alphabet {
    fn from(encoding: SmsEncoding) -> Self {
        match encoding {
            SmsEncoding::Gsm7 => Self::Gsm7Unpacked,
            SmsEncoding::Ucs2 => Self::Ucs2,
        }
    }
}

impl fmt::Display for Alphabet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A policy names an alphabet that cannot be had.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnknownAlphabet {
    /// No such table in the operator's file.
    #[error("the operator has no alphabet table {name:?} (it has: {known})")]
    NoSuchTable {
        /// As asked for.
        name: String,
        /// What there is, separated by commas.
        known: String,
    },
    /// A national language has no such table.
    #[error("gsm7-national: {0}")]
    National(#[from] NoSuchTable),
}

/// Encodes a text. A character that the alphabet lacks is treated by `rule`; under [`UnencodableRule::Ucs2`] the
/// result can be in UCS2, so ask [`Encoded::alphabet`] for what was really used.
///
/// # Errors
/// The rule is to reject, or not even `?` can stand in because an operator's table lacks it.
pub fn encode(text: &str, alphabet: &Alphabet, rule: &UnencodableRule) -> Result<Encoded, EncodeError> {
    let mut octets = Vec::with_capacity(if *alphabet == Alphabet::Ucs2 {
        text.len() * 2
    } else {
        text.len()
    });
    let mut missing = EncodeError {
        alphabet: String::new(),
        first: Vec::new(),
        count: 0,
    };
    for (position, c) in text.chars().enumerate() {
        if alphabet.put(c, &mut octets) {
            continue;
        }
        let stood_in = match rule {
            UnencodableRule::Ucs2 => return encode(text, &Alphabet::Ucs2, rule),
            UnencodableRule::Transliterate => put_look_alike(c, alphabet, &mut octets, 2),
            UnencodableRule::Replace(with) => put_all(with, alphabet, &mut octets, 0),
            UnencodableRule::Reject => false,
        };
        if !stood_in {
            missing.note(c, position + 1);
        }
    }
    match missing.count {
        0 => Ok(Encoded::new(alphabet.clone(), octets)),
        _ => Err(EncodeError {
            alphabet: alphabet.name().to_owned(),
            ..missing
        }),
    }
}

/// Decodes octets. What has no meaning becomes U+FFFD; this never fails.
///
/// GSM 7-bit: an escape before an undefined code gives the default alphabet's character, two escapes a space, and a
/// lone one at the end nothing (3GPP TS 23.038 section 6.2.1.1). UCS2: an odd octet at the end and a lone surrogate
/// give U+FFFD. For packed text see [`decode_packed`], for national language tables by identifier
/// [`decode_national`].
#[must_use]
pub fn decode(octets: &[u8], alphabet: &Alphabet) -> String {
    match alphabet {
        Alphabet::Gsm7Unpacked => gsm7::decode(octets),
        Alphabet::Gsm7Packed => decode_packed(octets, None),
        Alphabet::Gsm7National {
            tables,
            packed: false,
        } => tables.decode(octets),
        Alphabet::Gsm7National { tables, packed: true } => tables.decode(&unpack(octets, 0, None)),
        Alphabet::Ascii => octets
            .iter()
            .map(|o| if o.is_ascii() { char::from(*o) } else { UNKNOWN })
            .collect(),
        Alphabet::Latin1 => octets.iter().copied().map(char::from).collect(),
        Alphabet::Ucs2 => {
            let (pairs, odd) = octets.as_chunks();
            char::decode_utf16(pairs.iter().copied().map(u16::from_be_bytes))
                .map(|c| c.unwrap_or(UNKNOWN))
                .chain((!odd.is_empty()).then_some(UNKNOWN))
                .collect()
        }
        Alphabet::Table(table) => table.decode(octets),
    }
}

/// Characters that an alphabet lacks, in a text that had to be sent in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EncodeError {
    /// The alphabet's name.
    pub alphabet: String,
    /// The first [`EncodeError::NAMED`] of them, with their positions in characters, from 1.
    pub first: Vec<(char, usize)>,
    /// All of them.
    pub count: usize,
}

impl EncodeError {
    /// How many characters an error names, so that a text in a foreign script does not become its own error.
    pub const NAMED: usize = 8;

    fn note(&mut self, c: char, position: usize) {
        self.count += 1;
        if self.first.len() < Self::NAMED {
            self.first.push((c, position));
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of the characters are not in {}: ",
            self.count, self.alphabet
        )?;
        for (i, (c, position)) in self.first.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{c:?} (U+{:04X}) at {position}", u32::from(*c))?;
        }
        if self.count > self.first.len() {
            f.write_str(" and more")
        } else {
            Ok(())
        }
    }
}

impl std::error::Error for EncodeError {}

/// Stands for what cannot be decoded.
const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

fn push(out: &mut Vec<u8>, octet: u8) -> bool {
    out.push(octet);
    true
}

/// `steps`: a look-alike may itself be missing and have a plainer one.
fn put_look_alike(c: char, alphabet: &Alphabet, out: &mut Vec<u8>, steps: u8) -> bool {
    match transliterate::look_alike(c) {
        Some(like) if steps > 0 => put_all(&like, alphabet, out, steps - 1),
        _ => alphabet.put('?', out),
    }
}

fn put_all(text: &str, alphabet: &Alphabet, out: &mut Vec<u8>, steps: u8) -> bool {
    text.chars()
        .all(|c| alphabet.put(c, out) || put_look_alike(c, alphabet, out, steps))
}

#[cfg(test)]
mod tests;
