//! What one plugin may use. The numbers are far above what an honest plugin needs (a call takes about a microsecond),
//! and small enough that a broken one is a nuisance only.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

/// Length of an epoch: deadlines are counted in these.
pub const TICK: Duration = Duration::from_millis(1);

/// Bounds of a plugin and of each of its instances. Part of a running plugin's identity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Limits {
    /// For one hook call: 10 ms. Counted while the plugin runs; time in which the machine ran somebody else is not
    /// held against it.
    pub call_deadline: Duration,
    /// For instantiation, and for `settings.validate`: 1 s.
    pub start_deadline: Duration,
    /// Linear memory of an instance: 32 MiB. Growing beyond it is a trap.
    pub memory_bytes: usize,
    /// Core instances in one component: 80. Guests in Python have more than 20.
    pub instances: usize,
    /// Linear memories of an instance: 4. QuickJS has 3.
    pub memories: usize,
    /// Tables of an instance: 20.
    pub tables: usize,
    /// Elements of one table: 20,000.
    pub table_elements: usize,
    /// Octets that an answer, or the arguments of one import call, may have: 256 KiB. An honest answer is one PDU.
    pub answer_bytes: usize,
    /// Stack of the compiled code: 512 KiB. The threads that run it have 2 MiB.
    pub stack_bytes: usize,
    /// Of the file: 32 MiB. Compilation cannot be interrupted, so its input is bounded.
    pub file_bytes: u64,
    /// Log lines a second that a plugin may write for one operator: 100.
    pub log_calls_per_sec: u32,
    /// Calls after which an instance is replaced: 1,000. Leaks of a guest end there; the price is 0.1 us a call.
    pub calls_per_instance: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_deadline: Duration::from_millis(10),
            start_deadline: Duration::from_secs(1),
            memory_bytes: 32 << 20,
            instances: 80,
            memories: 4,
            tables: 20,
            table_elements: 20_000,
            answer_bytes: 256 << 10,
            stack_bytes: 512 << 10,
            file_bytes: 32 << 20,
            log_calls_per_sec: 100,
            calls_per_instance: 1_000,
        }
    }
}

/// What an operator's file asks for instead of the host's own limits: part of a version's identity.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct LimitsAsked {
    /// For one hook call.
    pub call_deadline: Option<Duration>,
    /// Linear memory of an instance.
    pub memory_bytes: Option<usize>,
}

impl Limits {
    /// These, with what an operator asks for.
    #[must_use]
    pub fn with(&self, asked: LimitsAsked) -> Self {
        Self {
            call_deadline: asked.call_deadline.unwrap_or(self.call_deadline),
            memory_bytes: asked.memory_bytes.unwrap_or(self.memory_bytes),
            ..self.clone()
        }
    }

    /// The bounds that wasmtime itself enforces on a store.
    pub(super) fn store(&self, highest: &Arc<AtomicUsize>) -> Bounds {
        let limits = StoreLimitsBuilder::new()
            .memory_size(self.memory_bytes)
            .instances(self.instances)
            .memories(self.memories)
            .tables(self.tables)
            .table_elements(self.table_elements)
            // The guest's own out-of-memory path ends in a bare `unreachable`; this way the error names the cause.
            .trap_on_grow_failure(true)
            .build();
        Bounds {
            limits,
            memory: 0,
            highest: Arc::clone(highest),
        }
    }
}

/// The bounds of one store, and how much linear memory its instance has.
pub(super) struct Bounds {
    limits: StoreLimits,
    memory: usize,
    /// The most that an instance of this version has had.
    highest: Arc<AtomicUsize>,
}

impl ResourceLimiter for Bounds {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grows = self.limits.memory_growing(current, desired, maximum)?;
        if grows {
            self.memory = self.memory.saturating_add(desired.saturating_sub(current));
            self.highest.fetch_max(self.memory, Relaxed);
        }
        Ok(grows)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}

/// A time budget as ticks, at least one. The first tick after a call starts may come at once: hence one more.
pub(super) fn ticks(budget: Duration) -> u32 {
    let whole = budget.as_micros().div_ceil(TICK.as_micros());
    u32::try_from(whole).unwrap_or(u32::MAX - 1).max(1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_never_cut_short() {
        assert_eq!(ticks(Duration::from_millis(10)), 11);
        assert_eq!(ticks(Duration::from_micros(9_100)), 11);
        assert_eq!(ticks(Duration::ZERO), 2);
        assert_eq!(ticks(Duration::MAX), u32::MAX);
    }

    #[test]
    fn limits_that_differ_are_told_apart() {
        let limits = Limits {
            memory_bytes: 1,
            ..Limits::default()
        };
        assert_ne!(
            serde_json::to_string(&limits).unwrap(),
            serde_json::to_string(&Limits::default()).unwrap()
        );
    }
}
