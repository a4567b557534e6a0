//! The middle of the submit path: one task an operator that takes commands, decides what is sent, keeps the binds
//! busy, and gives every command exactly one outcome.
//!
//! Messages go out in the order in which they came. `ready` is ordered by arrival, so a part that must go again, and
//! the next part of a message under way, go before everything newer by themselves; and of the messages to one number only
//! one is under way.

mod admit;
mod bench;
mod custody;
mod decide;
mod inquiry;
mod intents;
mod outcome;
mod stop;
mod turns;
mod twins;

use super::OperatorContext;
use super::dedupe::Recent;
use super::in_flight::InFlight;
use super::reference::References;
use super::settle::SettleItem;
use crate::clock;
use crate::config::DedupeWindow;
use crate::ports::{BackendError, BindHandle, Delivery, Inquiry, PartOutcome, SubmitRequest, Ticket};
use bench::Bench;
use chrono::{DateTime, Utc};
use custody::Custody;
use futures_util::future::OptionFuture;
use smpp_domain::event::Outcome;
use smpp_domain::ids::MessageId;
use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stop::Gate;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use turns::Turns;
use twins::Twin;
use uuid::Uuid;

/// Outcomes handled at once.
const BATCH: usize = 512;

/// Commands taken from the intake at once.
const FETCH: usize = 256;

type Fetching = Pin<Box<dyn Future<Output = Result<Vec<Delivery>, BackendError>> + Send>>;

/// The dispatcher of one operator. See [`Dispatcher::run`].
pub struct Dispatcher {
    context: OperatorContext,
    bench: Bench,
    outcomes: mpsc::Receiver<PartOutcome>,
    settle: mpsc::Sender<SettleItem>,
    bell: Arc<Notify>,
    /// Tells that the policy was replaced.
    versions: watch::Receiver<u64>,
    stop: CancellationToken,
    /// Free places for messages outside the broker.
    places: Arc<Semaphore>,
    capacity: usize,
    messages: HashMap<u64, InFlight>,
    by_id: HashMap<MessageId, u64>,
    ready: BTreeSet<u64>,
    delayed: BTreeSet<(Instant, u64)>,
    late: outcome::LateBook,
    recent: Recent,
    references: References,
    next_slot: u64,
    /// Names this dispatcher to the store: see [`crate::ports::CorrelationStore::intend`].
    owner: Uuid,
    /// The operator asked us to slow down.
    paused_until: Option<Instant>,
    /// When it asked last.
    throttled_at: Option<DateTime<Utc>>,
    /// It has accepted nothing since it asked.
    nothing_accepted: bool,
    gate: Gate,
    turns: Turns,
    custody: Custody,
    twins: Vec<Twin>,
    /// People who ask where a message is.
    inquiries: Option<mpsc::Receiver<Inquiry>>,
    look_at_twins: Option<Instant>,
    fetching: Option<Fetching>,
    fetch_after: Option<Instant>,
}

/// How many messages an operator may have outside the broker: enough to keep every window full while the answered ones
/// become durable. That takes about four waits for the disk: a busy one that needs 40 ms for each lets 8,000 messages a
/// second pass at a window of 100. A slow operator gets what it takes in four seconds: more would only wait here, where
/// other hosts cannot have it.
#[must_use]
pub(crate) fn capacity(windows: usize, tps_limit: NonZeroU32) -> usize {
    let taken = usize::try_from(tps_limit.get())
        .unwrap_or(usize::MAX)
        .saturating_mul(4);
    (8 * windows + 512).min(taken.max(2 * windows))
}

impl Dispatcher {
    /// `binds` and `outcomes` belong together; `bell` rings when a bind changes.
    #[must_use]
    pub fn new(
        context: OperatorContext,
        binds: Vec<BindHandle>,
        backup_in_use: watch::Sender<bool>,
        outcomes: mpsc::Receiver<PartOutcome>,
        settle: mpsc::Sender<SettleItem>,
        bell: Arc<Notify>,
        stop: CancellationToken,
    ) -> Self {
        let windows = binds.iter().map(|bind| bind.window).sum();
        let capacity = capacity(windows, context.config.tps_limit);
        let window = match context.config.dedupe_window {
            DedupeWindow::For(window) => window,
            DedupeWindow::CorrelationTtl => Duration::ZERO,
        };
        Self {
            versions: context.policies.versions(),
            custody: Custody::new(context.intake.clone()),
            gate: Gate::new(
                context.config.operator_id,
                context.stops.clone(),
                context.config.stop_retry,
            ),
            context,
            bench: Bench::new(binds, backup_in_use),
            outcomes,
            settle,
            bell,
            stop,
            places: Arc::new(Semaphore::new(capacity)),
            capacity,
            messages: HashMap::new(),
            by_id: HashMap::new(),
            ready: BTreeSet::new(),
            delayed: BTreeSet::new(),
            late: outcome::LateBook::default(),
            recent: Recent::new(window),
            references: References::default(),
            next_slot: 0,
            owner: Uuid::now_v7(),
            paused_until: None,
            throttled_at: None,
            nothing_accepted: false,
            turns: Turns::default(),
            twins: Vec::new(),
            inquiries: None,
            look_at_twins: None,
            fetching: None,
            fetch_after: None,
        }
    }

    /// Runs until `stop` is cancelled and every part that was written has its answer. What was not written stays in
    /// the intake.
    pub async fn run(mut self) {
        self.read_gate();
        self.remember_recent().await;
        let mut outcomes = Vec::new();
        let mut stopping = false;
        while !(stopping && self.bench.is_idle()) {
            self.keep_custody().await;
            self.start_fetch();
            let deadline = self.next_deadline();
            let timer = OptionFuture::from(deadline.map(|at| tokio::time::sleep_until(at.into())));
            let stop = self.stop.clone();
            tokio::select! {
                biased;
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    self.fetching = None;
                }
                _ = self.outcomes.recv_many(&mut outcomes, BATCH) => {
                    for outcome in outcomes.drain(..) {
                        self.take_outcome(outcome).await;
                    }
                }
                Some(fetched) = OptionFuture::from(self.fetching.as_mut()) => {
                    self.fetching = None;
                    self.take_fetched(fetched).await;
                }
                Some(held) = OptionFuture::from(self.custody.holding.as_mut()) => self.custody.held(held),
                () = self.bell.notified() => {}
                Ok(()) = self.versions.changed() => self.wake_undecided(),
                Ok(()) = self.gate.changes.changed() => self.read_gate(),
                Some(Some(inquiry)) = OptionFuture::from(self.inquiries.as_mut().map(mpsc::Receiver::recv)) => {
                    self.answer(inquiry);
                }
                Some(()) = timer => {}
            }
            self.wake_delayed();
            self.settle_twins().await;
            self.pump().await;
        }
        self.leave().await;
    }

    /// Recognises, after a restart, what was published again within the window.
    async fn remember_recent(&mut self) {
        let DedupeWindow::For(window) = self.context.config.dedupe_window else {
            return;
        };
        let since = clock::utc_now() - chrono::TimeDelta::from_std(window).unwrap_or_default();
        let (store, name) = (self.context.store.clone(), self.context.config.name.clone());
        let operator = self.context.config.operator_id;
        let ids = super::retry::until_done(&name, || store.settled_since(operator, since, 1_000_000));
        let stop = self.stop.clone();
        let ids = tokio::select! {
            ids = ids => ids,
            () = stop.cancelled() => return,
        };
        let now = clock::now();
        for id in ids.into_iter().rev() {
            self.recent.seen(now, id);
        }
    }

    /// Asks the intake for more while a bind can take it, as soon as a good number of places is free. One request at a
    /// time, never dropped half way by other events.
    fn start_fetch(&mut self) {
        let waiting = self.fetch_after.is_some_and(|at| at > clock::now());
        let held = self.paused_until.is_some() || self.gate.is_shut() || !self.custody.may_send();
        if self.fetching.is_some() || waiting || held || !self.bench.can_submit() || self.stop.is_cancelled()
        {
            return;
        }
        let (intake, places) = (self.context.intake.clone(), self.places.clone());
        let enough = u32::try_from((self.capacity / 4).min(FETCH)).unwrap_or(u32::MAX);
        self.fetching = Some(Box::pin(async move {
            // The settler frees places, and nothing else need happen by then: so the wait is for them. They stay free
            // until the commands are here, since only these take them. The semaphore is never closed.
            drop(places.acquire_many(enough).await);
            intake.fetch(places.available_permits().min(FETCH)).await
        }));
    }

    async fn take_fetched(&mut self, fetched: Result<Vec<Delivery>, BackendError>) {
        match fetched {
            Ok(deliveries) => self.admit(deliveries).await,
            Err(error) => {
                let error = crate::errors::chain(&error);
                tracing::warn!(operator = %self.context.config.name, error, "the intake cannot be read");
                self.fetch_after = Some(clock::now() + Duration::from_secs(1));
            }
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        [
            self.delayed.first().map(|(at, _)| *at),
            self.paused_until,
            self.fetch_after,
            self.look_at_twins,
            self.custody.next_deadline(),
            self.gate.next_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn wake_delayed(&mut self) {
        let now = clock::now();
        while let Some(&(at, slot)) = self.delayed.first() {
            if at > now {
                break;
            }
            self.delayed.pop_first();
            self.ready.insert(slot);
        }
        for timer in [&mut self.paused_until, &mut self.fetch_after] {
            if timer.is_some_and(|at| at <= now) {
                *timer = None;
            }
        }
    }

    /// Another version of the policy may decide what the one before could not.
    fn wake_undecided(&mut self) {
        let is_undecided = |slot: &u64| {
            self.messages
                .get(slot)
                .is_some_and(|message| message.plan.is_none())
        };
        let waiting = self.delayed.iter().copied();
        let undecided: Vec<_> = waiting.filter(|(_, slot)| is_undecided(slot)).collect();
        for key in undecided {
            self.delayed.remove(&key);
            self.ready.insert(key.1);
        }
    }

    /// Sends what is ready, oldest first, as far as the binds have room.
    async fn pump(&mut self) {
        self.bench.refresh();
        if self.paused_until.is_some() || self.stop.is_cancelled() {
            return;
        }
        while let Some(&slot) = self.ready.first() {
            if !self.custody.may_send() || self.gate.is_shut() {
                return;
            }
            let Some(message) = self.messages.get(&slot) else {
                self.ready.remove(&slot);
                continue;
            };
            if message.is_expired() {
                self.ready.remove(&slot);
                self.expire(slot).await;
                continue;
            }
            if message.plan.is_none() {
                self.ready.remove(&slot);
                self.replan(slot).await;
                continue;
            }
            let Some(bind) = self.bench.choose(message.bind) else {
                return;
            };
            if self.context.config.order_per_number && !self.turns.take(&message.command.to, slot) {
                self.ready.remove(&slot);
                continue;
            }
            if self.wants_intent(slot) {
                self.intend_next().await;
                continue;
            }
            self.ready.remove(&slot);
            if !self.send(slot, bind) {
                return;
            }
        }
    }

    /// False when the bind takes nothing although it should: its task has ended. Nothing goes on until something changes.
    fn send(&mut self, slot: u64, bind: usize) -> bool {
        let Some(message) = self.messages.get_mut(&slot) else {
            return true;
        };
        let number = message.next_part();
        let part = message
            .plan
            .as_ref()
            .and_then(|plan| plan.parts.get(usize::from(number) - 1))
            .cloned();
        let Some(pdu) = part else { return true };
        message.bind = Some(bind);
        let ticket = Ticket {
            slot,
            part_number: number,
        };
        let request = SubmitRequest {
            ticket,
            published_at: (!message.written).then_some(message.published_at),
            lease: self.custody.lease(),
            pdu,
            recorded: message.recorded,
        };
        message.out = self.bench.submit(bind, request);
        let sent = message.out;
        if sent {
            self.gate.passed(slot);
        } else {
            self.ready.insert(slot);
        }
        sent
    }

    async fn expire(&mut self, slot: u64) {
        let written = self.messages.get(&slot).is_some_and(|message| message.unanswered);
        let (outcome, reason) = if written {
            (
                Outcome::Unknown,
                "it was sent, never answered, and its time is over",
            )
        } else {
            (Outcome::Expired, "its time was over before it could be sent")
        };
        let message = self.messages.get(&slot).filter(|_| written);
        let doubt = message.map(|message| message.doubt(&self.context.config));
        self.finish(slot, outcome, None, Some(reason.to_owned()), doubt)
            .await;
    }
}
