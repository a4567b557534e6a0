//! What a replay came to, for people and for scripts.

use super::receipts::{Change, Receipt};
use super::{Changed, Outcome};
use crate::cli::counted;
use crate::cli::view::grouped;
use crate::policy::Report;
use crate::policy::fixtures::Expect;
use serde_json::{Value, json};
use smpp_domain::policy::question::Question;

/// Message by message where something changes, and in total.
pub(super) fn in_words(outcome: &Outcome<'_>, show: usize) -> String {
    let mut lines = Vec::new();
    for (change, what) in [
        (Change::Lost, "matched -> lost"),
        (Change::Found, "unmatched -> matched"),
        (
            Change::Untold,
            "another key, its submit_sm_resp is not in the recording",
        ),
    ] {
        let all: Vec<_> = outcome
            .receipts
            .iter()
            .filter(|receipt| receipt.change == change)
            .collect();
        for receipt in all.iter().take(show) {
            lines.push(format!("{}: {what}{}", label(receipt), keys(receipt)));
        }
        rest(all.len(), show, &mut lines);
    }
    for (hook, of_hook) in &outcome.hooks {
        let (changed, calls) = (of_hook.changed.len(), of_hook.calls);
        let faults = match of_hook.faults {
            0 => String::new(),
            faults => format!(", {} fault", number(faults)),
        };
        lines.push(match changed {
            0 => format!("{hook}: {} answered as recorded", counted_calls(calls)),
            changed => format!(
                "{hook}: {} of {} answered otherwise{faults}",
                number(changed),
                counted_calls(calls)
            ),
        });
        for changed in of_hook.changed.iter().take(show) {
            lines.push(format!("  {}", change_of(changed)));
        }
        rest(changed, show, &mut lines);
    }
    if outcome.unreadable > 0 {
        lines.push(format!(
            "{} left out: this version cannot read them",
            counted(outcome.unreadable, "record")
        ));
    }
    lines.push(total(outcome));
    lines.join("\n") + "\n"
}

/// `1,204 receipts: 1,190 unchanged, 14 unmatched -> matched, 0 lost`.
fn total(outcome: &Outcome<'_>) -> String {
    let of = |change| number(outcome.count(change));
    let calls: usize = outcome.hooks.values().map(|hook| hook.calls).sum();
    if calls == 0 && outcome.receipts.is_empty() {
        return "nothing is recorded there: give more of --last, or see whether the gateway records (recordings in its file)".to_owned();
    }
    let mut line = format!(
        "{} receipts: {} unchanged, {} unmatched -> matched, {} lost",
        number(outcome.receipts.len()),
        of(Change::Unchanged),
        of(Change::Found),
        of(Change::Lost),
    );
    if outcome.count(Change::Untold) > 0 {
        line.push_str(&format!(", {} that cannot be told", of(Change::Untold)));
    }
    line
}

fn rest(all: usize, show: usize, lines: &mut Vec<String>) {
    if all > show {
        lines.push(format!("  and {} more (--show {all})", number(all - show)));
    }
}

fn number(number: usize) -> String {
    grouped(u64::try_from(number).unwrap_or(u64::MAX))
}

fn counted_calls(calls: usize) -> String {
    format!("{} call{}", number(calls), if calls == 1 { "" } else { "s" })
}

fn label(receipt: &Receipt<'_>) -> String {
    let recorded = receipt.recorded;
    match &recorded.message_id {
        Some(message) => format!("{} receipt of {message}", recorded.at),
        None => format!("{} receipt", recorded.at),
    }
}

fn keys(receipt: &Receipt<'_>) -> String {
    let list = |keys: &[String]| match keys {
        [] => "none".to_owned(),
        keys => keys.join(" or "),
    };
    let (before, after) = (list(&receipt.before), list(&receipt.after));
    if before == after {
        format!(", key {after}")
    } else {
        format!(", key {before} -> {after}")
    }
}

fn change_of(changed: &Changed<'_>) -> String {
    let recorded = changed.recorded;
    let fields = changed.failure.differences.iter();
    let fields: Vec<_> = fields
        .map(|field| field.between("recorded", "candidate"))
        .collect();
    let remark = changed.failure.remark.iter().map(|remark| format!(" ({remark})"));
    let message = recorded.message_id.iter().map(|message| format!(" {message}"));
    let asked = match &recorded.question {
        Question::MessageIds { raw, origin } => {
            let origin = json!(origin);
            format!(", {raw} ({})", origin.as_str().unwrap_or_default())
        }
        _ => String::new(),
    };
    format!(
        "{}{}{asked}: {}{}",
        recorded.at,
        message.collect::<String>(),
        fields.join(", "),
        remark.collect::<String>()
    )
}

/// The same for scripts, without a bound.
pub(super) fn as_json(outcome: &Outcome<'_>, report: &Report) -> Value {
    let word = |change| match change {
        Change::Unchanged => "unchanged",
        Change::Found => "found",
        Change::Lost => "lost",
        Change::Untold => "untold",
    };
    let moved = outcome
        .receipts
        .iter()
        .filter(|receipt| receipt.change != Change::Unchanged);
    let moved = moved.map(|receipt| {
        json!({
            "at": receipt.recorded.at,
            "messageId": receipt.recorded.message_id,
            "change": word(receipt.change),
            "keysRecorded": receipt.before,
            "keysCandidate": receipt.after,
        })
    });
    let hooks = outcome.hooks.iter().map(|(hook, of_hook)| {
        let changes = of_hook.changed.iter().map(|changed| {
            json!({
                "at": changed.recorded.at,
                "messageId": changed.recorded.message_id,
                "question": changed.recorded.question,
                "recorded": changed.recorded.answer.to_json(),
                "candidate": changed.failure.found.as_ref().map(Expect::to_json),
            })
        });
        json!({
            "hook": hook,
            "calls": of_hook.calls,
            "same": of_hook.calls - of_hook.changed.len(),
            "different": of_hook.changed.len(),
            "faults": of_hook.faults,
            "changes": changes.collect::<Vec<_>>(),
        })
    });
    json!({
        "plugin": report.name,
        "version": report.version,
        "sha256": report.sha256,
        "receipts": {
            "total": outcome.receipts.len(),
            "unchanged": outcome.count(Change::Unchanged),
            "found": outcome.count(Change::Found),
            "lost": outcome.count(Change::Lost),
            "untold": outcome.count(Change::Untold),
            "changes": moved.collect::<Vec<_>>(),
        },
        "hooks": hooks.collect::<Vec<_>>(),
        "unreadable": outcome.unreadable,
    })
}
