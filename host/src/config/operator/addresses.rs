//! `[source]` and `[destination]`: how the operator wants its addresses.

use super::alphabets::Alphabets;
use super::keys::{auto_or_number, unencodable};
use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{boolean, kind, number, text, word};
use smpp_domain::address::{AddressRule, Look, MAX_OCTETS, Recipient, Sender};
use smpp_domain::encoding::{Alphabet, UnencodableRule};
use std::ops::RangeInclusive;

const SOURCE_LOOKS: &[(&str, Look)] = &[
    ("any", Look::Any),
    ("number", Look::Number),
    ("plus", Look::Plus),
    ("digits", Look::Digits),
    ("text", Look::Text),
    ("empty", Look::Empty),
];

/// A recipient is always a number.
const DESTINATION_LOOKS: &[(&str, Look)] =
    &[("any", Look::Any), ("plus", Look::Plus), ("digits", Look::Digits)];

pub(super) fn source(section: Option<Section<'_>>, tables: &Alphabets, problems: &mut Problems) -> Sender {
    let default = Sender::default();
    let Some(mut section) = section else {
        return default;
    };
    let sender = Sender {
        alphabet: section.or("alphabet", default.alphabet, alphabet(tables), problems),
        on_unencodable: section.or(
            "on_unencodable",
            default.on_unencodable,
            sender_unencodable,
            problems,
        ),
        max_length: section.or("max_length", default.max_length, number(1, MAX_OCTETS), problems),
        allow_empty: section.or("allow_empty", default.allow_empty, boolean, problems),
        rules: rules(&mut section, SOURCE_LOOKS, problems),
    };
    section.finish(problems);
    sender
}

pub(super) fn destination(section: Option<Section<'_>>, problems: &mut Problems) -> Recipient {
    let Some(mut section) = section else {
        return Recipient::default();
    };
    let rules = rules(&mut section, DESTINATION_LOOKS, problems);
    section.finish(problems);
    Recipient { rules }
}

fn rules(
    section: &mut Section<'_>,
    looks: &'static [(&'static str, Look)],
    problems: &mut Problems,
) -> Vec<AddressRule> {
    let found = section.tables("rule", problems);
    found
        .into_iter()
        .map(|section| rule(section, looks, problems))
        .collect()
}

fn rule(
    mut section: Section<'_>,
    looks: &'static [(&'static str, Look)],
    problems: &mut Problems,
) -> AddressRule {
    let default = AddressRule::default();
    let rule = AddressRule {
        look: section.or("match", default.look, word(looks), problems),
        length: section.or("length", default.length, length, problems),
        prefix: section.or("prefix", default.prefix, address_text, problems),
        replace_prefix: section.optional("replace_prefix", address_text, problems),
        ton: section.or("ton", None, auto_or_number, problems),
        npi: section.or("npi", None, auto_or_number, problems),
    };
    section.finish(problems);
    rule
}

/// `11`, or `[9, 16]` with both ends included.
fn length(value: toml::Value) -> Result<RangeInclusive<usize>, String> {
    let allowed = || format!("use a number of characters up to {MAX_OCTETS}, or a range such as [9, 16]");
    let end = |value: &toml::Value| {
        value
            .as_integer()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n <= MAX_OCTETS)
            .ok_or_else(allowed)
    };
    match &value {
        toml::Value::Integer(_) => end(&value).map(|length| length..=length),
        toml::Value::Array(ends) => match ends.as_slice() {
            [first, last] => match (end(first)?, end(last)?) {
                (first, last) if first <= last => Ok(first..=last),
                _ => Err(allowed()),
            },
            _ => Err(allowed()),
        },
        other => Err(format!("is {}; {}", kind(other), allowed())),
    }
}

/// What stands in an address.
fn address_text(value: toml::Value) -> Result<String, String> {
    let text = text(value)?;
    if text.len() > MAX_OCTETS || !text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return Err(format!("use at most {MAX_OCTETS} printable ASCII characters"));
    }
    Ok(text)
}

fn alphabet(tables: &Alphabets) -> impl Fn(toml::Value) -> Result<Alphabet, String> {
    move |value| {
        let name = text(value)?;
        match name.as_str() {
            "latin1" => return Ok(Alphabet::Latin1),
            "ascii" => return Ok(Alphabet::Ascii),
            "gsm7" => return Ok(Alphabet::Gsm7Unpacked),
            _ => {}
        }
        let table = tables.get(&name).cloned().map(Alphabet::Table);
        table.ok_or_else(|| {
            let own: String = tables.keys().map(|name| format!(", \"{name}\"")).collect();
            format!("use one of \"latin1\", \"ascii\", \"gsm7\"{own}, or add [alphabets.{name}]")
        })
    }
}

fn sender_unencodable(value: toml::Value) -> Result<UnencodableRule, String> {
    match unencodable(value) {
        Ok(UnencodableRule::Ucs2) | Err(_) => {
            Err("use one of \"reject\", \"transliterate\", \"replace\"".to_owned())
        }
        Ok(rule) => Ok(rule),
    }
}
