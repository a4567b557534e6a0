//! The operators and their sessions: how they are, and orders to bind and unbind.

use super::find::find;
use super::{HttpState, LoadedOperator, reply, resume};
use crate::ports::{BindPanel, SessionPanel, Throttled};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde_json::{Value, json};
use smpp_domain::ids::OperatorId;
use smpp_domain::status::explain;

/// `GET /api/v1/operators`.
pub(super) async fn all(State(state): State<HttpState>) -> Response {
    let operators = state.operators.load();
    let told: Vec<_> = operators
        .iter()
        .map(|(id, operator)| operator_json(&state, *id, operator))
        .collect();
    Json(json!({ "operators": told })).into_response()
}

/// `GET /api/v1/operators/{id}`.
pub(super) async fn one(State(state): State<HttpState>, Path(id): Path<String>) -> Response {
    match find(&state, &id) {
        Ok((id, operator)) => Json(operator_json(&state, id, &operator)).into_response(),
        Err(refused) => refused,
    }
}

/// `POST /api/v1/operators/{id}/sessions/{n}/{rebind|unbind}`: for all binds of the session, on this host. They drain
/// their windows first, so nothing is lost; the answer does not wait for that.
pub(super) async fn order(
    State(state): State<HttpState>,
    Path((id, number, order)): Path<(String, String, String)>,
) -> Response {
    let (id, operator) = match find(&state, &id) {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let index = number
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1));
    let Some((index, session)) = index.and_then(|index| Some((index, operator.sessions.get(index)?))) else {
        let error = format!("{} has no session {number}", operator.config.name);
        let known = match operator.sessions.len() {
            0 => "it has none at present: it waits for a usable plugin".to_owned(),
            count => format!("its sessions are 1 to {count}, in the order of its file"),
        };
        return reply::error(StatusCode::NOT_FOUND, &error, &[known]);
    };
    match order.as_str() {
        "unbind" => session.unbind(),
        "rebind" => {
            session.rebind();
            // Whoever binds again wants to know whether it works now.
            if let Err(error) = state.stops.resume(id, "a rebind was ordered").await {
                let error = crate::errors::chain(&error);
                tracing::warn!(operator = %operator.config.name, error, "what is stopped stays so");
            }
        }
        _ => {
            let error = format!("there is no order {order}");
            return reply::error(
                StatusCode::NOT_FOUND,
                &error,
                &["use rebind or unbind".to_owned()],
            );
        }
    }
    let number = index + 1;
    tracing::info!(operator = %operator.config.name, session = number, order, "ordered by HTTP");
    let told = json!({ "operatorId": id, "session": number, "ordered": order });
    (StatusCode::ACCEPTED, Json(told)).into_response()
}

fn operator_json(state: &HttpState, id: OperatorId, operator: &LoadedOperator) -> Value {
    let sessions: Vec<_> = operator
        .sessions
        .iter()
        .enumerate()
        .map(|(index, session)| session_json(index + 1, session))
        .collect();
    json!({
        "operatorId": id,
        "name": operator.config.name,
        "tpsLimit": operator.config.tps_limit,
        "waitsForPlugin": operator.sessions.is_empty(),
        "stopped": resume::stopped(state, id),
        "throttled": operator.throttle.now(Utc::now()).map(throttled_json),
        "sessions": sessions,
    })
}

fn throttled_json(throttled: Throttled) -> Value {
    json!({
        "since": throttled.since,
        "until": throttled.until,
        "reason": throttled.status.map_or_else(|| "the operator told another host".to_owned(), explain),
        "commandStatus": throttled.status,
    })
}

fn session_json(number: usize, session: &SessionPanel) -> Value {
    let facts = &session.facts;
    let binds: Vec<_> = session.binds.iter().map(|bind| bind_json(bind)).collect();
    json!({
        "session": number,
        "host": facts.host,
        "port": facts.port,
        "tls": facts.tls,
        "systemId": facts.system_id,
        "bindMode": facts.bind_mode,
        "isPrimary": facts.is_primary,
        "onDemand": facts.on_demand,
        "outbind": facts.outbind,
        "window": facts.window,
        "unbindOrdered": session.orders().stay_unbound,
        "binds": binds,
    })
}

fn bind_json(bind: &BindPanel) -> Value {
    let view = bind.view();
    json!({
        "state": view.state,
        "since": view.since,
        "reason": view.reason,
        "peer": view.peer,
        "inFlight": bind.in_flight(),
        "lastError": view.last_error,
        "lastErrorAt": view.last_error_at,
        "reconnectAttempts": view.reconnect_attempts,
        "nextReconnectAt": view.next_reconnect_at,
        "lastBoundAt": view.last_bound_at,
        "lastUnboundAt": view.last_unbound_at,
        "enquireLink": view.round_trip.map(|(took, at)| json!({ "roundTripMs": took.as_secs_f64() * 1_000.0, "at": at })),
    })
}
