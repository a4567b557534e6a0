//! The operator's TPS cap as send times handed out in advance.

use std::time::{Duration, Instant};

/// Future send times: the i-th (from 0) is `first + i * spacing`. A PDU may be written from its time on and until
/// `tolerance` later; after that its permit is void.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// The first send time; with a `count` of 0, when to ask again.
    pub first: Instant,
    /// Between two send times.
    pub spacing: Duration,
    /// How many.
    pub count: u32,
    /// How late a permit may be used.
    pub tolerance: Duration,
}
