//! The only place that reads clocks. Virtual under `tokio::time::pause`, as far as monotonic time goes.

use chrono::{DateTime, SubsecRound, Utc};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// Monotonic time: for timers, windows and rates.
#[must_use]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Wall-clock time: for rows, events and expiry. In whole microseconds, as databases keep it: an event and the row
/// about the same moment say the same.
#[must_use]
pub fn utc_now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Processor time of this thread since it began: it stands still while the thread waits, also for a processor. Costs a system
/// call.
#[must_use]
pub fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
