//! What a test message came to: passed, worth a look, or failed, and why.

use super::came::{Came, Part, Receipt, Way};
use crate::cli::view::{number, text};
use smpp_domain::pdu::CommandStatus;
use smpp_domain::status;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Grade {
    Passed,
    /// Worth knowing, and nothing to mend.
    Noted,
    Failed,
    /// It was not sent, or its answer was not waited for.
    Unfinished,
}

/// What is told of one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Verdict {
    pub(super) grade: Grade,
    pub(super) notes: Vec<String>,
}

impl Grade {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Noted => "noted",
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
        }
    }
}

impl Verdict {
    fn of(grade: Grade, note: String) -> Self {
        Self {
            grade,
            notes: vec![note],
        }
    }

    fn add(&mut self, grade: Grade, note: String) {
        self.grade = self.grade.max(grade);
        self.notes.push(note);
    }
}

/// The verdict on a message that was sent.
pub(super) fn on(came: &Came) -> Verdict {
    let Some(outcome) = &came.outcome else {
        return Verdict::of(
            Grade::Unfinished,
            "no outcome in time, so nothing more was sent: is the operator bound, and stopped?".to_owned(),
        );
    };
    if !came.is_accepted() {
        let grade = if came.case.is_probe {
            Grade::Noted
        } else {
            Grade::Failed
        };
        let why = match came.refused_by() {
            Some(code) => status::explain(CommandStatus(code)),
            None => text(outcome, "/reason"),
        };
        return Verdict::of(grade, format!("{}: {why}", came.outcome_word()));
    }
    let mut verdict = Verdict {
        grade: Grade::Passed,
        notes: Vec::new(),
    };
    for part in came.parts() {
        judge(came, &part, &mut verdict);
    }
    if came.throttled().next().is_some() {
        verdict.add(Grade::Noted, "throttled on the way".to_owned());
    }
    if let Some((asked, went)) = other_way(came) {
        verdict.add(Grade::Noted, format!("asked for {asked}, went as {went}"));
    }
    verdict
}

/// A way that was asked for and that the policy did not go.
fn other_way(came: &Came) -> Option<(&'static str, &'static str)> {
    let went = came.way()?;
    let asked = [Way::Udh8, Way::Udh16, Way::Sar, Way::Payload]
        .into_iter()
        .find(|way| came.case.name == format!("long-{}", way.name()))?;
    (asked != went).then(|| (asked.name(), went.name()))
}

fn judge(came: &Came, part: &Part, verdict: &mut Verdict) {
    let grade = if came.case.is_probe {
        Grade::Noted
    } else {
        Grade::Failed
    };
    let which = match came.parts().len() {
        1 => String::new(),
        _ => format!("part {}: ", part.number),
    };
    let mut fail = |what: String| verdict.add(grade, format!("{which}{what}"));
    if part.id.as_deref().unwrap_or_default().is_empty() {
        fail("taken without a message_id: no receipt can find it".to_owned());
    }
    match &part.receipt {
        Receipt::NotAsked => {}
        Receipt::None => fail("no receipt".to_owned()),
        Receipt::Misread { forms, id, .. } => {
            let words = forms.map_or_else(|| "otherwise".to_owned(), |forms| format!("as {}", forms.words()));
            fail(format!(
                "its receipt names {id} for {}: it matches only if ids are read {words}",
                part.id.as_deref().unwrap_or("-")
            ));
        }
        Receipt::Matched(event) => {
            let state = text(event, "/state");
            if state != "DELIVERED" {
                let (word, error) = (text(event, "/rawState"), text(event, "/rawError"));
                fail(format!("receipt {state} (stat:{word} err:{error})"));
            }
            if !came.case.wants_receipt {
                verdict.add(Grade::Noted, format!("{which}a receipt that nobody asked for"));
            }
        }
    }
}

/// Milliseconds from a part's answer to its receipt.
pub(super) fn delay(event: &serde_json::Value) -> Option<i64> {
    let time = |key: &str| text(event, key).parse::<chrono::DateTime<chrono::Utc>>().ok();
    let delay = time("/receivedAt")? - time("/submittedAt")?;
    Some(delay.num_milliseconds())
}

/// A list of statuses in words, each once.
pub(super) fn statuses<'a>(refused: impl IntoIterator<Item = &'a Came>) -> String {
    let mut codes: Vec<_> = refused.into_iter().filter_map(Came::refused_by).collect();
    codes.sort_unstable();
    codes.dedup();
    let words = codes.iter().map(|code| {
        let status = CommandStatus(*code);
        format!("{} ({status})", status::name(status))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The octet on the wire, where the outcome tells it.
pub(super) fn data_coding(came: &Came) -> Option<u64> {
    let outcome = came.outcome.as_ref()?;
    outcome
        .get("dataCoding")
        .filter(|value| !value.is_null())
        .map(|_| number(outcome, "/dataCoding"))
}
