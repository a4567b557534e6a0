//! The latest events, read from the log once for all who follow them: two hundred readers cost the log no more than one.

use crate::ports::{BackendError, EventLog, LoggedEvent};
use bytes::Bytes;
use std::collections::VecDeque;
use tokio::sync::Mutex;

/// Events read from the log at once.
const PAGE: usize = 256;
/// Octets that are kept for readers who are a little behind.
const KEPT: usize = 4 << 20;

/// One event as a server-sent event.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) seq: u64,
    pub(super) text: Bytes,
}

/// What was read last, for those who come next. Readers who are further behind read the log by themselves.
#[derive(Default)]
pub(crate) struct Recent {
    kept: Mutex<Kept>,
}

/// All events above `start`, up to the last of these.
#[derive(Default)]
struct Kept {
    start: u64,
    lines: VecDeque<Line>,
    octets: usize,
}

impl Recent {
    /// Up to `limit` events above `after`, in order. Empty when there are none yet.
    pub(super) async fn after(
        &self,
        log: &dyn EventLog,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Line>, BackendError> {
        let mut kept = self.kept.lock().await;
        if after < kept.start {
            drop(kept);
            return read(log, after, limit).await;
        }
        if after >= kept.newest() {
            // Whoever comes first reads for the others, who wait here meanwhile.
            let fresh = read(log, after, PAGE).await?;
            // Who asks for what is far ahead takes nothing away from the others.
            if fresh.is_empty() {
                return Ok(fresh);
            }
            kept.take(after, fresh);
        }
        Ok(kept.after(after, limit))
    }
}

impl Kept {
    fn newest(&self) -> u64 {
        self.lines.back().map_or(self.start, |line| line.seq)
    }

    /// Adds what follows `after`. If that is not what is kept up to now, this begins anew.
    fn take(&mut self, after: u64, fresh: Vec<Line>) {
        if after != self.newest() {
            *self = Self {
                start: after,
                ..Self::default()
            };
        }
        self.octets += fresh.iter().map(|line| line.text.len()).sum::<usize>();
        self.lines.extend(fresh);
        while self.octets > KEPT
            && let Some(oldest) = self.lines.pop_front()
        {
            self.octets -= oldest.text.len();
            self.start = oldest.seq;
        }
    }

    fn after(&self, after: u64, limit: usize) -> Vec<Line> {
        let first = self.lines.partition_point(|line| line.seq <= after);
        self.lines.iter().skip(first).take(limit).cloned().collect()
    }
}

async fn read(log: &dyn EventLog, after: u64, limit: usize) -> Result<Vec<Line>, BackendError> {
    let events = log.read_after(after, limit).await?;
    Ok(events.iter().map(line).collect())
}

/// The event's own fields after its number, kind, subject and time.
fn line(event: &LoggedEvent) -> Line {
    let text = format!("id: {}\ndata: {}\n\n", event.seq, data(event));
    Line {
        seq: event.seq,
        // Thousands of them are kept: without the room that they grew in.
        text: text.into_bytes().into_boxed_slice().into(),
    }
}

fn data(event: &LoggedEvent) -> String {
    let kind = event.subject.split('.').nth(1).unwrap_or_default();
    let head = serde_json::json!({
        "seq": event.seq,
        "type": kind,
        "subject": event.subject,
        "publishedAt": event.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    });
    // An event is one line of JSON; a line end between its fields would end the event.
    let (head, body) = (head.to_string(), event.payload.replace(['\n', '\r'], " "));
    match (head.strip_suffix('}'), body.strip_prefix('{')) {
        (Some(head), Some(rest)) if rest.trim_start() != "}" => format!("{head},{rest}"),
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64) -> LoggedEvent {
        LoggedEvent {
            seq,
            subject: "smpp.dlr.6f1c1a2e-7a54-4c07-9d0e-3b7a1d1c0001".to_owned(),
            at: chrono::DateTime::from_timestamp(1_700_000_000, 5_000).unwrap(),
            payload: "{\"state\":\"DELIVERED\",\n\"final\":true}".to_owned(),
        }
    }

    fn lines(seqs: impl IntoIterator<Item = u64>) -> Vec<Line> {
        seqs.into_iter().map(|seq| line(&event(seq))).collect()
    }

    fn seqs(lines: &[Line]) -> Vec<u64> {
        lines.iter().map(|line| line.seq).collect()
    }

    #[test]
    fn an_event_is_one_json_object_with_the_events_fields() {
        let text = String::from_utf8(line(&event(7)).text.to_vec()).unwrap();
        let data = text
            .strip_prefix("id: 7\ndata: ")
            .and_then(|rest| rest.strip_suffix("\n\n"));
        let value: serde_json::Value = serde_json::from_str(data.unwrap()).unwrap();
        assert_eq!(value["seq"], 7);
        assert_eq!(value["type"], "dlr");
        assert_eq!(value["state"], "DELIVERED");
        assert_eq!(value["final"], true);
        assert_eq!(value["publishedAt"], "2023-11-14T22:13:20.000005Z");
    }

    #[test]
    fn readers_at_different_places_get_what_follows_theirs() {
        let mut kept = Kept::default();
        kept.take(10, lines([11, 12, 15]));
        kept.take(15, lines([16]));
        assert_eq!(seqs(&kept.after(10, 9)), [11, 12, 15, 16]);
        assert_eq!(seqs(&kept.after(12, 9)), [15, 16]);
        assert_eq!(seqs(&kept.after(13, 1)), [15]);
        assert!(kept.after(16, 9).is_empty());
        // Somebody is further on than whoever was followed: what lies between was not read.
        kept.take(20, lines([21]));
        assert_eq!((kept.start, seqs(&kept.after(20, 9))), (20, vec![21]));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut kept = Kept::default();
        for first in (0..40_000).step_by(100) {
            kept.take(first, lines(first + 1..=first + 100));
        }
        assert!(kept.octets <= KEPT);
        assert!(kept.start > 0 && kept.newest() == 40_000);
        let total: usize = kept.lines.iter().map(|line| line.text.len()).sum();
        assert_eq!(total, kept.octets);
        assert_eq!(seqs(&kept.after(kept.start, 1)), [kept.start + 1]);
    }
}
