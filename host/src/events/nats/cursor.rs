//! Reading a stream by number: small consumers that are kept while a reader goes on from where it was.

use crate::ports::LoggedEvent;
use crate::servers::nats::{NatsServer, REQUEST};
use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull};
use chrono::DateTime;
use futures_util::StreamExt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Readers whose place is kept.
const KEPT: usize = 16;

/// How long the server keeps the place of a reader that does not come back.
const SERVER_KEEPS: Duration = Duration::from_secs(30);

/// How long we rely on that.
const WE_KEEP: Duration = Duration::from_secs(15);

/// How long the first event of a page may take: it is there, but its consumer may not know yet.
const FIRST: Duration = Duration::from_millis(500);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The places of the readers.
#[derive(Default)]
pub(super) struct Cursors {
    kept: Mutex<Vec<Cursor>>,
}

/// A consumer that goes on after an event.
struct Cursor {
    after: u64,
    consumer: Consumer<pull::Config>,
    used: Instant,
    /// Such consumers do not outlive their server.
    connection: u64,
}

impl Cursors {
    /// Up to `limit` events after the number, of which at least one exists or has existed.
    pub(super) async fn read(
        &self,
        server: &NatsServer,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>, Failed> {
        let mut cursor = match self.take(server, after) {
            Some(cursor) => cursor,
            None => tokio::time::timeout(REQUEST, create(server, after)).await??,
        };
        // From here to its return the cursor is nobody's: a read that is dropped or fails takes it along.
        let page = tokio::time::timeout(REQUEST, page(&cursor.consumer, limit)).await??;
        if let Some(last) = page.last() {
            cursor.after = last.seq;
        }
        cursor.used = Instant::now();
        self.keep(cursor);
        Ok(page)
    }

    fn take(&self, server: &NatsServer, after: u64) -> Option<Cursor> {
        let connection = *server.connections().borrow();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|cursor| cursor.connection == connection && cursor.used.elapsed() < WE_KEEP);
        let found = kept.iter().position(|cursor| cursor.after == after)?;
        Some(kept.swap_remove(found))
    }

    fn keep(&self, cursor: Cursor) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // One that finds no room is forgotten here now, and by the server soon.
        if kept.len() < KEPT {
            kept.push(cursor);
        }
    }
}

async fn create(server: &NatsServer, after: u64) -> Result<Cursor, Failed> {
    let connection = *server.connections().borrow();
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence {
            start_sequence: after.saturating_add(1),
        },
        ack_policy: AckPolicy::None,
        inactive_threshold: SERVER_KEEPS,
        memory_storage: true,
        num_replicas: 1,
        ..pull::Config::default()
    };
    let made = server
        .jetstream()
        .create_consumer_on_stream(config, server.events_stream());
    Ok(Cursor {
        after,
        consumer: made.await?,
        used: Instant::now(),
        connection,
    })
}

async fn page(consumer: &Consumer<pull::Config>, limit: usize) -> Result<Vec<LoggedEvent>, Failed> {
    let mut messages = consumer
        .fetch()
        .max_messages(limit)
        .expires(FIRST)
        .messages()
        .await?;
    let mut page = Vec::new();
    while let Some(message) = messages.next().await {
        page.push(read(&message?)?);
    }
    Ok(page)
}

fn read(message: &jetstream::Message) -> Result<LoggedEvent, Failed> {
    let info = message.info()?;
    let nanos = i64::try_from(info.published.unix_timestamp_nanos())?;
    Ok(LoggedEvent {
        seq: info.stream_sequence,
        subject: message.subject.to_string(),
        at: DateTime::from_timestamp_nanos(nanos),
        payload: String::from_utf8_lossy(&message.payload).into_owned(),
    })
}
