//! `national_tables` and `national_packed`: the languages of 3GPP TS 23.038 that the operator's phones can read.

use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{boolean, kind};
use smpp_domain::encoding::Language;
use smpp_domain::split::NationalRule;
use toml::Value;

pub(super) fn read(section: &mut Section<'_>, problems: &mut Problems) -> NationalRule {
    NationalRule {
        languages: section.or("national_tables", Vec::new(), languages, problems),
        packed: section.or("national_packed", false, boolean, problems),
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
