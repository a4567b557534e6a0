//! The TPS promise of an operator that this process serves alone.

use crate::clock;
use crate::ports::{BackendError, TpsLimiter};
use async_trait::async_trait;
use smpp_domain::ids::OperatorId;
use smpp_domain::tps::{Reservation, TpsWindow};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How late a permit may be used: what a busy executor needs to come round to a write.
const TOLERANCE: Duration = Duration::from_millis(10);
/// How far ahead send times are given out: long enough for a batch, short enough that a lost one is not missed.
const HORIZON: Duration = Duration::from_millis(100);
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// A [`TpsWindow`] that the operator's connections share.
pub struct InProcessLimiter {
    window: Mutex<TpsWindow>,
}

impl InProcessLimiter {
    /// A limiter for `limit` PDUs a second.
    #[must_use]
    pub fn new(operator: OperatorId, limit: NonZeroU32) -> Self {
        Self {
            window: Mutex::new(TpsWindow::new(operator, limit, TOLERANCE, HORIZON)),
        }
    }

    /// Changes the limit from now on, after a reload or because the operator throttles.
    pub fn set_limit(&self, limit: NonZeroU32) {
        self.window().set_limit(clock::now(), limit);
    }

    /// Gives out no send time before `at`.
    pub fn pause_until(&self, at: Instant) {
        self.window().pause_until(at);
    }

    fn window(&self) -> MutexGuard<'_, TpsWindow> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TpsLimiter for InProcessLimiter {
    /// Never fails.
    async fn reserve(&self, want: u32) -> Result<Reservation, BackendError> {
        Ok(self.window().reserve(clock::now(), want))
    }

    /// Never fails.
    async fn throttled(&self) -> Result<Duration, BackendError> {
        Ok(FIRST_PAUSE)
    }
}
