//! Commands that were published twice, where several hosts take them.

use super::BackendError;
use async_trait::async_trait;
use smpp_domain::ids::MessageId;

/// What the hosts remember of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// No host has taken it.
    New,
    /// Some host has.
    Before,
    /// Not remembered, by a memory that has lost something within the window.
    Unknown,
}

/// Remembers which messages the hosts have taken within an operator's `dedupe_window`.
#[async_trait]
pub trait SeenIds: Send + Sync {
    /// Notes these messages, and tells what was known of them before, in their order. A suspicion only: who is not told that
    /// a message is new looks it up. Not to be repeated after an error, because the notes may have been made.
    ///
    /// # Errors
    /// When the memory cannot be reached; nobody knows then.
    async fn seen(&self, messages: &[MessageId]) -> Result<Vec<Seen>, BackendError>;
}
