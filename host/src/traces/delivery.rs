//! Counts what leaves, and says in words when it begins to fail and when it is well again.

use crate::metrics::SpanCounts;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// An exporter that is watched.
#[derive(Debug)]
pub(super) struct Delivery<E> {
    exporter: E,
    collector: String,
    waiting: Arc<AtomicUsize>,
    counts: SpanCounts,
    failing: AtomicBool,
}

impl<E> Delivery<E> {
    /// `waiting` counts the spans that were told and have not come here yet; `collector` is for people.
    pub(super) fn new(exporter: E, collector: &str, waiting: Arc<AtomicUsize>, counts: SpanCounts) -> Self {
        Self {
            exporter,
            collector: collector.to_owned(),
            waiting,
            counts,
            failing: AtomicBool::new(false),
        }
    }

    fn note(&self, result: &OTelSdkResult) {
        let collector = &self.collector;
        let failed = result.is_err();
        let failed_before = self.failing.swap(failed, Ordering::Relaxed);
        match result {
            Err(error) if !failed_before => {
                tracing::warn!(%collector, %error, "traces cannot be delivered: spans are dropped until the collector takes them again; messages go on as ever");
            }
            Ok(()) if failed_before => tracing::info!(%collector, "traces are delivered again"),
            Err(_) | Ok(()) => {}
        }
    }
}

impl<E: SpanExporter> SpanExporter for Delivery<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        let result = self.exporter.export(batch).await;
        match &result {
            Ok(()) => self.counts.exported(spans),
            Err(_) => self.counts.failed(spans),
        }
        self.note(&result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
