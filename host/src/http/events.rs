//! `GET /api/v1/events?after=N`: every event once, numbered, from the log and then live, as server-sent events. The
//! header `x-newest-event` tells the newest number at the start. A reader that was cut off and says so by `Last-Event-ID`,
//! as browsers do, goes on from there.

mod recent;

pub(super) use recent::Recent;

use super::HttpState;
use super::query::unreadable;
use crate::ports::EventLog;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use recent::Line;
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Events that one reader holds in memory: shared with the other readers, unless it is behind them. Its connection holds another
/// sixteen, which it writes at once.
const PAGE: usize = 32;
/// A silent stream says so often that it lives.
const ALIVE: Duration = Duration::from_secs(15);

/// The query of the stream.
#[derive(Deserialize)]
pub(super) struct From {
    /// The number of the last event that the reader has.
    #[serde(default)]
    after: u64,
}

pub(super) async fn stream(
    State(state): State<HttpState>,
    Extension(recent): Extension<Arc<Recent>>,
    headers: HeaderMap,
    from: Result<Query<From>, QueryRejection>,
) -> Response {
    let after = match from {
        Ok(Query(from)) => last_seen(&headers).unwrap_or(from.after),
        Err(rejection) => {
            let mend = "after is the number of the last event that you have: ?after=0 gives all of them";
            return unreadable(rejection.body_text(), mend.to_owned());
        }
    };
    let newest = state.events.newest().borrow().to_string();
    let reader = Reader {
        newest: state.events.newest(),
        log: state.events,
        recent,
        after,
        page: VecDeque::new(),
        stopping: state.stopping,
    };
    let events = unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), reader))
    });
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];
    let newest = [("x-newest-event", newest)];
    (headers, newest, Body::from_stream(events)).into_response()
}

/// Where a reader was cut off.
fn last_seen(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

struct Reader {
    log: Arc<dyn EventLog>,
    recent: Arc<Recent>,
    newest: watch::Receiver<u64>,
    after: u64,
    page: VecDeque<Line>,
    stopping: CancellationToken,
}

impl Reader {
    /// The next event, or a sign of life; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.page.pop_front() {
                self.after = line.seq;
                return Some(line.text);
            }
            self.newest.borrow_and_update();
            match self.recent.after(&*self.log, self.after, PAGE).await {
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
                () = tokio::time::sleep(ALIVE) => return Some(Bytes::from_static(b":\n\n")),
                () = self.stopping.cancelled() => return None,
            }
        }
    }
}
