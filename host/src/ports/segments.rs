//! Where the segments of long messages from subscribers wait for each other.

use super::BackendError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use smpp_domain::reassembly::{Assembly, Segment};
use uuid::Uuid;

/// What [`SegmentStore::keep`] has done.
#[derive(Clone, Debug, Default)]
pub struct KeptSegments {
    /// Messages to be published now, and then to be named to [`SegmentStore::told`].
    pub tell: Vec<Assembly>,
    /// Segments that were there already.
    pub duplicates: usize,
    /// What waits for more segments by now, of this operator.
    pub of_operator: Waiting,
    /// The same of all operators.
    pub of_all: Waiting,
}

/// How much waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// Messages.
    pub messages: u64,
    /// Octets of text.
    pub octets: u64,
}

/// Keeps segments until their messages are told. Decisions about one operator's messages are made one after the other,
/// whichever host makes them.
#[async_trait]
pub trait SegmentStore: Send + Sync {
    /// Puts segments to the messages that they belong to, as [`smpp_domain::reassembly::admit`] decides. Durable when it
    /// returns. Doing it twice is harmless: the second time they are duplicates, and what they completed is named again
    /// for as long as it is not told.
    ///
    /// # Errors
    /// When the store cannot be reached; the segments may be kept or not, all or none.
    async fn keep(&self, operator: OperatorId, segments: &[Segment]) -> Result<KeptSegments, BackendError>;

    /// Closes the operator's messages whose first segment came before `opened_before`, incomplete as they are, and
    /// returns them with those that were closed before `closed_before` and are not told: whoever closed them may be
    /// gone. At most `limit` of each, oldest first.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn give_up(
        &self,
        operator: OperatorId,
        opened_before: DateTime<Utc>,
        closed_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Assembly>, BackendError>;

    /// Notes that these messages were published.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn told(&self, messages: &[Uuid]) -> Result<(), BackendError>;

    /// Forgets messages that were told before `told_before`, at most `limit`. Returns how many went.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn forget_told(&self, told_before: DateTime<Utc>, limit: usize) -> Result<u64, BackendError>;
}
