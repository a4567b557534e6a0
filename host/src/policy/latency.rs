//! How long calls take: counts by size of the duration, in constant memory and without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Steps within one doubling: a duration is known to a quarter of its size.
const STEPS: usize = 4;
/// Up to 2^26 units, which is 17 s.
const SIZES: usize = 26 * STEPS;
/// Nanoseconds of one unit, as a power of two.
const UNIT: u32 = 8;
/// Bounds of what is told to Prometheus, as powers of two of a unit: 1 us, 4 us, and so on to 67 ms. Each ends a size class.
const BOUNDS: [i32; 9] = [2, 4, 6, 8, 10, 12, 14, 16, 18];

/// Durations of calls.
#[derive(Debug)]
pub(super) struct Latency {
    sizes: [AtomicU64; SIZES],
    max: AtomicU64,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            sizes: std::array::from_fn(|_| AtomicU64::new(0)),
            max: AtomicU64::new(0),
        }
    }
}

impl Latency {
    pub(super) fn note(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.max.fetch_max(nanos, Relaxed);
        if let Some(count) = self.sizes.get(index(nanos >> UNIT)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// How many there were.
    pub(super) fn calls(&self) -> u64 {
        self.sizes.iter().map(|count| count.load(Relaxed)).sum()
    }

    /// The longest.
    pub(super) fn max(&self) -> Duration {
        Duration::from_nanos(self.max.load(Relaxed))
    }

    /// So many percent of the calls took no longer, to within a quarter; zero while there were none.
    pub(super) fn percentile(&self, percent: u64) -> Duration {
        let counts: Vec<u64> = self.sizes.iter().map(|count| count.load(Relaxed)).collect();
        let all: u64 = counts.iter().sum();
        let wanted = (all * percent).div_ceil(100);
        let mut seen = 0;
        for (size, count) in counts.into_iter().enumerate() {
            seen += count;
            if count > 0 && seen >= wanted {
                return Duration::from_nanos(end(size) << UNIT).min(self.max());
            }
        }
        Duration::ZERO
    }

    /// Calls by the seconds that they took: so many up to each bound, and above the one before. The last has no bound.
    pub(super) fn buckets(&self) -> Vec<(f64, u64)> {
        let mut counts = self
            .sizes
            .iter()
            .map(|count| count.load(Relaxed))
            .enumerate()
            .peekable();
        let bounds = BOUNDS.map(|power| (1_u64 << power, 2_f64.powi(power) * 1e-9 * f64::from(1 << UNIT)));
        let mut buckets = Vec::with_capacity(BOUNDS.len() + 1);
        for (units, seconds) in bounds {
            let mut calls = 0;
            while let Some((_, count)) = counts.next_if(|(size, _)| end(*size) <= units) {
                calls += count;
            }
            buckets.push((seconds, calls));
        }
        buckets.push((f64::INFINITY, counts.map(|(_, count)| count).sum()));
        buckets
    }

    pub(super) fn reset(&self) {
        self.max.store(0, Relaxed);
        self.sizes.iter().for_each(|count| count.store(0, Relaxed));
    }
}

/// The size class of so many units.
fn index(units: u64) -> usize {
    let Some(doublings) = units.checked_ilog2().filter(|doublings| *doublings >= 2) else {
        return usize::try_from(units).unwrap_or(0);
    };
    let step = (units >> (doublings - 2)) & 3;
    let index = (u64::from(doublings) - 1) * 4 + step;
    usize::try_from(index).unwrap_or(SIZES).min(SIZES - 1)
}

/// Where a size class ends, in units.
fn end(index: usize) -> u64 {
    let index = index as u64;
    if index < 4 {
        return index + 1;
    }
    let (doublings, step) = (index / 4 + 1, index % 4);
    (4 + step + 1) << (doublings - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_each_other_without_gaps() {
        let mut previous = 0;
        for units in 0..100_000 {
            let class = index(units);
            assert!(class == previous || class == previous + 1, "{units}: {class}");
            assert!(units < end(class), "{units}: {class} ends at {}", end(class));
            assert!(class == 0 || units >= end(class - 1), "{units}: {class}");
            previous = class;
        }
        assert_eq!(index(u64::MAX), SIZES - 1);
    }

    #[test]
    fn each_call_is_in_one_bucket() {
        let latency = Latency::default();
        for micros in [1, 3, 4, 5, 900, 100_000] {
            latency.note(Duration::from_micros(micros));
        }
        let buckets = latency.buckets();
        let calls: Vec<_> = buckets.iter().map(|(_, calls)| *calls).collect();
        assert_eq!(calls, [1, 2, 1, 0, 0, 1, 0, 0, 0, 1]);
        let bounds: Vec<_> = buckets
            .iter()
            .map(|(bound, _)| format!("{:.0} ns", bound * 1e9))
            .take(3)
            .collect();
        assert_eq!(bounds, ["1024 ns", "4096 ns", "16384 ns"]);
        assert!(buckets.last().unwrap().0.is_infinite());
    }

    #[test]
    fn percentiles_are_right_to_a_quarter() {
        let latency = Latency::default();
        assert_eq!(latency.percentile(99), Duration::ZERO);
        for micros in 1..=1_000 {
            latency.note(Duration::from_micros(micros));
        }
        for (percent, micros) in [(50, 500), (99, 990), (100, 1_000)] {
            let found = latency.percentile(percent).as_micros();
            assert!((micros..=micros * 5 / 4).contains(&found), "{percent}: {found}");
        }
        assert_eq!(latency.max(), Duration::from_millis(1));
        latency.reset();
        assert_eq!(
            (latency.percentile(50), latency.max()),
            (Duration::ZERO, Duration::ZERO)
        );
    }
}
