//! `[alphabets]`: tables of 256 octets that the operator's policy may name.

use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{boolean, kind, text, word};
use smpp_domain::encoding::{CharTable, Counting, TableBase};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tables by name.
pub type Alphabets = BTreeMap<String, Arc<CharTable>>;

const BASES: &[(&str, TableBase)] = &[
    ("gsm7", TableBase::Gsm7),
    ("ascii", TableBase::Ascii),
    ("latin1", TableBase::Latin1),
];

pub(super) fn read(mut parent: Section<'_>, problems: &mut Problems) -> Alphabets {
    let names = parent.keys();
    let tables = names.into_iter().filter_map(|name| {
        let section = parent.named_table(&name, problems)?;
        Some((name.clone(), Arc::new(table(&name, section, problems)?)))
    });
    tables.collect()
}

fn table(name: &str, mut section: Section<'_>, problems: &mut Problems) -> Option<CharTable> {
    let base = section.required(
        "base",
        word(BASES),
        "use \"gsm7\", \"ascii\" or \"latin1\"",
        problems,
    )?;
    let octets = section.or("octets", Vec::new(), entries, problems);
    let in_septets = section.optional("counted_in_septets", boolean, problems);
    let made = CharTable::from_base(name, base, &octets)
        .map_err(|error| section.problem("octets", None, error.to_string(), problems))
        .ok();
    section.finish(problems);
    made.map(|table| match in_septets {
        Some(true) => table.counted_in(Counting::Septets),
        Some(false) => table.counted_in(Counting::Octets),
        None => table,
    })
}

/// `{ 0x40 = "¡" }`: an octet in hex, and its one character.
fn entries(value: toml::Value) -> Result<Vec<(u8, char)>, String> {
    let toml::Value::Table(table) = value else {
        return Err(format!("is {}; write octets = {{ 0x40 = \"¡\" }}", kind(&value)));
    };
    table
        .into_iter()
        .map(|(octet, character)| entry(&octet, character))
        .collect()
}

fn entry(octet: &str, character: toml::Value) -> Result<(u8, char), String> {
    let digits = octet.strip_prefix("0x").filter(|digits| digits.len() == 2);
    let number = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let number = number.ok_or_else(|| format!("{octet} is no octet: use 0x00 to 0xff"))?;
    let written = text(character).map_err(|error| format!("{octet} {error}"))?;
    let mut characters = written.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Ok((number, only)),
        _ => Err(format!("{octet} = {written:?}: use exactly one character")),
    }
}
