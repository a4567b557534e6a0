//! The HTTP side: console, intake, events, operators and their sessions, recordings, health, metrics.
//!
//! Everything but the health checks and the console's files wants the token where one is set. Errors are JSON: `{"error", "details": []}`.

mod config;
mod console;
mod decisions;
mod events;
mod find;
mod guard;
mod health;
mod messages;
mod odd_pdus;
mod openapi;
mod operators;
mod pcapng;
mod pdus;
mod plugins;
mod preview;
mod query;
mod reply;
mod resume;
mod story;
mod under_way;

use crate::config::{Effective, OperatorConfig, Secret};
use crate::metrics::Metrics;
use crate::ports::{
    CommandQueue, DecisionLog, EventLog, Inquiries, MessageStories, OddPduLog, OperatorStops, PduLog,
    PluginDesk, Previews, Probe, SessionPanel, ThrottleBoard,
};
use arc_swap::ArcSwap;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use axum::{Extension, Router};
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::PduFields;
use smpp_domain::policy::question::Question;
use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Octets of a request body at most.
pub const MAX_BODY: usize = 8 * 1024 * 1024;

/// An operator that is loaded.
#[derive(Clone, Debug)]
pub struct LoadedOperator {
    /// Its file.
    pub config: Arc<OperatorConfig>,
    /// Whether it has said that it gets too much.
    pub throttle: Arc<ThrottleBoard>,
    /// Its sessions in the order of its file; none while it waits for a usable plugin.
    pub sessions: Vec<Arc<SessionPanel>>,
    /// Where a message of its is; `None` while it waits for a usable plugin.
    pub inquiries: Option<Inquiries>,
}

/// The operators that are loaded.
pub type LoadedOperators = Arc<ArcSwap<BTreeMap<OperatorId, LoadedOperator>>>;

/// What the handlers work with.
#[derive(Clone)]
pub struct HttpState {
    /// What is in force.
    pub config: Arc<ArcSwap<Effective>>,
    /// Wanted as bearer token, if set.
    pub token: Option<Secret>,
    /// Where commands go.
    pub queue: Arc<dyn CommandQueue>,
    /// Where events are read.
    pub events: Arc<dyn EventLog>,
    /// The servers that the gateway needs.
    pub probes: Vec<Arc<dyn Probe>>,
    /// Who can be sent to, and their sessions.
    pub operators: LoadedOperators,
    /// Who is not sent to.
    pub stops: Arc<dyn OperatorStops>,
    /// What became of messages.
    pub stories: Arc<dyn MessageStories>,
    /// PDUs that broke the standard.
    pub odd_pdus: Arc<dyn OddPduLog>,
    /// Explains a redacted PDU field by field.
    pub pdu_fields: fn(redacted: &[u8]) -> PduFields,
    /// Explains the PDU that a policy was asked about, if it was.
    pub asked_fields: fn(question: &Question) -> Option<PduFields>,
    /// Hook calls and their PDUs; `None` where they are not recorded.
    pub recordings: Option<Recordings>,
    /// The policies, and orders about them.
    pub plugins: Arc<dyn PluginDesk>,
    /// What would be done with a message or a PDU.
    pub previews: Arc<dyn Previews>,
    /// For `/metrics`.
    pub metrics: Arc<Metrics>,
    /// Ends long-lived answers.
    pub stopping: CancellationToken,
}

/// What is recorded of live traffic.
#[derive(Clone)]
pub struct Recordings {
    /// Hook calls.
    pub decisions: Arc<dyn DecisionLog>,
    /// The PDUs that go with them.
    pub pdus: Arc<dyn PduLog>,
}

/// All routes.
pub fn router(state: HttpState) -> Router {
    let guarded = Router::new()
        .route("/metrics", get(health::metrics))
        .route("/api/v1/messages", post(messages::accept))
        .route("/api/v1/messages/{id}", get(story::one))
        .route(
            "/api/v1/events",
            get(events::stream).layer(Extension(Arc::<events::Recent>::default())),
        )
        .route("/api/v1/odd-pdus", get(odd_pdus::recent))
        .route("/api/v1/decisions", get(decisions::recent))
        .route("/api/v1/decisions/summary", get(decisions::summary))
        .route("/api/v1/capture.pcapng", get(pcapng::capture))
        .route("/api/v1/pdus", get(pdus::latest))
        .route("/api/v1/config", get(config::effective))
        .route("/api/v1/operators", get(operators::all))
        .route("/api/v1/operators/{id}", get(operators::one))
        .route(
            "/api/v1/operators/{id}/sessions/{n}/{order}",
            post(operators::order),
        )
        .route("/api/v1/operators/{id}/resume", post(resume::resume))
        .route("/api/v1/plugins", get(plugins::all))
        .route("/api/v1/plugins/{name}", get(plugins::one))
        .route(
            "/api/v1/plugins/{name}/deploy",
            post(plugins::deploy).layer(DefaultBodyLimit::max(plugins::MAX_COMPONENT)),
        )
        .route("/api/v1/plugins/{name}/{order}", post(plugins::order))
        .route(
            "/api/v1/preview",
            post(preview::preview).layer(DefaultBodyLimit::max(preview::MAX_REQUEST)),
        )
        .route("/api/v1/reloads", get(plugins::reloads))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .route_layer(middleware::from_fn_with_state(state.clone(), guard::check));
    Router::new()
        .route("/", get(console::index))
        .route("/console/{*file}", get(console::file))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/api/v1/openapi.json", get(openapi::document_json))
        .merge(guarded)
        .fallback(reply::no_such_path)
        .method_not_allowed_fallback(reply::no_such_method)
        .with_state(state)
}

/// How long a shutdown waits for requests that are under way. A client that does not go on with its request, or does not
/// read its answer, would hold it up for ever.
const DRAIN: Duration = Duration::from_secs(2);

/// Serves until `state.stopping` is cancelled and the running requests are done or have had their time.
pub async fn serve(listener: TcpListener, state: HttpState) {
    let stopping = state.stopping.clone();
    let drained = async {
        stopping.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    let served =
        axum::serve(listener, router(state)).with_graceful_shutdown(stopping.clone().cancelled_owned());
    tokio::select! {
        served = served.into_future() => {
            if let Err(error) = served {
                tracing::error!(%error, "the HTTP server ended");
            }
        }
        () = drained => tracing::debug!("some clients did not end their requests"),
    }
}
