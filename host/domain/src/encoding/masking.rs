//! Texts that say nothing any more, and about which every decision is the same.
//!
//! Each character becomes one that every alphabet takes, or lacks, as it took the first, in as many octets: so the masked
//! text has the same alphabet, the same length and the same parts. ASCII that is neither letter nor digit stays.

use super::national::NationalTables;
use super::{Alphabet, CharTable, Language, gsm7, put_look_alike, transliterate};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

#[cfg(test)]
mod tests;

/// Stand in for characters that no small alphabet has, of one unit of UTF-16 and of two.
const ONE_UNIT: char = '\u{4E2D}';
const TWO_UNITS: char = '\u{1F600}';

/// Stand in for as many as they may, in this order.
const PREFERRED: &str = "xX0\u{E9}\u{C9}\u{394}\u{EF}";

/// What becomes of characters, for the operators that have no table of their own.
static BUILT_IN: LazyLock<Substitutes> = LazyLock::new(|| Substitutes::new(&[]));

/// Masks the texts and numbers of one operator.
#[derive(Clone, Debug)]
pub struct Masker {
    own: Option<Arc<Substitutes>>,
    keeps_texts: bool,
}

impl Masker {
    /// `tables` are the operator's own alphabets. Where texts are kept, numbers are masked all the same.
    pub fn new<'a>(tables: impl IntoIterator<Item = &'a Arc<CharTable>>, keeps_texts: bool) -> Self {
        let tables: Vec<_> = tables.into_iter().cloned().map(Alphabet::Table).collect();
        Self {
            own: (!tables.is_empty()).then(|| Arc::new(Substitutes::new(&tables))),
            keeps_texts,
        }
    }

    /// The text, masked unless texts are kept.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        if self.keeps_texts {
            return text.to_owned();
        }
        text.chars().map(|c| self.character(c)).collect()
    }

    /// A number or an alphanumeric sender: all but the last two characters are masked. What tells how a number is written
    /// stays: `+`, zeros at its beginning, its length; other digits become 9.
    #[must_use]
    pub fn number(&self, number: &str) -> String {
        let hidden = number.chars().count().saturating_sub(2);
        let mut leading = true;
        let each = number.chars().enumerate();
        each.map(|(at, c)| {
            leading &= matches!(c, '+' | '0');
            match c {
                _ if leading || at >= hidden => c,
                '0'..='9' => '9',
                // Octet text: what is beyond ASCII may be in any alphabet.
                _ if c.is_ascii() => self.character(c),
                _ => '\u{E9}',
            }
        })
        .collect()
    }

    /// What stands in for a character of a text.
    pub(crate) fn character(&self, c: char) -> char {
        let substitutes = self.own.as_deref().unwrap_or(&BUILT_IN);
        substitutes.of(c)
    }

    /// Whether texts are left as they are.
    pub(crate) fn keeps_texts(&self) -> bool {
        self.keeps_texts
    }
}

/// By character: the first one that all alphabets treat alike.
#[derive(Debug)]
struct Substitutes {
    ascii: [char; 128],
    others: HashMap<char, char>,
}

impl Substitutes {
    fn new(tables: &[Alphabet]) -> Self {
        let mut alphabets = vec![Alphabet::Gsm7Unpacked, Alphabet::Ascii, Alphabet::Latin1];
        alphabets.extend(
            NationalTables::of(&Language::ALL).map(|tables| Alphabet::Gsm7National {
                tables,
                packed: false,
            }),
        );
        alphabets.extend_from_slice(tables);
        let mut first: HashMap<Treatment, char> = HashMap::new();
        let mut others = HashMap::new();
        for c in PREFERRED.chars().chain(known(tables)) {
            if let Some(treatment) = Treatment::of(c, &alphabets) {
                others.entry(c).or_insert(*first.entry(treatment).or_insert(c));
            }
        }
        let mut ascii = ['\0'; 128];
        for (code, entry) in (0_u8..).zip(&mut ascii) {
            let c = char::from(code);
            *entry = others
                .get(&c)
                .copied()
                .filter(|_| c.is_ascii_alphanumeric())
                .unwrap_or(c);
        }
        Self { ascii, others }
    }

    fn of(&self, c: char) -> char {
        if let Some(substitute) = self.ascii.get(u32::from(c) as usize) {
            return *substitute;
        }
        let unknown = || if c.len_utf16() == 1 { ONE_UNIT } else { TWO_UNITS };
        self.others.get(&c).copied().unwrap_or_else(unknown)
    }
}

/// Every character that some alphabet has, or has a look-alike for.
fn known(tables: &[Alphabet]) -> impl Iterator<Item = char> {
    let septets = || 0_u8..128;
    let latin = (0x20..=0xFF_u8).map(char::from);
    let gsm = septets().filter_map(gsm7::base);
    let national = Language::ALL.into_iter().flat_map(Language::characters);
    let own = tables.iter().flat_map(|table| {
        (0..=u8::MAX).flat_map(|octet| {
            let text: Vec<char> = super::decode(&[octet], table).chars().collect();
            text
        })
    });
    let extension = gsm7::EXTENSION_CHARACTERS.into_iter();
    latin
        .chain(gsm)
        .chain(extension)
        .chain(national)
        .chain(own)
        .chain(transliterate::known())
}

/// How the alphabets treat a character.
#[derive(PartialEq, Eq, Hash)]
struct Treatment {
    /// Of UTF-16.
    units: usize,
    /// What people take it for.
    kind: u8,
    /// In each alphabet: whether it is in it, and its octets, or those of its look-alike.
    costs: Vec<(bool, usize)>,
}

impl Treatment {
    /// `None` where no alphabet has it, and no look-alike: nothing tells such characters apart but their units.
    fn of(c: char, alphabets: &[Alphabet]) -> Option<Self> {
        let like = transliterate::look_alike(c);
        let mut octets = Vec::new();
        let mut known = like.is_some();
        let costs = alphabets.iter().map(|alphabet| {
            octets.clear();
            let has = alphabet.put(c, &mut octets);
            known |= has;
            if !has {
                put_look_alike(c, alphabet, &mut octets, 2);
            }
            (has, octets.len())
        });
        let costs = costs.collect();
        let kind = match c {
            'a'..='z' => 0,
            'A'..='Z' => 1,
            '0'..='9' => 2,
            _ if c.is_alphanumeric() => 3,
            _ => 4,
        };
        known.then_some(Self {
            units: c.len_utf16(),
            kind,
            costs,
        })
    }
}
