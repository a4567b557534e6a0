//! The hook calls that a gateway has recorded, read page by page: there may be more of them than one answer holds.

pub(super) mod told;

use super::Failure;
use super::client::{Gateway, encoded};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use std::collections::HashSet;

/// Records in one answer.
const PAGE: usize = 2_000;

/// The records that `query` (operator, hook, since, ...) asks for, the newest first, at most `most` of them. `progress`
/// hears how many there are so far.
pub(super) fn decisions(
    gateway: &Gateway,
    query: &[(&str, &str)],
    most: usize,
    progress: impl Fn(usize),
) -> Result<Vec<Value>, Failure> {
    let mut pages = Pages::default();
    let mut until = None;
    while pages.records.len() < most {
        let limit = PAGE.to_string();
        let until_text = until.map(|until: DateTime<Utc>| until.to_rfc3339_opts(SecondsFormat::Nanos, true));
        let mut page = query.to_vec();
        page.push(("limit", &limit));
        page.extend(until_text.as_deref().map(|until| ("until", until)));
        let mut answer = gateway.get(&path("decisions", &page))?;
        let records = answer.get_mut("decisions").map(Value::take);
        let Some(Value::Array(records)) = records else {
            break;
        };
        let oldest = pages.add(records);
        progress(pages.records.len());
        if oldest.is_none() {
            break;
        }
        until = oldest;
    }
    pages.records.truncate(most);
    Ok(pages.records)
}

/// A path with its query.
pub(super) fn path(path: &str, query: &[(&str, &str)]) -> String {
    let query = query
        .iter()
        .map(|(key, value)| format!("{key}={}", encoded(value)));
    format!("{path}?{}", query.collect::<Vec<_>>().join("&"))
}

/// What the pages have brought.
#[derive(Default)]
struct Pages {
    records: Vec<Value>,
    /// Of the instant where the last page ended: they come again with the next one.
    seen: HashSet<String>,
}

impl Pages {
    /// Takes a page. The time before which the next one is, if there is one: others of the same instant may be on it.
    fn add(&mut self, page: Vec<Value>) -> Option<DateTime<Utc>> {
        let is_full = page.len() >= PAGE;
        let oldest = page.last().and_then(at);
        let before = self.records.len();
        let mut kept = HashSet::new();
        for record in page {
            let text = record.to_string();
            let is_new = !self.seen.contains(&text);
            if at(&record) == oldest {
                kept.insert(text);
            }
            self.records.extend(is_new.then_some(record));
        }
        self.seen = kept;
        let more = is_full && self.records.len() > before;
        oldest
            .filter(|_| more)
            .map(|oldest| oldest + TimeDelta::nanoseconds(1))
    }
}

fn at(record: &Value) -> Option<DateTime<Utc>> {
    record.get("at")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(at: i64, number: usize) -> Value {
        let at = DateTime::from_timestamp_nanos(at);
        json!({ "at": at.to_rfc3339_opts(SecondsFormat::Nanos, true), "number": number })
    }

    /// What a gateway answers: newest first, before `until`.
    fn page(all: &[Value], until: Option<DateTime<Utc>>) -> Vec<Value> {
        let older = all
            .iter()
            .filter(|record| until.is_none_or(|until| at(record).unwrap() < until));
        older.take(PAGE).cloned().collect()
    }

    #[test]
    fn pages_meet_without_a_gap_and_without_anything_twice() {
        // Each instant has three records, so that pages end in the middle of one.
        let all: Vec<_> = (0..5_000)
            .rev()
            .map(|number| record(i64::try_from(number / 3).unwrap(), number))
            .collect();
        let (mut pages, mut until) = (Pages::default(), None);
        for _ in 0..10 {
            until = pages.add(page(&all, until));
            if until.is_none() {
                break;
            }
        }
        assert_eq!(pages.records, all);
    }

    #[test]
    fn an_instant_that_fills_a_page_ends_the_reading() {
        let all: Vec<_> = (0..3_000).map(|number| record(7, number)).collect();
        let mut pages = Pages::default();
        let until = pages.add(page(&all, None));
        assert!(until.is_some());
        assert_eq!(pages.add(page(&all, until)), None);
        assert_eq!(pages.records.len(), PAGE);
    }
}
