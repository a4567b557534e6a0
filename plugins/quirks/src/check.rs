//! Holds a settings document against its [`Shape`]: every problem, each with where it is, what was found and what is
//! allowed.

use crate::shape::{Case, Choice, Field, Key, Shape, duration, hex, is_offset, keys, quoted};
use serde_json::{Map, Value};
use smpp_plugin_sdk::settings::Problem;

/// Longest piece of a value that a message repeats.
const SHOWN: usize = 60;

/// Collects problems.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
}

impl Findings {
    pub(crate) fn report(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem {
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// Everything that is wrong with `value` and what is in it.
    pub(crate) fn check(&mut self, path: &str, shape: &Shape, value: &Value) {
        match (shape, value) {
            (Shape::Table(fields, choice), Value::Object(table)) => {
                self.table(path, fields, table);
                self.choice(path, *choice, table);
            }
            (Shape::Cases(by, cases), Value::Object(table)) => self.cases(path, by, cases, table),
            (Shape::Map(key, item), Value::Object(table)) => self.map(path, *key, item, table),
            (Shape::List(item), Value::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.check(&format!("{path}/{index}"), item, value);
                }
            }
            (Shape::Either(forms), _) => match forms.iter().find(|form| same_kind(form, value)) {
                Some(form) => self.check(path, form, value),
                None => self.misfit(path, shape, value),
            },
            (Shape::Word(words), Value::String(word)) if !words.contains(&word.as_str()) => {
                let hint = hint(words.iter().copied(), word, |near| format!("\"{near}\""));
                self.report(
                    path,
                    format!("is {}; use {}{hint}", found(value), shape.allowed()),
                );
            }
            _ if fits(shape, value) => {}
            _ => self.misfit(path, shape, value),
        }
    }

    fn misfit(&mut self, path: &str, shape: &Shape, value: &Value) {
        self.report(path, format!("is {}; use {}", found(value), shape.allowed()));
    }

    fn table(&mut self, path: &str, fields: &[Field], table: &Map<String, Value>) {
        for (key, value) in table {
            match fields.iter().find(|field| field.key == key) {
                Some(field) => self.field(path, field, value, table),
                None => self.unknown(path, key, fields.iter()),
            }
        }
        self.missing(path, fields.iter(), table);
    }

    fn field(&mut self, path: &str, field: &Field, value: &Value, table: &Map<String, Value>) {
        let path = join(path, field.key);
        self.check(&path, field.shape, value);
        if let Some(other) = field.needs.filter(|other| !table.contains_key(*other)) {
            self.report(
                &path,
                format!("means nothing without `{other}`; add that key or leave this one out"),
            );
        }
    }

    fn missing<'a>(
        &mut self,
        path: &str,
        fields: impl Iterator<Item = &'a Field>,
        table: &Map<String, Value>,
    ) {
        for field in fields.filter(|field| field.required && !table.contains_key(field.key)) {
            self.report(
                &join(path, field.key),
                format!("is missing; use {}", field.shape.allowed()),
            );
        }
    }

    fn unknown<'a>(&mut self, path: &str, key: &str, fields: impl Iterator<Item = &'a Field> + Clone) {
        let hint = hint(fields.clone().map(|field| field.key), key, |near| {
            format!("`{near}`")
        });
        // The list is long, and the hint is mostly right.
        let mend = match hint.is_empty() {
            true => format!("; it has {}", keys(fields)),
            false => hint,
        };
        self.report(&join(path, key), format!("is no key of this table{mend}"));
    }

    fn choice(&mut self, path: &str, choice: Choice, table: &Map<String, Value>) {
        let (options, least, most) = match choice {
            Choice::Free => return,
            Choice::Exactly(options) => (options, 1, 1),
            Choice::AtMost(options) => (options, 0, 1),
            Choice::AtLeast(options) => (options, 1, options.len()),
        };
        let given: Vec<_> = options
            .iter()
            .copied()
            .filter(|key| table.contains_key(*key))
            .collect();
        if given.len() < least {
            self.report(path, format!("needs one of {}", quoted(options)));
        }
        if given.len() > most {
            self.report(
                path,
                format!("has {}, which exclude each other; keep one", quoted(&given)),
            );
        }
    }

    /// Keys that another word would allow are told apart from keys that nobody knows.
    fn cases(&mut self, path: &str, by: &Field, cases: &[Case], table: &Map<String, Value>) {
        let word = table.get(by.key).and_then(Value::as_str);
        let case = word.and_then(|word| cases.iter().find(|case| case.words.contains(&word)));
        for (key, value) in table {
            let everywhere = || {
                std::iter::once(by).chain(
                    case.into_iter()
                        .chain(cases.iter().filter(|_| case.is_none()))
                        .flat_map(|case| case.fields),
                )
            };
            let elsewhere: Vec<_> = cases
                .iter()
                .filter(|other| other.fields.iter().any(|field| field.key == key))
                .flat_map(|other| other.words.iter().copied())
                .collect();
            match everywhere().find(|field| field.key == key) {
                Some(field) => self.field(path, field, value, table),
                None if elsewhere.is_empty() => self.unknown(path, key, everywhere()),
                None => self.report(
                    &join(path, key),
                    format!(
                        "does not go with `{}` = \"{}\"; it goes with {}",
                        by.key,
                        word.unwrap_or_default(),
                        quoted(&elsewhere)
                    ),
                ),
            }
        }
        self.missing(
            path,
            std::iter::once(by).chain(case.into_iter().flat_map(|case| case.fields)),
            table,
        );
    }

    fn map(&mut self, path: &str, key: Key, item: &Shape, table: &Map<String, Value>) {
        for (name, value) in table {
            let path = join(path, name);
            if !key.fits(name) {
                self.report(&path, format!("is a wrong key; use {}", key.allowed()));
            }
            self.check(&path, item, value);
        }
    }
}

/// RFC 6901.
pub(crate) fn join(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn fits(shape: &Shape, value: &Value) -> bool {
    let text = value.as_str();
    match shape {
        Shape::Word(words) => text.is_some_and(|text| words.contains(&text)),
        Shape::Whole(least, most) => value
            .as_u64()
            .is_some_and(|number| (*least..=*most).contains(&number)),
        Shape::Text(least, most) => text.is_some_and(|text| {
            let characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            (*least..=*most).contains(&characters) && !text.chars().any(char::is_control)
        }),
        Shape::Slug(most) => text.is_some_and(|text| {
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            (1..=*most).contains(&u64::try_from(text.len()).unwrap_or(u64::MAX)) && text.chars().all(word)
        }),
        Shape::Hex(most) => text
            .and_then(hex)
            .is_some_and(|octets| (1..=*most).contains(&u64::try_from(octets.len()).unwrap_or(u64::MAX))),
        Shape::Flag => value.is_boolean(),
        Shape::Duration(most) => text.and_then(duration).is_some_and(|millis| millis <= *most),
        Shape::Offset => text.is_some_and(is_offset),
        Shape::Table(..) | Shape::Map(..) | Shape::List(_) | Shape::Either(_) | Shape::Cases(..) => false,
    }
}

/// Which form of several the author has meant.
fn same_kind(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Table(..) | Shape::Map(..) | Shape::Cases(..) => value.is_object(),
        Shape::List(_) => value.is_array(),
        Shape::Whole(..) => value.is_number(),
        Shape::Flag => value.is_boolean(),
        Shape::Word(_)
        | Shape::Text(..)
        | Shape::Slug(_)
        | Shape::Hex(_)
        | Shape::Duration(_)
        | Shape::Offset => value.is_string(),
        Shape::Either(forms) => forms.iter().any(|form| same_kind(form, value)),
    }
}

fn found(value: &Value) -> String {
    match value {
        Value::Object(_) => "a table".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(SHOWN) {
                Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
                None => text,
            }
        }
    }
}

fn hint<'a>(known: impl Iterator<Item = &'a str>, given: &str, show: impl Fn(&str) -> String) -> String {
    let near = known
        .map(|known| (distance(known, given), known))
        .min_by_key(|(distance, _)| *distance);
    match near {
        Some((distance, known)) if distance <= 1 + given.chars().count() / 4 => {
            format!("; did you mean {}?", show(known))
        }
        _ => String::new(),
    }
}

/// Letters to put in, leave out or change (Levenshtein); case, `-` and `_` count for nothing.
fn distance(left: &str, right: &str) -> usize {
    let plain = |text: &str| -> Vec<char> {
        text.chars()
            .map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() })
            .collect()
    };
    let (left, right) = (plain(left), plain(right));
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut before = i;
        let mut last = i + 1;
        for (j, r) in right.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX);
            let cost = (before + usize::from(l != r)).min(last + 1).min(above + 1);
            before = above;
            if let Some(place) = row.get_mut(j) {
                *place = last;
            }
            last = cost;
        }
        if let Some(place) = row.last_mut() {
            *place = last;
        }
    }
    row.last().copied().unwrap_or_default()
}
