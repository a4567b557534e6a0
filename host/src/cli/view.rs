//! A gateway's answers, as people read them.

use serde_json::Value;

/// Digits of a digest that are shown: enough to tell versions apart.
const DIGEST: usize = 12;

/// The text at a JSON Pointer; `-` where there is none.
pub(super) fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => "-".to_owned(),
        Some(other) => other.to_string(),
    }
}

/// The number at a JSON Pointer.
pub(super) fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

/// The list at a JSON Pointer.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// Whether there is something at a JSON Pointer.
pub(super) fn has(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).is_some_and(|found| !found.is_null())
}

/// The beginning of a digest.
pub(super) fn digest(value: &Value, pointer: &str) -> String {
    let whole = text(value, pointer);
    whole.get(..DIGEST).map_or_else(|| whole.clone(), str::to_owned)
}

/// `hexdec 0.1.0 (1a2b3c4d5e6f)`; what runs where there is no plugin is the built-in behaviour.
pub(super) fn version(value: &Value, pointer: &str) -> String {
    if !has(value, pointer) {
        return "the built-in behaviour".to_owned();
    }
    let at = |key: &str| text(value, &format!("{pointer}/{key}"));
    let digest = digest(value, &format!("{pointer}/sha256"));
    format!("{} {} ({digest})", at("plugin"), at("version"))
}

/// `1,204`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows with their columns under each other: the first to the left, numbers to the right.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let is_number =
        |cell: &str| cell.starts_with(|c: char| c.is_ascii_digit()) && cell.len() < 12 && !cell.contains(' ');
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let space = " ".repeat(width.saturating_sub(cell.chars().count()));
            if is_number(cell) {
                line.push_str(&space);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&space);
            }
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_versions_are_readable() {
        let shown = [0, 999, 1_000, 1_204, 1_000_000].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,204", "1,000,000"]);
        let policy =
            json!({ "active": { "plugin": "acme", "version": "1.0.0", "sha256": "0123456789abcdef" } });
        assert_eq!(version(&policy, "/active"), "acme 1.0.0 (0123456789ab)");
        assert_eq!(version(&policy, "/candidate"), "the built-in behaviour");
        assert_eq!(text(&policy, "/reason"), "-");
    }

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["hook", "calls"], ["inbound", "7"], ["message-ids", "1,204"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            table(&rows),
            "hook         calls\ninbound          7\nmessage-ids  1,204\n"
        );
    }
}
