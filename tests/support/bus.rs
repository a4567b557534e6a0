//! The platform's side of NATS, spoken without a gateway: publishes commands, and keeps the ledger of events.

mod ledger;

pub use ledger::{Dlr, Fate, Ledger};

use crate::{Message, PATIENCE};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt;
use serde_json::Value;
use smpp_domain::ids::MessageId;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Publishes that wait for their acknowledgement at once.
const WINDOW: usize = 256;

/// How long one of them may take, and a look for events.
const ANSWER: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(250);

/// Before something that failed is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// A connection to NATS that outlives the server's outages.
pub struct Bus {
    /// JetStream as async-nats speaks it.
    pub jetstream: Context,
    ledger: watch::Sender<Ledger>,
    observer: JoinHandle<()>,
    /// What had to be published more than once.
    repeated: Mutex<HashSet<MessageId>>,
}

impl Bus {
    /// Connects, and begins to read events as soon as there is a stream of them.
    pub async fn connect(url: &str) -> Self {
        let options = async_nats::ConnectOptions::new()
            .name("platform")
            .ping_interval(ANSWER)
            .reconnect_delay_callback(|_| PAUSE);
        let client = options.connect(url).await.expect("a NATS server");
        let mut jetstream = jetstream::new(client);
        jetstream.set_timeout(ANSWER);
        let ledger = watch::Sender::new(Ledger::default());
        Self {
            observer: tokio::spawn(observe(jetstream.clone(), ledger.clone())),
            jetstream,
            ledger,
            repeated: Mutex::default(),
        }
    }

    /// Publishes messages, again and again until NATS has acknowledged each: under its message id, so that each is there once.
    /// They must have an operator.
    pub async fn publish(&self, messages: &[Message]) {
        let publishing = async {
            let mut left: Vec<&Message> = messages.iter().collect();
            loop {
                left = self.try_publish(left).await;
                if left.is_empty() {
                    return;
                }
                self.note_repeated(&left);
                tokio::time::sleep(PAUSE).await;
            }
        };
        let published = tokio::time::timeout(PATIENCE, publishing).await;
        published.expect("a stream that takes commands");
    }

    fn note_repeated(&self, messages: &[&Message]) {
        let mut repeated = self.repeated.lock().unwrap_or_else(PoisonError::into_inner);
        repeated.extend(messages.iter().map(|message| message.id()));
    }

    /// Whether NATS did not acknowledge this message at first. A server that is killed knows no more what it had and gave away, so that
    /// it may take the message a second time.
    pub fn has_repeated(&self, id: MessageId) -> bool {
        let repeated = self.repeated.lock().unwrap_or_else(PoisonError::into_inner);
        repeated.contains(&id)
    }

    /// Publishes messages as if nobody had before: NATS is given no id to tell that it has them.
    pub async fn publish_again(&self, messages: &[Message]) {
        for some in messages.chunks(WINDOW) {
            let mut asked = Vec::with_capacity(some.len());
            for message in some {
                let (subject, json) = command(message);
                asked.push(
                    self.jetstream
                        .publish(subject, json.into())
                        .await
                        .expect("a NATS server"),
                );
            }
            for answer in asked {
                answer.await.expect("a stream that takes commands");
            }
        }
    }

    /// Waits until every command that NATS has is acknowledged.
    pub async fn no_commands_left(&self) {
        loop {
            let stream = self.jetstream.get_stream("SMPP_DISPATCH").await;
            if stream.is_ok_and(|stream| stream.cached_info().state.messages == 0) {
                return;
            }
            // NATS tells nobody that a work queue is empty.
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns those that were not acknowledged.
    async fn try_publish<'a>(&self, messages: Vec<&'a Message>) -> Vec<&'a Message> {
        let mut failed = Vec::new();
        for some in messages.chunks(WINDOW) {
            let mut asked: Vec<(&Message, PublishAckFuture)> = Vec::with_capacity(some.len());
            for message in some {
                let (subject, json) = command(message);
                let publish = PublishMessage::build()
                    .payload(json.into())
                    .message_id(message.id().to_string());
                match self.jetstream.send_publish(subject, publish).await {
                    Ok(answer) => asked.push((message, answer)),
                    Err(_) => failed.push(*message),
                }
            }
            for (message, answer) in asked {
                if answer.await.is_err() {
                    failed.push(message);
                }
            }
        }
        failed
    }

    /// Looks at the ledger.
    pub fn ledger<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&self.ledger.borrow())
    }

    /// Waits until the ledger satisfies the story, for as long as it may take.
    pub async fn within(&self, limit: Duration, what: &str, enough: impl FnMut(&Ledger) -> bool) {
        assert!(
            self.is_within(limit, enough).await,
            "{what}: not within {limit:?}; {}",
            self.ledger(Ledger::summary)
        );
    }

    /// Whether the ledger satisfies the story within this time.
    pub async fn is_within(&self, limit: Duration, enough: impl FnMut(&Ledger) -> bool) -> bool {
        let mut ledger = self.ledger.subscribe();
        let waited = tokio::time::timeout(limit, ledger.wait_for(enough)).await;
        waited
            .map(|found| drop(found.expect("an observer that lives")))
            .is_ok()
    }

    /// Waits until the ledger satisfies the story.
    pub async fn until(&self, what: &str, enough: impl FnMut(&Ledger) -> bool) {
        self.within(PATIENCE, what, enough).await;
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.observer.abort();
    }
}

/// Subject and body of a command.
fn command(message: &Message) -> (String, String) {
    let json = message.json();
    let fields: Value = serde_json::from_str(&json).expect("JSON");
    let operator = fields["operatorId"].as_str().expect("a message with an operator");
    (format!("smpp.operator.{operator}"), json)
}

/// Reads the stream of events for ever, each once, through every outage.
async fn observe(jetstream: Context, ledger: watch::Sender<Ledger>) {
    loop {
        let next = ledger.borrow().last_sequence + 1;
        // No stream yet, no server, a consumer that a restart has forgotten: begin again after the last event.
        if let Err(_away) = read_from(next, &jetstream, &ledger).await {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn read_from(
    next: u64,
    jetstream: &Context,
    ledger: &watch::Sender<Ledger>,
) -> Result<(), async_nats::Error> {
    let stream = jetstream.get_stream("SMPP_EVENTS").await?;
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: next },
        ack_policy: AckPolicy::None,
        inactive_threshold: Duration::from_secs(30),
        ..Default::default()
    };
    let consumer = stream.create_consumer(config).await?;
    loop {
        let mut batch = consumer
            .batch()
            .max_messages(500)
            .expires(LOOK)
            .messages()
            .await?;
        while let Some(event) = batch.next().await {
            let event = event?;
            let sequence = event.info()?.stream_sequence;
            ledger.send_modify(|ledger| ledger.enter(sequence, &event.subject, &event.payload));
        }
        // An empty look says the same of a consumer that is gone, on older servers.
        if jetstream.client().connection_state() != async_nats::connection::State::Connected {
            return Err("no connection".into());
        }
    }
}

#[cfg(test)]
mod tests;
