//! Backends in memory, which go away and come back when they are told to.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use smpp_connector::ports::{
    AppendedReceipt, BackendError, BackendErrorKind, CorrelationStore, Delivery, Event, EventSink, Intake,
    KeptSegments, MessageHistory, OperatorStop, ParkedReceipt, ParkedWork, Progress, Seen, SeenIds,
    SegmentStore, Settled, Settlement, StopStore, Tracked,
};
use smpp_connector_tests::Message;
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::event::EventKind;
use smpp_domain::ids::{MessageId, OperatorId};
use smpp_domain::reassembly::{Assembly, Segment};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Away, or not.
#[derive(Default)]
pub(super) struct Away(AtomicBool);

impl Away {
    pub(super) fn set(&self, away: bool) {
        self.0.store(away, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), BackendError> {
        if !self.0.load(Ordering::SeqCst) {
            return Ok(());
        }
        Err(BackendError {
            backend: "a fake".to_owned(),
            action: "working",
            kind: BackendErrorKind::Unavailable,
            source: "it is away".into(),
        })
    }
}

/// What became of deliveries.
#[derive(Clone, Default, Debug)]
pub(super) struct Ends {
    pub(super) acked: Vec<u64>,
    pub(super) released: Vec<u64>,
    pub(super) let_go: Vec<u64>,
    /// Holds that were heard, and holds that were not.
    pub(super) holds: usize,
    pub(super) unheard: usize,
}

/// The queue of one operator.
pub(super) struct FakeIntake {
    pub(super) away: Away,
    hold_every: Duration,
    queue: watch::Sender<VecDeque<Vec<Delivery>>>,
    ends: watch::Sender<Ends>,
}

impl FakeIntake {
    pub(super) fn new(hold_every: Duration) -> Self {
        Self {
            away: Away::default(),
            hold_every,
            queue: watch::Sender::default(),
            ends: watch::Sender::default(),
        }
    }

    /// Hands these out in one batch; tokens count from `first`.
    pub(super) fn hand_out(&self, first: u64, redelivered: bool, commands: &[Message]) {
        let delivery = |(token, command): (u64, &Message)| Delivery {
            token,
            body: command.json().into(),
            redelivered,
            published_at: Utc::now(),
        };
        let batch: Vec<_> = (first..).zip(commands).map(delivery).collect();
        self.queue.send_modify(|queue| queue.push_back(batch));
    }

    pub(super) async fn until(&self, what: &str, reached: impl FnMut(&Ends) -> bool) -> Ends {
        let mut ends = self.ends.subscribe();
        let reached = super::within(what, ends.wait_for(reached)).await;
        reached.unwrap().clone()
    }
}

#[async_trait]
impl Intake for FakeIntake {
    async fn fetch(&self, _max: usize) -> Result<Vec<Delivery>, BackendError> {
        let mut queue = self.queue.subscribe();
        // The sender lives as long as this.
        drop(queue.wait_for(|queue| !queue.is_empty()).await);
        let mut batch = Vec::new();
        self.queue
            .send_modify(|queue| batch = queue.pop_front().unwrap_or_default());
        Ok(batch)
    }

    async fn ack(&self, tokens: &[u64]) -> Result<(), BackendError> {
        self.away.check()?;
        self.ends.send_modify(|ends| ends.acked.extend(tokens));
        Ok(())
    }

    async fn release(&self, tokens: &[u64]) -> Result<(), BackendError> {
        self.ends.send_modify(|ends| ends.released.extend(tokens));
        self.away.check()
    }

    fn let_go(&self, tokens: &[u64]) {
        self.ends.send_modify(|ends| ends.let_go.extend(tokens));
    }

    fn hold_every(&self) -> Option<Duration> {
        Some(self.hold_every)
    }

    async fn hold(&self) -> Result<(), BackendError> {
        let heard = self.away.check();
        self.ends.send_modify(|ends| match heard {
            Ok(()) => ends.holds += 1,
            Err(_) => ends.unheard += 1,
        });
        heard
    }
}

/// What is settled, and who sends what.
#[derive(Default)]
pub(super) struct FakeStore {
    pub(super) away: Away,
    outcomes: Mutex<HashMap<MessageId, Vec<u8>>>,
    rows: Mutex<Vec<MessageCorrelation>>,
    intents: Mutex<HashMap<MessageId, Uuid>>,
    stops: Mutex<Vec<OperatorStop>>,
}

impl FakeStore {
    /// Another host has begun to send it.
    pub(super) fn begun_elsewhere(&self, message: MessageId) {
        self.intents.lock().unwrap().insert(message, Uuid::nil());
    }

    /// Another host has settled it.
    pub(super) fn settled_elsewhere(&self, message: MessageId) {
        self.intents.lock().unwrap().remove(&message);
        self.outcomes.lock().unwrap().insert(message, b"{}".to_vec());
    }

    /// How many messages have their outcome.
    pub(super) fn settled(&self) -> usize {
        self.outcomes.lock().unwrap().len()
    }

    pub(super) fn noted(&self) -> HashSet<MessageId> {
        self.intents.lock().unwrap().keys().copied().collect()
    }
}

#[async_trait]
impl CorrelationStore for FakeStore {
    async fn settle(&self, batch: &[Settlement]) -> Result<Settled, BackendError> {
        self.away.check()?;
        let mut settled = Settled::default();
        for settlement in batch {
            self.rows
                .lock()
                .unwrap()
                .extend(settlement.correlations.iter().cloned());
            let Some(outcome) = &settlement.outcome else {
                continue;
            };
            self.intents.lock().unwrap().remove(&outcome.message_id);
            let mut outcomes = self.outcomes.lock().unwrap();
            match outcomes.get(&outcome.message_id) {
                Some(event) => settled.standing.push((outcome.message_id, event.clone())),
                None => drop(outcomes.insert(outcome.message_id, outcome.event.to_vec())),
            }
        }
        Ok(settled)
    }

    async fn intend(&self, owner: Uuid, messages: &[MessageId]) -> Result<Vec<MessageId>, BackendError> {
        self.away.check()?;
        let mut intents = self.intents.lock().unwrap();
        let mut is_mine = |message: &MessageId| *intents.entry(*message).or_insert(owner) == owner;
        Ok(messages.iter().filter(|id| !is_mine(id)).copied().collect())
    }

    async fn withdraw(&self, owner: Uuid, messages: &[MessageId]) -> Result<(), BackendError> {
        self.away.check()?;
        let mut intents = self.intents.lock().unwrap();
        intents.retain(|message, by| *by != owner || !messages.contains(message));
        Ok(())
    }

    async fn progress(&self, messages: &[MessageId]) -> Result<Vec<Progress>, BackendError> {
        self.away.check()?;
        let (outcomes, rows) = (self.outcomes.lock().unwrap(), self.rows.lock().unwrap());
        let intents = self.intents.lock().unwrap();
        let progress = |message: &MessageId| Progress {
            outcome: outcomes.get(message).cloned(),
            accepted: rows
                .iter()
                .filter(|row| row.message_id == *message)
                .cloned()
                .collect(),
            intended: intents.contains_key(message),
        };
        Ok(messages.iter().map(progress).collect())
    }

    async fn settled_since(
        &self,
        _operator: OperatorId,
        _since: DateTime<Utc>,
        _limit: usize,
    ) -> Result<Vec<MessageId>, BackendError> {
        Ok(Vec::new())
    }

    async fn find(
        &self,
        _operator: OperatorId,
        keys: &[String],
    ) -> Result<Vec<Option<Tracked>>, BackendError> {
        Ok(vec![None; keys.len()])
    }

    async fn find_all(
        &self,
        _operator: OperatorId,
        keys: &[String],
    ) -> Result<Vec<Vec<Tracked>>, BackendError> {
        Ok(vec![Vec::new(); keys.len()])
    }

    async fn park(&self, _receipts: &[ParkedReceipt]) -> Result<Vec<Uuid>, BackendError> {
        Ok(Vec::new())
    }

    async fn append_receipts(
        &self,
        _receipts: &[AppendedReceipt],
        _release: &[Uuid],
    ) -> Result<Vec<MessageHistory>, BackendError> {
        Ok(Vec::new())
    }

    async fn parked_work(
        &self,
        _operator: OperatorId,
        _overdue_before: DateTime<Utc>,
        _limit: usize,
    ) -> Result<ParkedWork, BackendError> {
        Ok(ParkedWork::default())
    }

    async fn unmatched(
        &self,
        _operator: OperatorId,
        _after: Uuid,
        _limit: usize,
    ) -> Result<Vec<ParkedReceipt>, BackendError> {
        Ok(Vec::new())
    }

    async fn mark_unmatched(&self, _receipts: &[Uuid]) -> Result<(), BackendError> {
        Ok(())
    }

    async fn expire(
        &self,
        _now: DateTime<Utc>,
        _parked_before: DateTime<Utc>,
        _outcomes_before: DateTime<Utc>,
        _limit: usize,
    ) -> Result<u64, BackendError> {
        Ok(0)
    }
}

#[async_trait]
impl StopStore for FakeStore {
    async fn stop(&self, stop: &OperatorStop) -> Result<bool, BackendError> {
        self.away.check()?;
        let mut stops = self.stops.lock().unwrap();
        let news = stops.iter().all(|other| other.operator_id != stop.operator_id);
        stops.extend(news.then(|| stop.clone()));
        Ok(news)
    }

    async fn resume(&self, operator: OperatorId) -> Result<Option<OperatorStop>, BackendError> {
        self.away.check()?;
        let mut stops = self.stops.lock().unwrap();
        let place = stops.iter().position(|stop| stop.operator_id == operator);
        Ok(place.map(|place| stops.remove(place)))
    }

    async fn stopped(&self) -> Result<Vec<OperatorStop>, BackendError> {
        self.away.check()?;
        Ok(self.stops.lock().unwrap().clone())
    }
}

#[async_trait]
impl SegmentStore for FakeStore {
    async fn keep(&self, _operator: OperatorId, _segments: &[Segment]) -> Result<KeptSegments, BackendError> {
        Ok(KeptSegments::default())
    }

    async fn give_up(
        &self,
        _operator: OperatorId,
        _opened_before: DateTime<Utc>,
        _closed_before: DateTime<Utc>,
        _limit: usize,
    ) -> Result<Vec<Assembly>, BackendError> {
        Ok(Vec::new())
    }

    async fn told(&self, _messages: &[Uuid]) -> Result<(), BackendError> {
        Ok(())
    }

    async fn forget_told(&self, _told_before: DateTime<Utc>, _limit: usize) -> Result<u64, BackendError> {
        Ok(0)
    }
}

/// What was published.
#[derive(Default)]
pub(super) struct FakeEvents {
    pub(super) away: Away,
    published: Mutex<Vec<Event>>,
}

impl FakeEvents {
    pub(super) fn count(&self) -> usize {
        self.published.lock().unwrap().len()
    }

    /// The events of a kind.
    pub(super) fn of(&self, kind: EventKind) -> Vec<serde_json::Value> {
        let published = self.published.lock().unwrap();
        let of_kind = published.iter().filter(|event| event.kind == kind);
        of_kind
            .map(|event| serde_json::from_slice(&event.payload).unwrap())
            .collect()
    }
}

#[async_trait]
impl EventSink for FakeEvents {
    async fn publish(&self, events: &[Event]) -> Result<(), BackendError> {
        self.away.check()?;
        self.published.lock().unwrap().extend(events.iter().cloned());
        Ok(())
    }
}

/// Answers as the script in Redis does: what was asked for before, in this call too.
#[derive(Default)]
pub(super) struct FakeSeen {
    ids: Mutex<HashSet<MessageId>>,
}

impl FakeSeen {
    /// Another host has taken it.
    pub(super) fn taken_elsewhere(&self, message: MessageId) {
        self.ids.lock().unwrap().insert(message);
    }
}

#[async_trait]
impl SeenIds for FakeSeen {
    async fn seen(&self, messages: &[MessageId]) -> Result<Vec<Seen>, BackendError> {
        let mut ids = self.ids.lock().unwrap();
        let note = |message: &MessageId| {
            if ids.insert(*message) {
                Seen::New
            } else {
                Seen::Before
            }
        };
        Ok(messages.iter().map(note).collect())
    }
}
