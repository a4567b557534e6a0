//! The operators' policies: how they are, and orders to deploy, promote, discard, roll back and reload.

use super::find::find;
use super::query::unreadable;
use super::{HttpState, reply};
use crate::config::parse_duration;
use crate::ports::{Deployment, PluginOrderError, PolicyView};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use smpp_domain::ids::OperatorId;
use std::time::Duration;

/// Octets of a deployed component at most.
pub(super) const MAX_COMPONENT: usize = 32 << 20;
/// The longest trial.
const MAX_SHADOW: Duration = Duration::from_secs(86_400);

/// `GET /api/v1/plugins`.
pub(super) async fn all(State(state): State<HttpState>) -> Response {
    Json(json!({ "plugins": state.plugins.policies() })).into_response()
}

/// `GET /api/v1/plugins/{name}`.
pub(super) async fn one(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    let id = match find(&state, &name) {
        Ok((id, _)) => id,
        Err(refused) => return refused,
    };
    match state.plugins.policy(id) {
        Some(view) => Json(view).into_response(),
        None => told(&name, Err(PluginOrderError::Unknown(id)), StatusCode::OK),
    }
}

/// `GET /api/v1/reloads`: the latest, newest first.
pub(super) async fn reloads(State(state): State<HttpState>) -> Response {
    Json(json!({ "reloads": state.plugins.reloads() })).into_response()
}

/// How a deployment is tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// `60s`, `10m`: beside the active version for so long.
    shadow: Option<String>,
    /// Or for so many calls.
    calls: Option<u64>,
    /// Then active, unless it fails more often. Without a trial it is that at once, whatever this says.
    #[serde(default)]
    promote: bool,
}

/// `POST /api/v1/plugins/{name}/deploy?shadow=60s&calls=1000&promote=true`: the body is a component; without one the file
/// is looked at again.
pub(super) async fn deploy(
    State(state): State<HttpState>,
    Path(name): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let id = match find(&state, &name) {
        Ok((id, _)) => id,
        Err(refused) => return refused,
    };
    let deployment = match wanted {
        Ok(Query(wanted)) => deployment(wanted),
        Err(rejection) => Err(rejection.body_text()),
    };
    let deployment = match deployment {
        Ok(deployment) => deployment,
        Err(problem) => {
            let mend =
                "shadow is a duration such as 60s or 10m, up to 24h; calls a number; promote true or false"
                    .to_owned();
            return unreadable(problem, mend);
        }
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let limit = format!("a component may have {} MiB", MAX_COMPONENT >> 20);
            let details = [rejection.body_text(), limit];
            return reply::error(rejection.status(), "the component cannot be read", &details);
        }
    };
    let octets = body.len();
    let deployment = Deployment {
        wasm: (octets > 0).then(|| body.to_vec()),
        ..deployment
    };
    tracing::info!(
        operator = name,
        order = "deploy",
        octets,
        shadow = ?deployment.shadow,
        calls = ?deployment.calls,
        promote = deployment.promote,
        "plugin order by HTTP"
    );
    let done = state.plugins.deploy(id, deployment).await;
    told(&name, done, StatusCode::ACCEPTED)
}

/// `POST /api/v1/plugins/{name}/{promote|discard|rollback|reload}`.
pub(super) async fn order(
    State(state): State<HttpState>,
    Path((name, order)): Path<(String, String)>,
) -> Response {
    let id: OperatorId = match find(&state, &name) {
        Ok((id, _)) => id,
        Err(refused) => return refused,
    };
    tracing::info!(operator = name, order, "plugin order by HTTP");
    let done = match order.as_str() {
        "promote" => state.plugins.promote(id).await,
        "discard" => state.plugins.discard(id).await,
        "rollback" => state.plugins.rollback(id).await,
        "reload" => state.plugins.reload(id).await,
        _ => {
            let error = format!("there is no order {order}");
            let mend = "use deploy, promote, discard, rollback or reload".to_owned();
            return reply::error(StatusCode::NOT_FOUND, &error, &[mend]);
        }
    };
    told(&name, done, StatusCode::OK)
}

fn deployment(wanted: Wanted) -> Result<Deployment, String> {
    let shadow = match wanted.shadow {
        None => None,
        Some(text) => {
            let shadow = parse_duration(&text).filter(|shadow| !shadow.is_zero() && *shadow <= MAX_SHADOW);
            Some(shadow.ok_or_else(|| format!("shadow={text}"))?)
        }
    };
    if wanted.calls == Some(0) {
        return Err("calls=0".to_owned());
    }
    Ok(Deployment {
        wasm: None,
        shadow,
        calls: wanted.calls,
        promote: wanted.promote,
    })
}

fn told(name: &str, done: Result<PolicyView, PluginOrderError>, status: StatusCode) -> Response {
    let error = match done {
        Ok(view) => return (status, Json(view)).into_response(),
        Err(error) => error,
    };
    let status = match error {
        PluginOrderError::Unknown(_) => StatusCode::NOT_FOUND,
        PluginOrderError::NothingToDo(_) => StatusCode::CONFLICT,
        PluginOrderError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PluginOrderError::Failed(_) => StatusCode::CONFLICT,
    };
    tracing::warn!(operator = name, %error, "plugin order not carried out");
    let kept = "what ran before goes on".to_owned();
    reply::error(status, &error.to_string(), &[kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_read_or_refused_in_words() {
        let read = |shadow: Option<&str>, calls, promote| {
            deployment(Wanted {
                shadow: shadow.map(str::to_owned),
                calls,
                promote,
            })
        };
        let good = read(Some("60s"), Some(5), true).unwrap();
        assert_eq!(
            (good.shadow, good.calls, good.promote),
            (Some(Duration::from_secs(60)), Some(5), true)
        );
        assert_eq!(
            read(Some("2m"), None, false).unwrap().shadow,
            Some(Duration::from_secs(120))
        );
        for (shadow, calls, promote) in [
            (Some("60"), None, false),
            (Some("0s"), None, false),
            (Some("25h"), None, false),
            (Some("long"), None, false),
            (None, Some(0), false),
        ] {
            assert!(
                read(shadow, calls, promote).is_err(),
                "{shadow:?} {calls:?} {promote}"
            );
        }
    }
}
