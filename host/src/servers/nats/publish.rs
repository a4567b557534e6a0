//! Publishing many messages without waiting for each.

use super::NatsServer;
use async_nats::jetstream;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use std::collections::VecDeque;
use std::error::Error;
use std::time::Duration;

/// Messages of one call that may be without their acknowledgement.
const UNACKNOWLEDGED: usize = 512;

/// Messages of all calls together that may be: what an outage finds in memory at most.
pub(super) const ALL_UNACKNOWLEDGED: usize = 8_192;

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
    Full(#[source] PublishError),
    /// Nobody takes the subject.
    #[error("no stream takes {subject}")]
    NoStream {
        /// Where it was published to.
        subject: String,
    },
    /// The server refused it, or did not answer in time.
    #[error("it was not acknowledged")]
    NotAcknowledged(#[source] PublishError),
    /// The server is slow.
    #[error("the acknowledgements did not come within {CALL:?}")]
    Slow,
}

impl NatsServer {
    /// Publishes in order, and returns when the stream has all of them: the highest number that any of them has there.
    pub(crate) async fn publish_all(
        &self,
        messages: impl Iterator<Item = (String, PublishMessage)> + Send,
    ) -> Result<u64, PublishFailed> {
        if !self.is_connected() {
            return Err(PublishFailed::Disconnected(super::Lost));
        }
        let published = tokio::time::timeout(CALL, self.pipelined(messages));
        match self.on_this_connection(published).await {
            Ok(published) => published.unwrap_or(Err(PublishFailed::Slow)),
            Err(lost) => Err(PublishFailed::Disconnected(lost)),
        }
    }

    async fn pipelined(
        &self,
        messages: impl Iterator<Item = (String, PublishMessage)> + Send,
    ) -> Result<u64, PublishFailed> {
        let mut waiting = VecDeque::new();
        let mut newest = 0;
        for (subject, message) in messages {
            if waiting.len() >= UNACKNOWLEDGED
                && let Some(oldest) = waiting.pop_front()
            {
                newest = newest.max(acknowledged(oldest).await?);
            }
            let sent = self.jetstream().send_publish(subject.clone(), message).await;
            let sent = sent.map_err(|error| words(subject.clone(), error))?;
            waiting.push_back((subject, sent));
        }
        for message in waiting {
            newest = newest.max(acknowledged(message).await?);
        }
        Ok(newest)
    }
}

async fn acknowledged((subject, sent): (String, PublishAckFuture)) -> Result<u64, PublishFailed> {
    let ack = sent.await.map_err(|error| words(subject, error))?;
    Ok(ack.sequence)
}

fn words(subject: String, error: PublishError) -> PublishFailed {
    let code = error
        .source()
        .and_then(|cause| cause.downcast_ref::<jetstream::Error>())
        .map(jetstream::Error::error_code);
    match error.kind() {
        PublishErrorKind::StreamNotFound => PublishFailed::NoStream { subject },
        PublishErrorKind::WrongLastMessageId
        | PublishErrorKind::WrongLastSequence
        | PublishErrorKind::TimedOut
        | PublishErrorKind::BrokenPipe
        | PublishErrorKind::MaxAckPending
        | PublishErrorKind::MaxPayloadExceeded
        | PublishErrorKind::Other => {
            if code == Some(ErrorCode::STREAM_STORE_FAILED) {
                PublishFailed::Full(error)
            } else {
                PublishFailed::NotAcknowledged(error)
            }
        }
    }
}
