//! A table of a TOML file that is read key by key; what nobody asked for is an unknown key.

use super::effective::Seen;
use super::problem::Problems;
use std::path::Path;
use toml::{Table, Value};

/// Reads keys out of one table and notes what is wrong with them.
pub(super) struct Section<'a> {
    file: &'a Path,
    prefix: String,
    table: Table,
    known: Vec<&'static str>,
    seen: Seen,
}

impl<'a> Section<'a> {
    /// A table of the file; `prefix` is its TOML path, empty at the top.
    fn new(file: &'a Path, prefix: impl Into<String>, table: Table, seen: &Seen) -> Self {
        Self {
            file,
            prefix: prefix.into(),
            table,
            known: Vec::new(),
            seen: seen.clone(),
        }
    }

    /// What is asked of the file, by this table and all below it.
    pub(super) fn seen(&self) -> Seen {
        self.seen.clone()
    }

    /// Parses the whole file.
    pub(super) fn parse(file: &'a Path, text: &str, problems: &mut Problems) -> Option<Self> {
        match text.parse::<Table>() {
            Ok(table) => Some(Self::new(file, "", table, &Seen::default())),
            Err(error) => {
                let place = place(text, error.span().map_or(0, |span| span.start));
                let message = format!("is not TOML: {place}: {}", error.message());
                problems.add(file, "", None, message);
                None
            }
        }
    }

    /// The full TOML path of a key of this table; of the table itself for no key.
    pub(super) fn path(&self, key: &str) -> String {
        match (self.prefix.as_str(), key) {
            ("", key) => key.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, key) => format!("{prefix}.{key}"),
        }
    }

    /// Whether the key is there and nobody has asked for it yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether the key is there and a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Value::is_table)
    }

    /// Takes a raw value.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Value> {
        let value = self.pull(key)?;
        self.seen.found(self.path(key), &value);
        Some(value)
    }

    /// Takes what is no value by itself: tables tell their own.
    fn pull(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.seen.asked(self.path(key));
        self.table.remove(key)
    }

    /// What a value says; one that does not fit is noted, with what may be shown of it.
    fn judged<T>(
        &self,
        key: &str,
        value: Value,
        shown: Option<String>,
        read: impl FnOnce(Value) -> Result<T, String>,
        problems: &mut Problems,
    ) -> Option<T> {
        read(value)
            .map_err(|message| problems.add(self.file, self.path(key), shown, message))
            .ok()
    }

    /// Reads an optional value. A value that does not fit is noted and counts as absent.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value) -> Result<T, String>,
        problems: &mut Problems,
    ) -> Option<T> {
        let value = self.take(key)?;
        let shown = shown(&value);
        self.judged(key, value, shown, read, problems)
    }

    /// Reads a value that has a default.
    pub(super) fn or<T>(
        &mut self,
        key: &'static str,
        default: T,
        read: impl FnOnce(Value) -> Result<T, String>,
        problems: &mut Problems,
    ) -> T {
        self.optional(key, read, problems).unwrap_or(default)
    }

    /// Reads a value that must be there.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value) -> Result<T, String>,
        wanted: &str,
        problems: &mut Problems,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            self.known.push(key);
            self.seen.asked(self.path(key));
            problems.add(self.file, self.path(key), None, format!("is missing; {wanted}"));
            return None;
        }
        self.optional(key, read, problems)
    }

    /// Reads a value whose content must not be shown.
    pub(super) fn secret<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value) -> Result<T, String>,
        problems: &mut Problems,
    ) -> Option<T> {
        let value = self.pull(key)?;
        self.seen.found_secret(self.path(key), &value);
        self.judged(key, value, None, read, problems)
    }

    /// A table below this one.
    pub(super) fn table(&mut self, key: &'static str, problems: &mut Problems) -> Option<Section<'a>> {
        let path = self.path(key);
        let (file, value) = (self.file, self.pull(key)?);
        match value {
            Value::Table(table) => Some(Section::new(file, path, table, &self.seen)),
            other => {
                problems.add(
                    file,
                    path,
                    shown(&other),
                    format!("is not a table; write [{key}]"),
                );
                None
            }
        }
    }

    /// A table below this one, or `true` for one without keys; `false` is none.
    pub(super) fn switch(&mut self, key: &'static str, problems: &mut Problems) -> Option<Section<'a>> {
        let path = self.path(key);
        let value = self.pull(key)?;
        if !value.is_table() {
            self.seen.found(path.clone(), &value);
        }
        match value {
            Value::Boolean(on) => on.then(|| Section::new(self.file, path, Table::new(), &self.seen)),
            Value::Table(table) => {
                self.seen.found(path.clone(), &Value::Boolean(true));
                Some(Section::new(self.file, path, table, &self.seen))
            }
            other => {
                let message = format!("use true, false or a table [{path}]");
                problems.add(self.file, path, shown(&other), message);
                None
            }
        }
    }

    /// A table below this one, whose keys all have defaults; or none where the word `off` stands instead.
    pub(super) fn table_unless(
        &mut self,
        key: &'static str,
        off: &str,
        problems: &mut Problems,
    ) -> Option<Section<'a>> {
        let path = self.path(key);
        let value = self.pull(key);
        if let Some(word) = value.as_ref().filter(|value| !value.is_table()) {
            self.seen.found(path.clone(), word);
        }
        match value {
            None => Some(Section::new(self.file, path, Table::new(), &self.seen)),
            Some(Value::Table(table)) => Some(Section::new(self.file, path, table, &self.seen)),
            Some(Value::String(word)) if word == off => None,
            Some(other) => {
                let message = format!("use \"{off}\" or a table [{path}]");
                problems.add(self.file, path, shown(&other), message);
                None
            }
        }
    }

    /// The keys that nobody has asked for yet: for tables whose keys are names.
    pub(super) fn keys(&self) -> Vec<String> {
        self.table.keys().cloned().collect()
    }

    /// Reads the value of a key that the user chose. One that does not fit is noted and counts as absent.
    pub(super) fn named_value<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Value) -> Result<T, String>,
        problems: &mut Problems,
    ) -> Option<T> {
        let value = self.table.remove(key)?;
        self.seen.found(self.path(key), &value);
        let shown = shown(&value);
        self.judged(key, value, shown, read, problems)
    }

    /// Reads the value of a key that the user chose, which must not be shown.
    pub(super) fn named_secret<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Value) -> Result<T, String>,
        problems: &mut Problems,
    ) -> Option<T> {
        let value = self.table.remove(key)?;
        self.seen.found_secret(self.path(key), &value);
        self.judged(key, value, None, read, problems)
    }

    /// A table below this one, by a name that the user chose.
    pub(super) fn named_table(&mut self, key: &str, problems: &mut Problems) -> Option<Section<'a>> {
        let path = self.path(key);
        match self.table.remove(key)? {
            Value::Table(table) => Some(Section::new(self.file, path, table, &self.seen)),
            other => {
                let message = format!("is not a table; write [{path}]");
                problems.add(self.file, path, shown(&other), message);
                None
            }
        }
    }

    /// The tables of a list below this one.
    pub(super) fn tables(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Section<'a>> {
        let path = self.path(key);
        let (file, value) = (self.file, self.pull(key));
        let items = match value {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                problems.add(
                    file,
                    path,
                    shown(&other),
                    format!("is not a list of tables; write [[{key}]]"),
                );
                return Vec::new();
            }
        };
        let mut sections = Vec::new();
        for (i, item) in items.into_iter().enumerate() {
            match item {
                Value::Table(table) => {
                    sections.push(Section::new(file, format!("{path}[{i}]"), table, &self.seen));
                }
                other => problems.add(
                    file,
                    format!("{path}[{i}]"),
                    shown(&other),
                    format!("is not a table; write [[{key}]]"),
                ),
            }
        }
        sections
    }

    /// Notes a problem with a key of this table.
    pub(super) fn problem(&self, key: &str, value: Option<String>, message: String, problems: &mut Problems) {
        problems.add(self.file, self.path(key), value, message);
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(self, problems: &mut Problems) {
        for key in self.table.keys() {
            let near = self.known.iter().find(|known| is_near(known, key));
            let message = match near {
                Some(near) => format!("is not a known key; did you mean {near}?"),
                None => format!("is not a known key; known here: {}", self.known.join(", ")),
            };
            problems.add(self.file, self.path(key), None, message);
        }
    }
}

/// Line and column, for people. The line itself is not shown: it may be a password that lacks a quote.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Table(_) | Value::Array(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

/// Whether one edit, or another separator, turns one key into the other.
fn is_near(a: &str, b: &str) -> bool {
    let plain = |s: &str| s.replace(['-', '_'], "").to_lowercase();
    let (a, b) = (plain(a), plain(b));
    if a == b {
        return true;
    }
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if long.len() - short.len() > 1 || short.len() < 3 {
        return false;
    }
    let front = short
        .bytes()
        .zip(long.bytes())
        .take_while(|(x, y)| x == y)
        .count();
    let back = short
        .bytes()
        .rev()
        .zip(long.bytes().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let edits = if short.len() == long.len() { 1 } else { 0 };
    front + back + edits >= short.len()
}
