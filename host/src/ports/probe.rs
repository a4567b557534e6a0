//! Whether a server that we need is there.

use super::BackendError;
use async_trait::async_trait;

/// A server, for `/readyz` and `check --connect`.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Which one, for people, without secrets: `PostgreSQL at db.example:5432`.
    fn name(&self) -> String;

    /// What it is, in a word, for metrics: `postgres`.
    fn kind(&self) -> &'static str;

    /// Asks it something that it can only answer when it works. Returns what it says of itself, such as its version. Takes a
    /// few seconds at most.
    ///
    /// # Errors
    /// When it does not answer, or not as it should; the chain of causes says what to mend.
    async fn probe(&self) -> Result<String, BackendError>;
}
