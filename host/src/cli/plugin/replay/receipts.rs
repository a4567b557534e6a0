//! Which receipts find their messages: as recorded, and with the candidate.

use super::Ask;
use super::recorded::Recorded;
use crate::policy::fixtures::Expect;
use smpp_domain::policy::question::{Answer, Question};
use smpp_domain::policy::{IdOrigin, InboundAnswer};
use smpp_domain::receipt::message_id::default_key;
use smpp_domain::receipt::{ReceiptIdOrigin, ReceiptReading};
use std::collections::{HashMap, HashSet};

/// What a receipt comes to with the candidate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Change {
    /// As it was.
    Unchanged,
    /// It was not matched and will be.
    Found,
    /// It was matched and will not be.
    Lost,
    /// It has another key, and the submit_sm_resp that it belongs to is not in the recording.
    Untold,
}

/// One receipt.
#[derive(Debug)]
pub(super) struct Receipt<'a> {
    pub(super) recorded: &'a Recorded,
    pub(super) change: Change,
    /// As recorded.
    pub(super) before: Vec<String>,
    /// With the candidate; none when that takes it for no receipt.
    pub(super) after: Vec<String>,
}

/// Keys of submit_sm_resp, with the messages that they belong to.
#[derive(Default)]
struct Submits<'a> {
    by_key: HashMap<String, HashSet<Option<&'a str>>>,
}

impl<'a> Submits<'a> {
    fn add(&mut self, key: Option<String>, message: Option<&'a str>) {
        if let Some(key) = key {
            self.by_key.entry(key).or_default().insert(message);
        }
    }

    /// Whether a key leads to this message, or to one of which nobody knows that it is another.
    fn lead_to(&self, keys: &[String], message: Option<&str>) -> bool {
        let mut found = keys.iter().filter_map(|key| self.by_key.get(key));
        found.any(|messages| message.is_none() || messages.contains(&None) || messages.contains(&message))
    }
}

/// Recorded calls of `message-ids` about receipts, by what they were asked, until their receipt takes them.
type Calls<'a> = HashMap<(String, Option<String>), Vec<(usize, &'a Recorded)>>;

/// Puts the ids of both sides through the candidate and looks which ones meet.
pub(super) fn judge<'a>(calls: &'a [Recorded], ask: &mut Ask<'_>) -> Result<Vec<Receipt<'a>>, String> {
    let (mut before, mut after) = (Submits::default(), Submits::default());
    let mut asked = Calls::new();
    for (place, call) in calls.iter().enumerate() {
        let message = call.message_id.as_deref();
        match &call.question {
            Question::MessageIds { raw, origin } if *origin == IdOrigin::SubmitResp => {
                before.add(recorded_key(call, raw), message);
                after.add(key(call, raw, *origin, ask)?, message);
            }
            Question::MessageIds { raw, .. } => {
                asked
                    .entry((raw.clone(), call.message_id.clone()))
                    .or_default()
                    .push((place, call));
            }
            _ => {}
        }
        // The gateway knows which submit_sm_resp it should have been, even where that was not recorded.
        let hinted = call
            .same_key
            .iter()
            .filter(|(_, origin)| *origin == IdOrigin::SubmitResp);
        for (raw, origin) in hinted {
            after.add(key(call, raw, *origin, ask)?, message);
        }
    }
    let mut receipts = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        let Question::Inbound { reading, .. } = &call.question else {
            continue;
        };
        let Some(told) = told(&recorded(call), reading.as_ref()) else {
            continue;
        };
        let old = ids(&told).into_iter().filter_map(|(raw, _)| {
            let of_this = asked
                .get_mut(&(raw.to_owned(), call.message_id.clone()))
                .and_then(Vec::pop);
            of_this.map_or_else(|| Some(default_key(raw)), |(_, call)| recorded_key(call, raw))
        });
        let old = old.collect();
        let new = keys_of(call, reading.as_ref(), ask)?;
        receipts.push((place, receipt(call, old, new, &before, &after)));
    }
    for (place, call) in asked.into_values().flatten() {
        if let Question::MessageIds { raw, origin } = &call.question {
            let old = recorded_key(call, raw).into_iter().collect();
            let new = key(call, raw, *origin, ask)?.into_iter().collect();
            receipts.push((place, receipt(call, old, new, &before, &after)));
        }
    }
    receipts.sort_by_key(|(place, _)| *place);
    Ok(receipts.into_iter().map(|(_, receipt)| receipt).collect())
}

fn receipt<'a>(
    call: &'a Recorded,
    old: Vec<String>,
    new: Vec<String>,
    before: &Submits<'_>,
    after: &Submits<'_>,
) -> Receipt<'a> {
    let message = call.message_id.as_deref();
    let was_in_the_recording = before.lead_to(&old, message);
    let was_matched = match call.outcome.as_deref() {
        Some("matched" | "late") => true,
        Some("unmatched") => false,
        _ => was_in_the_recording,
    };
    let change = match (was_matched, after.lead_to(&new, message)) {
        (true, true) => Change::Unchanged,
        (false, true) => Change::Found,
        (false, false) => Change::Unchanged,
        // Neither side has moved, or it is no receipt any more.
        (true, false) if new.is_empty() => Change::Lost,
        (true, false) if was_in_the_recording => Change::Lost,
        (true, false) if new.first() == old.first() => Change::Unchanged,
        (true, false) => Change::Untold,
    };
    Receipt {
        recorded: call,
        change,
        before: old,
        after: new,
    }
}

fn recorded(call: &Recorded) -> Option<Answer> {
    match &call.answer {
        Expect::Answer(answer) => Answer::read(call.question.hook(), answer).ok(),
        Expect::Fault(_) => None,
    }
}

/// What the PDU was taken for: the policy's reading, else the host's own. A fault leaves the host's.
fn told(answer: &Option<Answer>, reading: Option<&ReceiptReading>) -> Option<ReceiptReading> {
    match answer {
        Some(Answer::Inbound(InboundAnswer::Receipt(receipt))) => Some(receipt.clone()),
        Some(Answer::Inbound(InboundAnswer::HostDefault)) | None => reading.cloned(),
        Some(_) => None,
    }
}

/// The ids by which its message is looked for, best first.
fn ids(reading: &ReceiptReading) -> Vec<(&str, IdOrigin)> {
    let first = match reading.origin {
        ReceiptIdOrigin::Text => IdOrigin::ReceiptText,
        ReceiptIdOrigin::Tlv => IdOrigin::ReceiptTlv,
    };
    let text = reading
        .text_id
        .as_deref()
        .map(|text| (text, IdOrigin::ReceiptText));
    [(reading.message_id.as_str(), first)]
        .into_iter()
        .chain(text)
        .collect()
}

fn keys_of(
    call: &Recorded,
    reading: Option<&ReceiptReading>,
    ask: &mut Ask<'_>,
) -> Result<Vec<String>, String> {
    let answer = ask(call, &call.question)?.ok();
    let Some(told) = told(&answer, reading) else {
        return Ok(Vec::new());
    };
    let mut keys = Vec::new();
    for (raw, origin) in ids(&told) {
        keys.extend(key(call, raw, origin, ask)?);
    }
    Ok(keys)
}

/// The candidate's key of an id. A policy that fails leaves the host's own rule, as in a gateway.
fn key(call: &Recorded, raw: &str, origin: IdOrigin, ask: &mut Ask<'_>) -> Result<Option<String>, String> {
    if raw.is_empty() {
        // No plugin is asked about nothing.
        return Ok(None);
    }
    let question = Question::MessageIds {
        raw: raw.to_owned(),
        origin,
    };
    let answer = ask(call, &question)?;
    Ok(usable(raw, answer.ok()))
}

fn recorded_key(call: &Recorded, raw: &str) -> Option<String> {
    usable(raw, recorded(call))
}

fn usable(raw: &str, answer: Option<Answer>) -> Option<String> {
    let key = match answer {
        Some(Answer::MessageIds(Some(key))) => key,
        _ => default_key(raw),
    };
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests;
