//! Reads values of a document that was held against its shape. What does not fit is not there.

use crate::shape::duration;
use serde_json::Value;

pub(crate) fn text(table: &Value, key: &str) -> Option<String> {
    table.get(key)?.as_str().map(str::to_owned)
}

pub(crate) fn word<'a>(table: &'a Value, key: &str) -> Option<&'a str> {
    table.get(key)?.as_str()
}

pub(crate) fn flag(table: &Value, key: &str) -> bool {
    table.get(key).and_then(Value::as_bool).unwrap_or_default()
}

pub(crate) fn whole<T: TryFrom<u64>>(table: &Value, key: &str) -> Option<T> {
    T::try_from(table.get(key)?.as_u64()?).ok()
}

pub(crate) fn millis(table: &Value, key: &str) -> Option<u32> {
    u32::try_from(duration(word(table, key)?)?).ok()
}

/// The items of a list, in order.
pub(crate) fn items<'a>(table: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    table.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The keys of a table and their values.
pub(crate) fn entries<'a>(table: &'a Value, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let entries = table.get(key).and_then(Value::as_object).into_iter().flatten();
    entries.map(|(key, value)| (key.as_str(), value))
}

/// One text, or several.
pub(crate) fn texts(table: &Value, key: &str) -> Vec<String> {
    match table.get(key) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}
