//! `GET /api/v1/config`: every key as it is in force, and what is wrong with the files as they are now. Secrets are not in it.

use super::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

pub(super) async fn effective(State(state): State<HttpState>) -> Response {
    Json(&*state.config.load_full()).into_response()
}
