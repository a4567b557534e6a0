//! Traces by OpenTelemetry: spans wait in a bounded queue and leave in batches, by OTLP over HTTP, from a thread of the SDK.
//!
//! Who tells a span never waits. Where the collector does not keep up, or is away, spans are dropped and counted, and that is
//! told once in words; nothing else notices.

mod collector;
mod delivery;
mod otlp;

use crate::config::TracesConfig;
use crate::metrics::SpanCounts;
use crate::ports::{Span, TraceSink};
use collector::Collector;
use delivery::Delivery;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SpanProcessor};
use smpp_domain::ids::MessageId;
use smpp_domain::sampling::Share;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// Spans that wait at most: some MB. At a share of 0.01 that is half a minute of 2,000 messages a second.
const ROOM: usize = 8_192;

/// Spans of one request.
const BATCH: usize = 512;

/// How long a span waits for others to leave with.
const DELAY: Duration = Duration::from_secs(1);

/// How a batch is tried again, within the collector's time.
const RETRIES: usize = 2;
const RETRY: Duration = Duration::from_millis(250);

/// Where spans go.
#[derive(Debug)]
pub struct Traces {
    share: Share,
    scope: InstrumentationScope,
    processor: Arc<BatchSpanProcessor>,
    /// Spans in the queue.
    waiting: Arc<AtomicUsize>,
    counts: SpanCounts,
    timeout: Duration,
}

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
#[error("the exporter of traces cannot be made: look at [traces] and the OTEL_ variables")]
pub struct TracesError(#[from] ExporterBuildError);

impl Traces {
    /// Makes the exporter and starts its thread. Nothing is sent yet. `host` tells hosts apart in the traces.
    ///
    /// # Errors
    /// When the configuration is none that the exporter takes.
    pub fn open(config: &TracesConfig, host: &str, counts: SpanCounts) -> Result<Self, TracesError> {
        let headers = config.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.expose().to_owned()));
        let retries = RetryPolicy::recommended()
            .with_max_retries(RETRIES)
            .with_initial_delay(RETRY);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new(config.timeout))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", config.otlp))
            .with_timeout(config.timeout)
            .with_headers(headers.collect())
            .with_retry_policy(retries)
            .build()?;
        let waiting = Arc::new(AtomicUsize::new(0));
        let delivery = Delivery::new(exporter, &config.otlp, waiting.clone(), counts.clone());
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(ROOM)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let mut processor = BatchSpanProcessor::new(delivery, batches);
        processor.set_resource(&resource(&config.service_name, host));
        let scope = InstrumentationScope::builder("smpp-connector");
        Ok(Self {
            share: Share::new(config.sample),
            scope: scope.with_version(env!("CARGO_PKG_VERSION")).build(),
            processor: Arc::new(processor),
            waiting,
            counts,
            timeout: config.timeout,
        })
    }

    /// Sends what waits. Takes no longer than the collector may for a batch.
    pub async fn close(&self) {
        let (processor, timeout) = (self.processor.clone(), self.timeout);
        let (closed, wait) = oneshot::channel();
        // A thread that nobody waits for: the end of the process must not depend on a collector.
        let thread = std::thread::Builder::new().name("traces-close".to_owned());
        let started = thread.spawn(move || {
            let flushed = processor.shutdown_with_timeout(timeout);
            // Whoever waited may have been stopped.
            closed.send(flushed.is_ok()).unwrap_or_default();
        });
        let flushed = started.is_ok() && wait.await.unwrap_or(false);
        if !flushed {
            tracing::warn!("the last spans of traces were not delivered");
        }
    }
}

impl TraceSink for Traces {
    fn takes(&self, message: MessageId) -> bool {
        // The nil UUID is no trace id.
        self.share.takes(message) && !message.0.is_nil()
    }

    fn tell(&self, span: Span) {
        // Counted here, so that the SDK's queue, which is as long, has room for whatever is given to it.
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= ROOM {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.counts.dropped();
            return;
        }
        self.processor.on_end(otlp::span(span, &self.scope));
    }
}

/// Who tells. `OTEL_RESOURCE_ATTRIBUTES` adds to it.
fn resource(service: &str, host: &str) -> Resource {
    Resource::builder()
        .with_service_name(service.to_owned())
        .with_attribute(KeyValue::new("service.instance.id", host.to_owned()))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}
