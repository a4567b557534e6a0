//! A histogram of durations that costs an observation two additions, and no lock.

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long things took, by buckets that are fixed when it is made. Clones count together.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// The upper ends of the buckets, in milliseconds, ascending.
    bounds: &'static [u64],
    /// One more than there are ends: the last is for whatever took longer.
    buckets: Box<[AtomicU64]>,
    /// Of everything that was observed, in microseconds: 500,000 years fit.
    sum: AtomicU64,
}

impl Histogram {
    /// Nothing observed yet. `bounds` are the upper ends of the buckets in milliseconds, ascending.
    pub(super) fn new(bounds: &'static [u64]) -> Self {
        Self(Arc::new(Counts {
            bounds,
            buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }))
    }

    /// Something took so long.
    pub fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = self.0.bounds.partition_point(|end| end * 1_000 < micros);
        if let Some(count) = self.0.buckets.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(micros, Ordering::Relaxed);
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    /// The count is the sum of the buckets as they were read, so that a scrape agrees with itself whatever is observed
    /// meanwhile.
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let ends = self.0.bounds.iter().map(|end| seconds(*end, 1_000.0));
        let counts = self.0.buckets.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<_> = ends.chain([f64::INFINITY]).zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = seconds(self.0.sum.load(Ordering::Relaxed), 1_000_000.0);
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

/// A number of parts of a second. Exact up to 2^53 of them.
#[expect(
    clippy::cast_precision_loss,
    reason = "a figure to look at, not to count with"
)]
fn seconds(parts: u64, of_a_second: f64) -> f64 {
    parts as f64 / of_a_second
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    fn shown(histogram: &Histogram) -> String {
        let mut page = Registry::default();
        page.register("delay_seconds", "How long", histogram.clone());
        let mut text = String::new();
        encode(&mut text, &page).unwrap();
        text
    }

    #[test]
    fn what_takes_as_long_as_a_buckets_end_is_in_it() {
        let histogram = Histogram::new(&[1, 10, 1_000]);
        for micros in [0, 1_000, 1_001, 10_000, 999_999, 1_000_001, 90_000_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        let text = shown(&histogram);
        for line in [
            "delay_seconds_bucket{le=\"0.001\"} 2",
            "delay_seconds_bucket{le=\"0.01\"} 4",
            "delay_seconds_bucket{le=\"1.0\"} 5",
            "delay_seconds_bucket{le=\"+Inf\"} 7",
            "delay_seconds_count 7",
            "delay_seconds_sum 92.012001",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }

    #[test]
    fn clones_count_together_and_the_longest_time_is_only_long() {
        let histogram = Histogram::new(&[1]);
        histogram.clone().observe(Duration::ZERO);
        histogram.observe(Duration::MAX);
        let text = shown(&histogram);
        assert!(text.contains("delay_seconds_bucket{le=\"+Inf\"} 2"), "{text}");
    }
}
