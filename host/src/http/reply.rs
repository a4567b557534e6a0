//! Answers that say what went wrong and how to mend it.

use axum::Json;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// `{"error", "details"}` under a status.
pub(super) fn error(status: StatusCode, error: &str, details: &[String]) -> Response {
    (status, Json(json!({ "error": error, "details": details }))).into_response()
}

pub(super) async fn no_such_path(uri: Uri) -> Response {
    let known =
        "POST /api/v1/messages, GET /api/v1/messages/{messageId}, /api/v1/events, /api/v1/config, /api/v1/pdus, /api/v1/operators, /api/v1/plugins, /api/v1/reloads, POST /api/v1/preview, \
        /api/v1/odd-pdus, /api/v1/decisions, /api/v1/capture.pcapng, /api/v1/openapi.json (which tells all of them), /metrics, \
        /healthz, /readyz"
            .to_owned();
    error(
        StatusCode::NOT_FOUND,
        &format!("there is nothing at {}", uri.path()),
        &[known],
    )
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Response {
    let known =
        "POST /api/v1/messages and orders to sessions, operators and plugins; GET everything else".to_owned();
    let error_text = format!("{method} is not for {}", uri.path());
    error(StatusCode::METHOD_NOT_ALLOWED, &error_text, &[known])
}
