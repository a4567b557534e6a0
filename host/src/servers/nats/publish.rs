//! Publishing many messages without waiting for each.
//!
//! Acknowledgements come on an inbox that one call after the other uses: each names its message by a number. The library's own
//! way makes a channel, two timers and an entry in a table for each, which cost more than the message.

use super::{Lost, NatsServer, REQUEST};
use async_nats::header::{HeaderMap, NATS_MESSAGE_ID};
use async_nats::jetstream;
use async_nats::jetstream::ErrorCode;
use async_nats::{Client, Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Messages of one call that may be without their acknowledgement.
const UNACKNOWLEDGED: usize = 512;

/// Messages of all calls together that may be: what an outage finds in memory at most.
const ALL_UNACKNOWLEDGED: usize = 8_192;

/// Inboxes that are kept for later calls.
const KEPT: usize = 64;

/// The longest that one call takes; each acknowledgement is waited for as long as a request.
const CALL: Duration = Duration::from_secs(20);

/// Why not all of the messages are in their stream. Some may be.
#[derive(Debug, thiserror::Error)]
pub enum PublishFailed {
    /// There is no connection, or it is not the one of before. Nothing goes out later: its publisher has sent it again by then.
    #[error(transparent)]
    Disconnected(super::Lost),
    /// The stream has reached a limit and refuses what is new.
    #[error("the stream is full and takes no more until there is room: consume, or raise its limits")]
    Full(#[source] jetstream::Error),
    /// Nobody takes the subject.
    #[error("no stream takes {subject}")]
    NoStream {
        /// Where it was published to.
        subject: String,
    },
    /// The server refused it.
    #[error("it was not acknowledged")]
    NotAcknowledged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server is slow.
    #[error("the acknowledgements did not come in time: within {REQUEST:?} each, and {CALL:?} together")]
    Slow,
}

/// A message for a stream.
pub(crate) struct Draft {
    pub(crate) subject: Subject,
    /// What the stream has under the same id already is not stored again.
    pub(crate) id: Option<String>,
    pub(crate) payload: Bytes,
}

/// What the calls of one connection share.
pub(super) struct Publishing {
    room: Semaphore,
    inboxes: Mutex<Vec<Inbox>>,
}

impl Publishing {
    pub(super) fn new() -> Self {
        Self {
            room: Semaphore::new(ALL_UNACKNOWLEDGED),
            inboxes: Mutex::default(),
        }
    }
}

impl NatsServer {
    /// Publishes in order, and returns when the stream has all of them: the highest number that any of them has there.
    pub(crate) async fn publish_all(
        &self,
        messages: impl ExactSizeIterator<Item = Draft> + Send,
    ) -> Result<u64, PublishFailed> {
        if !self.is_connected() {
            return Err(PublishFailed::Disconnected(Lost));
        }
        let published = tokio::time::timeout(CALL, self.pipelined(messages));
        match self.on_this_connection(published).await {
            Ok(published) => published.unwrap_or(Err(PublishFailed::Slow)),
            Err(lost) => Err(PublishFailed::Disconnected(lost)),
        }
    }

    async fn pipelined(
        &self,
        messages: impl ExactSizeIterator<Item = Draft> + Send,
    ) -> Result<u64, PublishFailed> {
        let places = u32::try_from(messages.len().min(UNACKNOWLEDGED)).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let _room = self.publishing.room.acquire_many(places).await;
        let kept = || {
            self.publishing
                .inboxes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let free = kept().pop();
        let mut inbox = match free {
            Some(inbox) => inbox,
            None => Inbox::open(&self.client).await?,
        };
        let newest = inbox.carry(&self.client, messages).await?;
        // Only after a call that ended well: after another, acknowledgements may still come.
        let mut kept = kept();
        if kept.len() < KEPT {
            kept.push(inbox);
        }
        Ok(newest)
    }
}

/// Where the acknowledgements of one call come.
struct Inbox {
    prefix: String,
    subscriber: Subscriber,
    /// The number of the next message.
    next: u64,
    /// Those that were sent, up to `next`, by their subject; `None` is acknowledged.
    waiting: VecDeque<Option<Subject>>,
    /// How many of these are not.
    open: usize,
}

impl Inbox {
    async fn open(client: &Client) -> Result<Self, PublishFailed> {
        let prefix = client.new_inbox();
        let subscriber = client.subscribe(format!("{prefix}.*")).await;
        Ok(Self {
            prefix,
            subscriber: subscriber.map_err(|error| PublishFailed::NotAcknowledged(error.into()))?,
            next: 0,
            waiting: VecDeque::new(),
            open: 0,
        })
    }

    async fn carry(
        &mut self,
        client: &Client,
        messages: impl Iterator<Item = Draft>,
    ) -> Result<u64, PublishFailed> {
        let mut newest = 0;
        for message in messages {
            while self.open >= UNACKNOWLEDGED {
                newest = newest.max(self.acknowledged().await?);
            }
            self.send(client, message).await?;
        }
        while self.open > 0 {
            newest = newest.max(self.acknowledged().await?);
        }
        Ok(newest)
    }

    async fn send(&mut self, client: &Client, message: Draft) -> Result<(), PublishFailed> {
        let Draft { subject, id, payload } = message;
        let reply = [&self.prefix, ".", &self.next.to_string()].concat();
        self.waiting.push_back(Some(subject.clone()));
        self.next += 1;
        self.open += 1;
        let reply = Subject::from(reply);
        let sent = match id {
            Some(id) => {
                let mut headers = HeaderMap::new();
                headers.insert(NATS_MESSAGE_ID, id);
                client
                    .publish_with_reply_and_headers(subject, reply, headers, payload)
                    .await
            }
            None => client.publish_with_reply(subject, reply, payload).await,
        };
        sent.map_err(|error| PublishFailed::NotAcknowledged(error.into()))
    }

    /// Takes one acknowledgement. Returns the number that its message has in the stream.
    async fn acknowledged(&mut self) -> Result<u64, PublishFailed> {
        // Most lie there already, and need no timer.
        let message = match self.subscriber.next().now_or_never() {
            Some(message) => message,
            None => match tokio::time::timeout(REQUEST, self.subscriber.next()).await {
                Ok(message) => message,
                Err(_) => return Err(PublishFailed::Slow),
            },
        };
        let message = message.ok_or(PublishFailed::Disconnected(Lost))?;
        // Where two servers keep a stream of one subject, both answer: a message counts once.
        let Some(subject) = self.take(&message.subject) else {
            return Ok(0);
        };
        self.open -= 1;
        while self.waiting.front().is_some_and(Option::is_none) {
            self.waiting.pop_front();
        }
        number(&message, &subject)
    }

    /// The subject of the message that an acknowledgement names.
    fn take(&mut self, reply: &str) -> Option<Subject> {
        let number: u64 = reply.rsplit('.').next()?.parse().ok()?;
        let first = self.next - u64::try_from(self.waiting.len()).ok()?;
        let place = usize::try_from(number.checked_sub(first)?).ok()?;
        self.waiting.get_mut(place)?.take()
    }
}

/// What the server answers.
#[derive(Deserialize)]
struct Answer {
    seq: Option<u64>,
    error: Option<jetstream::Error>,
}

#[derive(Debug, thiserror::Error)]
#[error("the answer has neither a number nor an error")]
struct Odd;

fn number(message: &Message, subject: &Subject) -> Result<u64, PublishFailed> {
    if message.status == Some(StatusCode::NO_RESPONDERS) {
        let subject = subject.to_string();
        return Err(PublishFailed::NoStream { subject });
    }
    let answer: Answer = serde_json::from_slice(&message.payload)
        .map_err(|error| PublishFailed::NotAcknowledged(error.into()))?;
    match answer {
        Answer {
            error: Some(error), ..
        } if error.error_code() == ErrorCode::STREAM_STORE_FAILED => Err(PublishFailed::Full(error)),
        Answer {
            error: Some(error), ..
        } => Err(PublishFailed::NotAcknowledged(error.into())),
        Answer {
            seq: Some(number), ..
        } => Ok(number),
        Answer { .. } => Err(PublishFailed::NotAcknowledged(Odd.into())),
    }
}
