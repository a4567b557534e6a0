//! A tolerant scanner for the text of a receipt (SMPP 3.4 Appendix B):
//! `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`.
//!
//! Operators leave keys out, change their order, case and width, and put junk before them. The scanner finds keys
//! wherever a word starts, and never fails.
//!
//! What follows `text:` is the beginning of the sender's own message, and may hold anything, a receipt included. So:
//! - a key before `text:` wins over the same key after it, and the first of several wins;
//! - a key that is missing before `text:` is taken from after it, where the last of several wins, because an operator
//!   that writes keys after the text writes them after all of it (`… text: stat:DELIVRD`);
//! - but `id:` is taken from after `text:` only if there is no key at all before `text:`. Nobody who may choose a text
//!   may choose which message it is a receipt of.

mod shown;

pub use shown::redacted;

use crate::pdu::octet_text;
use std::fmt;
use std::ops::Range;

/// The fields as received; `None` for a key that is missing or has no value.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TextReceipt {
    /// The operator's message id.
    pub id: Option<String>,
    /// Short messages submitted.
    pub sub: Option<String>,
    /// Short messages delivered; often wrong.
    pub dlvrd: Option<String>,
    /// When it was submitted, on the operator's clock: see [`super::date`].
    pub submit_date: Option<String>,
    /// When it ended, on the operator's clock: see [`super::date`].
    pub done_date: Option<String>,
    /// The state: see [`super::state`].
    pub stat: Option<String>,
    /// A network's or the operator's error code.
    pub err: Option<String>,
    /// The beginning of the sender's message. Not for logs.
    pub text: Option<String>,
}

impl fmt::Debug for TextReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextReceipt")
            .field("id", &self.id)
            .field("stat", &self.stat)
            .field("err", &self.err)
            .field("done_date", &self.done_date)
            .finish_non_exhaustive()
    }
}

impl TextReceipt {
    /// Whether a text alone may pass for a receipt: an id and a state, and something else that people do not write.
    #[must_use]
    pub fn looks_like_a_receipt(&self) -> bool {
        let others = [
            &self.sub,
            &self.dlvrd,
            &self.submit_date,
            &self.done_date,
            &self.err,
        ];
        self.id.is_some() && self.stat.is_some() && others.iter().any(|field| field.is_some())
    }

    fn says_something(&self) -> bool {
        self.id.is_some() || self.stat.is_some()
    }

    fn field(&mut self, key: Key) -> &mut Option<String> {
        match key {
            Key::Id => &mut self.id,
            Key::Sub => &mut self.sub,
            Key::Dlvrd => &mut self.dlvrd,
            Key::SubmitDate => &mut self.submit_date,
            Key::DoneDate => &mut self.done_date,
            Key::Stat => &mut self.stat,
            Key::Err => &mut self.err,
            Key::Text => &mut self.text,
        }
    }
}

/// Scans user data without its header. `data_coding` 0x08 (and 0x18..=0x1B) is UTF-16BE, all else is octet text; where
/// that makes no sense the other one is tried, because some operators copy the message's data_coding to its receipt.
#[must_use]
pub fn scan_octets(octets: &[u8], data_coding: u8) -> TextReceipt {
    let ucs2 = matches!(data_coding, 0x08 | 0x18..=0x1B);
    let decode = |ucs2: bool| if ucs2 { utf16be(octets) } else { octet_text(octets) };
    let receipt = scan(&decode(ucs2));
    if receipt.says_something() {
        return receipt;
    }
    Some(scan(&decode(!ucs2)))
        .filter(TextReceipt::says_something)
        .unwrap_or(receipt)
}

/// Scans a receipt's text.
#[must_use]
pub fn scan(text: &str) -> TextReceipt {
    let found = keys(text);
    let text_key = found.iter().position(|found| found.key == Key::Text);
    let (head, tail) = found.split_at(text_key.unwrap_or(found.len()));
    let mut receipt = TextReceipt::default();
    for (index, found_key) in head.iter().enumerate() {
        let field = receipt.field(found_key.key);
        if field.is_none() {
            *field = value(text, found_key, found.get(index + 1));
        }
    }
    let Some((text_key, tail)) = tail.split_first() else {
        return receipt;
    };
    let mut text_end = text.len();
    for (index, found_key) in tail.iter().enumerate().rev() {
        let foreign = found_key.key == Key::Text || (found_key.key == Key::Id && !head.is_empty());
        let field = receipt.field(found_key.key);
        if !foreign && field.is_none() {
            *field = value(text, found_key, tail.get(index + 1));
            text_end = found_key.start;
        }
    }
    let own_words = text.get(text_key.value..text_end).unwrap_or_default();
    let own_words = own_words.trim_end_matches(['\0', '\r', '\n']);
    receipt.text = Some(own_words.to_owned()).filter(|words| !words.trim().is_empty());
    receipt
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

/// A space stands for any run of spaces and underscores.
const NAMES: [(&str, Key); 8] = [
    ("id", Key::Id),
    ("sub", Key::Sub),
    ("dlvrd", Key::Dlvrd),
    ("submit date", Key::SubmitDate),
    ("done date", Key::DoneDate),
    ("stat", Key::Stat),
    ("err", Key::Err),
    ("text", Key::Text),
];

struct Found {
    key: Key,
    /// Where its name starts, in octets.
    start: usize,
    /// Where its value may start, in octets.
    value: usize,
}

/// All keys in their order. A key starts where no letter or digit stands before it: `#id:` is one, `grid:` is not.
fn keys(text: &str) -> Vec<Found> {
    let mut found = Vec::with_capacity(NAMES.len());
    // No name has a colon in it, so each colon ends one key or none.
    for (colon, _) in text.match_indices(':') {
        let before = text.as_bytes().get(..colon).unwrap_or_default();
        found.extend(key_at_the_end(before).map(|(key, start)| Found {
            key,
            start,
            value: colon + 1,
        }));
    }
    found
}

/// The key whose name these octets end with, and where that starts.
fn key_at_the_end(octets: &[u8]) -> Option<(Key, usize)> {
    let octets = without_last(octets, |octet| octet == b' ');
    NAMES
        .iter()
        .find_map(|&(name, key)| Some((key, name_start(octets, name)?)))
}

fn name_start(mut octets: &[u8], name: &str) -> Option<usize> {
    for wanted in name.bytes().rev() {
        octets = match octets.split_last() {
            _ if wanted == b' ' => without_last(octets, |octet| matches!(octet, b' ' | b'_')),
            Some((last, before)) if last.eq_ignore_ascii_case(&wanted) => before,
            _ => return None,
        };
    }
    let starts_a_word = octets.last().is_none_or(|before| !before.is_ascii_alphanumeric());
    starts_a_word.then_some(octets.len())
}

fn without_last(octets: &[u8], of: impl Fn(u8) -> bool) -> &[u8] {
    let kept = octets
        .iter()
        .rposition(|&octet| !of(octet))
        .map_or(0, |last| last + 1);
    octets.get(..kept).unwrap_or_default()
}

fn value(text: &str, found: &Found, next: Option<&Found>) -> Option<String> {
    text.get(place(text, found, next)?).map(str::to_owned)
}

/// Where a value stands, in octets. It is one word: up to a blank, a control octet or the next key.
fn place(text: &str, found: &Found, next: Option<&Found>) -> Option<Range<usize>> {
    let end = next.map_or(text.len(), |next| next.start);
    let rest = text.get(found.value..end)?.trim_start_matches(separates);
    let word = rest.split(separates).next()?.trim_end_matches([',', ';']);
    let start = end - rest.len();
    (!word.is_empty()).then_some(start..start + word.len())
}

fn separates(c: char) -> bool {
    c.is_ascii_whitespace() || c.is_ascii_control()
}

/// Lone surrogates and an odd last octet are what a cut text leaves: the rest still counts.
fn utf16be(octets: &[u8]) -> String {
    let units = octets
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&unit| u16::from_be_bytes(unit));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests;
