//! `GET /api/v1/odd-pdus?operator=NAME&limit=100`: the latest PDUs that broke the standard, newest first.

use super::query::{limited, unreadable};
use super::{HttpState, reply};
use crate::errors;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

/// Records in one answer.
const USUALLY: usize = 100;
const AT_MOST: usize = 1_000;

/// The query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// An operator's name or id.
    operator: Option<String>,
    /// Records at most.
    limit: Option<usize>,
}

pub(super) async fn recent(
    State(state): State<HttpState>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let wanted = match limited(wanted, |wanted| wanted.limit, AT_MOST) {
        Ok(wanted) => wanted,
        Err(problem) => {
            let mend = format!("operator is a name or an id, limit is 1 to {AT_MOST}; both may be left out");
            return unreadable(problem, mend);
        }
    };
    let limit = wanted.limit.unwrap_or(USUALLY);
    match state.odd_pdus.recent(wanted.operator, limit).await {
        Ok(records) => Json(json!({ "oddPdus": records })).into_response(),
        Err(error) => {
            let details = [errors::chain(&error)];
            reply::error(
                StatusCode::SERVICE_UNAVAILABLE,
                "the odd PDUs cannot be read",
                &details,
            )
        }
    }
}
