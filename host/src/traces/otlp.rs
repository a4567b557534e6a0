//! From the pipeline's spans to OpenTelemetry's.

use crate::ports::{Attribute, Span, SpanKind};
use opentelemetry::trace::{
    Link, SpanContext, SpanId, SpanKind as OtelKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use smpp_domain::trace::{SpanId as DomainId, TraceParent};

/// The trace's id is the message's.
pub(super) fn span(span: Span, scope: &InstrumentationScope) -> SpanData {
    let trace = TraceId::from(span.message.0.as_u128());
    let attributes = span.attributes.into_iter();
    let mut links = SpanLinks::default();
    links.links.extend(span.link.map(link));
    SpanData {
        span_context: context(trace, span.id, true, false),
        parent_span_id: span
            .parent
            .map_or(SpanId::INVALID, |parent| SpanId::from(parent.get())),
        parent_span_is_remote: false,
        span_kind: match span.kind {
            SpanKind::Internal => OtelKind::Internal,
            SpanKind::Client => OtelKind::Client,
            SpanKind::Consumer => OtelKind::Consumer,
        },
        name: span.name.into(),
        start_time: span.start.into(),
        end_time: span.end.max(span.start).into(),
        attributes: attributes
            .map(|(name, value)| KeyValue::new(name, attribute(value)))
            .collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links,
        status: span.failed.map_or(Status::Unset, Status::error),
        instrumentation_scope: scope.clone(),
    }
}

fn link(parent: TraceParent) -> Link {
    let trace = TraceId::from(parent.trace_id());
    Link::with_context(context(trace, parent.span_id(), parent.is_sampled(), true))
}

fn context(trace: TraceId, span: DomainId, sampled: bool, remote: bool) -> SpanContext {
    let flags = TraceFlags::default().with_sampled(sampled);
    SpanContext::new(trace, SpanId::from(span.get()), flags, remote, TraceState::NONE)
}

fn attribute(attribute: Attribute) -> Value {
    match attribute {
        Attribute::Text(text) => Value::from(text),
        Attribute::Number(number) => Value::from(number),
        Attribute::Flag(flag) => Value::from(flag),
    }
}
