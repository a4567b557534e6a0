//! One host's pulls on a consumer, as messages of the JetStream protocol.
//!
//! The library's own batches are not used: with a heartbeat they lose messages, without one they do not end when a stream is
//! gone, and each costs a subscription.

use super::consumer::instant;
use super::held::Shared;
use crate::ports::Delivery;
use crate::servers::nats::NatsServer;
use async_nats::{Message, Subscriber};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;

/// How long the server keeps a pull that finds nothing. A pull without an answer tells that the consumer is gone, so it is short.
const EXPIRES: Duration = Duration::from_secs(3);

/// The answer's own time.
const GRACE: Duration = Duration::from_secs(1);

/// How long the first of a batch waits for the others: they come at once, or the consumer waits for acknowledgements.
const GATHER: Duration = Duration::from_millis(5);

/// Bits of a token for the number in the stream: 2^44 is one a microsecond for half a year. Those above tell commands of a
/// stream from those of one by the same name that came after it.
const NUMBER_BITS: u32 = 44;

#[derive(Serialize)]
struct PullRequest {
    batch: usize,
    /// Nanoseconds.
    expires: u128,
    /// With `expires`: ends when what is there has been given, and waits only while there is nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_wait: bool,
}

/// What a message of the server means for the pull.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Go on.
    On,
    /// The server does not take the pull, for this reason.
    Refused(String),
    /// The consumer is not there any more.
    Gone,
}

struct Pull {
    number: u64,
    left: usize,
    lost_at: Instant,
}

/// The subscription that pulls are answered on, and the pull that is open.
pub(super) struct Line {
    subscriber: Subscriber,
    inbox: String,
    next_subject: String,
    pulls: u64,
    pull: Option<Pull>,
    /// Another host waits, and the consumer for acknowledgements: wait in line for one.
    queue_up: bool,
    gathered: Vec<Delivery>,
    hand_over_at: Option<Instant>,
    /// Commands published before this may have been handed out, whatever the server says.
    suspect_before: DateTime<Utc>,
}

impl Line {
    pub(super) fn new(
        server: &NatsServer,
        subscriber: Subscriber,
        inbox: String,
        consumer: &str,
        suspect_before: DateTime<Utc>,
    ) -> Self {
        Self {
            subscriber,
            inbox,
            next_subject: format!(
                "$JS.API.CONSUMER.MSG.NEXT.{}.{consumer}",
                server.dispatch_stream()
            ),
            pulls: 0,
            pull: None,
            queue_up: false,
            gathered: Vec::new(),
            hand_over_at: None,
            suspect_before,
        }
    }

    /// Whether another pull may be made.
    pub(super) fn is_free(&self) -> bool {
        self.pull.is_none() && self.gathered.is_empty()
    }

    pub(super) async fn ask(&mut self, server: &NatsServer, max: usize) -> Result<(), async_nats::Error> {
        self.pulls += 1;
        let batch = if self.queue_up { 1 } else { max };
        let request = PullRequest {
            batch,
            expires: EXPIRES.as_nanos(),
            no_wait: !self.queue_up,
        };
        self.queue_up = false;
        let body = serde_json::to_vec(&request)?;
        let reply = format!("{}.{}", self.inbox, self.pulls);
        server
            .client()
            .publish_with_reply(self.next_subject.clone(), reply, body.into())
            .await?;
        self.pull = Some(Pull {
            number: self.pulls,
            left: batch,
            lost_at: Instant::now() + EXPIRES + GRACE,
        });
        Ok(())
    }

    /// Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Message> {
        futures_util::StreamExt::next(&mut self.subscriber).await
    }

    /// When something is to be done without a message.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        let lost_at = self.pull.as_ref().map(|pull| pull.lost_at);
        [lost_at, self.hand_over_at].into_iter().flatten().min()
    }

    /// True when the server owes the end of a pull and does not give it.
    pub(super) fn on_time(&mut self, shared: &Shared) -> bool {
        let now = Instant::now();
        if self.hand_over_at.is_some_and(|at| at <= now) {
            self.hand_over(shared);
        }
        let lost = self.pull.as_ref().is_some_and(|pull| pull.lost_at <= now);
        if lost {
            self.pull = None;
        }
        lost
    }

    /// The pull is lost.
    pub(super) fn forget_pull(&mut self) {
        self.pull = None;
    }

    /// Perhaps the server has forgotten what it handed out before this moment.
    pub(super) fn suspect(&mut self, before: DateTime<Utc>) {
        self.suspect_before = before;
    }

    pub(super) fn on_message(&mut self, message: Message, shared: &Shared) -> Step {
        let Some(status) = message.status else {
            self.on_command(message, shared);
            return Step::On;
        };
        let number = message
            .subject
            .rsplit('.')
            .next()
            .and_then(|number| number.parse().ok());
        let is_current = self.pull.as_ref().is_some_and(|pull| Some(pull.number) == number);
        let words = message.description.as_deref().unwrap_or_default();
        match status.as_u16() {
            // A heartbeat or flow control: not asked for.
            100 => Step::On,
            503 => Step::Gone,
            409 if words.contains("Deleted") => Step::Gone,
            404 | 408 => {
                if is_current {
                    self.queue_up = words.contains("Requests Pending");
                    self.end(shared);
                }
                Step::On
            }
            code => {
                self.end(shared);
                Step::Refused(format!("{code} {words}"))
            }
        }
    }

    /// A command keeps its own subject, so that it counts for the pull that is open, also if an earlier one has asked for it.
    ///
    /// One that comes when its pull is long over was given to us long ago, by a connection that hung or a process that was
    /// stopped: somebody else may have it by now. It is left alone, and comes again.
    fn on_command(&mut self, message: Message, shared: &Shared) {
        if self
            .pull
            .as_ref()
            .is_some_and(|pull| pull.lost_at <= Instant::now())
        {
            return;
        }
        let Some((delivery, reply)) = self.delivery(message) else {
            return;
        };
        shared.take(delivery.token, reply);
        self.gathered.push(delivery);
        self.hand_over_at.get_or_insert_with(|| Instant::now() + GATHER);
        if let Some(pull) = &mut self.pull {
            pull.left = pull.left.saturating_sub(1);
            if pull.left == 0 {
                self.end(shared);
            }
        }
    }

    fn end(&mut self, shared: &Shared) {
        self.pull = None;
        self.hand_over(shared);
    }

    fn hand_over(&mut self, shared: &Shared) {
        self.hand_over_at = None;
        shared.hand_over(std::mem::take(&mut self.gathered));
    }

    /// `None` for a message that did not come through the consumer: a server would not send one.
    fn delivery(&self, mut message: Message) -> Option<(Delivery, async_nats::Subject)> {
        let reply = message.reply.take()?;
        let facts = Facts::read(&reply)?;
        let delivery = Delivery {
            token: facts.token(),
            body: message.payload,
            redelivered: facts.delivered > 1 || facts.published_at < self.suspect_before,
            published_at: facts.published_at,
        };
        Some((delivery, reply))
    }

    /// Ends at once. What has come is handed over.
    pub(super) fn leave(mut self, shared: &Shared) {
        self.hand_over(shared);
    }

    /// Lets the pull go, and takes what is still on its way.
    pub(super) async fn close(mut self, shared: &Shared) {
        if self.subscriber.drain().await.is_err() {
            return;
        }
        while let Ok(Some(message)) = tokio::time::timeout(GRACE, self.next()).await {
            self.on_message(message, shared);
        }
    }
}

/// What the reply subject of a message tells.
struct Facts {
    delivered: i64,
    number: u64,
    published_at: DateTime<Utc>,
}

impl Facts {
    fn read(reply: &str) -> Option<Self> {
        // `$JS.ACK.<stream>.<consumer>.<delivered>.<number>.<consumer's number>.<nanoseconds>.<pending>`, and since 2.15, where
        // it is set so, with domain and account before the stream and a token at the end.
        let tokens = reply.strip_prefix("$JS.ACK.")?;
        let before = if tokens.split('.').count() >= 9 { 4 } else { 2 };
        let mut numbers = tokens
            .split('.')
            .skip(before)
            .map(|token| token.parse::<i64>().ok());
        let (delivered, number) = (numbers.next()??, numbers.next()??);
        // The consumer's own number lies in between.
        let nanos = numbers.nth(1)??;
        Some(Self {
            delivered,
            number: u64::try_from(number).ok()?,
            published_at: instant(nanos.into()),
        })
    }

    fn token(&self) -> u64 {
        let moment = self.published_at.timestamp_millis().unsigned_abs();
        (moment << NUMBER_BITS) | (self.number & ((1 << NUMBER_BITS) - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_subject_tells_of_its_message() {
        for reply in [
            "$JS.ACK.SMPP_DISPATCH.operator-1.2.7.9.1795402604319808692.3",
            "$JS.ACK.hub.AbCd.SMPP_DISPATCH.operator-1.2.7.9.1795402604319808692.3.x",
        ] {
            let facts = Facts::read(reply).unwrap();
            assert_eq!((facts.delivered, facts.number), (2, 7));
            assert_eq!(
                facts.published_at.timestamp_nanos_opt(),
                Some(1_795_402_604_319_808_692)
            );
            assert_eq!(facts.token() & 0xFFF_FFFF_FFFF, 7);
        }
        for reply in ["", "$JS.ACK.", "$JS.ACK.a.b.c.d.e.f.g", "_INBOX.x"] {
            assert!(Facts::read(reply).is_none(), "{reply}");
        }
    }

    #[test]
    fn a_token_tells_streams_apart() {
        let reply = |time: u64| format!("$JS.ACK.s.c.1.7.9.{time}.3");
        let token = |time| Facts::read(&reply(time)).unwrap().token();
        assert_eq!(token(1_795_402_604_319_808_692), token(1_795_402_604_319_808_692));
        assert_ne!(token(1_795_402_604_319_808_692), token(1_795_402_604_329_808_692));
    }
}
