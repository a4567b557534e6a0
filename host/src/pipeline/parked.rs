//! Receipts that found no message yet: matched when their row appears, reported when it does not.

use super::OperatorContext;
use super::publish::event;
use super::receipts::hex;
use crate::clock;
use crate::ports::{BackendError, Event, ParkedReceipt};
use chrono::TimeDelta;
use smpp_domain::event::{EventKind, UnmatchedEvent};
use smpp_domain::receipt::message_id::near_misses;

/// Parked receipts looked at in one sweep.
const SWEEP: usize = 1_000;

/// The parking lot of one operator.
pub(super) struct Parked<'a> {
    context: &'a OperatorContext,
}

impl<'a> Parked<'a> {
    pub(super) fn new(context: &'a OperatorContext) -> Self {
        Self { context }
    }

    /// Reports what is overdue and returns what has its row by now.
    pub(super) async fn look(&self) -> Result<Vec<ParkedReceipt>, BackendError> {
        let config = &self.context.config;
        let patience = TimeDelta::from_std(config.unmatched_after).unwrap_or(TimeDelta::MAX);
        let before = clock::utc_now() - patience;
        let work = self.context.store.parked_work(config.operator_id, before, SWEEP).await?;
        if !work.overdue.is_empty() {
            self.report(&work.overdue).await?;
        }
        Ok(work.matched)
    }

    async fn report(&self, overdue: &[ParkedReceipt]) -> Result<(), BackendError> {
        let mut events = Vec::with_capacity(overdue.len());
        for receipt in overdue {
            self.context.metrics.inbound("unmatched");
            events.push(self.unmatched(receipt).await?);
        }
        self.context.events.publish(&events).await?;
        let ids: Vec<_> = overdue.iter().map(|receipt| receipt.id).collect();
        self.context.store.mark_unmatched(&ids).await
    }

    async fn unmatched(&self, receipt: &ParkedReceipt) -> Result<Event, BackendError> {
        let body = UnmatchedEvent {
            operator_id: receipt.operator_id,
            operator_message_id: receipt.reading.message_id.clone(),
            state: receipt.reading.state,
            raw: hex(&receipt.raw),
            received_at: receipt.received_at,
            hint: self.hint(&receipt.reading.message_id).await?,
        };
        Ok(event(EventKind::Unmatched, receipt.operator_id, format!("unmatched:{}", receipt.id), &body))
    }

    /// Which other way of reading the id would have found a message: what the integration engineer wants to know first.
    async fn hint(&self, id: &str) -> Result<Option<String>, BackendError> {
        let candidates = near_misses(id);
        let keys: Vec<_> = candidates.iter().map(|miss| miss.key.clone()).collect();
        if keys.is_empty() {
            return Ok(None);
        }
        let found = self.context.store.find(self.context.config.operator_id, &keys).await?;
        let hit = candidates.iter().zip(found).find(|(_, row)| row.is_some());
        Ok(hit.map(|(miss, _)| format!("would match {} if the id were read as {}", miss.key, miss.reading)))
    }
}
