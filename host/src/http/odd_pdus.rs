//! `GET /api/v1/odd-pdus?operator=NAME&limit=100`: the latest PDUs that broke the standard, newest first.

use super::query::{limited, unreadable};
use super::{HttpState, reply};
use crate::errors;
use crate::ports::OddPduRecord;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use smpp_domain::pdu::PduFields;

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

/// A record, and its octets field by field.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    record: OddPduRecord,
    #[serde(flatten)]
    pdu: PduFields,
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
        Ok(records) => {
            let told = records.into_iter().map(|record| Told {
                // Written by this gateway; what cannot be read any more has no fields.
                pdu: (state.pdu_fields)(&hex::decode(&record.octets).unwrap_or_default()),
                record,
            });
            Json(json!({ "oddPdus": told.collect::<Vec<_>>() })).into_response()
        }
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
