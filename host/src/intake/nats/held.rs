//! What intake and puller share: what has come and is not handed out, and what this host has.

use crate::clock;
use crate::ports::{BackendError, Delivery};
use crate::servers::nats::{Lost, NatsServer, REQUEST};
use async_nats::Subject;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, Notify};

/// Between an intake and its puller.
pub(super) struct Shared {
    /// How long something is ours after it came or was last held.
    ours_for: Duration,
    /// Fetches take turns.
    turn: AsyncMutex<()>,
    state: Mutex<State>,
    /// Rings when somebody wants commands, or something is wrong with the consumer.
    pub(super) asked: Notify,
    /// Rings when some have come, or an error.
    came: Notify,
    doubt: AtomicBool,
}

#[derive(Default)]
struct State {
    /// How many commands a fetch waits for.
    wanted: usize,
    ready: VecDeque<Delivery>,
    failure: Option<BackendError>,
    /// Everything that the server thinks we have, by token: bounded by what was fetched.
    held: HashMap<u64, Held>,
}

struct Held {
    reply: Subject,
    /// When it came, or the server was last told that we have it.
    seen: Instant,
}

/// A fetch that waits no more wants nothing any more.
struct Wanting<'a>(&'a Shared);

impl Drop for Wanting<'_> {
    fn drop(&mut self) {
        self.0.lock().wanted = 0;
    }
}

impl State {
    /// What lies ready for too long, since this process was stopped say, may be somebody else's by now.
    fn drop_stale(&mut self, ours_for: Duration) {
        let now = clock::now();
        let held = &mut self.held;
        self.ready.retain(|delivery| {
            let seen = held.get(&delivery.token).map(|held| held.seen);
            let ours = seen.is_some_and(|seen| now.saturating_duration_since(seen) < ours_for);
            if !ours {
                held.remove(&delivery.token);
            }
            ours
        });
    }
}

impl Shared {
    pub(super) fn new(ours_for: Duration) -> Self {
        Self {
            ours_for,
            turn: AsyncMutex::default(),
            state: Mutex::default(),
            asked: Notify::default(),
            came: Notify::default(),
            doubt: AtomicBool::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cancel safe: what comes meanwhile stays in `ready`.
    pub(super) async fn fetch(&self, max: usize) -> Result<Vec<Delivery>, BackendError> {
        let _turn = self.turn.lock().await;
        let _wanting = Wanting(self);
        loop {
            {
                let mut state = self.lock();
                state.drop_stale(self.ours_for);
                if !state.ready.is_empty() {
                    let count = max.min(state.ready.len());
                    let taken = state.ready.drain(..count).collect();
                    return Ok(taken);
                }
                if let Some(error) = state.failure.take() {
                    return Err(error);
                }
                state.wanted = max;
            }
            self.asked.notify_one();
            self.came.notified().await;
        }
    }

    /// How many commands are waited for, when none is ready.
    pub(super) fn wanted(&self) -> usize {
        let state = self.lock();
        if state.ready.is_empty() { state.wanted } else { 0 }
    }

    /// Commands lie ready, and nobody takes them.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.wanted == 0 && !state.ready.is_empty()
    }

    /// Notes a message that came.
    pub(super) fn take(&self, token: u64, reply: Subject) {
        let held = Held {
            reply,
            seen: clock::now(),
        };
        self.lock().held.insert(token, held);
    }

    pub(super) fn hand_over(&self, deliveries: Vec<Delivery>) {
        if !deliveries.is_empty() {
            self.lock().ready.extend(deliveries);
            self.came.notify_one();
        }
    }

    /// Tells whoever waits.
    pub(super) fn fail(&self, error: BackendError) {
        let mut state = self.lock();
        if state.wanted > 0 {
            state.wanted = 0;
            state.failure = Some(error);
            self.came.notify_one();
        }
    }

    /// The consumer may be gone.
    pub(super) fn doubt(&self) {
        self.doubt.store(true, Ordering::Release);
        self.asked.notify_one();
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.doubt.swap(false, Ordering::AcqRel)
    }

    /// Where the server hears of these; those that are not ours are left out.
    pub(super) fn replies(&self, tokens: &[u64]) -> Vec<Subject> {
        let state = self.lock();
        let replies = tokens.iter().filter_map(|token| state.held.get(token));
        replies.map(|held| held.reply.clone()).collect()
    }

    pub(super) fn forget(&self, tokens: &[u64]) {
        let mut state = self.lock();
        for token in tokens {
            state.held.remove(token);
        }
    }

    /// Those to be held that the server has not heard of for this long.
    pub(super) fn due(&self, after: Duration) -> Vec<(u64, Subject)> {
        let now = clock::now();
        let mut state = self.lock();
        state.drop_stale(self.ours_for);
        let age = |held: &Held| now.saturating_duration_since(held.seen);
        let due = state.held.iter().filter(|(_, held)| age(held) >= after);
        due.map(|(token, held)| (*token, held.reply.clone())).collect()
    }

    pub(super) fn was_held(&self, tokens: &[u64]) {
        let now = clock::now();
        let mut state = self.lock();
        for token in tokens {
            if let Some(held) = state.held.get_mut(token) {
                held.seen = now;
            }
        }
    }

    /// Takes back what lies ready and nobody took.
    pub(super) fn take_back(&self) -> Vec<Subject> {
        let mut state = self.lock();
        state.drop_stale(self.ours_for);
        let ready = std::mem::take(&mut state.ready);
        let held = ready
            .iter()
            .filter_map(|delivery| state.held.remove(&delivery.token));
        held.map(|held| held.reply).collect()
    }

    /// Forgets what can never be acknowledged. Returns how much that is.
    pub(super) fn forget_all(&self) -> usize {
        let mut state = self.lock();
        state.ready.clear();
        std::mem::take(&mut state.held).len()
    }

    /// Everything, which is nobody's any more.
    pub(super) fn take_all(&self) -> Vec<Subject> {
        let mut state = self.lock();
        state.ready.clear();
        let held = std::mem::take(&mut state.held);
        held.into_values().map(|held| held.reply).collect()
    }
}

/// Says the same of many messages, and returns when it is written to the connection.
pub(super) async fn send(server: &NatsServer, word: &'static str, replies: Vec<Subject>) -> Result<(), Lost> {
    if replies.is_empty() {
        return Ok(());
    }
    if !server.is_connected() {
        return Err(Lost);
    }
    let all = async {
        for reply in replies {
            server
                .client()
                .publish(reply, word.into())
                .await
                .map_err(|_| Lost)?;
        }
        server.flush().await
    };
    tokio::time::timeout(REQUEST, all).await.unwrap_or(Err(Lost))
}
