//! What the fields of a command may say. Problems are worded to stand behind the field's name.

use super::DispatchCommand;
use crate::pdu::masked;
use crate::submit::is_reserved;
use chrono::{DateTime, Utc};
use serde_json::Value;

pub(super) fn to(to: &str) -> Result<(), String> {
    let digits = to.strip_prefix('+').unwrap_or(to);
    if (3..=15).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return Ok(());
    }
    Err(format!(
        "{} is not a number: use 3 to 15 digits with an optional leading +",
        quoted(to)
    ))
}

pub(super) fn from(from: &str) -> Result<(), String> {
    let characters = from.chars().count();
    if characters > 20 {
        return Err(format!("has {characters} characters: a sender has at most 20"));
    }
    match from.chars().find(|c| c.is_control()) {
        Some(c) => Err(format!("{c:?} cannot be in a sender: use printable characters")),
        None => Ok(()),
    }
}

pub(super) fn text(text: &str) -> Result<(), String> {
    // Octets are never fewer than characters, and counting them is free.
    if text.len() <= DispatchCommand::MAX_TEXT {
        return Ok(());
    }
    match text.chars().count() {
        count if count <= DispatchCommand::MAX_TEXT => Ok(()),
        count => Err(format!(
            "has {count} characters: at most {} are sent",
            DispatchCommand::MAX_TEXT
        )),
    }
}

pub(super) fn validity(seconds: u64) -> Result<u32, String> {
    match u32::try_from(seconds) {
        Ok(seconds) if seconds > 0 => Ok(seconds),
        _ => Err(format!(
            "{seconds} is out of range: use seconds from 1 to {}",
            u32::MAX
        )),
    }
}

pub(super) fn priority(flag: u64) -> Result<u8, String> {
    match u8::try_from(flag) {
        Ok(flag) if flag <= 3 => Ok(flag),
        _ => Err(format!("{flag} is out of range: use 0 to 3")),
    }
}

pub(super) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.with_timezone(&Utc))
        .map_err(|_| {
            format!(
                "{:?} is not a time: use RFC 3339, as in 2026-01-31T12:00:00Z",
                shortened(text)
            )
        })
}

pub(super) fn tlv_tag(tag: u64) -> Result<u16, String> {
    match u16::try_from(tag) {
        Ok(tag) if is_reserved(tag) => Err(format!("0x{tag:04X} is set by the gateway itself")),
        Ok(tag) => Ok(tag),
        Err(_) => Err(format!("{tag} is out of range: use 0 to 65535")),
    }
}

pub(super) fn hex(text: &str) -> Result<Vec<u8>, String> {
    let digit = |octet: u8| {
        char::from(octet)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (pairs, odd) = text.as_bytes().as_chunks();
    let octets = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect();
    match octets {
        Some(octets) if odd.is_empty() => Ok(octets),
        _ => Err(format!("{} is not hex: use two digits an octet", quoted(text))),
    }
}

pub(super) fn string(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| format!("is {}, not a string", kind(value)))
}

pub(super) fn number(value: &Value) -> Result<u64, String> {
    value.as_u64().ok_or_else(|| match value {
        Value::Number(number) => format!("{number} is not a whole number from 0"),
        other => format!("is {}, not a number", kind(other)),
    })
}

pub(super) fn boolean(value: &Value) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| format!("is {}, not true or false", kind(value)))
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A value for people: short, and masked where it could be a phone number, because errors are logged.
pub(super) fn quoted(value: &str) -> String {
    let short = shortened(value);
    let digits = short.chars().filter(char::is_ascii_digit).count();
    let shown = if digits > 6 { masked(&short) } else { short };
    format!("{shown:?}")
}

fn shortened(value: &str) -> String {
    value.chars().take(40).collect()
}
