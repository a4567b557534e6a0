//! `national_tables` and `national_packed`: the languages of 3GPP TS 23.038 that the operator's phones can read.

use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{boolean, kind};
use smpp_domain::encoding::{Alphabet, Language, gsm7_septets};
use smpp_domain::split::cheapest_tables;
use toml::Value;

/// What becomes of a text for GSM7 that the default alphabet lacks characters of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NationalSettings {
    /// `national_tables`, default none: whose tables may be used, the preferred first.
    pub languages: Vec<Language>,
    /// `national_packed`, default false: whether septets go packed.
    pub packed: bool,
}

impl NationalSettings {
    pub(super) fn read(section: &mut Section<'_>, problems: &mut Problems) -> Self {
        Self {
            languages: section.or("national_tables", Vec::new(), languages, problems),
            packed: section.or("national_packed", false, boolean, problems),
        }
    }

    /// The alphabet for a text that GSM7 is asked for: the default one where it has all its characters or none of the
    /// languages has, and then the operator's rule decides about those.
    #[must_use]
    pub fn alphabet(&self, text: &str) -> Alphabet {
        if self.languages.is_empty() || gsm7_septets(text).is_some() {
            return Alphabet::Gsm7Unpacked;
        }
        match cheapest_tables(text, &self.languages) {
            Some(tables) => self.form(Alphabet::Gsm7National {
                tables,
                packed: false,
            }),
            None => Alphabet::Gsm7Unpacked,
        }
    }

    /// National tables in the operator's form of them; another alphabet as it is.
    #[must_use]
    pub fn form(&self, alphabet: Alphabet) -> Alphabet {
        match alphabet {
            Alphabet::Gsm7National { tables, .. } => Alphabet::Gsm7National {
                tables,
                packed: self.packed,
            },
            other => other,
        }
    }
}

fn languages(value: Value) -> Result<Vec<Language>, String> {
    match value {
        Value::String(word) if word == "auto" => Ok(Language::ALL.to_vec()),
        Value::Array(names) => names.into_iter().map(language).collect(),
        other => Err(format!(
            "is {}; use \"auto\" or a list of languages such as [\"turkish\"]",
            kind(&other)
        )),
    }
}

fn language(value: Value) -> Result<Language, String> {
    let named = |language: &Language| value.as_str() == Some(language.name());
    Language::ALL.into_iter().find(named).ok_or_else(|| {
        let names = Language::ALL.map(Language::name).join(", ");
        format!("{value} is no language that has tables; use \"auto\" or a list of {names}")
    })
}
