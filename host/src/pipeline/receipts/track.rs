//! From readings to `smpp.dlr` events: find the message, move its state forward, publish, remember.

use crate::pipeline::OperatorContext;
use crate::pipeline::publish::{event, hex, publish};
use crate::pipeline::recorder::Heard;
use crate::pipeline::rehearsal::ids;
use crate::pipeline::settle::message_key;
use crate::pipeline::tracer::Matched;
use crate::ports::{
    AppendedReceipt, BackendError, Event, Inbound, MessageHistory, ParkedReceipt, Policy, Tracked,
};
use chrono::{DateTime, Utc};
use smpp_domain::correlation::{
    Advance, AggregateRule, DlrMessageState, PartState, advance, aggregate, message_change, takes_all_parts,
};
use smpp_domain::event::{DlrEvent, EventKind};
use smpp_domain::ids::MessageId;
use smpp_domain::receipt::ReceiptReading;
use std::collections::HashMap;
use uuid::Uuid;

/// Where a receipt comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// The wire, a moment ago.
    Live,
    /// The parking lot, where it is until it is released.
    Parked(Uuid),
}

/// A receipt on its way to its message.
pub(super) struct Candidate {
    reading: ReceiptReading,
    /// By which its row is looked for, best first.
    keys: Vec<String>,
    raw: Vec<u8>,
    received_at: DateTime<Utc>,
    origin: Origin,
    /// Its message, where that was found by other means than a key.
    row: Option<Tracked>,
    /// What was asked about it, where that is recorded.
    heard: Option<Heard>,
}

impl Candidate {
    pub(super) fn new(
        context: &OperatorContext,
        policy: &dyn Policy,
        reading: ReceiptReading,
        origin: Origin,
        inbound: &Inbound,
    ) -> Self {
        let mut keys: Vec<_> = ids(&reading)
            .map(|(raw, origin)| message_key(context, policy, raw, origin))
            .collect();
        keys.dedup();
        let raw = inbound.pdu.user_data().to_vec();
        Self {
            reading,
            keys,
            raw,
            received_at: inbound.received_at,
            origin,
            row: None,
            heard: None,
        }
    }

    pub(super) fn parked(receipt: ParkedReceipt) -> Self {
        Self {
            reading: receipt.reading,
            keys: vec![receipt.message_key],
            raw: receipt.raw,
            received_at: receipt.received_at,
            origin: Origin::Parked(receipt.id),
            row: None,
            heard: None,
        }
    }

    /// A parked receipt whose message is known.
    pub(super) fn resolved(receipt: ParkedReceipt, row: Tracked) -> Self {
        Self {
            row: Some(row),
            ..Self::parked(receipt)
        }
    }

    /// The same with what was asked about it.
    pub(super) fn heard(self, heard: Option<Heard>) -> Self {
        Self { heard, ..self }
    }

    fn into_parked(self, context: &OperatorContext) -> ParkedReceipt {
        let receipt = ParkedReceipt {
            id: Uuid::now_v7(),
            operator_id: context.config.operator_id,
            message_key: self.keys.into_iter().next().unwrap_or_default(),
            reading: self.reading,
            raw: self.raw,
            received_at: self.received_at,
        };
        context.recorder.parks(receipt.id, self.heard);
        receipt
    }
}

/// What a batch of receipts comes to.
#[derive(Default)]
struct Tracking {
    events: Vec<Event>,
    appended: Vec<AppendedReceipt>,
    release: Vec<Uuid>,
    /// Of messages of several parts, whose end may have to be told first.
    release_last: Vec<Uuid>,
    park: Vec<ParkedReceipt>,
    /// States appended in this batch, on top of what the store knows.
    fresh: HashMap<MessageId, Vec<PartState>>,
    /// When the parts that this batch has ended were answered, and when their receipts came.
    ended: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Those of messages that are traced.
    traced: Vec<Matched>,
    /// Messages of several parts that this batch has moved.
    moved: HashMap<MessageId, Moved>,
}

/// A message of several parts as this host sees it.
struct Moved {
    /// What was known and what was added.
    history: Vec<PartState>,
    /// What was told last.
    told: DlrEvent,
}

/// Publishes what matches and parks what does not. Everything is durable when it returns. Returns the parked receipts whose
/// rows have appeared in the meantime: their settler has looked before they were there, so it will not bring them.
///
/// The event goes out before the state is appended: after a crash in between the operator sends the receipt again, and
/// the event's de-duplication id makes the second one vanish.
pub(super) async fn track(
    context: &OperatorContext,
    candidates: Vec<Candidate>,
) -> Result<Vec<ParkedReceipt>, BackendError> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let rows = find(context, &candidates).await?;
    let mut tracking = Tracking::default();
    for mut candidate in candidates {
        let known = candidate.row.take();
        match known
            .as_ref()
            .or_else(|| candidate.keys.iter().find_map(|key| rows.get(key)))
        {
            Some(tracked) => {
                context.policies.receipt(candidate.received_at, true);
                tracking.matched(context, candidate, tracked);
            }
            None if candidate.origin == Origin::Live => {
                context.metrics.inbound("parked");
                tracking.park.push(candidate.into_parked(context));
            }
            None => {}
        }
    }
    context.events.publish(&tracking.events).await?;
    if !tracking.appended.is_empty() || !tracking.release.is_empty() {
        let histories = context
            .store
            .append_receipts(&tracking.appended, &tracking.release)
            .await?;
        let ends = tracking.ends_by_others(context, &histories);
        // The states are there by now: the same receipts would be duplicates if they came again, and tell nothing but such an end.
        publish(&*context.events, &context.config.name, &ends).await;
        for (answered_at, received_at) in &tracking.ended {
            context.metrics.delays.receipt(*answered_at, *received_at);
        }
    }
    if !tracking.release_last.is_empty() {
        context.store.append_receipts(&[], &tracking.release_last).await?;
    }
    context.tracer.told(&tracking.traced);
    if tracking.park.is_empty() {
        return Ok(Vec::new());
    }
    let due = context.store.park(&tracking.park).await?;
    Ok(tracking
        .park
        .into_iter()
        .filter(|receipt| due.contains(&receipt.id))
        .collect())
}

async fn find(
    context: &OperatorContext,
    candidates: &[Candidate],
) -> Result<HashMap<String, Tracked>, BackendError> {
    let mut keys: Vec<String> = candidates
        .iter()
        .flat_map(|c| c.keys.iter())
        .filter(|key| !key.is_empty())
        .cloned()
        .collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let found = context.store.find(context.config.operator_id, &keys).await?;
    Ok(keys
        .into_iter()
        .zip(found)
        .filter_map(|(key, row)| row.map(|row| (key, row)))
        .collect())
}

impl Tracking {
    fn matched(&mut self, context: &OperatorContext, candidate: Candidate, tracked: &Tracked) {
        let row = &tracked.correlation;
        let late = candidate.origin != Origin::Live;
        let reading = candidate.reading;
        let part = PartState {
            part_number: row.part_number,
            state: reading.state,
            is_final: reading.is_final,
        };
        if let Origin::Parked(id) = candidate.origin {
            let release = match row.part_count {
                0 | 1 => &mut self.release,
                _ => &mut self.release_last,
            };
            release.push(id);
        }
        let fresh = self.fresh.entry(row.message_id).or_default();
        let history: Vec<_> = tracked.history.iter().chain(fresh.iter()).copied().collect();
        let advanced = advance(&history, part.part_number, part.state, part.is_final);
        if context.tracer.takes(row.message_id) {
            let outcome = match advanced {
                Advance::Duplicate | Advance::Superseded => "duplicate",
                Advance::Forward { .. } if late => "late",
                Advance::Forward { .. } => "matched",
            };
            let receipt = Matched::new(row, part, outcome, candidate.received_at);
            let calls = candidate.heard.as_ref().map_or(&[][..], |heard| &heard.calls);
            context.tracer.matched(&receipt, calls);
            self.traced.push(receipt);
        }
        context.recorder.matched(candidate.heard, late, row.message_id);
        let told = |change: Option<(DlrMessageState, bool)>, conflict| DlrEvent {
            message_id: row.message_id,
            account_id: row.account_id,
            operator_id: row.operator_id,
            operator_message_id: reading.message_id,
            part_number: row.part_number,
            part_count: row.part_count,
            state: part.state,
            is_final: part.is_final,
            message_state: change.map(|(state, _)| state),
            message_final: change.is_some_and(|(_, is_final)| is_final),
            raw_state: reading.raw_state,
            raw_error: reading.raw_error,
            network_error_code: reading.network_error_code.map(|octets| hex(&octets)),
            submitted_at: row.submitted_at,
            done_at: reading.done_at,
            received_at: candidate.received_at,
            to: row.to.clone(),
            conflict,
            intermediate: reading.intermediate,
        };
        let rule = context.config.message_state;
        let conflict = match advanced {
            Advance::Duplicate | Advance::Superseded => {
                context.metrics.inbound("duplicate");
                let again = part.is_final && advanced == Advance::Duplicate;
                let end = again.then(|| end_of_all_parts(rule, row.part_count, &tracked.history));
                if let Some(state) = end.flatten() {
                    // Whoever appended it first may have died before telling the end: see `ends_by_others`.
                    let dedup_id = end_id(row.message_id, state);
                    let body = told(Some((state, true)), false);
                    self.events
                        .push(event(EventKind::Dlr, row.operator_id, dedup_id, &body));
                }
                return;
            }
            Advance::Forward { conflict } => conflict,
        };
        fresh.push(part);
        if part.is_final && !conflict {
            self.ended.push((row.answered_at(), candidate.received_at));
        }
        let change = message_change(rule, row.part_count, &history, part);
        let body = told(change, conflict);
        // With what it means for the message: when a crash comes between publishing and appending, parts can come again in
        // another order, and the one that now completes the message has news although its own state was told.
        let dedup_id = match change {
            Some((state, true)) if takes_all_parts(rule, state) => end_id(row.message_id, state),
            Some(_) | None => format!(
                "dlr:{}:{}:{:?}:{}:{change:?}",
                row.message_id, row.part_number, part.state, part.is_final
            ),
        };
        self.events
            .push(event(EventKind::Dlr, row.operator_id, dedup_id, &body));
        if row.part_count > 1 {
            let moved = Moved {
                history: [&*history, &[part]].concat(),
                told: body,
            };
            self.moved.insert(row.message_id, moved);
        }
        self.appended.push(AppendedReceipt {
            message_id: row.message_id,
            part,
            part_count: row.part_count,
            received_at: candidate.received_at,
            expires_at: row.expires_at,
        });
    }
}

impl Tracking {
    /// Messages whose end nobody has told: their parts' receipts came to several hosts at the same time, and each host saw
    /// its own only. Whoever appended last sees them all. If two see them all, their events have one de-duplication id, and
    /// so has the event of a part that one of them has seen end the message by itself.
    fn ends_by_others(&self, context: &OperatorContext, histories: &[MessageHistory]) -> Vec<Event> {
        let rule = context.config.message_state;
        let end = |all: &MessageHistory| {
            let moved = self.moved.get(&all.message_id)?;
            let part_count = moved.told.part_count;
            if aggregate(rule, part_count, &moved.history).1 {
                return None;
            }
            let state = end_of_all_parts(rule, part_count, &all.history)?;
            let body = DlrEvent {
                message_state: Some(state),
                message_final: true,
                ..moved.told.clone()
            };
            let dedup_id = end_id(all.message_id, state);
            Some(event(EventKind::Dlr, body.operator_id, dedup_id, &body))
        };
        histories.iter().filter_map(end).collect()
    }
}

/// The end of a message of several parts that no part's receipt tells alone. Whoever saw the last part come has told it with that; where
/// none did, it is told by itself.
fn end_of_all_parts(rule: AggregateRule, part_count: u8, history: &[PartState]) -> Option<DlrMessageState> {
    let (state, is_final) = aggregate(rule, part_count, history);
    state.filter(|state| part_count > 1 && is_final && takes_all_parts(rule, *state))
}

/// The de-duplication id of whatever tells the message's end. Its part was told before, if another event was first.
fn end_id(message: MessageId, state: DlrMessageState) -> String {
    format!("dlr:{message}:end:{state:?}")
}
