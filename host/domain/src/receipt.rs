//! Delivery receipts: what a deliver_sm or data_sm says about an earlier submit_sm.
//!
//! Two steps: `read` makes a [`ReceiptReading`] out of a PDU (TLVs first, then a tolerant scan of the text);
//! [`message_id`] turns the operator's id into the key by which the message is found.

pub mod message_id;
pub mod text;

use crate::correlation::DlrMessageState;
use serde::{Deserialize, Serialize};

/// What a receipt says. Raw fields are octet text, as received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptReading {
    /// The operator's id as found; empty when there was none.
    pub message_id: String,
    /// Where the id was found.
    pub origin: ReceiptIdOrigin,
    /// As mapped from message_state or `stat:`.
    pub state: DlrMessageState,
    /// No later receipt will come for this part.
    pub is_final: bool,
    /// `stat:` as received, else the message_state as a number; empty for neither.
    pub raw_state: String,
    /// `err:` as received.
    pub raw_error: String,
    /// network_error_code as received.
    pub network_error_code: Option<Vec<u8>>,
    /// RFC 3339 where the operator's zone is known, else `done date:` as received.
    pub done_at: Option<String>,
}

/// Where the id of a [`ReceiptReading`] was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReceiptIdOrigin {
    /// `id:` in the text.
    Text,
    /// receipted_message_id.
    Tlv,
}
