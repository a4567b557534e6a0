//! The queue of commands in JetStream: a work-queue stream, with one durable pull consumer an operator that all hosts share.
//!
//! A command is handed to one host at a time. That host says every [`Intake::hold_every`] that it still has it; when it
//! says nothing for the consumer's `ack_wait`, the server hands the command to whoever asks next.

mod consumer;
mod held;
mod line;
mod puller;

use crate::clock;
use crate::ports::{BackendError, CommandQueue, Delivery, Intake, IntakeOrder, QueuedCommand, Searched};
use crate::servers::nats::{Draft, Lost, NatsServer, PublishFailed, REQUEST};
use async_nats::client::{Request, RequestErrorKind};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use consumer::Terms;
use held::Shared;
use puller::Puller;
use smpp_domain::ids::{MessageId, OperatorId};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// How long a host may be silent about a command before the server gives it to another, unless the host's `lease` says
/// otherwise: the time that a takeover takes after a kill. It is not derived from the operator's TPS: what waits long for its turn is held, so it need not be covered.
const ACK_WAIT: Duration = Duration::from_secs(10);

const ACK: &str = "+ACK";
const RELEASE: &str = "-NAK";
const HOLD: &str = "+WPI";

/// The command queue in JetStream.
#[derive(Clone)]
pub struct NatsQueue {
    server: NatsServer,
    tracker: TaskTracker,
    ack_wait: Duration,
    /// What was published before may have been handed out by an earlier process. The server counts deliveries, but a count
    /// may be lost when it is killed.
    opened_at: DateTime<Utc>,
}

impl NatsQueue {
    /// The queue on `server`. Its stream is made if it is absent. Each intake runs one task on `tracker`, which ends with it.
    ///
    /// # Errors
    /// When the server cannot be asked, or the stream is there and set up for something else.
    pub async fn open(server: NatsServer, tracker: &TaskTracker) -> Result<Self, BackendError> {
        let found = server.ensure_dispatch().await;
        found.map_err(|error| server.failed("opening the command queue", error))?;
        Ok(Self {
            server,
            tracker: tracker.clone(),
            ack_wait: ACK_WAIT,
            opened_at: clock::utc_now(),
        })
    }

    /// With another `ack_wait` than 10 s: a shorter one takes over faster and costs more messages that say "still here".
    #[must_use]
    pub fn with_ack_wait(mut self, ack_wait: Duration) -> Self {
        self.ack_wait = ack_wait;
        self
    }
}

#[async_trait]
impl CommandQueue for NatsQueue {
    async fn publish(&self, commands: &[QueuedCommand]) -> Result<(), BackendError> {
        let messages = commands.iter().map(|command| {
            let subject = self.server.command_subject(command.operator_id);
            Draft {
                subject: subject.into(),
                id: None,
                payload: command.body.clone(),
            }
        });
        let Err(error) = self.server.publish_all(messages).await else {
            return Ok(());
        };
        if let PublishFailed::NoStream { .. } = error {
            // Somebody deleted it. What was wrong with that is told by the intakes as well.
            self.server
                .ensure_dispatch()
                .await
                .map_err(|error| self.server.failed("queueing commands", error))?;
        }
        Err(self.server.failed("queueing commands", error))
    }

    /// What is acknowledged is gone from the stream, so that the stream knows.
    async fn depths(&self, operators: &[OperatorId]) -> Result<Vec<u64>, BackendError> {
        let found = self.server.queued().await;
        let found = found.map_err(|error| self.server.failed("counting commands", error))?;
        let of = |operator: &OperatorId| found.get(&self.server.command_subject(*operator)).copied();
        Ok(operators
            .iter()
            .map(|operator| of(operator).unwrap_or_default())
            .collect())
    }

    /// A stream has no index of ids, and to read it would be to take from it.
    async fn search(&self, _message: MessageId) -> Result<Searched, BackendError> {
        Ok(Searched::Unsearchable)
    }

    fn intake(&self, order: IntakeOrder) -> Arc<dyn Intake> {
        let terms = Terms::of(&order, self.ack_wait);
        let shared = Arc::new(Shared::new(self.ack_wait * 3 / 4));
        let closed = CancellationToken::new();
        let (server, shared_too) = (self.server.clone(), Arc::clone(&shared));
        let puller = Puller::new(server, terms, shared_too, closed.clone(), self.opened_at);
        self.tracker.spawn(puller.run());
        Arc::new(NatsIntake {
            server: self.server.clone(),
            // Three turns are the caller's; the fourth is for what lies ready before it is handed out, and for half a turn
            // without a word in `hold`.
            hold_every: self.ack_wait / 4,
            shared,
            _closed: closed.drop_guard(),
        })
    }
}

/// One host's end of an operator's consumer. When it is dropped, what it still has is given back.
struct NatsIntake {
    server: NatsServer,
    hold_every: Duration,
    shared: Arc<Shared>,
    _closed: DropGuard,
}

#[async_trait]
impl Intake for NatsIntake {
    async fn fetch(&self, max: usize) -> Result<Vec<Delivery>, BackendError> {
        self.shared.fetch(max.max(1)).await
    }

    async fn ack(&self, tokens: &[u64]) -> Result<(), BackendError> {
        let replies = self.shared.replies(tokens);
        self.tell("acknowledging commands", ACK, replies).await?;
        self.shared.forget(tokens);
        Ok(())
    }

    /// They are not held any more whether or not the server hears of it: then they come again when `ack_wait` is over.
    async fn release(&self, tokens: &[u64]) -> Result<(), BackendError> {
        let replies = self.shared.replies(tokens);
        self.shared.forget(tokens);
        held::send(&self.server, RELEASE, replies)
            .await
            .map_err(|error| self.server.failed("giving commands back", error))
    }

    fn let_go(&self, tokens: &[u64]) {
        self.shared.forget(tokens);
    }

    fn hold_every(&self) -> Option<Duration> {
        Some(self.hold_every)
    }

    async fn hold(&self) -> Result<(), BackendError> {
        // What came or was held less than half a turn ago can wait for the next: so commands that pass quickly cost nothing.
        let due = self.shared.due(self.hold_every / 2);
        let (tokens, replies): (Vec<_>, Vec<_>) = due.into_iter().unzip();
        self.tell("holding commands", HOLD, replies).await?;
        self.shared.was_held(&tokens);
        Ok(())
    }
}

impl NatsIntake {
    /// Says the same of many messages, and returns when the server has heard it: what is written to a connection that hangs
    /// is not heard.
    ///
    /// Only the last is answered. They go over one connection and the server handles a consumer's in order: with that answer
    /// the others are done too. A connection lost in between means no answer, and all of them again.
    async fn tell(
        &self,
        action: &'static str,
        word: &'static str,
        mut replies: Vec<async_nats::Subject>,
    ) -> Result<(), BackendError> {
        let Some(last) = replies.pop() else {
            return Ok(());
        };
        let sent = held::send(&self.server, word, replies).await;
        sent.map_err(|error| self.server.failed(action, error))?;
        let request = Request::new().payload(word.into()).timeout(Some(REQUEST));
        let answer = tokio::time::timeout(REQUEST, self.server.client().send_request(last, request));
        let failed = match self.server.on_this_connection(answer).await {
            Ok(Ok(Ok(_))) => return Ok(()),
            Ok(Ok(Err(error))) => error,
            Ok(Err(_)) | Err(_) => return Err(self.server.failed(action, Lost)),
        };
        if failed.kind() == RequestErrorKind::NoResponders {
            // The consumer is gone, and perhaps the stream. The puller makes them anew and knows what that means for these.
            self.shared.doubt();
        }
        Err(self.server.failed(action, failed))
    }
}
