//! Who reads the events of a run: the embedded log, or the stream itself, as a platform's service would.

use anyhow::{Context, Result};
use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use futures_util::StreamExt;
use smpp_connector::ports::EventLog;
use std::sync::Arc;

/// Read at once.
const PAGE: usize = 2_000;

/// An event as it was published.
pub(crate) struct Told {
    pub(crate) subject: String,
    pub(crate) payload: String,
}

/// Where events are read.
pub(crate) enum Reader {
    /// The gateway's own log, read up to a number.
    Log { log: Arc<dyn EventLog>, after: u64 },
    /// JetStream.
    Stream(Box<pull::Stream>),
}

impl Reader {
    pub(crate) fn of_log(log: Arc<dyn EventLog>) -> Self {
        Self::Log { log, after: 0 }
    }

    pub(crate) async fn of_stream(url: &str) -> Result<Self> {
        let client = async_nats::connect(url).await?;
        let stream = async_nats::jetstream::new(client)
            .get_stream("SMPP_EVENTS")
            .await?;
        let config = pull::Config {
            ack_policy: AckPolicy::None,
            deliver_policy: DeliverPolicy::All,
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await?;
        let messages = consumer.stream().max_messages_per_batch(PAGE).messages().await?;
        Ok(Self::Stream(Box::new(messages)))
    }

    /// The next events, at least one.
    pub(crate) async fn next(&mut self) -> Result<Vec<Told>> {
        match self {
            Self::Log { log, after } => {
                let mut newest = log.newest();
                loop {
                    newest.borrow_and_update();
                    let page = log.read_after(*after, PAGE).await?;
                    let Some(last) = page.last() else {
                        newest.changed().await?;
                        continue;
                    };
                    *after = last.seq;
                    let told = page.into_iter().map(|event| Told {
                        subject: event.subject,
                        payload: event.payload,
                    });
                    return Ok(told.collect());
                }
            }
            Self::Stream(messages) => {
                let first = messages.next().await.context("the stream of events ended")??;
                let mut page = vec![told(&first)];
                // What has arrived already.
                while let Some(Some(message)) = futures_util::FutureExt::now_or_never(messages.next()) {
                    page.push(told(&message?));
                    if page.len() >= PAGE {
                        break;
                    }
                }
                Ok(page)
            }
        }
    }
}

fn told(message: &async_nats::jetstream::Message) -> Told {
    Told {
        subject: message.subject.to_string(),
        payload: String::from_utf8_lossy(&message.payload).into_owned(),
    }
}
