//! What is held of the queue: kept ours while it is worked on, and given back when it cannot be.
//!
//! Another host gets a delivery that its holder says nothing about for a while. So this one says regularly that it works on
//! what it has; and when it could not say so for too long, it forgets what it has not written yet, because somebody else may
//! be sending it by now.

use super::Dispatcher;
use crate::clock;
use crate::config::OnUnanswered;
use crate::errors;
use crate::pipeline::OperatorContext;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// For how long messages wait for a bind to come back before other hosts get them.
const PATIENCE: Duration = Duration::from_secs(5);

/// How sure it is that what we have is ours.
pub(super) struct Custody {
    /// `None`: nobody else can have it.
    every: Option<Duration>,
    /// When the last hold that was heard began.
    pub(super) heard: watch::Receiver<Instant>,
    teller: watch::Sender<Instant>,
    lapsed: bool,
    /// No bind has taken submits since then.
    idle_since: Option<Instant>,
}

impl Custody {
    pub(super) fn new(every: Option<Duration>) -> Self {
        let teller = watch::Sender::new(clock::now());
        Self {
            every,
            heard: teller.subscribe(),
            teller,
            lapsed: false,
            idle_since: None,
        }
    }

    /// For [`hold`].
    pub(super) fn teller(&self) -> watch::Sender<Instant> {
        self.teller.clone()
    }

    /// Nothing may be sent: it may be somebody else's.
    pub(super) fn is_lapsed(&self) -> bool {
        self.lapsed
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let every = self.every?;
        let lapse = (!self.lapsed).then(|| self.ends(every));
        let patience = self.idle_since.map(|since| since + PATIENCE);
        [lapse, patience].into_iter().flatten().min()
    }

    /// When our right ends: with a margin for what is on its way to a bind.
    fn ends(&self, every: Duration) -> Instant {
        *self.heard.borrow() + every * 5 / 2
    }
}

/// Says regularly that we work on what we have. It runs beside the dispatcher in one task: a dispatcher that waits for another
/// backend is alive and keeps what it has, and a task that hangs says nothing.
pub(super) async fn hold(context: OperatorContext, heard: watch::Sender<Instant>) {
    let Some(every) = context.intake.hold_every() else {
        return std::future::pending().await;
    };
    let mut next = *heard.borrow() + every;
    loop {
        tokio::time::sleep_until(next.into()).await;
        let began = clock::now();
        match context.intake.hold().await {
            Ok(()) => {
                heard.send_replace(began);
                next = began + every;
            }
            Err(error) => {
                let error = errors::chain(&error);
                tracing::warn!(operator = %context.config.name, error, "commands could not be held");
                next = clock::now() + Duration::from_secs(1).min(every);
            }
        }
    }
}

impl Dispatcher {
    /// Forgets what could not be held, and gives back what cannot be sent.
    pub(super) async fn keep_custody(&mut self) {
        let Some(every) = self.custody.every else {
            return;
        };
        let now = clock::now();
        let over = now >= self.custody.ends(every);
        if over && !self.custody.lapsed {
            tracing::warn!(
                operator = %self.context.config.name,
                "the queue could not be told for {:?} what is being worked on: what was not sent yet is left to other hosts",
                every * 5 / 2
            );
            self.forget_unsent().await;
        }
        self.custody.lapsed = over;
        let idle = !self.bench.can_submit() && !self.messages.is_empty();
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

    /// Gives back what is not at a bind, for whoever can send it.
    pub(super) async fn give_back(&mut self) {
        let tokens = self.forget_unsent().await;
        if tokens.is_empty() {
            return;
        }
        if let Err(error) = self.context.intake.release(&tokens).await {
            let error = errors::chain(&error);
            tracing::warn!(operator = %self.context.config.name, error, "commands could not be given back: they come again later");
        }
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
        let mut tokens: Vec<u64> = self.twins.drain(..).map(|twin| twin.token()).collect();
        self.context
            .metrics
            .in_flight
            .dec_by(i64::try_from(tokens.len()).unwrap_or(i64::MAX));
        if !slots.is_empty() {
            // The rows of the parts that were accepted come first: they are what is gone on from.
            self.settled().await;
        }
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
            crate::pipeline::retry::until_done(name, || store.withdraw(owner, &certain)).await;
        }
        tokens
    }

    /// Takes a message off every list. Its deliveries are neither acknowledged nor given back.
    pub(super) fn forget(&mut self, slot: u64) -> Option<super::InFlight> {
        let message = self.messages.remove(&slot)?;
        self.by_id.remove(&message.command.message_id);
        self.ready.remove(&slot);
        self.delayed.retain(|(_, delayed)| *delayed != slot);
        self.context.metrics.in_flight.dec();
        Some(message)
    }
}
