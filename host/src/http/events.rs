//! `GET /api/v1/events?after=N`: every event once, numbered, from the log and then live, as server-sent events. The
//! header `x-newest-event` tells the newest number at the start. A reader that was cut off and says so by `Last-Event-ID`,
//! as browsers do, goes on from there.

use super::{HttpState, reply};
use crate::ports::{EventLog, LoggedEvent};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Events read from the log at once: what one reader holds in memory.
const PAGE: usize = 256;

/// The query of the stream.
#[derive(Deserialize)]
pub(super) struct From {
    /// The number of the last event that the reader has.
    #[serde(default)]
    after: u64,
}

pub(super) async fn stream(
    State(state): State<HttpState>,
    headers: HeaderMap,
    from: Result<Query<From>, QueryRejection>,
) -> Response {
    let after = match from {
        Ok(Query(from)) => last_seen(&headers).unwrap_or(from.after),
        Err(rejection) => {
            let mend = "after is the number of the last event that you have: ?after=0 gives all of them";
            let details = [rejection.body_text(), mend.to_owned()];
            return reply::error(StatusCode::BAD_REQUEST, "the query cannot be read", &details);
        }
    };
    let newest = state.events.newest().borrow().to_string();
    let reader = Reader {
        newest: state.events.newest(),
        log: state.events,
        after,
        page: VecDeque::new(),
        stopping: state.stopping,
    };
    let events = unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((
            Ok::<_, Infallible>(Event::default().id(event.seq.to_string()).data(line(&event))),
            reader,
        ))
    });
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    ([("x-newest-event", newest)], stream).into_response()
}

/// Where a reader was cut off.
fn last_seen(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

struct Reader {
    log: Arc<dyn EventLog>,
    newest: watch::Receiver<u64>,
    after: u64,
    page: VecDeque<LoggedEvent>,
    stopping: CancellationToken,
}

impl Reader {
    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<LoggedEvent> {
        loop {
            if let Some(event) = self.page.pop_front() {
                self.after = event.seq;
                return Some(event);
            }
            self.newest.borrow_and_update();
            match self.log.read_after(self.after, PAGE).await {
                Ok(page) if !page.is_empty() => {
                    self.page = page.into();
                    continue;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the event log cannot be read");
                    return None;
                }
            }
            tokio::select! {
                changed = self.newest.changed() => changed.ok()?,
                () = self.stopping.cancelled() => return None,
            }
        }
    }
}

/// The event's own fields after its number, kind, subject and time.
fn line(event: &LoggedEvent) -> String {
    let kind = event.subject.split('.').nth(1).unwrap_or_default();
    let head = serde_json::json!({
        "seq": event.seq,
        "type": kind,
        "subject": event.subject,
        "publishedAt": event.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    });
    let (head, body) = (head.to_string(), event.payload.as_str());
    match (head.strip_suffix('}'), body.strip_prefix('{')) {
        (Some(head), Some(rest)) if rest.trim_start() != "}" => format!("{head},{rest}"),
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_json_object_with_the_events_fields() {
        let event = LoggedEvent {
            seq: 7,
            subject: "smpp.dlr.6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001".to_owned(),
            at: chrono::DateTime::from_timestamp(1_700_000_000, 5_000).unwrap(),
            payload: r#"{"state":"DELIVERED","final":true}"#.to_owned(),
        };
        let line = line(&event);
        assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["seq"], 7);
        assert_eq!(value["type"], "dlr");
        assert_eq!(value["state"], "DELIVERED");
        assert_eq!(value["publishedAt"], "2023-11-14T22:13:20.000005Z");
    }
}
