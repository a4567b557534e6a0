//! Where a message is that has no outcome yet, for people who ask. Nothing is kept for it: whoever has the message looks.

use chrono::{DateTime, Utc};
use smpp_domain::ids::{MessageId, OperatorId};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// A message that this host has taken from the queue and not settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnderWay {
    /// When its command was published.
    pub published_at: DateTime<Utc>,
    /// Parts that were accepted, or are known to have been before a restart.
    pub accepted: usize,
    /// How many parts it has; `None` while its policy has not decided.
    pub part_count: Option<u8>,
    /// When its part that is due was written before without being answered.
    pub in_doubt_since: Option<DateTime<Utc>>,
    /// For what it waits.
    pub waits: WaitsFor,
}

/// For what a message waits that this host has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WaitsFor {
    /// A part is at this bind, by its place in the operator's list: it waits for its TPS permit, or for the operator's answer.
    Answer {
        /// The bind.
        bind: usize,
    },
    /// Its policy could not decide about it. It is asked again then, or when there is another version.
    Policy {
        /// `None`: now.
        until: Option<DateTime<Utc>>,
    },
    /// The operator has refused its part for now, so often: it goes again then.
    Retry {
        /// How often.
        refusals: u32,
        /// When it goes again.
        until: DateTime<Utc>,
    },
    /// An older message to the same number has no outcome yet.
    Turn,
    /// Nothing is sent to the operator until a person says so.
    Stop,
    /// The operator has said that it gets too much.
    Throttle,
    /// The queue was not told in time that this host is at work, so what is not written may be another host's by now.
    Queue,
    /// No bind takes submits.
    Bind,
    /// Nothing but its place: the windows are full, or older messages go before it.
    Window,
    /// Another copy of it, here or on another host, has the outcome to come.
    Twin,
}

/// A question about one message.
#[derive(Debug)]
pub struct Inquiry {
    /// Which.
    pub message: MessageId,
    /// Takes what the dispatcher has of it.
    pub answer: oneshot::Sender<Option<UnderWay>>,
}

/// Questions that wait for one dispatcher.
const WAITING: usize = 8;

/// How long a dispatcher may take to answer. One that waits for a backend is silent.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the dispatcher of one operator.
#[derive(Clone, Debug)]
pub struct Inquiries(mpsc::Sender<Inquiry>);

/// It has not answered in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Silent;

impl Inquiries {
    /// And the dispatcher's end.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Inquiry>) {
        let (ask, asked) = mpsc::channel(WAITING);
        (Self(ask), asked)
    }

    /// What the dispatcher has of the message; `None` when it does not have it.
    ///
    /// # Errors
    /// When it does not answer within a second. One that has ended has nothing.
    pub async fn ask(&self, message: MessageId) -> Result<Option<UnderWay>, Silent> {
        let (answer, answered) = oneshot::channel();
        let asking = async {
            // What ends takes its questions along.
            self.0.send(Inquiry { message, answer }).await.unwrap_or_default();
            answered.await.unwrap_or_default()
        };
        tokio::time::timeout(PATIENCE, asking).await.map_err(|_| Silent)
    }
}

/// A command that nobody has settled, as the queue has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queued {
    /// For whom.
    pub operator_id: OperatorId,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// It was handed out before.
    pub taken: bool,
    /// Commands of the operator that came before it and are not settled either.
    pub before: u64,
}

/// What a queue finds when it is searched for one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Searched {
    /// It is there.
    Found(Queued),
    /// It is not there.
    Absent,
    /// The queue is longer than is searched for one question: it is not among the newest so many.
    NotAmong(u64),
    /// Such a queue cannot be searched.
    Unsearchable,
}
