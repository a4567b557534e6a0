//! The TPS promise of an operator that this process serves alone.

use crate::clock;
use crate::ports::{BackendError, TpsLimiter};
use async_trait::async_trait;
use smpp_domain::ids::OperatorId;
use smpp_domain::status::Throttling;
use smpp_domain::tps::{AdaptiveRate, Reservation, TpsWindow};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How late a permit may be used: what a busy executor needs to come round to a write.
const TOLERANCE: Duration = Duration::from_millis(10);
/// How far ahead send times are given out: long enough for a batch, short enough that a lost one is not missed.
const HORIZON: Duration = Duration::from_millis(100);

/// A [`TpsWindow`] that the operator's connections share, as wide as its [`AdaptiveRate`] allows.
pub struct InProcessLimiter {
    window: Mutex<(TpsWindow, AdaptiveRate)>,
}

impl InProcessLimiter {
    /// A limiter for `limit` PDUs a second.
    #[must_use]
    pub fn new(operator: OperatorId, limit: NonZeroU32) -> Self {
        let window = TpsWindow::new(operator, limit, TOLERANCE, HORIZON);
        Self {
            window: Mutex::new((window, AdaptiveRate::new(limit))),
        }
    }

    /// Gives out no send time before `at`.
    pub fn pause_until(&self, at: Instant) {
        self.window().0.pause_until(at);
    }

    fn window(&self) -> MutexGuard<'_, (TpsWindow, AdaptiveRate)> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TpsLimiter for InProcessLimiter {
    /// Never fails.
    async fn reserve(&self, want: u32) -> Result<Reservation, BackendError> {
        let now = clock::now();
        let (window, rate) = &mut *self.window();
        window.set_limit(now, rate.limit(now));
        Ok(window.reserve(now, want))
    }

    /// Never fails.
    async fn throttled(&self, still: bool, asked: Throttling) -> Result<Duration, BackendError> {
        let now = clock::now();
        let (window, rate) = &mut *self.window();
        let pause = rate.throttled(now, still, asked);
        window.pause_until(now + pause);
        Ok(pause)
    }

    fn paused_until(&self) -> Option<Instant> {
        self.window().1.paused_until(clock::now())
    }

    fn rate(&self) -> f64 {
        self.window().1.rate(clock::now())
    }
}
