//! Waiting for a backend that is away.

use crate::errors;
use crate::ports::{BackendError, BackendErrorKind};
use std::future::Future;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Repeats an idempotent operation until the backend takes it. What waits here is bounded, so the rest of the pipeline
/// pauses by itself.
pub(super) async fn until_done<T, F>(operator: &str, mut operation: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, BackendError>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match operation().await {
            Ok(done) => return done,
            Err(error) => {
                let cause = errors::chain(&error);
                match error.kind {
                    BackendErrorKind::Unavailable => {
                        tracing::warn!(operator, error = %cause, "waiting for a backend")
                    }
                    BackendErrorKind::Corrupt => {
                        tracing::error!(operator, error = %cause, "a backend needs attention")
                    }
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
