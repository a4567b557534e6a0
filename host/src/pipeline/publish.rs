//! Events by kind, and their de-duplication ids.

use super::retry::until_done;
use crate::ports::{Event, EventSink};
use serde::Serialize;
use smpp_domain::event::{EventKind, to_json};
use smpp_domain::ids::OperatorId;

/// An event of one operator.
pub(super) fn event<E: Serialize>(
    kind: EventKind,
    operator_id: OperatorId,
    dedup_id: String,
    body: &E,
) -> Event {
    Event {
        kind,
        operator_id,
        dedup_id,
        payload: to_json(body).into(),
    }
}

/// Publishes, waiting for the sink as long as it takes.
pub async fn publish(sink: &dyn EventSink, operator: &str, events: &[Event]) {
    if !events.is_empty() {
        until_done(operator, || sink.publish(events)).await;
    }
}

/// Octets as events show them: in lower-case hex.
pub(super) fn hex(octets: &[u8]) -> String {
    use std::fmt::Write;
    octets
        .iter()
        .fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
            // Writing into a String cannot fail.
            write!(text, "{octet:02x}").unwrap_or_default();
            text
        })
}
