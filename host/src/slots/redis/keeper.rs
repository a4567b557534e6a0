//! The task that keeps one pool of one host.

use crate::errors;
use crate::ports::{BackendError, SlotPool};
use crate::servers::redis::RedisServer;
use futures_util::future::{join_all, select_all};
use redis::Script;
use smpp_domain::slots::SlotTable;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("slots.lua")));

/// At least so often it looks, to see soon who has come or left.
const LOOK: Duration = Duration::from_secs(1);
/// And no more often than this, whatever happens.
const BREATH: Duration = Duration::from_millis(20);
/// A server that knows nothing of a session waits so long for those who have slots, before it gives any.
const GRACE: Duration = Duration::from_secs(1);

/// One slot as this host sees it.
pub(super) struct Place {
    allow: watch::Sender<bool>,
    in_use: watch::Receiver<bool>,
    /// It is leased to this host.
    mine: bool,
    /// To be leased, if it is free.
    wanted: bool,
}

impl Place {
    pub(super) fn new(allow: watch::Sender<bool>, in_use: watch::Receiver<bool>) -> Self {
        Self {
            allow,
            in_use,
            mine: false,
            wanted: false,
        }
    }

    fn allowed(&self) -> bool {
        *self.allow.borrow()
    }

    fn in_use(&self) -> bool {
        // A bind whose task is gone has ended.
        *self.in_use.borrow() && self.in_use.has_changed().is_ok()
    }

    /// On its way back: there may still be a bind.
    fn leaving(&self) -> bool {
        self.mine && !self.allowed()
    }

    fn wish(&self) -> &'static str {
        match (self.mine, self.wanted) {
            (true, _) if self.leaving() && !self.in_use() => "free",
            (true, _) => "have",
            (false, true) => "take",
            (false, false) => "-",
        }
    }

    /// The server has said whose it is.
    fn settle(&mut self, is_mine: bool) {
        if is_mine == self.mine {
            return;
        }
        self.mine = is_mine;
        self.allow.send_replace(is_mine);
    }
}

/// Keeps one pool. See [`Keeper::keep`].
pub(super) struct Keeper {
    server: RedisServer,
    key: String,
    session: String,
    me: String,
    lease: Duration,
    places: Vec<Place>,
}

/// How long until something may change by itself, who is there, and whose the slots are.
type Told = (u64, Vec<String>, Vec<String>);

impl Keeper {
    pub(super) fn new(server: RedisServer, pool: &SlotPool, places: Vec<Place>) -> Self {
        let key = server.key("slots", &pool.operator_id.to_string());
        Self {
            key: format!("{key}:{}", pool.session),
            session: pool.session.clone(),
            // An operator that was reloaded joins anew before its old self has left.
            me: Uuid::now_v7().to_string(),
            lease: server.lease(),
            server,
            places,
        }
    }

    /// Leases slots and gives them back until every seat is dropped; then they are free.
    pub(super) async fn keep(mut self) {
        let mut over = Box::pin(join_all(self.places.iter().map(|place| {
            let allow = place.allow.clone();
            async move { allow.closed().await }
        })));
        loop {
            let pause = match self.renew().await {
                Ok(pause) => pause,
                Err(error) => {
                    let error = errors::chain(&error);
                    tracing::debug!(session = %self.session, error, "bind slots stay as they are");
                    self.beat()
                }
            };
            // What nobody uses any more is freed at once.
            let pause = match self.places.iter().any(|place| place.wish() == "free") {
                true => Duration::ZERO,
                false => pause,
            };
            let leaving = self.places.iter_mut().filter(|place| place.leaving());
            let leaving: Vec<_> = leaving.map(|place| Box::pin(place.in_use.changed())).collect();
            let unbound = async move {
                match leaving.is_empty() {
                    true => std::future::pending().await,
                    false => drop(select_all(leaving).await),
                }
            };
            tokio::select! {
                _ = &mut over => break,
                () = unbound => {}
                () = self.server.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
            tokio::time::sleep(BREATH).await;
        }
        self.leave().await;
    }

    fn beat(&self) -> Duration {
        LOOK.min(self.lease / 3)
    }

    /// Renews the leases and decides what to take and to give back. Returns when to do so again.
    async fn renew(&mut self) -> Result<Duration, BackendError> {
        let (next_change, living, owners) = self.call(self.lease).await?;
        for (slot, (place, owner)) in self.places.iter_mut().zip(&owners).enumerate() {
            let (is_mine, was_mine, leaving) = (*owner == self.me, place.mine, place.leaving());
            place.wanted = false;
            place.settle(is_mine);
            if was_mine && !is_mine && !leaving {
                tracing::warn!(session = %self.session, slot, "another host has this bind by now: it is given up");
            }
        }
        let mut held: BTreeMap<_, _> = living.into_iter().map(|host| (host, 0)).collect();
        for owner in &owners {
            if let Some(held) = held.get_mut(owner) {
                *held += 1;
            }
        }
        let table = SlotTable {
            slots: u16::try_from(owners.len()).unwrap_or(u16::MAX),
            held,
        };
        let decision = table.decide(&self.me);
        self.want(usize::from(decision.take), &owners);
        self.give(usize::from(decision.give));
        if self.places.iter().any(|place| place.wanted) {
            let (_, _, owners) = self.call(self.lease).await?;
            for (place, owner) in self.places.iter_mut().zip(&owners) {
                place.settle(*owner == self.me);
            }
        }
        let next_change = Duration::from_micros(next_change);
        Ok(self.beat().min(next_change))
    }

    /// Marks free slots to be taken. One whose last bind has not ended yet is not.
    fn want(&mut self, take: usize, owners: &[String]) {
        let places = self.places.iter_mut().zip(owners);
        let free = places.filter(|(place, owner)| owner.is_empty() && !place.in_use());
        for (place, _) in free.take(take) {
            place.wanted = true;
        }
    }

    /// Withdraws seats until so many are on their way back, those without a bind first.
    fn give(&mut self, give: usize) {
        let leaving = self.places.iter().filter(|place| place.leaving()).count();
        let mut allowed: Vec<_> = self.places.iter_mut().filter(|place| place.allowed()).collect();
        allowed.sort_by_key(|place| place.in_use());
        for place in allowed.into_iter().take(give.saturating_sub(leaving)) {
            tracing::info!(session = %self.session, "a bind is given to another host");
            place.allow.send_replace(false);
        }
    }

    async fn call(&self, lease: Duration) -> Result<Told, BackendError> {
        const ACTION: &str = "leasing bind slots";
        let live = self.server.live().ok_or_else(|| self.server.away(ACTION))?;
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mut call = SCRIPT.key(&self.key);
        call.arg(&self.me)
            .arg(micros(lease))
            .arg(micros(GRACE.min(self.lease / 3)));
        for place in &self.places {
            call.arg(place.wish());
        }
        self.server.run(&live, &call, ACTION).await
    }

    /// Frees what this host has. Without Redis the lease does.
    async fn leave(&self) {
        let Some(live) = self.server.live() else { return };
        let mut call = SCRIPT.key(&self.key);
        call.arg(&self.me).arg(0).arg(0);
        for _ in &self.places {
            call.arg("-");
        }
        let left = self.server.run::<()>(&live, &call, "freeing bind slots").await;
        if let Err(error) = left {
            let error = errors::chain(&error);
            tracing::info!(session = %self.session, error, "bind slots are free when the lease is over");
        }
    }
}
