//! Receipts that found no message yet: matched when their row appears, reported when it does not.

use super::OperatorContext;
use super::near_misses::{self, NearMisses};
use super::publish::{event, hex};
use crate::clock;
use crate::ports::{BackendError, Event, ParkedReceipt, Tracked};
use chrono::TimeDelta;
use smpp_domain::event::{EventKind, UnmatchedEvent};
use smpp_domain::receipt::message_id::{NearMiss, default_key, key_of_number, near_misses};
use std::collections::HashMap;

/// Parked receipts looked at in one sweep.
const SWEEP: usize = 1_000;

/// What a look has found.
pub(super) struct Found {
    /// Their rows have come.
    pub(super) matched: Vec<ParkedReceipt>,
    /// Their ids lead nowhere, but their number does.
    pub(super) resolved: Vec<(ParkedReceipt, Tracked)>,
}

/// The one row that the receipt can belong to, taken out: the next receipt belongs to another.
fn only_one(rows: &mut Vec<Tracked>, receipt: &ParkedReceipt) -> Option<Tracked> {
    let may_be = |row: &Tracked| {
        let part = row.correlation.part_number;
        let ended = row
            .history
            .iter()
            .any(|state| state.part_number == part && state.is_final);
        !ended && row.correlation.submitted_at <= receipt.received_at
    };
    let mut candidates = rows.iter().enumerate().filter(|(_, row)| may_be(row));
    let (only, more) = (candidates.next()?.0, candidates.next().is_some());
    (!more).then(|| rows.swap_remove(only))
}

/// The parking lot of one operator.
pub(super) struct Parked<'a> {
    context: &'a OperatorContext,
    misses: &'a mut NearMisses,
}

impl<'a> Parked<'a> {
    pub(super) fn new(context: &'a OperatorContext, misses: &'a mut NearMisses) -> Self {
        Self { context, misses }
    }

    /// Reports what is overdue and returns what has found its message.
    pub(super) async fn look(&mut self) -> Result<Found, BackendError> {
        let config = &self.context.config;
        let patience = TimeDelta::from_std(config.unmatched_after).unwrap_or(TimeDelta::MAX);
        let before = clock::utc_now() - patience;
        let work = self
            .context
            .store
            .parked_work(config.operator_id, before, SWEEP)
            .await?;
        let (resolved, overdue) = self.resolve(work.overdue).await?;
        if !overdue.is_empty() {
            self.report(&overdue).await?;
        }
        Ok(Found {
            matched: work.matched,
            resolved,
        })
    }

    /// Receipts of messages whose answer was lost: nobody knows their ids, and nobody will, for the id has been waited for. If
    /// there is just one message to that number whose fate is unknown, it is that one's.
    async fn resolve(
        &self,
        overdue: Vec<ParkedReceipt>,
    ) -> Result<(Vec<(ParkedReceipt, Tracked)>, Vec<ParkedReceipt>), BackendError> {
        let key = |receipt: &ParkedReceipt| key_of_number(&receipt.reading.sender.digits);
        let keys: Vec<_> = overdue.iter().filter_map(key).collect();
        if keys.is_empty() {
            return Ok((Vec::new(), overdue));
        }
        let config = &self.context.config;
        let found = self.context.store.find_all(config.operator_id, &keys).await?;
        let mut by_key: HashMap<_, _> = keys.into_iter().zip(found).collect();
        let (mut resolved, mut left) = (Vec::new(), Vec::new());
        // An id leads to one message, once that is found.
        let mut by_id: HashMap<String, Tracked> = HashMap::new();
        for receipt in overdue {
            let rows = key(&receipt).and_then(|key| by_key.get_mut(&key));
            let known = by_id.get(&receipt.message_key).cloned();
            match known.or_else(|| only_one(rows?, &receipt)) {
                Some(row) => {
                    by_id.insert(receipt.message_key.clone(), row.clone());
                    self.context.metrics.inbound("by_number");
                    tracing::info!(operator = %config.name, message = %row.correlation.message_id, "a receipt tells of a message without an id");
                    resolved.push((receipt, row));
                }
                None => left.push(receipt),
            }
        }
        Ok((resolved, left))
    }

    async fn report(&mut self, overdue: &[ParkedReceipt]) -> Result<(), BackendError> {
        let mut found = Vec::with_capacity(overdue.len());
        for receipt in overdue {
            found.push(self.near_miss(receipt).await?);
        }
        for found in &found {
            self.misses.note(found.as_ref());
        }
        let config = &self.context.config;
        let hints = found.iter().zip(overdue);
        let hints: Vec<_> = hints
            .map(|(found, receipt)| Some(self.misses.hint(found.as_ref()?, receipt, config)))
            .collect();
        let events = overdue.iter().zip(&hints);
        let events: Vec<_> = events
            .map(|(receipt, hint)| unmatched(receipt, hint.as_ref().map(|hint| hint.words.clone())))
            .collect();
        self.context.events.publish(&events).await?;
        let ids: Vec<_> = overdue.iter().map(|receipt| receipt.id).collect();
        self.context.store.mark_unmatched(&ids).await?;
        for ((receipt, found), hint) in overdue.iter().zip(found).zip(hints) {
            self.context.metrics.inbound("unmatched");
            self.context.policies.receipt(receipt.received_at, false);
            if let Some(forms) = found.as_ref().and_then(|found| found.forms) {
                self.context.metrics.near_miss(forms.receipt.name());
            }
            let message = found.map(|found| found.message_id);
            self.context.recorder.unmatched(receipt, hint, message);
        }
        self.misses.warn(&config.name);
        Ok(())
    }

    /// Which other way of reading the id would have found a message: what the integration engineer wants to know first.
    async fn near_miss(&self, receipt: &ParkedReceipt) -> Result<Option<near_misses::Found>, BackendError> {
        let id = &receipt.reading.message_id;
        // Where the policy makes another key of it, the id as it stands is another reading too.
        let own = default_key(id);
        let as_it_stands = (own != receipt.message_key).then_some(NearMiss {
            key: own,
            reading: "it stands",
        });
        let candidates: Vec<_> = as_it_stands.into_iter().chain(near_misses(id)).collect();
        let keys: Vec<_> = candidates.iter().map(|miss| miss.key.clone()).collect();
        if keys.is_empty() {
            return Ok(None);
        }
        let operator = self.context.config.operator_id;
        let rows = self.context.store.find(operator, &keys).await?;
        let hit = candidates.into_iter().zip(rows);
        let hit = hit.filter_map(|(miss, row)| Some(near_misses::Found::new(miss, &row?, receipt)));
        Ok(hit.into_iter().next())
    }
}

fn unmatched(receipt: &ParkedReceipt, hint: Option<String>) -> Event {
    let body = UnmatchedEvent {
        operator_id: receipt.operator_id,
        operator_message_id: receipt.reading.message_id.clone(),
        state: receipt.reading.state,
        raw: hex(&receipt.raw),
        received_at: receipt.received_at,
        hint,
    };
    event(
        EventKind::Unmatched,
        receipt.operator_id,
        format!("unmatched:{}", receipt.id),
        &body,
    )
}
