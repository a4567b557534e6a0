//! What is held of the queue: kept ours while it is worked on, and given back when it cannot be.
//!
//! Another host gets a delivery that its holder says nothing about for a while. So this one says regularly that it works on
//! what it has, also while it waits for a backend; and when it could not say so for too long, it lets go of what it has not
//! written yet, because somebody else may be sending it by now.

use super::Dispatcher;
use crate::clock;
use crate::config::OnUnanswered;
use crate::errors;
use crate::ports::{BackendError, Intake, Lease};
use futures_util::future::OptionFuture;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// For how long messages wait for a bind to come back before other hosts get them.
const PATIENCE: Duration = Duration::from_secs(5);

type Holding = Pin<Box<dyn Future<Output = Held> + Send>>;

/// What came of one [`Intake::hold`].
pub(super) struct Held {
    began: Instant,
    result: Result<(), BackendError>,
}

/// How sure it is that what we have is ours.
pub(super) struct Custody {
    intake: Arc<dyn Intake>,
    /// `None`: nobody else can have it.
    every: Option<Duration>,
    /// When the last hold that was heard began.
    held_at: Instant,
    next_hold: Instant,
    pub(super) holding: Option<Holding>,
    /// What came before the last hold may be somebody else's, and is not let go yet.
    lapsed: bool,
    /// It was told that the right has ended.
    told: bool,
    /// Goes with every part to its bind.
    lease: Arc<Lease>,
    /// No bind has taken submits since then.
    idle_since: Option<Instant>,
}

impl Custody {
    pub(super) fn new(intake: Arc<dyn Intake>) -> Self {
        let now = clock::now();
        let every = intake.hold_every();
        Self {
            intake,
            every,
            held_at: now,
            next_hold: every.map_or(now, |every| now + every),
            holding: None,
            lapsed: false,
            told: false,
            lease: Arc::new(Lease::new(every.map(|every| now + every * 3))),
            idle_since: None,
        }
    }

    /// Something may be sent: all that we have is ours. Looks at the clock, because this task may have been stopped, or have
    /// waited, since anything else has looked.
    pub(super) fn may_send(&self) -> bool {
        !self.lapsed && !self.is_over()
    }

    /// The right under which parts are given to binds.
    pub(super) fn lease(&self) -> Arc<Lease> {
        self.lease.clone()
    }

    pub(super) fn held(&mut self, held: Held) {
        self.holding = None;
        let Some(every) = self.every else { return };
        match held.result {
            Ok(()) => {
                // In between everything may have gone to others, though nobody has looked.
                self.lapsed |= held.began >= self.ends(every);
                self.held_at = held.began;
                self.next_hold = held.began + every;
                self.lease.renew(held.began + every * 3);
            }
            Err(error) => {
                tracing::warn!(error = errors::chain(&error), "deliveries could not be held");
                self.next_hold = clock::now() + Duration::from_secs(1).min(every);
            }
        }
    }

    /// Waits for a backend, and holds meanwhile: who waits does not hang.
    pub(super) async fn keep_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            self.start_hold();
            let wake = self.hold_due();
            let wake = OptionFuture::from(wake.map(|at| tokio::time::sleep_until(at.into())));
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(held) = OptionFuture::from(self.holding.as_mut()) => self.held(held),
                Some(()) = wake => {}
            }
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let every = self.every?;
        let lapse = (!self.told).then(|| self.ends(every));
        let patience = self.idle_since.map(|since| since + PATIENCE);
        [self.hold_due(), lapse, patience].into_iter().flatten().min()
    }

    fn hold_due(&self) -> Option<Instant> {
        (self.every.is_some() && self.holding.is_none()).then_some(self.next_hold)
    }

    fn start_hold(&mut self) {
        if self.hold_due().is_none_or(|at| clock::now() < at) {
            return;
        }
        let intake = self.intake.clone();
        self.holding = Some(Box::pin(async move {
            let began = clock::now();
            let result = intake.hold().await;
            Held { began, result }
        }));
    }

    /// When our right ends: with a margin for what is on its way to a bind.
    fn ends(&self, every: Duration) -> Instant {
        self.held_at + every * 5 / 2
    }

    fn is_over(&self) -> bool {
        self.every.is_some_and(|every| clock::now() >= self.ends(every))
    }

    /// Ends the right under which parts were given to binds: what they have not written comes back.
    fn end_lease(&mut self) {
        self.lease.end();
        let until = self.every.map(|every| self.held_at + every * 3);
        self.lease = Arc::new(Lease::new(until));
    }
}

impl Dispatcher {
    /// Holds what is due to be held; lets go or gives back what cannot be.
    pub(super) async fn keep_custody(&mut self) {
        if self.custody.every.is_none() {
            return;
        }
        self.custody.start_hold();
        if self.custody.may_send() {
            self.custody.told = false;
        } else {
            self.let_go().await;
        }
        let now = clock::now();
        let idle = (!self.bench.can_submit() || self.gate.is_shut()) && !self.messages.is_empty();
        self.custody.idle_since = idle.then(|| self.custody.idle_since.unwrap_or(now));
        if self
            .custody
            .idle_since
            .is_some_and(|since| now >= since + PATIENCE)
        {
            self.custody.idle_since = Some(now);
            self.give_back().await;
        }
    }

    /// What was not written may be somebody else's by now.
    async fn let_go(&mut self) {
        if !self.custody.told {
            tracing::warn!(
                operator = %self.context.config.name,
                "the queue could not be told in time what is being worked on: what was not sent yet is left to other hosts"
            );
            self.custody.told = true;
        }
        self.custody.end_lease();
        // What comes is not taken before the queue has heard of us: until then nobody knows how old it is.
        self.fetching = None;
        let mut tokens = self.forget_unsent().await;
        tokens.extend(self.forget_twins());
        self.context.intake.let_go(&tokens);
        // What was heard since then is of what came since then.
        self.custody.lapsed = false;
    }

    /// Gives back what is not at a bind, for whoever can send it.
    pub(super) async fn give_back(&mut self) {
        let tokens = self.forget_unsent().await;
        if tokens.is_empty() {
            return;
        }
        let intake = self.context.intake.clone();
        if !self.custody.may_send() {
            // It took long: to give them back now could take them from somebody else.
            return intake.let_go(&tokens);
        }
        if let Err(error) = self.custody.keep_during(intake.release(&tokens)).await {
            let error = errors::chain(&error);
            tracing::warn!(operator = %self.context.config.name, error, "commands could not be given back: they come again later");
        }
    }

    /// Leaves everything to others, at the end.
    pub(super) async fn leave(&mut self) {
        self.give_back().await;
        // A second copy is recognised by the outcome of the first, so it comes again when that is likely there.
        let tokens = self.forget_twins();
        self.context.intake.let_go(&tokens);
    }

    /// Drops what is not at a bind, and returns the tokens of its deliveries.
    async fn forget_unsent(&mut self) -> Vec<u64> {
        let unsent = |message: &super::InFlight| !message.out;
        let slots: Vec<_> = self
            .messages
            .iter()
            .filter(|(_, message)| unsent(message))
            .map(|(slot, _)| *slot)
            .collect();
        if slots.is_empty() {
            return Vec::new();
        }
        // The rows of the parts that were accepted come first: they are what is gone on from.
        self.settled().await;
        let mut tokens = Vec::new();
        let mut certain = Vec::new();
        for slot in slots {
            let Some(message) = self.forget(slot) else {
                continue;
            };
            if message.intended && !message.unanswered {
                certain.push(message.command.message_id);
            }
            tokens.extend(message.tokens);
        }
        if self.context.config.on_unanswered == OnUnanswered::Report && !certain.is_empty() {
            let (store, name, owner) = (self.context.store.clone(), &self.context.config.name, self.owner);
            let withdrawn = crate::pipeline::retry::until_done(name, || store.withdraw(owner, &certain));
            self.custody.keep_during(withdrawn).await;
        }
        tokens
    }

    /// Takes a message off every list. Its deliveries are neither acknowledged nor given back.
    pub(super) fn forget(&mut self, slot: u64) -> Option<super::InFlight> {
        self.give_up_turn(slot);
        let message = self.messages.remove(&slot)?;
        self.by_id.remove(&message.command.message_id);
        self.ready.remove(&slot);
        self.delayed.retain(|(_, delayed)| *delayed != slot);
        self.context.metrics.in_flight.dec();
        Some(message)
    }
}
