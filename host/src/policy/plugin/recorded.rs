//! Calls that were recorded have their own time.

use super::{Plugin, Slot};
use std::sync::atomic::{AtomicU64, Ordering};

impl Plugin {
    /// Takes the time of its calls from [`Plugin::set_now`], not from the clock.
    pub(in super::super) fn in_recorded_time(mut self) -> Self {
        self.recorded_now = Some(AtomicU64::default());
        self
    }

    /// The time of the calls from now on, in milliseconds since 1970.
    pub(in super::super) fn set_now(&self, now_ms: u64) {
        if let Some(now) = &self.recorded_now {
            now.store(now_ms, Ordering::Relaxed);
        }
    }

    /// Gives the next call of an instance its recorded time, where it has one.
    pub(super) fn set_back(&self, slot: &mut Slot) {
        if let Some(now) = &self.recorded_now {
            slot.store.data_mut().now_ms = Some(now.load(Ordering::Relaxed));
        }
    }
}
