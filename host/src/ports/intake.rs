//! The queue of commands, from both sides.

use super::{BackendError, Searched};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use smpp_domain::ids::{MessageId, OperatorId};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// A command as the intake hands it out. It comes again, also after a restart, until it is acknowledged.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Names this delivery to [`Intake::ack`].
    pub token: u64,
    /// JSON of a `DispatchCommand`, as published.
    pub body: Bytes,
    /// It was handed out before: it may have been sent already.
    pub redelivered: bool,
    /// When it was published: its age counts from here.
    pub published_at: DateTime<Utc>,
}

/// The queue of one operator's commands.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Takes up to `max` commands, waiting until there is at least one. Cancel safe: a dropped call takes nothing.
    ///
    /// # Errors
    /// When the queue cannot be reached; the caller waits and asks again.
    async fn fetch(&self, max: usize) -> Result<Vec<Delivery>, BackendError>;

    /// Ends the life of these deliveries. They have durable outcomes.
    ///
    /// # Errors
    /// When the queue cannot be reached; they will come again and be recognised.
    async fn ack(&self, tokens: &[u64]) -> Result<(), BackendError>;

    /// Gives these deliveries back: they come again, as redelivered, to whoever fetches next. Nothing of them is at a bind.
    ///
    /// # Errors
    /// When the queue cannot be reached; they will come again by themselves, later.
    async fn release(&self, tokens: &[u64]) -> Result<(), BackendError>;

    /// Says nothing more of these deliveries, since they may be somebody else's by now: they come again when the time of
    /// [`Intake::hold_every`] is over, or to the next intake where there is none.
    fn let_go(&self, tokens: &[u64]);

    /// How often [`Intake::hold`] is wanted; `None` where what was handed out is held for as long as this process lives. A
    /// delivery is ours for three times this long since it was handed out or last held, and then may be somebody else's.
    fn hold_every(&self) -> Option<Duration>;

    /// Says that everything that was handed out and neither acknowledged, released nor let go is still being worked on: it is
    /// not to be handed to anyone else. The queue has heard it when this returns. To be called by the very task that does the
    /// work, so that one that hangs says nothing.
    ///
    /// # Errors
    /// When the queue cannot be reached; some of the deliveries may come again, here or elsewhere.
    async fn hold(&self) -> Result<(), BackendError>;
}

/// Where commands are put that come in by HTTP: the publisher's side of the intake.
#[async_trait]
pub trait CommandQueue: Send + Sync {
    /// Makes the commands durable, each for its own operator, in order. Durable when it returns.
    ///
    /// # Errors
    /// When the queue cannot be reached, or is full. Some of the commands may have been accepted: publish the same ones
    /// again; a message id counts once within the operator's `dedupe_window`.
    async fn publish(&self, commands: &[QueuedCommand]) -> Result<(), BackendError>;

    /// How many commands of each of these operators are not acknowledged. One question for all: cheap enough to be asked every
    /// few seconds.
    ///
    /// # Errors
    /// When the queue cannot be reached.
    async fn depths(&self, operators: &[OperatorId]) -> Result<Vec<u64>, BackendError>;

    /// Looks for a message's command, for a person who asks. May read all of the queue, one question at a time.
    ///
    /// # Errors
    /// When the queue cannot be reached.
    async fn search(&self, message: MessageId) -> Result<Searched, BackendError>;

    /// The intake of one operator. Connects and heals by itself: what is wrong shows in its answers.
    fn intake(&self, order: IntakeOrder) -> Arc<dyn Intake>;
}

/// Whose commands, and how fast they go: what a queue derives its batches and its patience from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntakeOrder {
    /// Whose.
    pub operator_id: OperatorId,
    /// submit_sm a second over all hosts.
    pub tps_limit: NonZeroU32,
    /// Commands that this host holds at once, at most.
    pub places: usize,
    /// The longest that a submit_sm waits for its answer.
    pub response_timeout: Duration,
}

/// One command for [`CommandQueue::publish`].
#[derive(Clone, Debug)]
pub struct QueuedCommand {
    /// For whom.
    pub operator_id: OperatorId,
    /// JSON of a `DispatchCommand`.
    pub body: Bytes,
}
