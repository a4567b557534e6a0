//! The binds of a host that shares nothing: whatever its files say.

use crate::ports::{BindSlots, Seat, SlotPool};
use tokio::sync::watch;

/// Every bind is allowed, always.
pub struct Unshared;

impl BindSlots for Unshared {
    fn join(&self, pool: SlotPool) -> Vec<Seat> {
        let seat = |_| Seat {
            // The last value stays readable when the sender is gone.
            allowed: watch::channel(true).1,
            in_use: watch::Sender::new(false),
        };
        (0..pool.binds).map(seat).collect()
    }
}
