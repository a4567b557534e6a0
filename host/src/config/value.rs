//! Readers of single values. Each error says what is allowed.

use std::time::Duration;
use toml::Value;

/// What a value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) => "a number",
        Value::Float(_) => "a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

pub(super) fn text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!("is {}; text in quotes is wanted", kind(&other))),
    }
}

pub(super) fn name(value: Value) -> Result<String, String> {
    let text = text(value)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
        return Err("use 1 to 64 letters, digits, dashes, dots or underscores".to_owned());
    }
    Ok(text)
}

pub(super) fn boolean(value: Value) -> Result<bool, String> {
    match value {
        Value::Boolean(flag) => Ok(flag),
        other => Err(format!("is {}; use true or false", kind(&other))),
    }
}

/// A whole number within bounds, both included.
pub(super) fn number<T>(low: T, high: T) -> impl Fn(Value) -> Result<T, String>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    move |value| {
        let allowed = || format!("use a whole number from {low} to {high}");
        match value {
            Value::Integer(n) => match T::try_from(n) {
                Ok(n) if n >= low && n <= high => Ok(n),
                _ => Err(allowed()),
            },
            other => Err(format!("is {}; {}", kind(&other), allowed())),
        }
    }
}

/// A size such as `"32MiB"` or `"512KiB"`, in octets, within bounds.
pub(super) fn octets(low: usize, high: usize) -> impl Fn(Value) -> Result<usize, String> {
    move |value| {
        let spelled = |octets: usize| format!("{}MiB", octets >> 20);
        let allowed = || {
            let (low, high) = (spelled(low), spelled(high));
            format!("use a size such as \"32MiB\" from {low} to {high}")
        };
        let Value::String(text) = &value else {
            return Err(format!("is {}; {}", kind(&value), allowed()));
        };
        let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
        let parsed = units.into_iter().find_map(|(unit, shift)| {
            let number: usize = text.strip_suffix(unit)?.parse().ok()?;
            number.checked_mul(1 << shift)
        });
        parsed
            .filter(|octets| (low..=high).contains(octets))
            .ok_or_else(allowed)
    }
}

/// A share from 0.0 to 1.0.
pub(super) fn share(value: Value) -> Result<f64, String> {
    match value {
        Value::Float(share) if (0.0..=1.0).contains(&share) => Ok(share),
        Value::Integer(0) => Ok(0.0),
        Value::Integer(1) => Ok(1.0),
        _ => Err("use a share from 0.0 to 1.0".to_owned()),
    }
}

/// A duration such as `"500ms"`, `"30s"`, `"10m"`, `"72h"` or `"7d"`, within bounds.
pub(super) fn duration(low: Duration, high: Duration) -> impl Fn(Value) -> Result<Duration, String> {
    move |value| {
        let allowed = || {
            format!(
                "use a duration such as \"30s\" from {} to {}",
                spelled(low),
                spelled(high)
            )
        };
        let Value::String(text) = &value else {
            return Err(format!("is {}; {}", kind(&value), allowed()));
        };
        match parse_duration(text) {
            Some(duration) if duration >= low && duration <= high => Ok(duration),
            _ => Err(allowed()),
        }
    }
}

/// A duration within bounds, or `"off"`.
pub(super) fn duration_or_off(
    low: Duration,
    high: Duration,
) -> impl Fn(Value) -> Result<Option<Duration>, String> {
    move |value| {
        if value.as_str() == Some("off") {
            return Ok(None);
        }
        duration(low, high)(value)
            .map(Some)
            .map_err(|message| format!("{message}, or \"off\""))
    }
}

/// A list of durations, of which there is at least one.
pub(super) fn durations(low: Duration, high: Duration) -> impl Fn(Value) -> Result<Vec<Duration>, String> {
    move |value| match value {
        Value::Array(items) if !items.is_empty() => items.into_iter().map(duration(low, high)).collect(),
        Value::Array(_) => Err("is empty; list at least one duration".to_owned()),
        other => Err(format!(
            "is {}; use a list of durations such as [\"5s\", \"10s\"]",
            kind(&other)
        )),
    }
}

/// A number and its unit.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3_600).map(Duration::from_secs),
        "d" => number.checked_mul(86_400).map(Duration::from_secs),
        _ => None,
    }
}

fn spelled(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0 => "0s".to_owned(),
        m if m % 86_400_000 == 0 => format!("{}d", m / 86_400_000),
        m if m % 3_600_000 == 0 => format!("{}h", m / 3_600_000),
        m if m % 60_000 == 0 => format!("{}m", m / 60_000),
        m if m % 1_000 == 0 => format!("{}s", m / 1_000),
        m => format!("{m}ms"),
    }
}

/// One of a fixed set of words.
pub(super) fn word<T: Clone>(words: &'static [(&'static str, T)]) -> impl Fn(Value) -> Result<T, String> {
    move |value| {
        let allowed = || {
            let list: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            format!("use one of {}", list.join(", "))
        };
        match &value {
            Value::String(text) => words
                .iter()
                .find(|(word, _)| word == text)
                .map(|(_, meaning)| meaning.clone())
                .ok_or_else(allowed),
            other => Err(format!("is {}; {}", kind(other), allowed())),
        }
    }
}
