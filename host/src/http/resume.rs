//! `POST /api/v1/operators/{id}/resume`: an operator that was stopped is sent to again, on all hosts.

use super::find::find;
use super::{HttpState, reply};
use crate::errors;
use crate::ports::OperatorStop;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use smpp_domain::ids::OperatorId;

pub(super) async fn resume(State(state): State<HttpState>, Path(id): Path<String>) -> Response {
    let (id, operator) = match find(&state, &id) {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    match state.stops.resume(id, "resumed by HTTP").await {
        Ok(stop) => {
            let was = stop.as_ref().map(told);
            Json(json!({ "operatorId": id, "name": operator.config.name, "wasStopped": was })).into_response()
        }
        Err(error) => {
            let details = [errors::chain(&error), "nothing has changed: try again".to_owned()];
            reply::error(
                StatusCode::SERVICE_UNAVAILABLE,
                "the operator could not be resumed",
                &details,
            )
        }
    }
}

/// Why and since when this operator is stopped; null when it is not.
pub(super) fn stopped(state: &HttpState, operator: OperatorId) -> Option<Value> {
    state.stops.stopped().borrow().get(&operator).map(told)
}

/// All that are stopped.
pub(super) fn all_stopped(state: &HttpState) -> Vec<Value> {
    let (stopped, loaded) = (state.stops.stopped(), state.operators.load());
    let told = |stop: &OperatorStop| {
        let name = loaded
            .get(&stop.operator_id)
            .map(|operator| &operator.config.name);
        json!({ "operatorId": stop.operator_id, "name": name, "reason": stop.reason, "since": stop.since })
    };
    stopped.borrow().values().map(told).collect()
}

fn told(stop: &OperatorStop) -> Value {
    json!({ "reason": stop.reason, "commandStatus": stop.command_status, "since": stop.since })
}
