//! The path of what operators deliver: receipts and messages, read, matched, published, and only then answered.
//!
//! One task an operator owns all of its receipts, also those that were parked, so that states move forward in one
//! order.

mod interpret;
mod refusals;
mod track;

use super::OperatorContext;
use super::near_misses::NearMisses;
use super::parked::Parked;
use super::reassembly::Reassembly;
use super::recorder::{Heard, Watched};
use crate::clock;
use crate::ports::{BackendError, Event, Inbound, ParkedReceipt, Policy, Reply, Tracked};
pub(super) use interpret::read_inbound;
use interpret::{Interpreted, by_host, interpret, nothing_made};
use refusals::Refusals;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::reassembly::Segment;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use track::{Candidate, Origin, track};
use uuid::Uuid;

/// PDUs handled at once.
const BATCH: usize = 2_048;

/// The receipts task of one operator.
pub struct Receipts {
    context: OperatorContext,
    inbound: mpsc::Receiver<Inbound>,
    matched: mpsc::Receiver<Vec<ParkedReceipt>>,
    refusals: Refusals,
    misses: NearMisses,
}

/// PDUs that came together, sorted by what has to become durable before they are answered.
#[derive(Default)]
struct Sorted {
    receipts: (Vec<Candidate>, Vec<Reply>),
    events: (Vec<Event>, Vec<Reply>),
    segments: (Vec<Segment>, Vec<Reply>),
    /// Nothing has to.
    refused: Vec<(Reply, CommandStatus)>,
}

impl Receipts {
    /// `matched` brings parked receipts whose rows were written just now.
    #[must_use]
    pub fn new(
        context: OperatorContext,
        inbound: mpsc::Receiver<Inbound>,
        matched: mpsc::Receiver<Vec<ParkedReceipt>>,
    ) -> Self {
        Self {
            context,
            inbound,
            matched,
            refusals: Refusals::default(),
            misses: NearMisses::default(),
        }
    }

    /// Works until every bind is gone.
    pub async fn run(mut self) {
        let mut batch = Vec::new();
        let mut sweep = sweeps(self.context.config.unmatched_after);
        let mut versions = self.context.policies.versions();
        // Where a look at what was reported under an earlier policy goes on.
        let mut again = None;
        loop {
            tokio::select! {
                count = self.inbound.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.deliver(batch.drain(..)).await;
                }
                Some(matched) = self.matched.recv() => self.unpark(matched).await,
                Ok(()) = versions.changed() => again = Some(Uuid::nil()),
                _ = sweep.tick() => {
                    self.sweep().await;
                    if let Some(after) = again {
                        again = self.look_again(after).await;
                    }
                }
            }
        }
    }

    async fn deliver(&mut self, batch: impl Iterator<Item = Inbound>) {
        let policy = self.context.policies.current();
        let mut sorted = Sorted::default();
        for inbound in batch {
            self.sort(&*policy, inbound, &mut sorted);
        }
        for (reply, status) in sorted.refused {
            reply.send(status).await;
        }
        let (events, replies) = sorted.events;
        let published = self.context.events.publish(&events).await;
        // At once: what follows needs the store too, and nothing would recognise them if they came again.
        answer(&self.context, replies, published.as_ref().err()).await;
        let (segments, replies) = sorted.segments;
        let kept = Reassembly::new(&self.context).keep(&segments).await;
        answer(&self.context, replies, kept.as_ref().err()).await;
        let (candidates, replies) = sorted.receipts;
        let done = match published {
            Ok(()) => track(&self.context, candidates).await,
            Err(error) => Err(error),
        };
        answer(&self.context, replies, done.as_ref().err()).await;
        self.unpark(done.unwrap_or_default()).await;
    }

    fn sort(&mut self, policy: &dyn Policy, inbound: Inbound, sorted: &mut Sorted) {
        let on = self.context.recorder.is_on();
        let policy = Watched::new(policy, on || self.context.tracer.is_on(), true);
        let interpreted = interpret(&self.context, &policy, &inbound);
        let outcome = match interpreted {
            Interpreted::Receipt(_) => None,
            Interpreted::Ignored => Some("ignored"),
            Interpreted::Refused(_) => Some("refused"),
            Interpreted::Undecided => Some("waits"),
            Interpreted::Event(_) | Interpreted::Segment(_) => Some("mo"),
        };
        if let Some(outcome) = outcome.filter(|_| on) {
            let recorder = &self.context.recorder;
            recorder.delivered(&inbound, policy.take_calls(), outcome);
        }
        self.file(interpreted, &policy, inbound, sorted);
    }

    fn file(
        &mut self,
        interpreted: Interpreted,
        policy: &Watched<'_>,
        inbound: Inbound,
        sorted: &mut Sorted,
    ) {
        match interpreted {
            Interpreted::Receipt(reading) => {
                let candidate = Candidate::new(&self.context, policy, *reading, Origin::Live, &inbound);
                let Inbound { pdu, wire, reply, .. } = inbound;
                let on = self.context.recorder.is_on() || self.context.tracer.is_on();
                let number = reply.answer.sequence_number;
                let heard = on.then(|| Heard::new(pdu, number, wire, policy.take_calls()));
                sorted.receipts.0.push(candidate.heard(heard));
                sorted.receipts.1.push(reply);
            }
            Interpreted::Event(event) => {
                sorted.events.0.push(*event);
                sorted.events.1.push(inbound.reply);
            }
            Interpreted::Segment(segment) => {
                sorted.segments.0.push(*segment);
                sorted.segments.1.push(inbound.reply);
            }
            Interpreted::Ignored => sorted.events.1.push(inbound.reply),
            Interpreted::Undecided if self.refusals.may_refuse(&inbound.pdu) => {
                self.context.metrics.inbound("refused");
                sorted
                    .refused
                    .push((inbound.reply, CommandStatus::RECEIVER_TEMPORARY_ERROR));
            }
            Interpreted::Undecided => {
                tracing::warn!(operator = %self.context.config.name, "the policy fails on a PDU again and again: it is read by the built-in behaviour");
                let by_host = by_host(&self.context, &inbound);
                self.file(by_host, policy, inbound, sorted);
            }
            Interpreted::Refused(status) if self.refusals.may_refuse(&inbound.pdu) => {
                sorted.refused.push((inbound.reply, status));
            }
            Interpreted::Refused(status) => {
                tracing::warn!(operator = %self.context.config.name, %status, "a PDU was refused too often: it is taken now");
                let hint = format!(
                    "the policy refused it again and again with {status}: it was acknowledged in the end"
                );
                sorted.events.0.push(nothing_made(&self.context, &inbound, &hint));
                sorted.events.1.push(inbound.reply);
            }
        }
    }

    async fn unpark(&self, matched: Vec<ParkedReceipt>) {
        let candidate = |receipt: ParkedReceipt| {
            let heard = self.context.recorder.parked(&receipt);
            Candidate::parked(receipt).heard(heard)
        };
        self.take(matched.into_iter().map(candidate).collect()).await;
    }

    async fn take(&self, candidates: Vec<Candidate>) {
        if let Err(error) = track(&self.context, candidates).await {
            let error = crate::errors::chain(&error);
            tracing::warn!(operator = %self.context.config.name, error, "parked receipts wait for the sweep");
        }
    }

    async fn resolve(&self, found: Vec<(ParkedReceipt, Tracked)>) {
        let candidate = |(receipt, row)| {
            let heard = self.context.recorder.parked(&receipt);
            Candidate::resolved(receipt, row).heard(heard)
        };
        self.take(found.into_iter().map(candidate).collect()).await;
    }

    /// Another version of the policy may know receipts that were reported. Returns where to go on; `None` when all were seen.
    async fn look_again(&mut self, after: Uuid) -> Option<Uuid> {
        match Parked::new(&self.context, &mut self.misses)
            .look_again(after)
            .await
        {
            Ok((found, next)) => {
                self.resolve(found).await;
                next
            }
            Err(error) => {
                let error = crate::errors::chain(&error);
                tracing::warn!(operator = %self.context.config.name, error, "unmatched receipts cannot be looked at again yet");
                Some(after)
            }
        }
    }

    async fn sweep(&mut self) {
        match Parked::new(&self.context, &mut self.misses).look().await {
            Ok(found) => {
                self.unpark(found.matched).await;
                self.resolve(found.resolved).await;
            }
            Err(error) => {
                let error = crate::errors::chain(&error);
                tracing::warn!(operator = %self.context.config.name, error, "parked receipts cannot be looked at");
            }
        }
        if let Err(error) = Reassembly::new(&self.context).sweep().await {
            let error = crate::errors::chain(&error);
            tracing::warn!(operator = %self.context.config.name, error, "incomplete messages wait for the next sweep");
        }
    }
}

/// Answers every PDU: ROK when what it says is durable, else so that the operator keeps it.
async fn answer(context: &OperatorContext, replies: Vec<Reply>, failed: Option<&BackendError>) {
    if let Some(error) = failed {
        let error = crate::errors::chain(error);
        tracing::warn!(operator = %context.config.name, error, "what was delivered is left with the operator");
    }
    let status = match failed {
        None => CommandStatus::OK,
        Some(_) => CommandStatus::RECEIVER_TEMPORARY_ERROR,
    };
    for reply in replies {
        reply.send(status).await;
    }
}

/// All operators sweep at the same moments, so that the store can look for all of them at once.
fn sweeps(unmatched_after: Duration) -> Interval {
    let every = (unmatched_after / 4).clamp(Duration::from_millis(250), Duration::from_secs(5));
    let millis = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
    let since = clock::utc_now().timestamp_millis().unsigned_abs() % millis;
    let first = Instant::now() + every - Duration::from_millis(since);
    let mut sweeps = tokio::time::interval_at(first, every);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Skip);
    sweeps
}
