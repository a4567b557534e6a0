//! What people see of an operator's sessions, and what they may order of them.

use super::{LatestPdus, SessionNotice, ShowPdu};
use chrono::{DateTime, Utc};
use smpp_domain::pdu::BindMode;
use smpp_domain::session::SessionState;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// One `[[session]]` that runs: what it is, how its binds are, and the orders for it.
#[derive(Debug)]
pub struct SessionPanel {
    /// What the file says.
    pub facts: SessionFacts,
    /// One for each bind.
    pub binds: Vec<Arc<BindPanel>>,
    orders: watch::Sender<Orders>,
}

/// What the file says of a session, without secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionFacts {
    /// The SMSC.
    pub host: String,
    /// The SMSC's port.
    pub port: u16,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// The user name.
    pub system_id: String,
    /// How it binds.
    pub bind_mode: BindMode,
    /// Primary or backup.
    pub is_primary: bool,
    /// A backup that is bound only while no primary is.
    pub on_demand: bool,
    /// The operator connects, and not we.
    pub outbind: bool,
    /// Unanswered submit_sm at most, on each bind.
    pub window: usize,
}

/// What people want of a session. It lasts until they want something else, its file changes, or the process ends.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Orders {
    /// Not to be bound.
    pub stay_unbound: bool,
    /// Counts the rebinds that were ordered.
    pub rebinds: u64,
}

impl SessionPanel {
    /// A session whose binds have just been made.
    #[must_use]
    pub fn new(facts: SessionFacts, binds: Vec<Arc<BindPanel>>) -> Self {
        Self {
            facts,
            binds,
            orders: watch::Sender::new(Orders::default()),
        }
    }

    /// Drains the windows, unbinds every bind, and leaves them so.
    pub fn unbind(&self) {
        self.orders.send_modify(|orders| orders.stay_unbound = true);
    }

    /// Drains and unbinds what is bound, and binds again at once, a backoff cut short.
    pub fn rebind(&self) {
        self.orders.send_modify(|orders| {
            orders.stay_unbound = false;
            orders.rebinds += 1;
        });
    }

    /// The orders as they are.
    #[must_use]
    pub fn orders(&self) -> Orders {
        *self.orders.borrow()
    }

    /// For whoever carries them out.
    #[must_use]
    pub fn watch_orders(&self) -> watch::Receiver<Orders> {
        self.orders.subscribe()
    }
}

/// One bind as people see it.
#[derive(Debug)]
pub struct BindPanel {
    view: Mutex<BindView>,
    in_flight: AtomicUsize,
    /// What went and came last.
    pub pdus: LatestPdus,
}

/// A moment of a bind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BindView {
    /// Its state.
    pub state: SessionState,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why it went into that state, in words.
    pub reason: String,
    /// The peer's address, while there is a connection.
    pub peer: Option<String>,
    /// The last failure, in words: it may be long over.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<DateTime<Utc>>,
    /// Consecutive failed attempts.
    pub reconnect_attempts: u32,
    /// When the next one is due.
    pub next_reconnect_at: Option<DateTime<Utc>>,
    /// The last successful bind.
    pub last_bound_at: Option<DateTime<Utc>>,
    /// The last end of a bind.
    pub last_unbound_at: Option<DateTime<Utc>>,
    /// How long the last enquire_link took until its answer, and when that came. There is none while there is traffic.
    pub round_trip: Option<(Duration, DateTime<Utc>)>,
}

impl BindPanel {
    /// A bind that was not tried yet, and how its PDUs are shown.
    #[must_use]
    pub fn new(now: DateTime<Utc>, show: ShowPdu) -> Self {
        Self {
            view: Mutex::new(BindView {
                state: SessionState::Disconnected,
                since: now,
                reason: "not tried yet".to_owned(),
                peer: None,
                last_error: None,
                last_error_at: None,
                reconnect_attempts: 0,
                next_reconnect_at: None,
                last_bound_at: None,
                last_unbound_at: None,
                round_trip: None,
            }),
            in_flight: AtomicUsize::new(0),
            pdus: LatestPdus::new(show),
        }
    }

    /// Its state changed. `planned`: nothing went wrong.
    pub fn changed(&self, now: DateTime<Utc>, notice: &SessionNotice, planned: bool) {
        let mut view = self.lock();
        view.state = notice.to;
        view.since = now;
        view.reason.clone_from(&notice.reason);
        view.reconnect_attempts = notice.reconnect_attempts;
        view.next_reconnect_at = notice.next_reconnect_at;
        match notice.to {
            SessionState::Bound | SessionState::Failback if notice.from == SessionState::Connecting => {
                view.last_bound_at = Some(now);
            }
            SessionState::Unbound => view.last_unbound_at = Some(now),
            _ => {}
        }
        if matches!(notice.to, SessionState::Disconnected | SessionState::Unbound) {
            view.peer = None;
            if !planned {
                view.last_error = Some(notice.reason.clone());
                view.last_error_at = Some(now);
            }
        }
    }

    /// There is a connection to this address.
    pub fn connected(&self, peer: String) {
        self.lock().peer = Some(peer);
    }

    /// An enquire_link was answered after so long.
    pub fn link_answered(&self, now: DateTime<Utc>, took: Duration) {
        self.lock().round_trip = Some((took, now));
    }

    /// So many submit_sm are unanswered.
    pub fn set_in_flight(&self, count: usize) {
        self.in_flight.store(count, Ordering::Relaxed);
    }

    /// How many submit_sm are unanswered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// How it is now.
    #[must_use]
    pub fn view(&self) -> BindView {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BindView> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
