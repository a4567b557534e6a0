//! The operator's TPS promise.

use super::BackendError;
use async_trait::async_trait;
use smpp_domain::status::Throttling;
use smpp_domain::tps::Reservation;
use std::time::{Duration, Instant};

/// Keeps the operator's TPS promise over everything that shares it.
#[async_trait]
pub trait TpsLimiter: Send + Sync {
    /// Reserves up to `want` future send times; see [`Reservation`]. An answer of none says when to ask again.
    ///
    /// # Errors
    /// When the limiter cannot be reached.
    async fn reserve(&self, want: u32) -> Result<Reservation, BackendError>;

    /// The operator said that it gets too much (0x58, 0x14, or what its policy takes for that): everything that shares it
    /// pauses, and goes on more slowly until it has recovered. Returns how long the pause is from now on. Reports during a
    /// pause change nothing, unless they ask for a longer one.
    /// `still`: it has accepted nothing since the last one, and the pause was too short. `asked`: what its policy says.
    ///
    /// # Errors
    /// When the limiter cannot be reached; only the caller knows then.
    async fn throttled(&self, still: bool, asked: Throttling) -> Result<Duration, BackendError>;

    /// The end of the pause, as last heard: send times that were given out before are not to be used until then.
    fn paused_until(&self) -> Option<Instant>;

    /// The PDUs a second that are given out at present, to everything that shares the promise: the limit, or less after the
    /// operator has throttled. As last heard, for people.
    fn rate(&self) -> f64;
}
