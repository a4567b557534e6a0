//! `GET /api/v1/decisions?operator=&hook=&outcome=&since=&until=&limit=`: the latest hook calls, newest first; and
//! `GET /api/v1/decisions/summary`: how many there are of each kind.

use super::query::{limited, unreadable};
use super::{HttpState, Recordings, reply};
use crate::config::parse_duration;
use crate::errors;
use crate::ports::{BackendError, DecisionRecord, Wanted};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use smpp_domain::ids::MessageId;
use smpp_domain::pdu::PduFields;
use smpp_domain::policy::Hook;
use smpp_domain::policy::question::Question;

/// Records in one answer.
const USUALLY: usize = 100;
const AT_MOST: usize = 10_000;

/// PDUs in one file, unless a limit says otherwise: some 30 MB.
const PDUS: usize = 100_000;

/// The query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// An operator's name or id.
    operator: Option<String>,
    hook: Option<String>,
    outcome: Option<String>,
    /// A message's id.
    message: Option<MessageId>,
    /// A time, or how long ago.
    since: Option<String>,
    until: Option<String>,
    /// Records at most.
    limit: Option<usize>,
    /// Whether their PDUs are told field by field.
    fields: Option<bool>,
}

/// What each of the three operations goes by, besides operator, since and until. The rest would be taken without effect.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    Calls,
    Counts,
    Capture,
}

impl Goal {
    /// Records in an answer, unless a limit says otherwise.
    fn usually(self) -> usize {
        match self {
            Self::Calls => USUALLY,
            Self::Counts => AT_MOST,
            Self::Capture => PDUS,
        }
    }

    /// What is asked for and has no effect here, with what goes by it.
    fn idle(self, asked: &Asked) -> Option<String> {
        let of_calls = [
            ("hook", asked.hook.is_some()),
            ("outcome", asked.outcome.is_some()),
            ("message", asked.message.is_some()),
        ];
        let (limit, fields) = (
            ("limit", asked.limit.is_some()),
            ("fields", asked.fields.is_some()),
        );
        let (idle, why) = match self {
            Self::Calls => return None,
            Self::Counts => (
                vec![limit, fields],
                "counts are of all calls: use /api/v1/decisions",
            ),
            Self::Capture => (
                [&of_calls[..], &[fields]].concat(),
                "PDUs are recorded without it: use operator, since, until and limit",
            ),
        };
        let (key, _) = idle.into_iter().find(|(_, given)| *given)?;
        Some(format!("{key} has no effect here; {why}"))
    }
}

/// A record, and the PDU that it is about.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    record: DecisionRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    pdu: Option<PduFields>,
}

pub(super) async fn recent(
    State(state): State<HttpState>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let by_field = asked.as_ref().is_ok_and(|asked| asked.fields == Some(true));
    let (recordings, wanted) = match read(&state, asked, Goal::Calls) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    match recordings.decisions.recent(wanted).await {
        Ok(decisions) => {
            let told = decisions.into_iter().map(|record| Told {
                pdu: by_field.then(|| pdu(&state, &record)).flatten(),
                record,
            });
            Json(json!({ "decisions": told.collect::<Vec<_>>() })).into_response()
        }
        Err(error) => unavailable(&error),
    }
}

/// The PDU as it went out, or as it came.
fn pdu(state: &HttpState, record: &DecisionRecord) -> Option<PduFields> {
    let mut question = record.question.clone();
    let sent = record.answer.as_ref().and_then(|answer| answer.get("send"));
    if let (Some(sent), Some(pdu)) = (sent, question.pointer_mut("/input/pdu")) {
        *pdu = sent.clone();
    }
    // Written by this gateway; what cannot be read any more has no fields.
    let question: Question = serde_json::from_value(question).ok()?;
    (state.asked_fields)(&question)
}

pub(super) async fn summary(
    State(state): State<HttpState>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let (recordings, wanted) = match read(&state, asked, Goal::Counts) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    match recordings.decisions.count(wanted).await {
        Ok(counts) => Json(json!({ "decisions": counts })).into_response(),
        Err(error) => unavailable(&error),
    }
}

/// Where to look, and for what; or why not.
pub(super) fn read(
    state: &HttpState,
    asked: Result<Query<Asked>, QueryRejection>,
    goal: Goal,
) -> Result<(Recordings, Wanted), Box<Response>> {
    let Some(recordings) = state.recordings.clone() else {
        let mend = "decisions = false stands in [recordings] of the host's file".to_owned();
        let refusal = reply::error(StatusCode::NOT_FOUND, "decisions are not recorded here", &[mend]);
        return Err(Box::new(refusal));
    };
    let asked = limited(asked, |asked| asked.limit, AT_MOST);
    let asked = asked.and_then(|asked| goal.idle(&asked).map_or(Ok(asked), Err));
    let wanted = asked.and_then(|asked| asked.wanted(Utc::now(), goal.usually()));
    let wanted = wanted.map_err(|problem| {
        let hooks: Vec<_> = hooks().collect();
        let mend = format!(
            "operator is a name or an id, hook one of {}, outcome a word such as unmatched or fault, message a messageId, since and until a \
             time such as 2026-11-26T02:41:00Z or how long ago such as 1h, limit is 1 to {AT_MOST}; all may be left out",
            hooks.join(", ")
        );
        Box::new(unreadable(problem, mend))
    })?;
    Ok((recordings, wanted))
}

pub(super) fn unavailable(error: &BackendError) -> Response {
    let details = [errors::chain(error)];
    reply::error(
        StatusCode::SERVICE_UNAVAILABLE,
        "the recordings cannot be read",
        &details,
    )
}

/// `settings` is no part of the message path.
fn hooks() -> impl Iterator<Item = &'static str> {
    let hooks = Hook::ALL.into_iter().filter(|hook| *hook != Hook::Settings);
    hooks.map(Hook::name)
}

impl Asked {
    fn wanted(self, now: DateTime<Utc>, usually: usize) -> Result<Wanted, String> {
        if let Some(hook) = &self.hook
            && !hooks().any(|known| known == hook)
        {
            return Err(format!("there is no hook {hook:?}"));
        }
        let time = |key: &str, text: Option<String>| {
            let time = text.map(|text| time(&text, now).ok_or_else(|| format!("{key}: {text:?} is no time")));
            time.transpose()
        };
        Ok(Wanted {
            operator: self.operator,
            hook: self.hook,
            outcome: self.outcome,
            message: self.message,
            since: time("since", self.since)?,
            until: time("until", self.until)?,
            limit: self.limit.unwrap_or(usually),
        })
    }
}

/// A time in RFC 3339, or so long before now.
pub(super) fn time(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let ago = TimeDelta::from_std(parse_duration(text)?).ok()?;
    now.checked_sub_signed(ago)
}

#[cfg(test)]
mod tests {
    use super::time;
    use chrono::{DateTime, Utc};

    #[test]
    fn times_are_absolute_or_so_long_ago() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
        let now: DateTime<Utc> = at("2026-11-26T03:00:00Z").unwrap();
        for (text, expected) in [
            ("2026-11-26T02:41:00Z", Some("2026-11-26T02:41:00Z")),
            ("2026-11-26T03:41:00+01:00", Some("2026-11-26T02:41:00Z")),
            ("1h", Some("2026-11-26T02:00:00Z")),
            ("90s", Some("2026-11-26T02:58:30Z")),
            ("2d", Some("2026-11-24T03:00:00Z")),
            ("1", None),
            ("h", None),
            ("-1h", None),
            ("99999999999999999d", None),
            ("yesterday", None),
        ] {
            assert_eq!(time(text, now), expected.and_then(at), "{text}");
        }
    }
}
