//! Commands on their way in: read, recognised, decided.

use super::Dispatcher;
use crate::clock;
use crate::config::{DedupeWindow, OnUnanswered};
use crate::errors;
use crate::pipeline::OperatorContext;
use crate::pipeline::in_flight::{Failures, InFlight};
use crate::pipeline::place::Place;
use crate::pipeline::retry::until_done;
use crate::pipeline::settle::SettleItem;
use crate::ports::{Delivery, Progress, Seen};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use smpp_domain::dispatch::DispatchCommand;
use smpp_domain::event::{DeadEvent, Outcome};
use smpp_domain::ids::MessageId;
use std::collections::HashMap;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

/// A command with what is known about it.
pub(super) struct Candidate {
    command: DispatchCommand,
    /// Names its deliveries.
    tokens: Vec<u64>,
    /// It was handed out before.
    redelivered: bool,
    published_at: DateTime<Utc>,
    permit: Place,
    progress: Progress,
    /// It was taken before, by a host that has not settled it yet.
    twin: bool,
}

impl Candidate {
    /// A message that was begun, and turns out to be another host's.
    pub(super) fn again(message: InFlight) -> Self {
        Self {
            command: message.command,
            tokens: message.tokens,
            redelivered: true,
            published_at: message.published_at,
            permit: message.permit,
            progress: Progress::default(),
            twin: true,
        }
    }

    pub(super) fn into_tokens(self) -> Vec<u64> {
        self.tokens
    }

    pub(super) fn message_id(&self) -> MessageId {
        self.command.message_id
    }

    pub(super) fn published_at(&self) -> DateTime<Utc> {
        self.published_at
    }

    pub(super) fn set_progress(&mut self, progress: Progress) {
        self.progress = progress;
    }
}

impl Dispatcher {
    pub(super) async fn admit(&mut self, deliveries: Vec<Delivery>) {
        self.context
            .metrics
            .in_flight
            .inc_by(i64::try_from(deliveries.len()).unwrap_or(i64::MAX));
        let candidates = self.read(deliveries).await;
        let candidates = self.recognise(candidates).await;
        for candidate in candidates {
            if candidate.twin {
                self.wait_for_twin(candidate);
            } else {
                self.go_on_with(candidate).await;
            }
        }
    }

    /// Answers what has its outcome already; sends the others.
    pub(super) async fn go_on_with(&mut self, candidate: Candidate) {
        let Some(event) = candidate.progress.outcome else {
            return self.start(candidate).await;
        };
        self.context.metrics.message("repeated");
        let item = SettleItem::Repeated {
            message_id: candidate.command.message_id,
            event,
            tokens: candidate.tokens,
            redelivered: candidate.redelivered,
            permit: candidate.permit,
        };
        self.send_to_settler(item).await;
    }

    /// Reads the commands; those that break a rule go to the dead, with every reason.
    async fn read(&mut self, deliveries: Vec<Delivery>) -> Vec<Candidate> {
        let mut candidates = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            // The fetch never asks for more than there are places.
            let Ok(permit) = self.places.clone().try_acquire_owned() else {
                continue;
            };
            let stay = self.context.metrics.unsettled.enter(delivery.published_at);
            let permit = Place::new(permit, stay);
            match self.read_one(&delivery.body) {
                Ok(command) => candidates.push(Candidate {
                    command,
                    tokens: vec![delivery.token],
                    redelivered: delivery.redelivered,
                    published_at: delivery.published_at,
                    permit,
                    progress: Progress::default(),
                    twin: false,
                }),
                Err(errors) => {
                    self.context.metrics.message("dead");
                    let event = Box::new(DeadEvent {
                        command: as_json(&delivery.body),
                        errors,
                    });
                    self.send_to_settler(SettleItem::Dead {
                        event,
                        token: delivery.token,
                        permit,
                    })
                    .await;
                }
            }
        }
        candidates
    }

    fn read_one(&self, body: &[u8]) -> Result<DispatchCommand, Vec<String>> {
        let command = DispatchCommand::parse(body).map_err(|errors| {
            errors
                .problems()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        })?;
        if command.operator_id == self.context.config.operator_id {
            return Ok(command);
        }
        Err(vec![format!(
            "operatorId: {} is not the operator of this queue ({})",
            command.operator_id, self.context.config.operator_id
        )])
    }

    /// Looks up those that may have been handled before.
    async fn recognise(&mut self, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        let now = clock::now();
        let look_up_all = self.context.config.dedupe_window == DedupeWindow::CorrelationTtl;
        let mut suspects = Vec::new();
        let mut again = false;
        let elsewhere = seen_elsewhere(&self.context, &candidates).await;
        for (i, (candidate, elsewhere)) in candidates.iter().zip(&elsewhere).enumerate() {
            let here = self.recent.seen(now, candidate.command.message_id);
            again |= here || *elsewhere == Seen::Before || candidate.redelivered;
            if here || *elsewhere != Seen::New || look_up_all || candidate.redelivered {
                suspects.push(i);
            }
        }
        if suspects.is_empty() {
            return candidates;
        }
        if again || look_up_all {
            // An outcome on its way to the store would not be found there, and its message sent again.
            self.settled().await;
        }
        let id = |&i: &usize| candidates.get(i).map(|candidate| candidate.command.message_id);
        let ids: Vec<_> = suspects.iter().filter_map(id).collect();
        let (store, name) = (self.context.store.clone(), &self.context.config.name);
        let progress = until_done(name, || store.progress(&ids));
        let found = self.custody.keep_during(progress).await;
        for (i, progress) in suspects.into_iter().zip(found) {
            if let Some(candidate) = candidates.get_mut(i) {
                let id = candidate.command.message_id;
                // A redelivery is this very command: whoever had it has it no longer.
                candidate.twin = elsewhere.get(i) == Some(&Seen::Before)
                    && progress.outcome.is_none()
                    && !candidate.redelivered
                    && !self.by_id.contains_key(&id);
                candidate.progress = progress;
            }
        }
        candidates
    }

    async fn start(&mut self, candidate: Candidate) {
        let Candidate {
            command,
            tokens,
            redelivered: _,
            published_at,
            permit,
            progress,
            twin: _,
        } = candidate;
        if let Some(message) = self
            .by_id
            .get(&command.message_id)
            .and_then(|slot| self.messages.get_mut(slot))
        {
            // Published twice and still under way: one outcome serves both deliveries.
            for token in tokens {
                if !message.tokens.contains(&token) {
                    message.tokens.push(token);
                }
            }
            self.context.metrics.message("repeated");
            self.context.metrics.in_flight.dec();
            return;
        }
        let policy = self.context.policies.current();
        let latest =
            published_at + TimeDelta::from_std(self.context.config.max_message_age).unwrap_or(TimeDelta::MAX);
        let slot = self.next_slot;
        self.next_slot += 1;
        self.by_id.insert(command.message_id, slot);
        let recorded = self.context.recorder.takes(command.message_id);
        let waits_since = self.context.tracer.taken(command.message_id, published_at);
        let message = InFlight {
            published_at,
            expires_at: command.expires_at.map_or(latest, |at| at.min(latest)),
            command,
            tokens,
            policy,
            plan: None,
            accepted: Vec::new(),
            bind: None,
            attempts: 0,
            failures: Failures::default(),
            intended: progress.intended,
            written: false,
            unanswered: false,
            in_doubt_since: None,
            out: false,
            resumed: None,
            recorded,
            waits_since,
            permit,
        };
        self.messages.insert(slot, message);
        self.resume(slot, &progress);
        if progress.intended && self.context.config.on_unanswered == OnUnanswered::Report {
            return self.report_interrupted(slot).await;
        }
        if self.messages.get(&slot).is_some_and(InFlight::is_expired) {
            self.expire(slot).await;
        } else {
            self.replan(slot).await;
        }
    }

    /// Its sending had begun before a restart, and how far it came is not known: it must not be sent again.
    async fn report_interrupted(&mut self, slot: u64) {
        let Some(message) = self.messages.get(&slot) else {
            return;
        };
        let policy = message.policy.clone();
        if let Ok(plan) = self.decide(slot, &*policy)
            && let Some(message) = self.messages.get_mut(&slot)
        {
            message.plan = Some(plan);
        }
        let complete = self.messages.get(&slot).is_some_and(InFlight::is_complete);
        let (outcome, reason) = if complete {
            (Outcome::Accepted, None)
        } else {
            let reason = "its sending was interrupted by a restart: a receipt may still tell".to_owned();
            (Outcome::Unknown, Some(reason))
        };
        let message = self.messages.get(&slot).filter(|_| !complete);
        let doubt = message.map(|message| message.doubt(&self.context.config));
        self.finish(slot, outcome, None, reason, doubt).await;
    }

    /// Waits until every outcome so far is durable.
    pub(super) async fn settled(&mut self) {
        let (reached, mark) = oneshot::channel();
        self.send_to_settler(SettleItem::Mark(reached)).await;
        // An error is a settler that has ended: everything it had is durable.
        self.custody.keep_during(mark).await.unwrap_or_default();
    }

    pub(super) async fn send_to_settler(&mut self, item: SettleItem) {
        let sent = match self.settle.try_send(item) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(item)) => self
                .custody
                .keep_during(self.settle.send(item))
                .await
                .map_err(drop),
            Err(TrySendError::Closed(_)) => Err(()),
        };
        if sent.is_err() {
            tracing::error!(operator = %self.context.config.name, "the settler has ended before the dispatcher");
        }
    }
}

/// What the hosts know of these commands, in their order.
async fn seen_elsewhere(context: &OperatorContext, candidates: &[Candidate]) -> Vec<Seen> {
    let Some(seen) = context.seen.as_ref().filter(|_| !candidates.is_empty()) else {
        return vec![Seen::New; candidates.len()];
    };
    // Each once: of two in one batch the second would be told of the first, and none be sent.
    let mut ids: Vec<_> = candidates.iter().map(Candidate::message_id).collect();
    ids.sort_unstable_by_key(|id| id.0);
    ids.dedup();
    let told = seen.seen(&ids).await.unwrap_or_else(|error| {
        let error = errors::chain(&error);
        tracing::debug!(operator = %context.config.name, error, "what other hosts have settled is looked up");
        vec![Seen::Unknown; ids.len()]
    });
    let told: HashMap<_, _> = ids.into_iter().zip(told).collect();
    let of = |candidate: &Candidate| {
        told.get(&candidate.message_id())
            .copied()
            .unwrap_or(Seen::Unknown)
    };
    candidates.iter().map(of).collect()
}

fn as_json(body: &Bytes) -> serde_json::Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| serde_json::Value::String(String::from_utf8_lossy(body).into_owned()))
}
