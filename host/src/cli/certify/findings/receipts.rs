//! Receipts that do not come, come otherwise, or say what nobody knows.

use super::{Finding, Run};
use crate::cli::certify::came::{Part, Receipt};
use crate::cli::view::text;
use serde_json::{Map, Value, json};
use smpp_domain::receipt::date::parse_date;
use std::collections::BTreeSet;

/// Quarters of an hour are what time zones are made of.
const QUARTER: i64 = 15 * 60;

fn is_missing(part: &Part) -> bool {
    part.receipt == Receipt::None
}

/// None came at all.
pub(super) fn none(run: &Run<'_>) -> Option<Finding> {
    let parts: Vec<_> = run.accepted().flat_map(|came| came.parts()).collect();
    let asked = parts
        .iter()
        .filter(|part| part.receipt != Receipt::NotAsked)
        .count();
    let silent = parts.iter().filter(|part| is_missing(part)).count() == asked;
    if run.interrupted || asked == 0 || !silent || !run.unmatched.is_empty() || told_as_text(run).is_some() {
        return None;
    }
    let what = format!("no receipt came for any of {asked} submit_sm that asked for one");
    let mend = "No setting mends that: ask the operator to switch receipts on for this account, and whether they go to this bind.";
    Some(Finding::problem(what, mend))
}

/// Of long texts only the first part's receipt comes, or only the last's.
pub(super) fn of_one_part(run: &Run<'_>) -> Option<Finding> {
    let long = run.accepted().map(|came| came.parts());
    let long: Vec<_> = long
        .filter(|parts| parts.len() > 1 && parts.iter().any(is_missing))
        .collect();
    let only = |place: fn(&[Part]) -> Option<&Part>| {
        let fits = |parts: &Vec<Part>| {
            let one = place(parts);
            parts.iter().all(|part| is_missing(part) != (Some(part) == one))
        };
        !long.is_empty() && long.iter().all(fits)
    };
    let place = match () {
        () if run.interrupted => return None,
        () if only(|parts| parts.first()) => "first",
        () if only(|parts| parts.last()) => "last",
        () => return None,
    };
    let what = format!("of long texts only the {place} part gets a receipt");
    let mend = "That part alone is asked for one then, and its state is the message's.";
    Some(Finding::problem(what, mend).with(json!({ "submit": { "receipts_on": place } })))
}

/// A message from the test number that looks like a receipt.
fn told_as_text<'a>(run: &Run<'a>) -> Option<&'a Value> {
    run.from_number.iter().find(|event| {
        let text = text(event, "/text");
        text.contains("id:") && text.contains("stat:")
    })
}

/// Receipts come as messages of a subscriber, without their esm_class.
pub(super) fn as_messages(run: &Run<'_>) -> Option<Finding> {
    let event = told_as_text(run)?;
    let what = format!(
        "receipts come with esm_class 0x{:02x}, as a subscriber's messages do",
        event.get("esmClass").and_then(Value::as_u64).unwrap_or_default()
    );
    let mend = "They are known by their text then.";
    Some(Finding::problem(what, mend).with(json!({ "receipt_detection": "esm_class_or_text" })))
}

/// Receipts whose ids are no message's, however they are read; and those that are read otherwise where no call of theirs is
/// recorded here, so that only the gateway's hint tells.
pub(super) fn unmatched(run: &Run<'_>) -> Option<Finding> {
    let parts: Vec<_> = run.accepted().flat_map(|came| came.parts()).collect();
    let is_told = parts
        .iter()
        .any(|part| matches!(part.receipt, Receipt::Misread { .. }));
    let hint = |event: &Value| event.get("hint").and_then(Value::as_str).map(str::to_owned);
    let unread = run.unmatched.iter();
    let unread: Vec<_> = unread.filter(|event| !is_told || hint(event).is_none()).collect();
    let id = text(unread.first()?, "/operatorMessageId");
    let ours = parts
        .iter()
        .find_map(|part| part.id.as_deref())
        .unwrap_or_default();
    let count = unread.len();
    Some(match unread.iter().find_map(|event| hint(event)) {
        Some(hint) => Finding::problem(
            format!("{count} receipts match nothing as they are: {id:?} came"),
            &format!("It {hint}"),
        ),
        None => Finding::problem(
            format!(
                "{count} receipts match nothing, however their ids are read: {id:?} came, and ids of submit_sm_resp look like {ours:?}"
            ),
            "See `smpp-connector capture --outcome unmatched`, and message_id and receipts.layout of the quirks plugin.",
        ),
    })
}

/// States in the operator's own words.
pub(super) fn unknown_words(run: &Run<'_>) -> Option<Finding> {
    let words: BTreeSet<String> = run
        .came
        .iter()
        .flat_map(|came| &came.receipts)
        .filter(|event| text(event, "/state") == "UNKNOWN")
        .map(|event| text(event, "/rawState"))
        .filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("UNKNOWN"))
        .collect();
    if words.is_empty() {
        return None;
    }
    let list: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
    let what = format!("states that nobody knows: {}", list.join(", "));
    let mend = "Say what they mean: delivered where the message is on the handset.";
    let meanings: Map<_, _> = words.into_iter().map(|word| (word, json!("delivered"))).collect();
    Some(run.quirks(
        Finding::problem(what, mend),
        json!({ "states": { "words": meanings } }),
    ))
}

/// Dates without a zone: what the operator's clock is ahead of ours.
pub(super) fn time_zone(run: &Run<'_>) -> Option<Finding> {
    let events = run.came.iter().flat_map(|came| &came.receipts);
    let mut offsets: Vec<i64> = events.filter_map(offset).collect();
    offsets.sort_unstable();
    let offset = *offsets.get(offsets.len() / 2)?;
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    let zone = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    let what = format!("receipts tell times without a zone; their clock is at {zone}, if it goes right");
    let finding = Finding::advice(what, "doneAt is then in UTC.");
    Some(finding.with(json!({ "receipt_time_zone": zone })))
}

/// Seconds of an event's `done date` ahead of its arrival, to the quarter of an hour.
fn offset(event: &Value) -> Option<i64> {
    let done = parse_date(&text(event, "/doneAt"))?;
    if done.offset.is_some() {
        return None;
    }
    let received: chrono::DateTime<chrono::Utc> = text(event, "/receivedAt").parse().ok()?;
    let ahead = (done.local - received.naive_utc()).num_seconds();
    // Without seconds a date is up to a minute behind.
    Some((ahead + QUARTER / 2).div_euclid(QUARTER) * QUARTER).filter(|offset| offset.abs() <= 14 * 3_600)
}
