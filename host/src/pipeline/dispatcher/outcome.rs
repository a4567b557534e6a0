//! What came back for a part, and what follows from it.

use super::Dispatcher;
use crate::clock;
use crate::config::OnUnanswered;
use crate::pipeline::faults;
use crate::pipeline::in_flight::{AcceptedPart, InFlight, MAX_ATTEMPTS, Refusal};
use crate::pipeline::recorder::Watched;
use crate::pipeline::settle::SettleItem;
use crate::ports::{PartOutcome, PartResult, Policy, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::event::Outcome;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::session::SubmitResponse;
use smpp_domain::status::{Throttling, Verdict, explain};
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The pause after the operator said that we are too fast, when the limiter cannot be asked.
const PAUSE: Duration = Duration::from_secs(1);

/// Parts given up as unanswered, remembered for an answer that is merely late.
const LATE_PARTS: usize = 10_000;

/// What a late answer needs to become a correlation row.
#[derive(Default)]
pub(super) struct LateBook {
    rows: HashMap<Ticket, (Arc<dyn Policy>, MessageCorrelation)>,
    order: VecDeque<Ticket>,
}

impl LateBook {
    fn remember(&mut self, ticket: Ticket, policy: Arc<dyn Policy>, row: MessageCorrelation) {
        if self.order.len() >= LATE_PARTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.rows.remove(&oldest);
        }
        if self.rows.insert(ticket, (policy, row)).is_none() {
            self.order.push_back(ticket);
        }
    }
}

impl Dispatcher {
    pub(super) async fn take_outcome(&mut self, outcome: PartOutcome) {
        let ticket = outcome.ticket;
        if !matches!(outcome.result, PartResult::Late { .. }) {
            self.bench.returned(outcome.bind);
            if let Some(message) = self.messages.get_mut(&ticket.slot) {
                message.out = false;
                message.written |= outcome.result != PartResult::NotSent;
            }
        }
        match outcome.result {
            PartResult::Answered {
                written_at,
                sequence_number,
                response,
            } => {
                self.answered((ticket, sequence_number), written_at, response)
                    .await
            }
            PartResult::Unanswered { written_at, .. } => self.unanswered(ticket, written_at).await,
            PartResult::NotSent => {
                self.ready.insert(ticket.slot);
            }
            PartResult::Late {
                written_at,
                sequence_number,
                response,
            } => self.late((ticket, sequence_number), written_at, response).await,
        }
    }

    async fn answered(
        &mut self,
        (ticket, sequence_number): (Ticket, u32),
        written_at: DateTime<Utc>,
        response: SubmitResponse,
    ) {
        let Some(message) = self.messages.get(&ticket.slot) else {
            return;
        };
        let (slot, status) = (ticket.slot, response.status);
        let verdict = self.judge(message, (ticket, sequence_number), written_at, &response);
        self.waits_from_now(slot);
        match verdict {
            Verdict::Accepted => self.accepted(ticket, written_at, response.message_id).await,
            Verdict::Throttle(asked) => {
                self.context.metrics.part("throttled");
                self.ready.insert(slot);
                self.slow_down(written_at, status, asked).await;
            }
            Verdict::Retry { after, max_attempts } => self.retry(slot, status, after, max_attempts).await,
            Verdict::Reject { code, reason, alert } => {
                if alert {
                    tracing::error!(operator = %self.context.config.name, reason, "submit_sm refused");
                }
                self.refuse(slot, Refusal { status, code }, reason).await;
            }
            Verdict::StopOperator { reason } => {
                self.context.metrics.part("stopped");
                self.ready.insert(slot);
                self.stop_operator(status, reason).await;
            }
        }
    }

    /// What an answer means: as the policy says, else the operator's file, else the built-in table. Where the policy fails
    /// the others stand in, whatever `on_failure` says: what the operator did is done, and to send the message again or to
    /// call it rejected would be wrong as often as not.
    fn judge(
        &self,
        message: &InFlight,
        (ticket, sequence_number): (Ticket, u32),
        written_at: DateTime<Utc>,
        response: &SubmitResponse,
    ) -> Verdict {
        let recorder = &self.context.recorder;
        let sent = message.submitted(ticket.part_number, written_at);
        // A refusal is of interest whatever its message, and what it comes to is known afterwards.
        let noted = message.recorded || !response.status.is_ok() || sent.is_some();
        let policy = Watched::new(&*message.policy, recorder.is_on() || sent.is_some(), noted);
        let asked = policy.submit_result(response, message.attempts + 1);
        let verdict = asked.unwrap_or_else(|fault| {
            faults::note(&self.context.config, &self.context.metrics, &fault, "answer");
            None
        });
        let verdict = verdict.unwrap_or_else(|| self.context.config.statuses.verdict(response));
        let (id, calls) = (message.command.message_id, policy.take_calls());
        if let Some(sent) = sent {
            self.context
                .tracer
                .answered(&sent, response.status, &verdict, &calls);
        }
        recorder.judged((id, sequence_number), message.recorded, calls, &verdict);
        verdict
    }

    async fn accepted(&mut self, ticket: Ticket, written_at: DateTime<Utc>, operator_message_id: String) {
        let Some(message) = self.messages.get_mut(&ticket.slot) else {
            return;
        };
        let part = AcceptedPart {
            part_number: ticket.part_number,
            operator_message_id,
            written_at,
        };
        let row = message.correlation(&part, &self.context.config);
        message.accepted.push(part);
        message.attempts = 0;
        message.unanswered = false;
        let complete = message.is_complete();
        let policy = message.policy.clone();
        self.context.metrics.part("accepted");
        self.nothing_accepted = false;
        if complete {
            self.finish(ticket.slot, Outcome::Accepted, None, None, Some(row))
                .await;
        } else {
            self.send_to_settler(SettleItem::Part {
                policy,
                correlation: row,
            })
            .await;
            self.ready.insert(ticket.slot);
        }
        self.opened_by(ticket.slot).await;
    }

    /// Slows the operator down, on all hosts. What was written before it was slowed down last says nothing new.
    async fn slow_down(&mut self, written_at: DateTime<Utc>, status: CommandStatus, asked: Throttling) {
        let known = self.paused_until.is_some() || self.throttled_at.is_some_and(|at| written_at <= at);
        if known && asked == Throttling::default() {
            return;
        }
        let operator = &self.context.config.name;
        let pause = match self.context.limiter.throttled(self.nothing_accepted, asked).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%operator, error = crate::errors::chain(&error), "other hosts could not be told to slow down");
                PAUSE
            }
        };
        let now = clock::utc_now();
        let until = now + TimeDelta::from_std(pause).unwrap_or_default();
        self.context.throttle.pause(now, until, Some(status));
        if !known {
            tracing::warn!(%operator, reason = %explain(status), ?pause, "the operator is slowed down");
            self.throttled_at = Some(now);
        }
        self.nothing_accepted = true;
        self.paused_until = self.paused_until.max(Some(clock::now() + pause));
    }

    async fn retry(
        &mut self,
        slot: u64,
        status: CommandStatus,
        after: Option<Duration>,
        max_attempts: Option<NonZeroU32>,
    ) {
        let Some(message) = self.messages.get_mut(&slot) else {
            return;
        };
        message.attempts += 1;
        let limit = max_attempts.map_or(MAX_ATTEMPTS, NonZeroU32::get);
        if message.attempts >= limit {
            let reason = format!("{}, {} times", explain(status), message.attempts);
            return self.refuse(slot, Refusal { status, code: None }, reason).await;
        }
        self.context.metrics.part("retried");
        let own = Duration::from_secs(1) * 2_u32.pow(message.attempts.min(MAX_ATTEMPTS) - 1);
        self.give_up_turn(slot);
        self.delayed.insert((clock::now() + after.unwrap_or(own), slot));
    }

    async fn refuse(&mut self, slot: u64, refusal: Refusal, reason: String) {
        self.context.metrics.part("refused");
        if let Some(code) = &refusal.code {
            self.context.metrics.rejection(code);
        }
        self.finish(slot, Outcome::Rejected, Some(refusal), Some(reason), None)
            .await;
    }

    async fn unanswered(&mut self, ticket: Ticket, written_at: DateTime<Utc>) {
        self.context.metrics.part("unanswered");
        let Some(message) = self.messages.get_mut(&ticket.slot) else {
            return;
        };
        message.unanswered = true;
        if let Some(sent) = message.submitted(ticket.part_number, written_at) {
            self.context.tracer.unanswered(&sent);
        }
        let part = AcceptedPart {
            part_number: ticket.part_number,
            operator_message_id: String::new(),
            written_at,
        };
        message.in_doubt_since = Some(written_at);
        let row = message.correlation(&part, &self.context.config);
        self.waits_from_now(ticket.slot);
        let Some(message) = self.messages.get(&ticket.slot) else {
            return;
        };
        self.late.remember(ticket, message.policy.clone(), row.clone());
        match self.context.config.on_unanswered {
            OnUnanswered::Resend => {
                self.ready.insert(ticket.slot);
            }
            OnUnanswered::Report => {
                let reason = "it was sent and never answered: a receipt may still tell".to_owned();
                self.finish(ticket.slot, Outcome::Unknown, None, Some(reason), Some(row))
                    .await;
            }
        }
    }

    /// An answer after we gave up waiting. If the part was not sent again yet, it need not be.
    async fn late(
        &mut self,
        (ticket, sequence_number): (Ticket, u32),
        written_at: DateTime<Utc>,
        response: SubmitResponse,
    ) {
        let waits = self.messages.get(&ticket.slot).is_some_and(|message| {
            !message.out && message.unanswered && message.next_part() == ticket.part_number
        });
        if waits && self.ready.remove(&ticket.slot) {
            return self
                .answered((ticket, sequence_number), written_at, response)
                .await;
        }
        // The entry stays: a part that went several times may have as many late answers.
        let Some((policy, mut row)) = self.late.rows.get(&ticket).cloned() else {
            return;
        };
        if response.status.is_ok() && !response.message_id.is_empty() {
            row.id = Uuid::now_v7();
            row.submitted_at = written_at;
            row.operator_message_id = response.message_id;
            self.send_to_settler(SettleItem::Part {
                policy,
                correlation: row,
            })
            .await;
        }
    }

    /// Whoever waits to send to the same number may.
    pub(super) fn give_up_turn(&mut self, slot: u64) {
        if let Some(message) = self.messages.get(&slot)
            && let Some(next) = self.turns.leave(&message.command.to, slot)
        {
            self.ready.insert(next);
        }
    }

    /// Gives a message its one outcome.
    pub(super) async fn finish(
        &mut self,
        slot: u64,
        outcome: Outcome,
        refused: Option<Refusal>,
        reason: Option<String>,
        correlation: Option<MessageCorrelation>,
    ) {
        self.give_up_turn(slot);
        let Some(message) = self.messages.remove(&slot) else {
            return;
        };
        self.by_id.remove(&message.command.message_id);
        self.ready.remove(&slot);
        self.context.metrics.message(match outcome {
            Outcome::Accepted => "accepted",
            Outcome::Rejected => "rejected",
            Outcome::Expired => "expired",
            Outcome::Unknown => "unknown",
        });
        let event = Box::new(message.event(outcome, refused, reason));
        let item = SettleItem::Message {
            policy: message.policy,
            correlation,
            event,
            published_at: message.published_at,
            trace_parent: message.command.trace_parent,
            tokens: message.tokens,
            permit: message.permit,
        };
        self.send_to_settler(item).await;
    }
}
