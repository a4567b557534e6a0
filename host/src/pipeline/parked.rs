//! Receipts that found no message yet: matched when their row appears, reported when it does not, and looked at again when the
//! policy has changed.
//!
//! Rows keep the key that the policy of their time gave them. So the row of a receipt that is read otherwise by now stands
//! under another key: it is looked for under those that other ways of reading give (near misses), and is the right one if the
//! present policy gives both ids one key.

use super::OperatorContext;
use super::near_misses::{self, NearMisses};
use super::publish::{event, hex};
use crate::clock;
use crate::ports::{BackendError, Event, ParkedReceipt, Policy, Tracked};
use chrono::TimeDelta;
use smpp_domain::event::{EventKind, UnmatchedEvent};
use smpp_domain::policy::IdOrigin;
use smpp_domain::receipt::ReceiptIdOrigin;
use smpp_domain::receipt::message_id::{NearMiss, default_key, key_of_number, near_misses};
use std::collections::HashMap;
use uuid::Uuid;

/// Parked receipts looked at in one sweep.
const SWEEP: usize = 1_000;

/// What a look has found.
pub(super) struct Found {
    /// Their rows have come.
    pub(super) matched: Vec<ParkedReceipt>,
    /// Their keys lead nowhere, but their number does, or the present policy reads their ids otherwise.
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
        let (mut resolved, overdue) = self.resolve(work.overdue).await?;
        let (recognised, overdue) = self.recognise(overdue).await?;
        resolved.extend(recognised);
        if !overdue.is_empty() {
            self.report(overdue).await?;
        }
        Ok(Found {
            matched: work.matched,
            resolved,
        })
    }

    /// Looks at receipts again that were reported, with the policy as it is now: those after this id. Returns whose messages
    /// are found, and where to go on.
    pub(super) async fn look_again(
        &mut self,
        after: Uuid,
    ) -> Result<(Vec<(ParkedReceipt, Tracked)>, Option<Uuid>), BackendError> {
        let store = &self.context.store;
        let operator = self.context.config.operator_id;
        let reported = store.unmatched(operator, after, SWEEP).await?;
        let next = reported.last().map(|receipt| receipt.id);
        Ok((self.recognise(reported).await?.0, next))
    }

    /// Those whose message the present policy knows, and the others with what is known about them.
    async fn recognise(
        &self,
        receipts: Vec<ParkedReceipt>,
    ) -> Result<(Vec<(ParkedReceipt, Tracked)>, Vec<Missed>), BackendError> {
        let policy = self.context.policies.current();
        let looks: Vec<_> = receipts
            .into_iter()
            .map(|receipt| Look::new(&*policy, receipt))
            .collect();
        let candidates = looks.iter().flat_map(|look| &look.candidates);
        let keys: Vec<_> = candidates.map(|miss| miss.key.clone()).collect();
        let (mut recognised, mut missed) = (Vec::new(), Vec::new());
        let operator = self.context.config.operator_id;
        // Of all receipts at once: there may be many.
        let mut rows = match keys.as_slice() {
            [] => Vec::new(),
            keys => self.context.store.find(operator, keys).await?,
        }
        .into_iter();
        for Look {
            receipt,
            key,
            candidates,
        } in looks
        {
            let hits = candidates.into_iter().zip(rows.by_ref());
            let mut hits: Vec<_> = hits.filter_map(|(miss, row)| Some((miss, row?))).collect();
            match hits
                .iter()
                .position(|(_, row)| is_one_id(&*policy, row, key.as_ref()))
            {
                Some(index) => {
                    let (_, row) = hits.swap_remove(index);
                    self.context.metrics.inbound("recognised");
                    tracing::info!(operator = %self.context.config.name, message_id = %row.correlation.message_id, "a receipt is of a message that was sent under another version of the policy");
                    recognised.push((receipt, row));
                }
                None => {
                    let first = hits.into_iter().next();
                    let found = first.map(|(miss, row)| near_misses::Found::new(miss, &row, &receipt));
                    missed.push((receipt, found));
                }
            }
        }
        Ok((recognised, missed))
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
                    tracing::info!(operator = %config.name, message_id = %row.correlation.message_id, "a receipt tells of a message without an id");
                    resolved.push((receipt, row));
                }
                None => left.push(receipt),
            }
        }
        Ok((resolved, left))
    }

    async fn report(&mut self, missed: Vec<Missed>) -> Result<(), BackendError> {
        let (overdue, found): (Vec<_>, Vec<_>) = missed.into_iter().unzip();
        for found in &found {
            self.misses.note(found.as_ref());
        }
        let config = &self.context.config;
        let hints = found.iter().zip(&overdue);
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
}

/// A receipt without a message, and the other reading that would find one.
type Missed = (ParkedReceipt, Option<near_misses::Found>);

/// A receipt, and where its message may stand.
struct Look {
    receipt: ParkedReceipt,
    /// What the present policy makes of its id; `None` is the host's own rule.
    key: Option<String>,
    /// Which other ways of reading the id might find a message: what the integration engineer wants to know first.
    candidates: Vec<NearMiss>,
}

impl Look {
    fn new(policy: &dyn Policy, receipt: ParkedReceipt) -> Self {
        let id = &receipt.reading.message_id;
        let key = policy.message_key(id, place(&receipt)).ok().flatten();
        // Parked before the policy has changed.
        let now = key.clone().filter(|key| *key != receipt.message_key);
        let now = now.map(|key| NearMiss {
            key,
            reading: "the policy reads it now",
        });
        // Where the policy makes another key of it, the id as it stands is another reading too.
        let own = default_key(id);
        let as_it_stands = (own != receipt.message_key).then_some(NearMiss {
            key: own,
            reading: "it stands",
        });
        let candidates = now.into_iter().chain(as_it_stands).chain(near_misses(id));
        Self {
            key,
            candidates: candidates.collect(),
            receipt,
        }
    }
}

/// Whether the policy gives the row's id this key too. The host's own rule says so of equal ids alone, which need no second
/// look.
fn is_one_id(policy: &dyn Policy, row: &Tracked, key: Option<&String>) -> bool {
    let sent = || policy.message_key(&row.correlation.operator_message_id, IdOrigin::SubmitResp);
    key.is_some_and(|key| sent().ok().flatten().as_ref() == Some(key))
}

fn place(receipt: &ParkedReceipt) -> IdOrigin {
    match receipt.reading.origin {
        ReceiptIdOrigin::Text => IdOrigin::ReceiptText,
        ReceiptIdOrigin::Tlv => IdOrigin::ReceiptTlv,
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
