//! Where PDUs that break the standard are kept, for the engineer who has to find out what an operator does.

use super::BackendError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::CommandStatus;

/// One odd PDU. Nothing private is in it: its octets come redacted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OddPduRecord {
    /// When it came.
    pub at: DateTime<Utc>,
    /// Whose it is.
    pub operator_id: OperatorId,
    /// The operator's name.
    pub operator: String,
    /// Which bind, by its place in the operator's file, from 0.
    pub bind: usize,
    /// Which way it went.
    pub direction: Direction,
    /// The name in the standard, or `command 0x…`.
    pub command: String,
    /// As received.
    pub command_status: CommandStatus,
    /// As received.
    pub sequence_number: u32,
    /// The metric's label, such as `no_nul`.
    pub kind: String,
    /// Everything that was odd, in words: `no_nul in message_id, unknown_sequence`.
    pub oddity: String,
    /// The whole PDU in one line for people.
    pub summary: String,
    /// Octets of the whole PDU as it was received. `octets` may hold fewer.
    pub length: usize,
    /// From its beginning, in hexadecimal. What is private is replaced, octet by octet.
    pub octets: String,
}

/// Odd PDUs of the same kind are alike: of many, a few tell as much.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OddPduKind {
    /// Whose they are.
    pub operator_id: OperatorId,
    /// As on the wire.
    pub command_id: u32,
    /// What is odd about them: the metric's label.
    pub kind: &'static str,
    /// Where; empty where it is in no field.
    pub field: &'static str,
}

/// Which way a PDU went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Direction {
    /// From the operator.
    Received,
}

/// Keeps the latest odd PDUs, not all of them: the metric counts them all.
#[async_trait]
pub trait OddPduLog: Send + Sync {
    /// Keeps one, unless there are enough of its kind: then it is not even made. Never waits, never fails: who reads a socket
    /// has no time for either.
    fn keep(&self, kind: OddPduKind, record: &dyn Fn() -> OddPduRecord);

    /// The latest, newest first, `limit` at most; of one operator where its name or id is given. What was kept before the
    /// call is there.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    async fn recent(&self, operator: Option<String>, limit: usize)
    -> Result<Vec<OddPduRecord>, BackendError>;
}
