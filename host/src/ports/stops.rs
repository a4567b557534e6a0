//! Operators to whom nothing is sent until a person says so: their account is empty, or closed.

use super::BackendError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::CommandStatus;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Why and since when an operator is stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatorStop {
    /// Which operator.
    pub operator_id: OperatorId,
    /// In words.
    pub reason: String,
    /// The status that stopped it.
    pub command_status: CommandStatus,
    /// To the microsecond.
    pub since: DateTime<Utc>,
}

/// Keeps what is stopped, for all hosts and over restarts.
#[async_trait]
pub trait StopStore: Send + Sync {
    /// Notes that an operator is stopped. False when it was already; the note of then stands.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn stop(&self, stop: &OperatorStop) -> Result<bool, BackendError>;

    /// Takes the note away and returns it; `None` when there was none.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn resume(&self, operator: OperatorId) -> Result<Option<OperatorStop>, BackendError>;

    /// All that are stopped.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn stopped(&self) -> Result<Vec<OperatorStop>, BackendError>;
}

/// The operators that are stopped, by id.
pub type Stopped = Arc<BTreeMap<OperatorId, OperatorStop>>;

/// Stops operators and lets them go on, on all hosts.
#[async_trait]
pub trait OperatorStops: Send + Sync {
    /// Stops an operator. Durable and told when it returns, however long the backends need.
    async fn stop(&self, stop: OperatorStop);

    /// Lets an operator go on; `why` is for its event. Returns what had stopped it; `None` when it was not stopped.
    ///
    /// # Errors
    /// When the store cannot be reached: nothing has changed.
    async fn resume(&self, operator: OperatorId, why: &str) -> Result<Option<OperatorStop>, BackendError>;

    /// What is stopped, as last heard: other hosts' within about a second.
    fn stopped(&self) -> watch::Receiver<Stopped>;
}
