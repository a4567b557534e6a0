//! Which operator id belongs to which message, and what its receipts have said so far.
//!
//! Rows are written once and only added to: a receipt is an appended fact, never an update.

use crate::ids::{AccountId, MessageId, OperatorId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(test)]
mod tests;

/// The state that a receipt reports (domain model section 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DlrMessageState {
    /// On its way.
    Enroute,
    /// Delivered to the handset.
    Delivered,
    /// Its validity ran out.
    Expired,
    /// Deleted by somebody.
    Deleted,
    /// Cannot be delivered.
    Undeliverable,
    /// Taken by the operator (or read on the subscriber's behalf).
    Accepted,
    /// The operator does not know, or said something that we do not.
    Unknown,
    /// Refused by the network.
    Rejected,
}

/// One part of a message as the operator knows it. Written once, when the operator accepted the part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageCorrelation {
    /// Primary key; time-ordered (UUID v7), of the moment when the part was answered.
    pub id: Uuid,
    /// The platform's id.
    pub message_id: MessageId,
    /// As received in submit_sm_resp, at most 64 octets.
    pub operator_message_id: String,
    /// By which operator.
    pub operator_id: OperatorId,
    /// Destination E.164.
    pub to: String,
    /// When submit_sm was written.
    pub submitted_at: DateTime<Utc>,
    /// End of DLR correlation.
    pub expires_at: DateTime<Utc>,
    /// What receipts are matched by, with the operator: see [`crate::receipt::message_id`].
    pub message_key: String,
    /// Who sent.
    pub account_id: AccountId,
    /// From 1.
    pub part_number: u8,
    /// Of how many.
    pub part_count: u8,
    /// The concatenation reference of the message, kept so that a resumed message goes on with it.
    pub reference: Option<u16>,
}

impl MessageCorrelation {
    /// When the part was answered, or given up as never answered, to the millisecond: the row is made then, and its id tells when.
    /// An id that is no UUID v7 tells nothing, and the part counts as answered when it was written.
    #[must_use]
    pub fn answered_at(&self) -> DateTime<Utc> {
        let made = self.id.get_timestamp().map(|made| made.to_unix());
        let made =
            made.and_then(|(seconds, nanos)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos));
        made.unwrap_or(self.submitted_at)
    }
}

/// A receipt's state as it was appended for one part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartState {
    /// Which part, from 1.
    pub part_number: u8,
    /// What the receipt said.
    pub state: DlrMessageState,
    /// Whether it was final.
    pub is_final: bool,
}

/// What a new state is to a part that already has some.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Advance {
    /// The part has had exactly this. It is answered, and neither kept nor published again.
    Duplicate,
    /// The part has ended, and this is a late report from the way. It is answered, and neither kept nor published.
    Superseded,
    /// It is appended and published.
    Forward {
        /// The part had ended otherwise: the operator contradicts itself. What it said first stays the part's end.
        conflict: bool,
    },
}

/// How the state of a message follows from its parts: a setting of the operator, whose receipts may come for every
/// part or for one of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AggregateRule {
    /// DELIVERED when all parts are; the first final failure fails the message.
    #[default]
    AllDelivered,
    /// The first part that ends decides.
    AnyFinal,
    /// The first part alone decides.
    First,
    /// The last part alone decides.
    Last,
}

/// Judges a new state of a part by those that it has had. States move forward only: nothing follows a final state but
/// another final one.
#[must_use]
pub fn advance(history: &[PartState], part_number: u8, state: DlrMessageState, is_final: bool) -> Advance {
    if history.contains(&PartState {
        part_number,
        state,
        is_final,
    }) {
        return Advance::Duplicate;
    }
    // A repetition of the end itself is a duplicate, so any other final state contradicts it.
    match (is_final, end_of(history, part_number)) {
        (_, None) => Advance::Forward { conflict: false },
        (true, Some(_)) => Advance::Forward { conflict: true },
        (false, Some(_)) => Advance::Superseded,
    }
}

/// The state of a message of `part_count` parts, and whether it is final; `None` when no receipt has come.
///
/// A final state never changes when the history grows. Until then, a message is ACCEPTED or ENROUTE as soon as one of
/// its parts is (a part that has ended, or claims to without being final, counts as ENROUTE), else UNKNOWN: in which
/// order receipts come makes no difference. Only which of several failures came first does, and must.
#[must_use]
pub fn aggregate(
    rule: AggregateRule,
    part_count: u8,
    history: &[PartState],
) -> (Option<DlrMessageState>, bool) {
    let part_count = part_count.max(1);
    let parts = match rule {
        AggregateRule::AllDelivered | AggregateRule::AnyFinal => 1..=part_count,
        AggregateRule::First => 1..=1,
        AggregateRule::Last => part_count..=part_count,
    };
    let known = || history.iter().filter(|entry| parts.contains(&entry.part_number));
    let ends =
        known().filter(|entry| entry.is_final && end_of(history, entry.part_number) == Some(entry.state));
    let end = match rule {
        AggregateRule::AllDelivered => ends
            .map(|end| end.state)
            .find(|&state| is_failure(state))
            .or_else(|| weakest_end(history, part_count)),
        AggregateRule::AnyFinal | AggregateRule::First | AggregateRule::Last => {
            ends.map(|end| end.state).next()
        }
    };
    match end {
        Some(end) => (Some(end), true),
        None => (
            known()
                .map(|entry| on_the_way(*entry))
                .max_by_key(|&state| strength(state)),
            false,
        ),
    }
}

/// What a new state of a part changes for its message: the message's new state and whether it is final; `None` if it
/// changes nothing.
#[must_use]
pub fn message_change(
    rule: AggregateRule,
    part_count: u8,
    before: &[PartState],
    new: PartState,
) -> Option<(DlrMessageState, bool)> {
    let Advance::Forward { .. } = advance(before, new.part_number, new.state, new.is_final) else {
        return None;
    };
    let old = aggregate(rule, part_count, before);
    let (state, is_final) = aggregate(rule, part_count, &[before, &[new]].concat());
    if old == (state, is_final) {
        None
    } else {
        state.map(|state| (state, is_final))
    }
}

/// Whether a message's end takes the ends of all of its parts, of which several hosts may each have seen one. Any other end
/// is that of one part.
#[must_use]
pub fn takes_all_parts(rule: AggregateRule, end: DlrMessageState) -> bool {
    rule == AggregateRule::AllDelivered && !is_failure(end)
}

/// The end of a part is the first final state that it had.
fn end_of(history: &[PartState], part_number: u8) -> Option<DlrMessageState> {
    history
        .iter()
        .find(|entry| entry.part_number == part_number && entry.is_final)
        .map(|entry| entry.state)
}

/// When all parts have ended well: DELIVERED if all are, else the least that one of them reached.
fn weakest_end(history: &[PartState], part_count: u8) -> Option<DlrMessageState> {
    let ends: Option<Vec<_>> = (1..=part_count).map(|part| end_of(history, part)).collect();
    ends?.into_iter().min_by_key(|&state| strength(state))
}

fn on_the_way(entry: PartState) -> DlrMessageState {
    match entry.state {
        DlrMessageState::Accepted | DlrMessageState::Unknown if !entry.is_final => entry.state,
        _ => DlrMessageState::Enroute,
    }
}

fn is_failure(state: DlrMessageState) -> bool {
    match state {
        DlrMessageState::Expired
        | DlrMessageState::Deleted
        | DlrMessageState::Undeliverable
        | DlrMessageState::Rejected => true,
        DlrMessageState::Enroute
        | DlrMessageState::Delivered
        | DlrMessageState::Accepted
        | DlrMessageState::Unknown => false,
    }
}

/// How much a state says for a message that has not failed.
fn strength(state: DlrMessageState) -> u8 {
    match state {
        DlrMessageState::Delivered => 3,
        DlrMessageState::Accepted => 2,
        DlrMessageState::Enroute => 1,
        _ => 0,
    }
}
