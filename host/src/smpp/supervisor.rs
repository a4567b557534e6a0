//! All binds of one operator: made from its file, one task each, stopped together.

use super::connection::{Connection, ConnectionParts, Origin};
use super::dial::Route;
use super::muster::Muster;
use super::outbind::Door;
use super::permission::Permission;
use super::shown::show;
use crate::clock;
use crate::config::{BindWhen, OperatorConfig, SessionSettings};
use crate::metrics::OperatorMetrics;
use crate::ports::{
    BindBoard, BindHandle, BindPanel, Inbound, Notice, OddPduLog, PartOutcome, PduLog, Seat, SessionFacts,
    SessionPanel, ThrottleBoard, TpsLimiter,
};
use smpp_domain::backoff::Backoff;
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::{BindMode, BindRequest};
use smpp_domain::session::{SessionConfig, SmppSession};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What the binds of one operator share.
#[derive(Clone)]
pub struct LinkContext {
    /// For records.
    pub operator_id: OperatorId,
    /// For logs.
    pub operator_name: String,
    /// Permits to send.
    pub limiter: Arc<dyn TpsLimiter>,
    /// Where people see that the limiter pauses.
    pub throttle: Arc<ThrottleBoard>,
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
    /// Where PDUs that break the standard are kept.
    pub odd_pdus: Arc<dyn OddPduLog>,
    /// Where PDUs of messages that are recorded go, if anywhere.
    pub pdus: Option<Arc<dyn PduLog>>,
}

/// The running binds of one operator.
pub struct Binds {
    /// The pipeline's ends, in the order of the file.
    pub handles: Vec<BindHandle>,
    /// The settings behind each handle.
    pub settings: Vec<SessionSettings>,
    /// What people see and order, in the order of the file.
    pub panels: Vec<Arc<SessionPanel>>,
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
                let error = crate::errors::of_task(&error);
                tracing::error!(error, "a bind ended badly");
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
        panels: Vec::new(),
        backup_in_use,
        tasks: JoinSet::new(),
        stop: CancellationToken::new(),
    };
    let muster = Muster::of(primaries(operator));
    let mut seats = seats.into_iter();
    for (place, settings) in operator.sessions.iter().enumerate() {
        let count = usize::from(settings.binds);
        let views: Vec<_> = (0..count)
            .map(|_| Arc::new(BindPanel::new(clock::utc_now(), show)))
            .collect();
        let panel = Arc::new(SessionPanel::new(facts(settings), views.clone()));
        let origin = origin(settings, &context.operator_name);
        for (bind, (seat, view)) in seats.by_ref().take(count).zip(views).enumerate() {
            let window = usize::from(settings.window);
            let levels = context.metrics.bind_levels(place + 1, bind + 1);
            levels.set_window(window);
            let (submits, taken) = mpsc::channel(window);
            let board = Arc::new(BindBoard::new(bell.clone()));
            let parts = ConnectionParts {
                index: binds.handles.len(),
                host: settings.host.clone(),
                origin: origin.clone(),
                session: SmppSession::new(session_config(settings, operator), clock::now()),
                submits: taken,
                board: board.clone(),
                panel: view,
                levels,
                muster: muster.clone(),
                backup_in_use: backup_watch.clone(),
                stop: binds.stop.clone(),
                context: context.clone(),
            };
            let on_demand = settings.bind == BindWhen::OnDemand;
            let need = on_demand.then(|| (muster.watch(), settings.bind_mode));
            let permission = Permission::new(seat.allowed, panel.watch_orders(), need);
            binds
                .tasks
                .spawn(run_while_permitted(parts, permission, seat.in_use));
            binds.handles.push(BindHandle {
                submits,
                board,
                window,
                mode: settings.bind_mode,
                is_primary: settings.is_primary,
            });
            binds.settings.push(settings.clone());
        }
        binds.panels.push(panel);
    }
    binds
}

/// The primary binds, by their places in the order of the file.
fn primaries(operator: &OperatorConfig) -> impl Iterator<Item = (usize, BindMode)> {
    let binds = operator
        .sessions
        .iter()
        .flat_map(|settings| std::iter::repeat_n(settings, usize::from(settings.binds)));
    binds
        .enumerate()
        .filter(|(_, settings)| settings.is_primary)
        .map(|(index, settings)| (index, settings.bind_mode))
}

fn origin(settings: &SessionSettings, operator: &str) -> Origin {
    match &settings.outbind {
        None => Origin::Dial(Arc::new(Route::new(settings))),
        Some(outbind) => {
            let door = Door::new(operator, outbind, &settings.tcp, settings.connect_timeout);
            Origin::Outbind(Arc::new(door))
        }
    }
}

fn facts(settings: &SessionSettings) -> SessionFacts {
    SessionFacts {
        host: settings.host.clone(),
        port: settings.port,
        tls: settings.tls.is_some(),
        system_id: settings.system_id.clone(),
        bind_mode: settings.bind_mode,
        is_primary: settings.is_primary,
        on_demand: settings.bind == BindWhen::OnDemand,
        outbind: settings.outbind.is_some(),
        window: usize::from(settings.window),
    }
}

/// Carries traffic whenever the bind may be up, until the operator stops.
async fn run_while_permitted(
    mut parts: ConnectionParts,
    mut permission: Permission,
    in_use: watch::Sender<bool>,
) {
    let stop = parts.stop.clone();
    while parts.wait_until_permitted(&mut permission, &stop).await {
        in_use.send_replace(true);
        let this_time = stop.child_token();
        parts.stop = this_time.clone();
        let running = Connection::new(parts).run();
        tokio::pin!(running);
        parts = loop {
            tokio::select! {
                parts = &mut running => break parts,
                () = permission.taken(), if !this_time.is_cancelled() => this_time.cancel(),
            }
        };
        in_use.send_replace(false);
        if !permission.has_slot() {
            // Another host has it now: what it is there is not known here.
            parts.muster.post(parts.index, None);
        }
    }
}

pub(super) fn session_config(settings: &SessionSettings, operator: &OperatorConfig) -> SessionConfig {
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
            interface_version: settings.interface_version,
            addr_ton: settings.addr_ton,
            addr_npi: settings.addr_npi,
            address_range: settings.address_range.clone(),
        },
        window: usize::from(settings.window),
        enquire_link: settings.enquire_link,
        enquire_link_timeout: settings.enquire_link_timeout,
        bind_timeout: settings.connect_timeout,
        response_timeout: settings.response_timeout,
        stuck_after: settings.stuck_after,
        unbind_timeout: Duration::from_secs(5).max(settings.response_timeout.min(Duration::from_secs(20))),
        is_primary: settings.is_primary,
        failback_hold: settings.failback_hold,
        reconnect: settings.outbind.is_none().then(|| reconnect.unwrap_or_default()),
        jitter_seed,
    }
}
