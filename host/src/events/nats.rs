//! Events in JetStream: a stream that keeps them for a time and drops repetitions, and the gateway's own view of it.

mod cursor;

use crate::ports::{BackendError, Event, EventLog, EventSink, LoggedEvent};
use crate::servers::nats::{Draft, NatsServer, PublishFailed};
use async_nats::Subject;
use async_nats::jetstream::stream::Info;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use cursor::Cursors;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the stream is asked for events of other hosts. Our own are known at once.
const LOOK: Duration = Duration::from_millis(500);

/// The events on a NATS server. Clones share what they know.
#[derive(Clone)]
pub struct NatsEvents {
    server: NatsServer,
    known: Arc<Known>,
    cursors: Arc<Cursors>,
}

/// What is known of the stream.
struct Known {
    newest: watch::Sender<u64>,
    /// When the stream was made, in nanoseconds: another one begins to count anew.
    made: Mutex<i128>,
}

impl NatsEvents {
    /// The events on `server`. Their stream is made if it is absent. A task on `tracker` looks for events of other hosts until
    /// `stop`.
    ///
    /// # Errors
    /// When the server cannot be asked, or the stream is there and set up for something else.
    pub async fn open(
        server: NatsServer,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, BackendError> {
        let info = server.ensure_events().await;
        let info = info.map_err(|error| server.failed("opening the event log", error))?;
        let known = Known {
            newest: watch::Sender::new(info.state.last_sequence),
            made: Mutex::new(info.created.unix_timestamp_nanos()),
        };
        let events = Self {
            server,
            known: Arc::new(known),
            cursors: Arc::default(),
        };
        let looking = events.clone();
        tracker.spawn(async move {
            stop.run_until_cancelled(looking.look_now_and_then()).await;
        });
        Ok(events)
    }

    async fn look_now_and_then(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.server.is_connected()
                && let Err(error) = self.look().await
            {
                tracing::debug!(
                    error = crate::errors::chain(&error),
                    "the stream of events cannot be looked at"
                );
            }
        }
    }

    /// The number of the newest event, by the stream itself.
    async fn look(&self) -> Result<u64, BackendError> {
        const ACTION: &str = "reading events";
        let stream = self
            .server
            .jetstream()
            .get_stream(self.server.events_stream())
            .await;
        let stream = stream.map_err(|error| self.server.failed(ACTION, error))?;
        self.known.saw(stream.cached_info());
        Ok(stream.cached_info().state.last_sequence)
    }
}

impl Known {
    fn saw(&self, info: &Info) {
        let made = info.created.unix_timestamp_nanos();
        let mut known = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == made {
            self.at_least(info.state.last_sequence);
        } else {
            *known = made;
            self.newest.send_replace(info.state.last_sequence);
        }
    }

    fn at_least(&self, number: u64) {
        self.newest.send_if_modified(|newest| {
            let news = number > *newest;
            if news {
                *newest = number;
            }
            news
        });
    }
}

#[async_trait]
impl EventSink for NatsEvents {
    async fn publish(&self, events: &[Event]) -> Result<(), BackendError> {
        const ACTION: &str = "publishing events";
        // Those of a batch have few, and to write one costs more than to find it.
        let mut subjects = HashMap::new();
        let messages = events.iter().map(|event| {
            let (kind, operator) = (event.kind, event.operator_id);
            let subject = subjects
                .entry((kind, operator))
                .or_insert_with(|| Subject::from(self.server.event_subject(kind, operator)));
            Draft {
                subject: subject.clone(),
                id: Some(event.dedup_id.clone()),
                payload: event.payload.clone(),
            }
        });
        match self.server.publish_all(messages).await {
            Ok(newest) => {
                // A repetition is acknowledged by the number of the first.
                self.known.at_least(newest);
                Ok(())
            }
            Err(error) => {
                if let PublishFailed::NoStream { .. } = error {
                    // Somebody deleted it: the next try finds it.
                    let made = self.server.ensure_events().await;
                    self.known
                        .saw(&made.map_err(|error| self.server.failed(ACTION, error))?);
                }
                Err(self.server.failed(ACTION, error))
            }
        }
    }
}

#[async_trait]
impl EventLog for NatsEvents {
    async fn read_after(&self, after: u64, limit: usize) -> Result<Vec<LoggedEvent>, BackendError> {
        if limit == 0 || (after >= *self.known.newest.borrow() && after >= self.look().await?) {
            return Ok(Vec::new());
        }
        let read = self.cursors.read(&self.server, after, limit).await;
        read.map_err(|error| self.server.failed("reading events", error))
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.known.newest.subscribe()
    }

    /// The stream's `max_age` does it.
    async fn prune(&self, _before: DateTime<Utc>, _limit: usize) -> Result<u64, BackendError> {
        Ok(0)
    }
}
