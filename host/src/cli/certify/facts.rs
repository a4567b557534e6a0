//! How the operator writes ids and receipts: what an engineer wants to know of it, whatever the verdicts say.

use super::came::{Came, Receipt};
use super::verdict::delay;
use crate::cli::view::{list, number, text};
use serde_json::{Value, json};
use smpp_domain::pdu::tag;
use std::collections::BTreeSet;

/// The facts, by their names. What nothing is known of is left out.
pub(super) fn of(came: &[Came]) -> Vec<(&'static str, String)> {
    let parts: Vec<_> = came.iter().flat_map(Came::parts).collect();
    let submitted = parts.iter().filter_map(|part| part.id.as_deref());
    let received = parts.iter().filter_map(|part| match &part.receipt {
        Receipt::Matched(event) => event.get("operatorMessageId")?.as_str(),
        Receipt::Misread { id, .. } => Some(id),
        Receipt::NotAsked | Receipt::None => None,
    });
    let mut delays: Vec<_> = came
        .iter()
        .flat_map(|came| &came.receipts)
        .filter_map(delay)
        .collect();
    delays.sort_unstable();
    let readings = || came.iter().flat_map(Came::readings);
    let pdus = || came.iter().flat_map(Came::receipt_pdus);
    let has = |wanted: u16| {
        let with = pdus().filter(|pdu| {
            list(pdu, "/tlvs")
                .iter()
                .any(|tlv| number(tlv, "/tag") == u64::from(wanted))
        });
        (pdus().count() > 0).then(|| format!("in {} of {}", with.count(), pdus().count()))
    };
    let facts = [
        ("ids in submit_sm_resp", forms(submitted)),
        ("ids in receipts", forms(received)),
        ("receipts after", span(&delays)),
        (
            "esm_class of receipts",
            words(pdus().map(|pdu| format!("0x{:02x}", number(pdu, "/esm-class")))),
        ),
        (
            "stat:",
            words(readings().map(|reading| text(reading, "/raw-state"))),
        ),
        (
            "err:",
            words(readings().map(|reading| text(reading, "/raw-error"))),
        ),
        (
            "done date:",
            words(readings().map(|reading| shape(&text(reading, "/done-at")))),
        ),
        ("receipted_message_id (0x001E)", has(tag::RECEIPTED_MESSAGE_ID)),
        ("message_state (0x0427)", has(tag::MESSAGE_STATE)),
        ("network_error_code (0x0423)", has(tag::NETWORK_ERROR_CODE)),
    ];
    facts
        .into_iter()
        .filter_map(|(name, fact)| Some((name, fact?)))
        .collect()
}

/// The same for scripts.
pub(super) fn json(facts: &[(&'static str, String)]) -> Value {
    let facts = facts.iter().map(|(name, fact)| ((*name).to_owned(), json!(fact)));
    Value::Object(facts.collect())
}

/// What ids look like, by all of them: `decimal of 10 digits, such as 0318794433`.
fn forms<'a>(ids: impl Iterator<Item = &'a str>) -> Option<String> {
    let ids: Vec<_> = ids.filter(|id| !id.is_empty()).collect();
    let sample = ids.first()?;
    let all = |fits: fn(char) -> bool| ids.iter().all(|id| id.chars().all(fits));
    let is_uuid = |id: &&str| id.len() == 36 && id.split('-').count() == 5;
    let form = match () {
        () if ids.iter().all(is_uuid) => "UUID",
        () if all(|c| c.is_ascii_digit()) => "decimal",
        () if all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)) => "hexadecimal in lower case",
        () if all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c)) => "hexadecimal in upper case",
        () if all(|c| c.is_ascii_hexdigit()) => "hexadecimal",
        () => "text",
    };
    let lengths: BTreeSet<_> = ids.iter().map(|id| id.len()).collect();
    let length = match (lengths.first(), lengths.last()) {
        (Some(least), Some(most)) if least != most => format!("{least} to {most}"),
        (most, _) => most.map_or_else(String::new, ToString::to_string),
    };
    Some(format!("{form} of {length} characters, such as {sample}"))
}

fn span(delays: &[i64]) -> Option<String> {
    let seconds = |millis: &i64| format!("{}.{} s", millis / 1_000, millis % 1_000 / 100);
    let middle = delays.get(delays.len() / 2)?;
    Some(format!(
        "{} (half of them), {} at most",
        seconds(middle),
        seconds(delays.last()?)
    ))
}

/// `261127004819` is `12 digits`.
fn shape(date: &str) -> String {
    if !date.is_empty() && date.bytes().all(|octet| octet.is_ascii_digit()) {
        format!("{} digits", date.len())
    } else {
        date.chars()
            .map(|c| if c.is_ascii_digit() { '9' } else { c })
            .collect()
    }
}

/// Different words, in order.
fn words(words: impl Iterator<Item = String>) -> Option<String> {
    let words: BTreeSet<_> = words.collect();
    (!words.is_empty()).then(|| words.into_iter().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_by_all_of_them() {
        let told = |ids: &[&str]| forms(ids.iter().copied()).unwrap_or_default();
        assert_eq!(
            told(&["0000000012", "13"]),
            "decimal of 2 to 10 characters, such as 0000000012"
        );
        assert_eq!(
            told(&["12", "1B"]),
            "hexadecimal in upper case of 2 characters, such as 12"
        );
        assert_eq!(told(&["12", "x"]), "text of 1 to 2 characters, such as 12");
        let uuid = uuid::Uuid::nil().to_string();
        assert_eq!(told(&[&uuid]), format!("UUID of 36 characters, such as {uuid}"));
        assert_eq!(told(&[]), "");
    }

    #[test]
    fn dates_and_delays_have_shapes() {
        assert_eq!(shape("261127004819"), "12 digits");
        assert_eq!(shape("2021-06-30"), "9999-99-99");
        assert_eq!(
            span(&[100, 1_250, 9_000]).as_deref(),
            Some("1.2 s (half of them), 9.0 s at most")
        );
        assert_eq!(span(&[]), None);
    }
}
