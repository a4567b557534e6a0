//! The end of a command: correlation durable, event published, delivery acknowledged, in this order, by the batch.

use super::place::Place;
use super::publish::event;
use super::recorder::Watched;
use super::retry::until_done;
use super::tracer::Ended;
use super::{OperatorContext, faults};
use crate::clock;
use crate::ports::{Event, ParkedReceipt, Policy, SettledOutcome, Settlement};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::event::{DeadEvent, EventKind, SubmitEvent, to_json};
use smpp_domain::ids::MessageId;
use smpp_domain::policy::IdOrigin;
use smpp_domain::receipt::message_id::{default_key, key_of_number};
use smpp_domain::trace::TraceParent;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Items settled at once.
const BATCH: usize = 1_024;

/// Batches that may wait for the sink of events. What is sent when it goes away is recorded all the same, and at once: another host may
/// get these commands as soon as the servers are back, and looks here whether they have their outcomes. The places of messages bound
/// them, nearly always below this.
const RECORDED: usize = 1_024;

/// One thing to settle.
pub enum SettleItem {
    /// A part was accepted and its message goes on, or has ended already.
    Part {
        /// Computes the key.
        policy: Arc<dyn Policy>,
        /// The row, without its key.
        correlation: MessageCorrelation,
    },
    /// A message has its outcome.
    Message {
        /// Computes the key.
        policy: Arc<dyn Policy>,
        /// The row of its last part, if that was accepted.
        correlation: Option<MessageCorrelation>,
        /// The outcome.
        event: Box<SubmitEvent>,
        /// When its command was published.
        published_at: DateTime<Utc>,
        /// What its trace is linked to.
        trace_parent: Option<TraceParent>,
        /// Its deliveries.
        tokens: Vec<u64>,
        /// Released when all is durable.
        permit: Place,
    },
    /// A command came again after its outcome.
    Repeated {
        /// Whose.
        message_id: MessageId,
        /// The outcome's event, as it was published.
        event: Vec<u8>,
        /// Its deliveries.
        tokens: Vec<u64>,
        /// The delivery was handed out before: the event may be out already, and must not count twice.
        redelivered: bool,
        /// Released when all is durable.
        permit: Place,
    },
    /// A command that cannot be carried out.
    Dead {
        /// What and why.
        event: Box<DeadEvent>,
        /// Its delivery.
        token: u64,
        /// Released when all is durable.
        permit: Place,
    },
    /// Nothing; its sender is told when everything before it is durable.
    Mark(oneshot::Sender<()>),
}

/// What one batch makes of its items.
#[derive(Default)]
struct Batch {
    settlements: Vec<Settlement>,
    events: Vec<Event>,
    tokens: Vec<u64>,
    permits: Vec<Place>,
    marks: Vec<oneshot::Sender<()>>,
    /// Those that are traced.
    ended: Vec<Ended>,
}

impl Batch {
    /// Adds what came next.
    fn append(&mut self, mut next: Self) {
        self.settlements.append(&mut next.settlements);
        self.events.append(&mut next.events);
        self.tokens.append(&mut next.tokens);
        self.permits.append(&mut next.permits);
        self.marks.append(&mut next.marks);
        self.ended.append(&mut next.ended);
    }

    /// Another host had these messages too, and was first: its outcomes stand, and are what is published.
    fn yield_to(&mut self, standing: Vec<(MessageId, Vec<u8>)>) {
        for (message_id, payload) in standing {
            let (dedup_id, payload) = (submit_id(message_id), Bytes::from(payload));
            let events = self.events.iter_mut().filter(|event| event.dedup_id == dedup_id);
            for event in events {
                event.payload = payload.clone();
            }
        }
    }
}

/// The de-duplication id of a message's outcome.
fn submit_id(message_id: MessageId) -> String {
    format!("submit:{message_id}")
}

/// The settler of one operator.
pub struct Settler {
    context: OperatorContext,
    items: mpsc::Receiver<SettleItem>,
    matched: mpsc::Sender<Vec<ParkedReceipt>>,
}

impl Settler {
    /// `matched` takes the parked receipts whose rows were written; those that do not fit are found by the sweep.
    #[must_use]
    pub fn new(
        context: OperatorContext,
        items: mpsc::Receiver<SettleItem>,
        matched: mpsc::Sender<Vec<ParkedReceipt>>,
    ) -> Self {
        Self {
            context,
            items,
            matched,
        }
    }

    /// Settles until every sender is gone.
    ///
    /// The steps overlap: while one batch is acknowledged, the next is published and those after that recorded. Each
    /// step waits for a disk or a server, and together they wait once.
    pub async fn run(mut self) {
        let (to_publish, recorded) = mpsc::channel(RECORDED);
        let (to_acknowledge, published) = mpsc::channel(1);
        let context = self.context.clone();
        tokio::join!(
            self.record(to_publish),
            publish_all(&context, recorded, to_acknowledge),
            acknowledge_all(&context, published),
        );
    }

    /// Makes rows and outcomes durable.
    async fn record(&mut self, next: mpsc::Sender<Batch>) {
        // Grows with the traffic: room for a whole batch of each operator would be most of a host's memory.
        let mut items = Vec::new();
        while self.items.recv_many(&mut items, BATCH).await > 0 {
            let mut batch = Batch::default();
            for item in items.drain(..) {
                self.add(item, &mut batch);
            }
            let settlements = std::mem::take(&mut batch.settlements);
            if !settlements.is_empty() {
                let (store, name) = (&self.context.store, self.context.config.name.as_str());
                let settled = until_done(name, || store.settle(&settlements)).await;
                batch.yield_to(settled.standing);
                let matched = settled.matched;
                if !matched.is_empty() && self.matched.try_send(matched).is_err() {
                    tracing::debug!(operator = name, "parked receipts wait for the sweep");
                }
            }
            // The next step lives until this one has ended.
            next.send(batch).await.unwrap_or_default();
        }
    }

    fn add(&self, item: SettleItem, batch: &mut Batch) {
        let operator_id = self.context.config.operator_id;
        match item {
            SettleItem::Part { policy, correlation } => {
                let correlations = vec![self.keyed(&*policy, correlation)];
                batch.settlements.push(Settlement {
                    correlations,
                    outcome: None,
                });
            }
            SettleItem::Message {
                policy,
                correlation,
                event: body,
                published_at,
                trace_parent,
                tokens,
                permit,
            } => {
                let tracer = &self.context.tracer;
                batch
                    .ended
                    .extend(tracer.ended(&body, published_at, trace_parent));
                let correlations = correlation
                    .map(|row| self.keyed(&*policy, row))
                    .into_iter()
                    .collect();
                let payload = Bytes::from(to_json(&*body));
                let outcome = SettledOutcome {
                    message_id: body.message_id,
                    operator_id,
                    published_at,
                    settled_at: clock::utc_now(),
                    event: payload.clone(),
                };
                batch.settlements.push(Settlement {
                    correlations,
                    outcome: Some(outcome),
                });
                batch.events.push(Event {
                    kind: EventKind::Submit,
                    operator_id,
                    dedup_id: submit_id(body.message_id),
                    payload,
                });
                batch.tokens.extend(tokens);
                batch.permits.push(permit);
            }
            SettleItem::Repeated {
                message_id,
                event: payload,
                tokens,
                redelivered,
                permit,
            } => {
                // A redelivery is most likely what is left of a crash between the outcome and the acknowledgement.
                let again = match tokens.first() {
                    Some(token) if !redelivered => format!(":again:{token}"),
                    Some(_) | None => String::new(),
                };
                batch.events.push(Event {
                    kind: EventKind::Submit,
                    operator_id,
                    dedup_id: format!("submit:{message_id}{again}"),
                    payload: payload.into(),
                });
                batch.tokens.extend(tokens);
                batch.permits.push(permit);
            }
            SettleItem::Dead {
                event: body,
                token,
                permit,
            } => {
                let dedup_id = format!("dead:{operator_id}:{token}");
                batch
                    .events
                    .push(event(EventKind::Dead, operator_id, dedup_id, &*body));
                batch.tokens.push(token);
                batch.permits.push(permit);
            }
            SettleItem::Mark(reached) => batch.marks.push(reached),
        }
    }

    /// The row with its canonical key. A policy that fails leaves the host's own rule: the part is accepted already.
    fn keyed(&self, policy: &dyn Policy, mut row: MessageCorrelation) -> MessageCorrelation {
        row.message_key = if row.operator_message_id.is_empty() {
            // All that a receipt and this part have in common.
            key_of_number(&row.to).unwrap_or_default()
        } else {
            let recorder = &self.context.recorder;
            let recorded = recorder.took(row.message_id);
            let tracer = &self.context.tracer;
            let traced = tracer.takes(row.message_id);
            let policy = Watched::new(policy, traced || recorder.is_on(), traced || recorded);
            let (raw, origin) = (&row.operator_message_id, IdOrigin::SubmitResp);
            let key = message_key(&self.context, &policy, raw, origin);
            let calls = policy.take_calls();
            tracer.keyed(row.message_id, row.part_number, &calls);
            recorder.keyed(row.message_id, recorded, calls);
            key
        };
        row
    }
}

/// Publishes the events of what is recorded.
async fn publish_all(
    context: &OperatorContext,
    mut recorded: mpsc::Receiver<Batch>,
    next: mpsc::Sender<Batch>,
) {
    while let Some(mut batch) = recorded.recv().await {
        while let Ok(next) = recorded.try_recv() {
            batch.append(next);
        }
        super::publish(&*context.events, &context.config.name, &batch.events).await;
        // As above.
        next.send(batch).await.unwrap_or_default();
    }
}

/// Ends the deliveries of what is published, and frees their places.
async fn acknowledge_all(context: &OperatorContext, mut published: mpsc::Receiver<Batch>) {
    while let Some(batch) = published.recv().await {
        if !batch.tokens.is_empty() {
            until_done(&context.config.name, || context.intake.ack(&batch.tokens)).await;
        }
        context
            .metrics
            .in_flight
            .dec_by(i64::try_from(batch.permits.len()).unwrap_or(i64::MAX));
        drop(batch.permits);
        batch
            .ended
            .into_iter()
            .for_each(|ended| context.tracer.settled(ended));
        for reached in batch.marks {
            // Who asked may have been stopped meanwhile.
            reached.send(()).unwrap_or_default();
        }
    }
}

/// The canonical key of an operator's id; empty for an empty id, which matches nothing.
pub(super) fn message_key(
    context: &OperatorContext,
    policy: &dyn Policy,
    raw: &str,
    origin: IdOrigin,
) -> String {
    if raw.is_empty() {
        return String::new();
    }
    let key = policy.message_key(raw, origin).unwrap_or_else(|fault| {
        faults::note(&context.config, &context.metrics, &fault, "key");
        None
    });
    key.unwrap_or_else(|| default_key(raw))
}
