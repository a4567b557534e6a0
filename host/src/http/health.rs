//! Health for orchestrators, metrics for Prometheus.

use super::{HttpState, resume};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Backends can be reached, operators are loaded, and no shutdown is under way.
pub(super) async fn ready(State(state): State<HttpState>) -> Response {
    let mut problems = Vec::new();
    let probed = futures_util::future::join_all(state.probes.iter().map(|probe| probe.probe())).await;
    problems.extend(
        probed
            .iter()
            .filter_map(|probed| probed.as_ref().err())
            .map(|error| crate::errors::chain(error)),
    );
    if state.operators.load().is_empty() {
        problems.push("no operator is loaded: put a TOML file into operators_dir".to_owned());
    }
    if state.stopping.is_cancelled() {
        problems.push("the gateway is shutting down".to_owned());
    }
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        // A stopped operator is no reason to send traffic elsewhere: it is stopped there too.
        Json(json!({ "ready": problems.is_empty(), "problems": problems, "stopped": resume::all_stopped(&state) })),
    )
        .into_response()
}

/// The Prometheus text format.
pub(super) async fn metrics(State(state): State<HttpState>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], state.metrics.render()).into_response()
}
