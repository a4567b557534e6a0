//! All binds of one operator: made from its file, one task each, stopped together.

use super::connection::{Connection, ConnectionParts};
use crate::config::{OperatorConfig, SessionSettings};
use crate::metrics::OperatorMetrics;
use crate::ports::{BindBoard, BindHandle, Inbound, Notice, PartOutcome, Seat, TpsLimiter};
use smpp_domain::backoff::Backoff;
use smpp_domain::pdu::BindRequest;
use smpp_domain::session::SessionConfig;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What the binds of one operator share.
#[derive(Clone)]
pub struct LinkContext {
    /// For logs.
    pub operator_name: String,
    /// Permits to send.
    pub limiter: Arc<dyn TpsLimiter>,
    /// Where outcomes go: must have room for every window, twice.
    pub outcomes: mpsc::Sender<PartOutcome>,
    /// Where deliver_sm go.
    pub inbound: mpsc::Sender<Inbound>,
    /// The capacity of `inbound`.
    pub inbound_limit: usize,
    /// Where state changes go.
    pub notices: mpsc::Sender<Notice>,
    /// Counters.
    pub metrics: OperatorMetrics,
}

/// The running binds of one operator.
pub struct Binds {
    /// The pipeline's ends, in the order of the file.
    pub handles: Vec<BindHandle>,
    /// The settings behind each handle.
    pub settings: Vec<SessionSettings>,
    /// Tell the binds whether a backup carries the traffic.
    pub backup_in_use: watch::Sender<bool>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Binds {
    /// Drains the windows, unbinds and waits for the end of every link.
    pub async fn unbind(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a bind ended badly");
            }
        }
    }
}

/// The number of binds and the sum of their windows.
#[must_use]
pub fn capacity(operator: &OperatorConfig) -> (usize, usize) {
    let binds = |s: &SessionSettings| usize::from(s.binds);
    let window = |s: &SessionSettings| usize::from(s.binds) * usize::from(s.window);
    (
        operator.sessions.iter().map(binds).sum(),
        operator.sessions.iter().map(window).sum(),
    )
}

/// Starts every bind of the operator. `seats` has one for each, in the order of the file; a bind is up only while its
/// seat allows it. `bell` rings when one of them changes.
#[must_use]
pub fn spawn_binds(
    operator: &OperatorConfig,
    context: &LinkContext,
    bell: &Arc<Notify>,
    seats: Vec<Seat>,
) -> Binds {
    let (backup_in_use, backup_watch) = watch::channel(false);
    let mut binds = Binds {
        handles: Vec::new(),
        settings: Vec::new(),
        backup_in_use,
        tasks: JoinSet::new(),
        stop: CancellationToken::new(),
    };
    let mut seats = seats.into_iter();
    for settings in &operator.sessions {
        for seat in seats.by_ref().take(usize::from(settings.binds)) {
            let window = usize::from(settings.window);
            let (submits, taken) = mpsc::channel(window);
            let board = Arc::new(BindBoard::new(bell.clone()));
            let parts = ConnectionParts {
                index: binds.handles.len(),
                host: settings.host.clone(),
                port: settings.port,
                connect_timeout: settings.connect_timeout,
                session: session_config(settings, operator),
                submits: taken,
                board: board.clone(),
                backup_in_use: backup_watch.clone(),
                stop: binds.stop.clone(),
                context: context.clone(),
            };
            binds.tasks.spawn(run_while_allowed(parts, seat));
            binds.handles.push(BindHandle {
                submits,
                board,
                window,
                mode: settings.bind_mode,
                is_primary: settings.is_primary,
            });
            binds.settings.push(settings.clone());
        }
    }
    binds
}

/// Carries traffic whenever the seat allows it, until the operator stops.
async fn run_while_allowed(mut parts: ConnectionParts, mut seat: Seat) {
    let stop = parts.stop.clone();
    while parts.wait_until_allowed(&mut seat.allowed, &stop).await {
        seat.in_use.send_replace(true);
        let this_time = stop.child_token();
        parts.stop = this_time.clone();
        let running = Connection::new(parts).run();
        tokio::pin!(running);
        parts = loop {
            tokio::select! {
                parts = &mut running => break parts,
                () = withdrawn(&mut seat.allowed), if !this_time.is_cancelled() => this_time.cancel(),
            }
        };
        seat.in_use.send_replace(false);
    }
}

/// Waits until the bind may not be up any more. A keeper of slots that has ended has left them as they are.
async fn withdrawn(allowed: &mut watch::Receiver<bool>) {
    if allowed.wait_for(|allowed| !allowed).await.is_err() {
        std::future::pending().await
    }
}

fn session_config(settings: &SessionSettings, operator: &OperatorConfig) -> SessionConfig {
    // Its random tail differs between hosts and binds.
    let (_, jitter_seed) = Uuid::now_v7().as_u64_pair();
    // The file's values are checked when they are read: neither step fails.
    let reconnect = Backoff::new(operator.reconnect_delays.clone())
        .and_then(|schedule| schedule.with_jitter(operator.reconnect_jitter));
    SessionConfig {
        bind_mode: settings.bind_mode,
        bind: BindRequest {
            system_id: settings.system_id.clone(),
            password: settings.password.expose().to_owned(),
            system_type: settings.system_type.clone(),
            interface_version: 0x34,
            addr_ton: 0,
            addr_npi: 0,
            address_range: String::new(),
        },
        window: usize::from(settings.window),
        enquire_link: settings.enquire_link,
        enquire_link_timeout: settings.enquire_link_timeout,
        bind_timeout: settings.connect_timeout,
        response_timeout: settings.response_timeout,
        unbind_timeout: Duration::from_secs(5).max(settings.response_timeout.min(Duration::from_secs(20))),
        is_primary: settings.is_primary,
        failback_hold: settings.failback_hold,
        reconnect: reconnect.unwrap_or_default(),
        jitter_seed,
    }
}
