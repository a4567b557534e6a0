//! What a query asks for, or the answer that says how to ask.

use super::reply;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;

/// A query whose limit is from 1 to `at_most`, or is left out; or what is wrong with it.
pub(super) fn limited<Q>(
    asked: Result<Query<Q>, QueryRejection>,
    limit: impl Fn(&Q) -> Option<usize>,
    at_most: usize,
) -> Result<Q, String> {
    match asked {
        Ok(Query(asked)) if limit(&asked).is_none_or(|limit| (1..=at_most).contains(&limit)) => Ok(asked),
        Ok(_) => Err("limit is out of range".to_owned()),
        Err(rejection) => Err(rejection.body_text()),
    }
}

/// What is wrong with a query, and how to write it.
pub(super) fn unreadable(problem: String, mend: String) -> Response {
    let details = [problem, mend];
    reply::error(StatusCode::BAD_REQUEST, "the query cannot be read", &details)
}
