//! Which operator id belongs to which message, and what its receipts have said so far.
//!
//! Rows are written once and only added to: a receipt is an appended fact, never an update.

use crate::ids::{AccountId, MessageId, OperatorId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
    /// Primary key; time-ordered (UUID v7).
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
