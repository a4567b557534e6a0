//! `GET /api/v1/pdus?operator=NAME&session=1&bind=1&since=&limit=50`: the last PDUs of each bind, newest first, redacted.

use super::decisions::time;
use super::find::find;
use super::query::{limited, unreadable};
use super::{HttpState, reply};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};

/// Of a bind there are no more.
const AT_MOST: usize = 50;

/// The query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// An operator's name or id.
    operator: String,
    /// Counted from 1; all of them without.
    session: Option<usize>,
    /// Of the session, counted from 1; all of them without.
    bind: Option<usize>,
    /// A time, or how long ago.
    since: Option<String>,
    /// PDUs of each bind at most.
    limit: Option<usize>,
}

pub(super) async fn latest(
    State(state): State<HttpState>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let wanted = match limited(wanted, |wanted| wanted.limit, AT_MOST) {
        Ok(wanted) => wanted,
        Err(problem) => return unreadable(problem, mend()),
    };
    let operator = match find(&state, &wanted.operator) {
        Ok((_, operator)) => operator,
        Err(refused) => return refused,
    };
    let since = match &wanted.since {
        None => None,
        Some(text) => match time(text, Utc::now()) {
            None => return unreadable(format!("since: {text:?} is no time"), mend()),
            since => since,
        },
    };
    let limit = wanted.limit.unwrap_or(AT_MOST);
    let is_wanted = |wanted: Option<usize>, index: usize| wanted.is_none_or(|wanted| wanted == index + 1);
    let mut binds = Vec::new();
    for (s, session) in operator.sessions.iter().enumerate() {
        for (b, bind) in session.binds.iter().enumerate() {
            if !is_wanted(wanted.session, s) || !is_wanted(wanted.bind, b) {
                continue;
            }
            let pdus: Vec<Value> = bind
                .pdus
                .latest(since, limit)
                .into_iter()
                .map(|(at, sent, pdu)| {
                    json!({
                        "at": at,
                        "direction": if sent { "sent" } else { "received" },
                        "told": pdu.told,
                        "oddity": pdu.oddity,
                        "octets": pdu.octets,
                        "fields": pdu.pdu.fields,
                        "fault": pdu.pdu.fault,
                    })
                })
                .collect();
            binds.push(json!({ "session": s + 1, "bind": b + 1, "pdus": pdus }));
        }
    }
    if binds.is_empty() && (wanted.session.is_some() || wanted.bind.is_some()) {
        let error = format!("{} has no such session or bind", operator.config.name);
        let mend = "both count from 1; GET /api/v1/operators tells which there are".to_owned();
        return reply::error(StatusCode::NOT_FOUND, &error, &[mend]);
    }
    Json(json!({ "operator": operator.config.name, "binds": binds })).into_response()
}

fn mend() -> String {
    format!(
        "operator is a name or an id; session and bind count from 1, since is a time such as 2026-11-26T02:41:00Z or how long ago such as \
         30s, limit is 1 to {AT_MOST}; these four may be left out"
    )
}
