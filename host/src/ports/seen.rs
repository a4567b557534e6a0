//! Commands that were published twice, where several hosts take them.

use super::BackendError;
use async_trait::async_trait;
use smpp_domain::ids::MessageId;

/// Remembers which messages the hosts have taken within an operator's `dedupe_window`.
#[async_trait]
pub trait SeenIds: Send + Sync {
    /// Notes these messages, and tells which of them had been noted before, in their order. A suspicion only: who is told so
    /// looks the message up. Not to be repeated after an error, because the notes may have been made.
    ///
    /// # Errors
    /// When the memory cannot be reached; nobody knows then.
    async fn seen(&self, messages: &[MessageId]) -> Result<Vec<bool>, BackendError>;
}
