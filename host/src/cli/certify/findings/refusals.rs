//! What the operator refuses, and what stands in its place.

use super::{Finding, Run};
use crate::cli::certify::came::{Came, Way};
use crate::cli::certify::verdict::statuses;
use serde_json::json;

/// UCS-2 is refused, and other alphabets are not.
pub(super) fn ucs2(run: &Run<'_>) -> Option<Finding> {
    let refused: Vec<_> = run.refused("ucs2-").collect();
    let others = run
        .came
        .iter()
        .filter(|came| came.case.name.starts_with("ucs2-"))
        .any(Came::is_accepted);
    let looks_alike = ["typographic", "as-ucs2"]
        .into_iter()
        .filter_map(|name| run.named(name))
        .any(|came| came.refused_by().is_some());
    if others || (refused.is_empty() && !looks_alike) {
        return None;
    }
    if !looks_alike {
        let what = format!("UCS-2 is refused: {}", statuses(refused));
        return Some(Finding::advice(
            what,
            "If the operator confirms it, certify the rest with --without ucs2.",
        ));
    }
    let what = format!(
        "UCS-2 is refused: {}",
        statuses(run.came.iter().filter(|came| came.refused_by().is_some()))
    );
    let mend = "Ask which data_coding UCS-2 has there. If it is not taken at all, send look-alikes instead where there are some, and \
                certify the rest with --without ucs2.";
    let settings = json!({ "encoding": { "transliterate": true, "downgrade": true } });
    Some(run.quirks(Finding::problem(what, mend), settings))
}

/// message_payload is refused.
pub(super) fn payload(run: &Run<'_>) -> Option<Finding> {
    let refused = run.named("long-payload")?;
    refused.refused_by()?;
    if refused.way() != Some(Way::Payload) {
        return None;
    }
    let what = format!("message_payload is refused: {}", statuses([refused]));
    let mend = "Long texts of strategy TLV go in parts instead.";
    Some(Finding::problem(what, mend).with(json!({ "splitting": { "takes_payload": false } })))
}

/// Parts are refused as the operator's file tells them, and another way is taken.
pub(super) fn parts(run: &Run<'_>) -> Option<Finding> {
    let refused = run.named("long")?;
    refused.refused_by()?;
    let ways = [
        ("long-udh8", "udh8"),
        ("long-udh16", "udh16"),
        ("long-sar", "sar"),
        ("long-payload", "payload"),
    ];
    let accepted = |name: &str| run.named(name).is_some_and(Came::is_accepted);
    let taken = ways.into_iter().find(|(name, _)| accepted(name));
    let what = format!("long texts are refused: {}", statuses([refused]));
    Some(match taken {
        Some((_, mode)) => Finding::problem(
            what,
            "Another way is taken; see on the handset whether it comes as one message.",
        )
        .with(json!({ "splitting": { "mode": mode } })),
        None => Finding::problem(what, "Ask how long texts are to come: no way was taken."),
    })
}

/// Class 0 is refused.
pub(super) fn flash(run: &Run<'_>) -> Option<Finding> {
    let refused = run.named("flash")?;
    refused.refused_by()?;
    let what = format!("flash messages are refused: {}", statuses([refused]));
    let mend = "Ask how class 0 is told: submit.flash_gsm7 = 0xF0, or submit.flash = \"tlv\", or not at all.";
    Some(Finding::advice(what, mend))
}

/// Relative validity periods are refused.
pub(super) fn validity(run: &Run<'_>) -> Option<Finding> {
    let refused = run.named("validity")?;
    refused.refused_by()?;
    let what = format!("validity_period is refused: {}", statuses([refused]));
    let mend = "Absolute times are the other form; \"never\" leaves the field empty.";
    Some(Finding::problem(what, mend).with(json!({ "submit": { "validity": "absolute" } })))
}

/// Priorities are refused.
pub(super) fn priority(run: &Run<'_>) -> Option<Finding> {
    let refused = run.named("priority")?;
    refused.refused_by()?;
    let what = format!("priority_flag 1 is refused: {}", statuses([refused]));
    let mend = "Every message then goes with submit.priority.";
    Some(Finding::problem(what, mend).with(json!({ "submit": { "priority_is_fixed": true } })))
}

/// Senders are refused.
pub(super) fn senders(run: &Run<'_>) -> Option<Finding> {
    let refused: Vec<_> = run.refused("from-").collect();
    if refused.is_empty() {
        return None;
    }
    let senders: Vec<_> = refused.iter().map(|came| came.case.name.as_str()).collect();
    let what = format!(
        "senders are refused ({}): {}",
        senders.join(", "),
        statuses(refused.iter().copied())
    );
    let mend = "Ask which senders are registered, and with which TON and NPI: [[source.rule]].";
    Some(Finding::advice(what, mend))
}
