//! The receipt path: what operators deliver, read, matched and published, and only then answered.
//!
//! One task an operator owns all of its receipts, also those that were parked, so that states move forward in one
//! order.

mod interpret;
mod track;

use super::OperatorContext;
use super::parked::Parked;
use crate::ports::{BackendError, Inbound, ParkedReceipt, Reply};
use interpret::{Interpreted, interpret};
use smpp_domain::pdu::CommandStatus;
use std::time::Duration;
use tokio::sync::mpsc;
pub(super) use track::hex;
use track::{Candidate, Origin, track};

/// PDUs handled at once.
const BATCH: usize = 2_048;

/// The receipts task of one operator.
pub struct Receipts {
    context: OperatorContext,
    inbound: mpsc::Receiver<Inbound>,
    matched: mpsc::Receiver<Vec<ParkedReceipt>>,
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
        }
    }

    /// Works until every bind is gone.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut sweep = tokio::time::interval(sweep_every(self.context.config.unmatched_after));
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                count = self.inbound.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.deliver(batch.drain(..)).await;
                }
                Some(matched) = self.matched.recv() => self.unpark(matched).await,
                _ = sweep.tick() => self.sweep().await,
            }
        }
    }

    async fn deliver(&self, batch: impl Iterator<Item = Inbound>) {
        let policy = self.context.policies.current();
        let mut candidates = Vec::new();
        let mut others = Vec::new();
        let (mut of_receipts, mut of_others) = (Vec::new(), Vec::new());
        for inbound in batch {
            match interpret(&self.context, &*policy, &inbound) {
                Interpreted::Receipt(reading) => {
                    let origin = Origin::Live;
                    candidates.push(Candidate::new(
                        &self.context,
                        &*policy,
                        *reading,
                        origin,
                        &inbound,
                    ));
                    of_receipts.push((inbound.reply, CommandStatus::OK));
                }
                Interpreted::Event(event) => {
                    others.push(*event);
                    of_others.push((inbound.reply, CommandStatus::OK));
                }
                Interpreted::Answer(status) => of_others.push((inbound.reply, status)),
            }
        }
        let published = self.context.events.publish(&others).await;
        // At once: what follows needs the store too, and nothing would recognise them if they came again.
        answer(&self.context, of_others, published.as_ref().err()).await;
        let done = match published {
            Ok(()) => track(&self.context, candidates).await,
            Err(error) => Err(error),
        };
        answer(&self.context, of_receipts, done.as_ref().err()).await;
        self.unpark(done.unwrap_or_default()).await;
    }

    async fn unpark(&self, matched: Vec<ParkedReceipt>) {
        self.take(matched.into_iter().map(Candidate::parked).collect())
            .await;
    }

    async fn take(&self, candidates: Vec<Candidate>) {
        if let Err(error) = track(&self.context, candidates).await {
            let error = crate::errors::chain(&error);
            tracing::warn!(operator = %self.context.config.name, error, "parked receipts wait for the sweep");
        }
    }

    async fn sweep(&self) {
        match Parked::new(&self.context).look().await {
            Ok(found) => {
                self.unpark(found.matched).await;
                let resolved = found.resolved.into_iter();
                self.take(
                    resolved
                        .map(|(receipt, row)| Candidate::resolved(receipt, row))
                        .collect(),
                )
                .await;
            }
            Err(error) => {
                let error = crate::errors::chain(&error);
                tracing::warn!(operator = %self.context.config.name, error, "parked receipts cannot be looked at");
            }
        }
    }
}

/// Answers every PDU: as decided when its event is durable, else so that the operator keeps it.
async fn answer(
    context: &OperatorContext,
    replies: Vec<(Reply, CommandStatus)>,
    failed: Option<&BackendError>,
) {
    if let Some(error) = failed {
        let error = crate::errors::chain(error);
        tracing::warn!(operator = %context.config.name, error, "receipts are left with the operator");
    }
    for (reply, status) in replies {
        let status = if failed.is_none() {
            status
        } else {
            CommandStatus::RECEIVER_TEMPORARY_ERROR
        };
        reply.send(status).await;
    }
}

fn sweep_every(unmatched_after: Duration) -> Duration {
    (unmatched_after / 4).clamp(Duration::from_millis(250), Duration::from_secs(5))
}
