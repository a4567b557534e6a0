//! What became of the spans of traces: the one thing that a collector which is away can cost.

use super::Word;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// One word of a closed set.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ResultLabel {
    result: Word,
}

/// Counts spans by what became of them.
#[derive(Clone, Debug, Default)]
pub struct SpanCounts(Family<ResultLabel, Counter>);

impl SpanCounts {
    pub(super) fn register(&self, registry: &mut Registry) {
        let about = "Spans of traces by what became of them";
        registry.register("trace_spans", about, self.0.clone());
    }

    /// The collector has taken them.
    pub fn exported(&self, spans: usize) {
        self.add("exported", spans);
    }

    /// The collector did not take them, in its time.
    pub fn failed(&self, spans: usize) {
        self.add("failed", spans);
    }

    /// There was no room for one.
    pub fn dropped(&self) {
        self.add("dropped", 1);
    }

    fn add(&self, result: &'static str, spans: usize) {
        let label = ResultLabel { result: Word(result) };
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        self.0.get_or_create(&label).inc_by(spans);
    }
}
