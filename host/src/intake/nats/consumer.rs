//! An operator's durable consumer.

use crate::ports::IntakeOrder;
use crate::servers::nats::{NatsServer, StreamError};
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::{AckPolicy, Config, DeliverPolicy, Info, pull};
use async_nats::jetstream::context::ConsumerInfoErrorKind;
use async_nats::jetstream::stream::{ConsumerError, ConsumerErrorKind};
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use std::time::Duration;

/// Hosts that are reckoned with. One that hangs keeps what it has from the others until `ack_wait` is over, and all hosts
/// share `max_ack_pending`: so there is room for this many that have all their places full.
const HOSTS: usize = 16;

/// What one operator's consumer is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Terms {
    pub(super) operator: OperatorId,
    pub(super) ack_wait: Duration,
    pub(super) max_ack_pending: i64,
    /// Commands asked for at once, at most: what the operator takes in a quarter of a second, so that hosts share a short
    /// queue, and none sits on what another could send.
    pub(super) batch: usize,
}

impl Terms {
    pub(super) fn of(order: &IntakeOrder, ack_wait: Duration) -> Self {
        let pending = order.places.saturating_mul(HOSTS);
        let quarter = order.tps_limit.get().div_ceil(4);
        Self {
            operator: order.operator_id,
            ack_wait,
            max_ack_pending: i64::try_from(pending).unwrap_or(i64::MAX).max(1),
            batch: usize::try_from(quarter).unwrap_or(usize::MAX),
        }
    }

    pub(super) fn name(&self) -> String {
        name(self.operator)
    }

    fn config(&self, subject: String) -> pull::Config {
        pull::Config {
            durable_name: Some(self.name()),
            description: Some("All hosts of the SMPP gateway".to_owned()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.ack_wait,
            max_ack_pending: self.max_ack_pending,
            // A command is never given up by the broker: it ends with an event.
            max_deliver: -1,
            filter_subject: subject,
            ..pull::Config::default()
        }
    }
}

fn name(operator: OperatorId) -> String {
    format!("operator-{operator}")
}

/// What tells one life of stream and consumer from the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Life {
    pub(super) stream: DateTime<Utc>,
    pub(super) consumer: DateTime<Utc>,
}

/// Why an operator's commands cannot be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(
        "consumer {consumer} of stream {stream} {what}; remove it by `nats consumer rm {stream} {consumer}`: it is made anew, and \
         no command is lost"
    )]
    Wrong {
        stream: String,
        consumer: String,
        what: String,
    },
    #[error(
        "consumer {consumer} of stream {stream} cannot be made: another consumer takes this operator's commands; `nats consumer ls \
         {stream}` shows it, `nats consumer rm` removes it"
    )]
    Taken {
        stream: String,
        consumer: String,
        #[source]
        source: ConsumerError,
    },
    #[error("consumer {consumer} of stream {stream} cannot be made")]
    NotMade {
        stream: String,
        consumer: String,
        #[source]
        source: ConsumerError,
    },
    #[error("consumer {consumer} of stream {stream} cannot be looked at")]
    Unknown {
        stream: String,
        consumer: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Makes stream and consumer where they are absent, verifies them where they are not.
pub(super) async fn ensure(server: &NatsServer, terms: &Terms) -> Result<Life, OpenError> {
    let stream = server.ensure_dispatch().await?;
    let subject = server.command_subject(terms.operator);
    let (name, consumer) = (server.dispatch_stream(), terms.name());
    let found = info(server, terms.operator)
        .await
        .map_err(|source| OpenError::Unknown {
            stream: name.clone(),
            consumer: consumer.clone(),
            source,
        })?;
    let wanted = terms.config(subject);
    if let Some(info) = found {
        if let Some(what) = unusable(&info.config, &wanted) {
            return Err(OpenError::Wrong {
                stream: name,
                consumer,
                what,
            });
        }
        if !outdated(&info.config, &wanted) {
            return Ok(life(&stream.created.unix_timestamp_nanos(), &info));
        }
        tracing::info!(
            stream = name,
            consumer,
            "updates a consumer: ack_wait, max_ack_pending or max_deliver differ"
        );
    }
    match server.jetstream().create_consumer_on_stream(wanted, &name).await {
        Ok(made) => Ok(life(&stream.created.unix_timestamp_nanos(), made.cached_info())),
        Err(source) => Err(match source.kind() {
            ConsumerErrorKind::JetStream(error)
                if error.error_code() == ErrorCode::CONSUMER_WQ_CONSUMER_NOT_UNIQUE
                    || error.error_code() == ErrorCode::CONSUMER_WQ_MULTIPLE_UNFILTERED =>
            {
                OpenError::Taken {
                    stream: name,
                    consumer,
                    source,
                }
            }
            ConsumerErrorKind::JetStream(_)
            | ConsumerErrorKind::TimedOut
            | ConsumerErrorKind::Request
            | ConsumerErrorKind::InvalidConsumerType
            | ConsumerErrorKind::InvalidName
            | ConsumerErrorKind::Other => OpenError::NotMade {
                stream: name,
                consumer,
                source,
            },
        }),
    }
}

/// The operator's consumer, if it is there.
pub(super) async fn info(
    server: &NatsServer,
    operator: OperatorId,
) -> Result<Option<Info>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = server
        .jetstream()
        .get_stream_no_info(server.dispatch_stream())
        .await?;
    match stream.consumer_info(name(operator)).await {
        Ok(info) => Ok(Some(info)),
        Err(error) => match error.kind() {
            ConsumerInfoErrorKind::NotFound | ConsumerInfoErrorKind::StreamNotFound => Ok(None),
            ConsumerInfoErrorKind::InvalidName
            | ConsumerInfoErrorKind::Offline
            | ConsumerInfoErrorKind::Request
            | ConsumerInfoErrorKind::JetStream(_)
            | ConsumerInfoErrorKind::TimedOut
            | ConsumerInfoErrorKind::NoResponders => Err(error.into()),
        },
    }
}

fn life(stream: &i128, consumer: &Info) -> Life {
    Life {
        stream: instant(*stream),
        consumer: instant(consumer.created.unix_timestamp_nanos()),
    }
}

pub(super) fn instant(nanos: i128) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// In words, why commands cannot be taken by a consumer that is like this.
fn unusable(found: &Config, wanted: &pull::Config) -> Option<String> {
    if found.deliver_subject.is_some() {
        return Some("pushes to a subject, and must be one that is pulled".to_owned());
    }
    if found.filter_subject != wanted.filter_subject {
        return Some(format!(
            "takes {:?} and must take {:?}",
            found.filter_subject, wanted.filter_subject
        ));
    }
    if found.ack_policy != wanted.ack_policy {
        return Some(format!(
            "has the acknowledgement policy {:?} and must have {:?}",
            found.ack_policy, wanted.ack_policy
        ));
    }
    None
}

fn outdated(found: &Config, wanted: &pull::Config) -> bool {
    found.ack_wait != wanted.ack_wait
        || found.max_ack_pending != wanted.max_ack_pending
        || found.max_deliver != wanted.max_deliver
}
