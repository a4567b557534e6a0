//! Everything that is on record of one message, for people who ask what became of it.

use super::BackendError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::{MessageCorrelation, PartState};
use smpp_domain::ids::MessageId;

/// What the store knows of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MessageStory {
    /// The `smpp.submit` event's JSON, if the message has its outcome.
    pub outcome: Option<Vec<u8>>,
    /// Parts that the operator accepted, by part number.
    pub accepted: Vec<MessageCorrelation>,
    /// What receipts have said, the oldest first.
    pub receipts: Vec<ToldReceipt>,
}

impl MessageStory {
    /// Whether nothing at all is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A receipt that was matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToldReceipt {
    /// What it said of which part.
    pub part: PartState,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// Where such stories are read.
#[async_trait]
pub trait MessageStories: Send + Sync {
    /// The story of a message; empty when nothing is known of it. Changes nothing.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn story(&self, message: MessageId) -> Result<MessageStory, BackendError>;
}
