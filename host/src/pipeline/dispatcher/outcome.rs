//! What came back for a part, and what follows from it.

use super::Dispatcher;
use crate::clock;
use crate::config::OnUnanswered;
use crate::pipeline::in_flight::{AcceptedPart, MAX_ATTEMPTS};
use crate::pipeline::settle::SettleItem;
use crate::ports::{PartOutcome, PartResult, Policy, Ticket};
use chrono::{DateTime, Utc};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::event::Outcome;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::status::{StatusClass, classify, explain};
use std::collections::{HashMap, VecDeque};
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
            }
        }
        match outcome.result {
            PartResult::Answered {
                written_at,
                status,
                message_id,
            } => {
                self.answered(ticket, written_at, status, message_id).await;
            }
            PartResult::Unanswered { written_at, .. } => self.unanswered(ticket, written_at).await,
            PartResult::NotSent => {
                self.ready.insert(ticket.slot);
            }
            PartResult::Late {
                written_at,
                status,
                message_id,
            } => {
                self.late(ticket, written_at, status, message_id).await;
            }
        }
    }

    async fn answered(
        &mut self,
        ticket: Ticket,
        written_at: DateTime<Utc>,
        status: CommandStatus,
        operator_message_id: String,
    ) {
        let Some(message) = self.messages.get_mut(&ticket.slot) else {
            return;
        };
        let class = classify(status);
        if class != StatusClass::Ok {
            return self.refused(ticket.slot, status, class).await;
        }
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
    }

    async fn refused(&mut self, slot: u64, status: CommandStatus, class: StatusClass) {
        match class {
            StatusClass::Throttle => {
                self.context.metrics.part("throttled");
                self.ready.insert(slot);
                if self.paused_until.is_none() {
                    self.pause(status).await;
                }
            }
            StatusClass::Retry | StatusClass::Rebind => self.retry(slot, status, MAX_ATTEMPTS).await,
            StatusClass::RetryOnce => self.retry(slot, status, 2).await,
            StatusClass::Ok
            | StatusClass::Reject
            | StatusClass::RejectAlert
            | StatusClass::BindBackoff
            | StatusClass::BindRefused
            | StatusClass::StopOperator => {
                if class != StatusClass::Reject {
                    tracing::error!(operator = %self.context.config.name, reason = %explain(status), "submit_sm refused");
                }
                self.context.metrics.part("refused");
                self.finish(slot, Outcome::Rejected, Some(status), Some(explain(status)), None)
                    .await;
            }
        }
    }

    /// Slows the operator down, on all hosts.
    async fn pause(&mut self, status: CommandStatus) {
        let operator = &self.context.config.name;
        let pause = match self.context.limiter.throttled(self.nothing_accepted).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%operator, error = crate::errors::chain(&error), "other hosts could not be told to slow down");
                PAUSE
            }
        };
        tracing::warn!(%operator, reason = %explain(status), ?pause, "the operator is slowed down");
        self.nothing_accepted = true;
        self.paused_until = Some(clock::now() + pause);
    }

    async fn retry(&mut self, slot: u64, status: CommandStatus, limit: u32) {
        let Some(message) = self.messages.get_mut(&slot) else {
            return;
        };
        message.attempts += 1;
        if message.attempts >= limit {
            let reason = format!("{}, {} times", explain(status), message.attempts);
            self.context.metrics.part("refused");
            return self
                .finish(slot, Outcome::Rejected, Some(status), Some(reason), None)
                .await;
        }
        self.context.metrics.part("retried");
        let pause = Duration::from_secs(1) * 2_u32.pow(message.attempts - 1);
        self.delayed.insert((clock::now() + pause, slot));
    }

    async fn unanswered(&mut self, ticket: Ticket, written_at: DateTime<Utc>) {
        self.context.metrics.part("unanswered");
        let Some(message) = self.messages.get_mut(&ticket.slot) else {
            return;
        };
        message.unanswered = true;
        let part = AcceptedPart {
            part_number: ticket.part_number,
            operator_message_id: String::new(),
            written_at,
        };
        message.in_doubt_since = Some(written_at);
        let row = message.correlation(&part, &self.context.config);
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
        ticket: Ticket,
        written_at: DateTime<Utc>,
        status: CommandStatus,
        operator_message_id: String,
    ) {
        let waits = self.messages.get(&ticket.slot).is_some_and(|message| {
            !message.out && message.unanswered && message.next_part() == ticket.part_number
        });
        if waits && self.ready.remove(&ticket.slot) {
            return self
                .answered(ticket, written_at, status, operator_message_id)
                .await;
        }
        // The entry stays: a part that went several times may have as many late answers.
        let Some((policy, mut row)) = self.late.rows.get(&ticket).cloned() else {
            return;
        };
        if status.is_ok() && !operator_message_id.is_empty() {
            row.id = Uuid::now_v7();
            row.submitted_at = written_at;
            row.operator_message_id = operator_message_id;
            self.send_to_settler(SettleItem::Part {
                policy,
                correlation: row,
            })
            .await;
        }
    }

    /// Gives a message its one outcome.
    pub(super) async fn finish(
        &mut self,
        slot: u64,
        outcome: Outcome,
        refused: Option<CommandStatus>,
        reason: Option<String>,
        correlation: Option<MessageCorrelation>,
    ) {
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
            tokens: message.tokens,
            permit: message.permit,
        };
        self.send_to_settler(item).await;
    }
}
