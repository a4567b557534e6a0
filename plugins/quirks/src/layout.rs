//! Reads the text of a receipt, in the layout of SMPP 3.4 Appendix B or in the operator's own.
//!
//! What follows the sender's own text (`text:`) may hold anything, a receipt included. So an id is only taken from before
//! it; other fields, where they are missing before it, from its end.

use crate::shape::{Choice, Field, Shape, field};
use crate::value::{texts, word};
use serde_json::Value;

const NAME: Shape = Shape::Text(1, 32);
const NAMES: Shape = Shape::Either(&[NAME, Shape::List(&NAME)]);
const MARK: Shape = Shape::Text(1, 4);
const PLACES: Shape = Shape::List(&Shape::Word(&[
    "id",
    "state",
    "error",
    "done_date",
    "text",
    "skip",
]));
pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field(
        "id",
        &NAMES,
        "Name of the key that holds the id, or several. Default \"id\".",
    ),
    field("state", &NAMES, "Of the state. Default \"stat\"."),
    field("error", &NAMES, "Of the error code. Default \"err\"."),
    field(
        "done_date",
        &NAMES,
        "Of the time at which it ended. Default \"done date\".",
    ),
    field(
        "text",
        &NAMES,
        "Of the sender's own text, where reading ends. Default \"text\".",
    ),
    field(
        "assign",
        &MARK,
        "Stands between a key and its value. Default \":\".",
    ),
    field("separator", &MARK, "Stands between values. Default: white space."),
    field(
        "fields",
        &PLACES,
        "The values by their places, for texts without keys; \"skip\" is one that says nothing.",
    ),
];

/// How a receipt's text is laid out.
pub(crate) struct Layout {
    names: [Vec<String>; 5],
    assign: String,
    separator: Option<String>,
    places: Vec<Option<Part>>,
}

/// What the text of a receipt says; empty where it says nothing.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) error: String,
    pub(crate) done_date: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Id,
    State,
    Error,
    DoneDate,
    Text,
}

const PARTS: [(Part, &str, &str); 5] = [
    (Part::Id, "id", "id"),
    (Part::State, "state", "stat"),
    (Part::Error, "error", "err"),
    (Part::DoneDate, "done_date", "done date"),
    (Part::Text, "text", "text"),
];

impl Default for Layout {
    fn default() -> Self {
        Self::read(&Value::Null)
    }
}

impl Layout {
    pub(crate) fn read(table: &Value) -> Self {
        let names = PARTS.map(|(_, key, usual)| match texts(table, key) {
            names if names.is_empty() => vec![usual.to_owned()],
            names => names,
        });
        let place = |item: &Value| {
            let name = item.as_str()?;
            PARTS
                .iter()
                .find(|(_, key, _)| *key == name)
                .map(|(part, ..)| *part)
        };
        Self {
            names,
            assign: word(table, "assign").unwrap_or(":").to_owned(),
            separator: word(table, "separator")
                .map(str::to_owned)
                .filter(|mark| mark != " "),
            places: table
                .get("fields")
                .and_then(Value::as_array)
                .map(|items| items.iter().map(place).collect())
                .unwrap_or_default(),
        }
    }

    /// What a text says in this layout.
    pub(crate) fn scan(&self, text: &str) -> Said {
        if !self.places.is_empty() {
            return self.scan_places(text);
        }
        let found = self.keys(text);
        let own_text = found.iter().position(|found| found.part == Part::Text);
        let value = |part: Part| {
            let before = found
                .iter()
                .take(own_text.unwrap_or(found.len()))
                .position(|found| found.part == part);
            let behind = || {
                found
                    .iter()
                    .rposition(|found| found.part == part && part != Part::Id)
            };
            let at = before.or_else(behind)?;
            let end = found.get(at + 1).map_or(text.len(), |next| next.start);
            let rest = text.get(found.get(at)?.value..end)?;
            Some(self.first_value(rest).to_owned())
        };
        Said {
            id: value(Part::Id).unwrap_or_default(),
            state: value(Part::State).unwrap_or_default(),
            error: value(Part::Error).unwrap_or_default(),
            done_date: value(Part::DoneDate).unwrap_or_default(),
        }
    }

    fn first_value<'a>(&self, rest: &'a str) -> &'a str {
        let rest = rest.trim_start_matches(blank);
        let end = match &self.separator {
            Some(mark) => rest.find(mark.as_str()),
            None => rest.find(blank),
        };
        rest.get(..end.unwrap_or(rest.len()))
            .unwrap_or(rest)
            .trim_end_matches(|c: char| blank(c) || matches!(c, ',' | ';'))
    }

    fn scan_places(&self, text: &str) -> Said {
        let values: Vec<&str> = match &self.separator {
            Some(mark) => text
                .split(mark.as_str())
                .map(|value| value.trim_matches(blank))
                .collect(),
            None => text.split(blank).filter(|value| !value.is_empty()).collect(),
        };
        let mut said = Said::default();
        for (place, value) in self.places.iter().zip(values) {
            let target = match place {
                Some(Part::Id) => &mut said.id,
                Some(Part::State) => &mut said.state,
                Some(Part::Error) => &mut said.error,
                Some(Part::DoneDate) => &mut said.done_date,
                Some(Part::Text) => break,
                None => continue,
            };
            value.clone_into(target);
        }
        said
    }

    /// All keys in their order. A key starts where no letter or digit stands before it: `#id:` is one, `grid:` is not.
    fn keys(&self, text: &str) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let (mut start, mut at_word) = (0, true);
        while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
            let hit = if at_word { self.key_at(rest) } else { None };
            if let Some((part, length)) = hit {
                let value = start + length;
                found.push(Found { part, start, value });
                (start, at_word) = (value, true);
            } else {
                let first = rest.chars().next();
                at_word = !first.is_some_and(char::is_alphanumeric);
                start += first.map_or(1, char::len_utf8);
            }
        }
        found
    }

    fn key_at(&self, rest: &str) -> Option<(Part, usize)> {
        let parts = PARTS.iter().map(|(part, ..)| *part).zip(&self.names);
        parts
            .filter_map(|(part, names)| {
                let longest = names.iter().filter_map(|name| self.name_length(rest, name)).max();
                longest.map(|length| (part, length))
            })
            .max_by_key(|(_, length)| *length)
    }

    /// Length of the name, with what assigns its value, if the text starts with it.
    fn name_length(&self, rest: &str, name: &str) -> Option<usize> {
        let (start, behind) = rest.split_at_checked(name.len())?;
        let same = |(a, b): (u8, u8)| a.eq_ignore_ascii_case(&b) || (a == b'_' && b == b' ');
        if !start.bytes().zip(name.bytes()).all(same) {
            return None;
        }
        let spaces = behind.len() - behind.trim_start_matches(' ').len();
        let behind = behind.get(spaces..)?;
        behind
            .starts_with(&self.assign)
            .then(|| name.len() + spaces + self.assign.len())
    }
}

struct Found {
    part: Part,
    start: usize,
    value: usize,
}

fn blank(c: char) -> bool {
    c.is_ascii_whitespace() || c.is_ascii_control()
}

/// A date of a receipt on the operator's clock, in RFC 3339 with the operator's offset. `YYMMDDhhmm`, `YYMMDDhhmmss`,
/// `YYYYMMDDhhmm`, `YYYYMMDDhhmmss`; twelve digits are the second where that is a date.
pub(crate) fn rfc3339(raw: &str, offset: &str) -> Option<String> {
    let digits = raw.trim();
    if !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let moment = match digits.len() {
        10 => moment(&format!("20{digits}00")),
        12 => moment(&format!("20{digits}")).or_else(|| moment(&format!("{digits}00"))),
        14 => moment(digits).or_else(|| moment(&format!("20{}", digits.get(..12)?))),
        _ => None,
    };
    moment.map(|moment| format!("{moment}{offset}"))
}

/// `YYYYMMDDhhmmss`, if it is one.
fn moment(digits: &str) -> Option<String> {
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let fits = (1990..2100).contains(&year) && (1..=days).contains(&day);
    (fits && hour < 24 && minute < 60 && second < 60)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}
