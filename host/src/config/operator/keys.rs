//! The values that only an operator's file has: the words, and what is allowed besides.

use super::{DedupeWindow, HOUR, OnUnanswered};
use crate::config::value::{duration, number, text};
use smpp_domain::correlation::AggregateRule;
use smpp_domain::encoding::UnencodableRule;
use smpp_domain::ids::OperatorId;
use smpp_domain::receipt::Detection;
use std::path::Path;
use std::time::Duration;

pub(super) const ON_UNANSWERED: &[(&str, OnUnanswered)] =
    &[("resend", OnUnanswered::Resend), ("report", OnUnanswered::Report)];
pub(super) const DETECTION: &[(&str, Detection)] = &[
    ("esm_class", Detection::EsmClass),
    ("esm_class_or_text", Detection::EsmClassOrText),
    ("tlv", Detection::Tlv),
];
pub(super) const STATE_RULES: &[(&str, AggregateRule)] = &[
    ("all", AggregateRule::AllDelivered),
    ("any-final", AggregateRule::AnyFinal),
    ("first", AggregateRule::First),
    ("last", AggregateRule::Last),
];
pub(super) fn uuid(value: toml::Value) -> Result<OperatorId, String> {
    text(value)?
        .parse()
        .map_err(|_| "use a UUID such as \"6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001\"".to_owned())
}

pub(super) fn dedupe(value: toml::Value) -> Result<DedupeWindow, String> {
    if value.as_str() == Some("correlation_ttl") {
        return Ok(DedupeWindow::CorrelationTtl);
    }
    duration(Duration::ZERO, 24 * HOUR)(value)
        .map(DedupeWindow::For)
        .map_err(|message| format!("{message}, or \"correlation_ttl\""))
}

pub(super) fn unencodable(value: toml::Value) -> Result<UnencodableRule, String> {
    let words = [
        ("ucs2", UnencodableRule::Ucs2),
        ("transliterate", UnencodableRule::Transliterate),
        ("replace", UnencodableRule::Replace("?".to_owned())),
        ("reject", UnencodableRule::Reject),
    ];
    let wanted = text(value)?;
    let found = words.into_iter().find(|(word, _)| *word == wanted);
    found
        .map(|(_, rule)| rule)
        .ok_or_else(|| "use one of \"ucs2\", \"transliterate\", \"replace\", \"reject\"".to_owned())
}

/// The plugin that the gateway brings along: it needs no file, so it may go without its end.
const PREBUILT: &str = "quirks";

pub(super) fn plugin_file(value: toml::Value) -> Result<String, String> {
    let file = text(value)?;
    if file == PREBUILT {
        return Ok(format!("{file}.wasm"));
    }
    let plain = Path::new(&file)
        .file_name()
        .is_some_and(|name| name.to_string_lossy() == file);
    if plain && file.ends_with(".wasm") {
        return Ok(file);
    }
    Err("use \"quirks\", or the name of a .wasm file in plugins_dir, without a folder".to_owned())
}

pub(super) fn digest(value: toml::Value) -> Result<String, String> {
    let digest = text(value)?.to_lowercase();
    if digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(digest);
    }
    Err("use the 64 hex digits that sha256sum prints".to_owned())
}

pub(super) fn json_table(value: toml::Value) -> Result<serde_json::Value, String> {
    match value {
        toml::Value::Table(_) => serde_json::to_value(value).map_err(|error| error.to_string()),
        _ => Err("is not a table; write [policy.settings]".to_owned()),
    }
}

pub(super) fn auto_or_number(value: toml::Value) -> Result<Option<u8>, String> {
    if value.as_str() == Some("auto") {
        return Ok(None);
    }
    number(0_u8, 255)(value)
        .map(Some)
        .map_err(|message| format!("{message}, or \"auto\""))
}

pub(super) fn octets(max: usize) -> impl Fn(toml::Value) -> Result<String, String> {
    move |value| {
        let octets = text(value)?;
        if octets.len() > max || !octets.is_ascii() {
            return Err(format!("use at most {max} ASCII characters"));
        }
        Ok(octets)
    }
}
