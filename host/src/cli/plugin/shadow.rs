//! A candidate that runs beside the active version, as people read it.

use crate::cli::view::{grouped, list, number, text};
use chrono::{DateTime, Utc};
use serde_json::Value;
use smpp_domain::policy::question::Difference;

/// How it stands, in one line.
pub(super) fn standing(policy: &Value) -> String {
    let candidate = |key: &str| grouped(number(policy, &format!("/candidate/{key}")));
    let calls = match policy.pointer("/candidate/callsWanted").and_then(Value::as_u64) {
        Some(wanted) => format!("{} of {} calls", candidate("calls"), grouped(wanted)),
        None => format!("{} calls", candidate("calls")),
    };
    let mut line = format!(
        "{}: {calls}, {} the same, {} different, {} faults",
        text(policy, "/candidate/stage"),
        candidate("same"),
        candidate("different"),
        candidate("faults"),
    );
    if let Some(left) = left(policy) {
        line.push_str(&format!(", {left} s left"));
    }
    let latency = |side: &str| {
        policy
            .pointer(&format!("/candidate/latency/{side}P99Us"))
            .and_then(Value::as_u64)
    };
    if let (Some(active), Some(candidate)) = (latency("active"), latency("candidate"))
        && active + candidate > 0
    {
        line.push_str(&format!(
            ", p99 {} us (active {} us)",
            grouped(candidate),
            grouped(active)
        ));
    }
    line
}

fn left(policy: &Value) -> Option<i64> {
    let until = policy.pointer("/candidate/until")?.as_str()?;
    let until: DateTime<Utc> = until.parse().ok()?;
    let left = until.signed_duration_since(crate::clock::utc_now()).num_seconds();
    (left > 0).then_some(left)
}

/// What it would do differently, with an example of each.
pub(super) fn differences(policy: &Value) -> String {
    let mut shown = String::new();
    let mut rest = number(policy, "/candidate/different") + number(policy, "/candidate/faults");
    for difference in list(policy, "/candidate/differences") {
        let count = number(difference, "/count");
        rest = rest.saturating_sub(count);
        let count = grouped(count);
        shown.push_str(&format!(
            "\n{}: {count} different, such as\n",
            text(difference, "/hook")
        ));
        let asked = difference
            .pointer("/example/question")
            .cloned()
            .unwrap_or_default();
        shown.push_str(&format!(
            "  asked {}\n",
            shortened(asked.get("input").unwrap_or(&asked))
        ));
        let fields = list(difference, "/fields");
        for field in fields {
            let side = |key: &str| field.get(key).filter(|value| !value.is_null()).cloned();
            let field = Difference {
                path: field
                    .get("path")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                expected: side("active"),
                got: side("candidate"),
            };
            shown.push_str(&format!("    {}\n", field.between("active", "candidate")));
        }
        if fields.is_empty() {
            shown.push_str("    in what is not shown: a text, a number or octets\n");
        }
    }
    if rest > 0 {
        let rest = grouped(rest);
        shown.push_str(&format!(
            "\n{rest} different in other ways, of which no example is kept\n"
        ));
    }
    shown
}

fn shortened(value: &Value) -> String {
    const MOST: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shadow_is_told_in_a_line_and_its_differences_in_a_table() {
        let example = json!({
            "question": { "hook": "message-ids", "input": { "raw": "1A2B", "origin": "submit-resp" } },
            "active": "1A2B", "candidate": { "fault": "malformed" },
        });
        let field = json!({ "path": "", "active": "1A2B", "candidate": { "fault": "malformed" } });
        let policy = json!({ "candidate": {
            "stage": "shadow", "calls": 1200, "callsWanted": 5000, "same": 1188, "different": 12, "faults": 0,
            "until": "2000-01-01T00:00:00Z", "latency": { "activeP99Us": 3, "candidateP99Us": 4 },
            "differences": [{ "hook": "message-ids", "count": 9, "fields": [field], "example": example }],
        } });
        assert_eq!(
            standing(&policy),
            "shadow: 1,200 of 5,000 calls, 1,188 the same, 12 different, 0 faults, p99 4 us (active 3 us)"
        );
        let shown = differences(&policy);
        assert!(
            shown.contains(
                "message-ids: 9 different, such as\n  asked {\"origin\":\"submit-resp\",\"raw\":\"1A2B\"}\n"
            ),
            "{shown}"
        );
        assert!(
            shown.ends_with("\n3 different in other ways, of which no example is kept\n"),
            "{shown}"
        );
        assert!(
            shown.contains("    active \"1A2B\", candidate {\"fault\":\"malformed\"}\n"),
            "{shown}"
        );
    }
}
