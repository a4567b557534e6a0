//! A message between the intake and its outcome.

use super::place::Place;
use super::plan::Plan;
use super::tracer::Submitted;
use crate::clock;
use crate::config::OperatorConfig;
use crate::ports::Policy;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::dispatch::DispatchCommand;
use smpp_domain::event::{Outcome, PartReport, SubmitEvent};
use smpp_domain::pdu::CommandStatus;
use smpp_domain::policy::Fault;
use smpp_domain::policy::failure::TRIES_OF_A_VERSION;
use std::sync::Arc;
use uuid::Uuid;

/// Tries that the operator refused for a passing reason, before the message is rejected.
pub(super) const MAX_ATTEMPTS: u32 = 5;

/// A part that the operator accepted.
#[derive(Clone, Debug)]
pub(super) struct AcceptedPart {
    pub(super) part_number: u8,
    pub(super) operator_message_id: String,
    pub(super) written_at: DateTime<Utc>,
}

/// How parts that were accepted before a restart were made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resumed {
    /// Of their concatenation.
    pub(super) reference: Option<u16>,
    pub(super) part_count: u8,
}

/// The answer that ended a message.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: CommandStatus,
    /// The policy's word for it.
    pub(super) code: Option<String>,
}

/// How often one version failed on a message in a way that it would again.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Failures {
    version: u64,
    count: u32,
}

impl Failures {
    /// Notes one. True when it was the last that this version is allowed.
    pub(super) fn add(&mut self, version: u64, fault: &Fault) -> bool {
        if self.version != version {
            *self = Self { version, count: 0 };
        }
        if !fault.cause.repeats() {
            return false;
        }
        self.count = self.count.saturating_add(1);
        self.count == TRIES_OF_A_VERSION
    }

    /// Whether asking this version again is pointless.
    pub(super) fn spent(self, version: u64) -> bool {
        self.version == version && self.count >= TRIES_OF_A_VERSION
    }
}

/// One message. Its parts go out one after the other: the next when the one before was accepted.
pub(super) struct InFlight {
    pub(super) command: DispatchCommand,
    /// Names its deliveries: several if the platform published it twice.
    pub(super) tokens: Vec<u64>,
    /// The version that decides for this message, whatever is loaded meanwhile.
    pub(super) policy: Arc<dyn Policy>,
    /// `None` while its policy cannot decide.
    pub(super) plan: Option<Plan>,
    pub(super) published_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) accepted: Vec<AcceptedPart>,
    /// How the parts were made that were accepted before a restart.
    pub(super) resumed: Option<Resumed>,
    /// The bind that got its first part.
    pub(super) bind: Option<usize>,
    /// Refusals of the current part for a passing reason, or failed decisions.
    pub(super) attempts: u32,
    /// How often its policy could not decide.
    pub(super) failures: Failures,
    /// It was noted durably that it is being sent.
    pub(super) intended: bool,
    /// Something of it was written by this host.
    pub(super) written: bool,
    /// The current part was written before and never answered.
    pub(super) unanswered: bool,
    /// When the part that was never answered was written, as far as this host knows.
    pub(super) in_doubt_since: Option<DateTime<Utc>>,
    /// The current part is at a bind.
    pub(super) out: bool,
    /// What is decided about it is recorded.
    pub(super) recorded: bool,
    /// Since when its next part waits for nothing but its turn; `None` where it is not traced.
    pub(super) waits_since: Option<DateTime<Utc>>,
    /// Counts it as outside the broker.
    pub(super) permit: Place,
}

impl InFlight {
    /// The number of the part that is due, from 1.
    pub(super) fn next_part(&self) -> u8 {
        self.accepted
            .iter()
            .map(|part| part.part_number)
            .max()
            .unwrap_or(0)
            .saturating_add(1)
    }

    pub(super) fn part_count(&self) -> u8 {
        self.plan
            .as_ref()
            .map_or(0, |plan| u8::try_from(plan.parts.len()).unwrap_or(u8::MAX))
    }

    pub(super) fn is_complete(&self) -> bool {
        self.plan.is_some() && self.next_part() > self.part_count()
    }

    pub(super) fn is_expired(&self) -> bool {
        self.expires_at <= clock::utc_now()
    }

    /// A submit_sm of its that is over, where it is traced.
    pub(super) fn submitted(&self, part_number: u8, written_at: DateTime<Utc>) -> Option<Submitted<'_>> {
        let plan = self.plan.as_ref();
        Some(Submitted {
            message: self.command.message_id,
            part_number,
            part_count: self.part_count(),
            pdu: plan.and_then(|plan| {
                plan.parts
                    .get(usize::from(part_number).checked_sub(1)?)
                    .map(Arc::as_ref)
            }),
            since: self.waits_since?,
            written_at,
        })
    }

    /// The row of an accepted part; its key is filled in by the settler, which asks the policy.
    pub(super) fn correlation(&self, part: &AcceptedPart, operator: &OperatorConfig) -> MessageCorrelation {
        let ttl = chrono::TimeDelta::from_std(operator.correlation_ttl).unwrap_or(chrono::TimeDelta::MAX);
        MessageCorrelation {
            id: Uuid::now_v7(),
            message_id: self.command.message_id,
            operator_message_id: part.operator_message_id.clone(),
            operator_id: self.command.operator_id,
            to: self.command.to.clone(),
            submitted_at: part.written_at,
            expires_at: part.written_at + ttl,
            message_key: String::new(),
            account_id: self.command.account_id,
            part_number: part.part_number,
            part_count: self.part_count(),
            reference: self.plan.as_ref().and_then(|plan| plan.reference),
        }
    }

    /// The row of the part in doubt: only its number leads a receipt to it.
    pub(super) fn doubt(&self, operator: &OperatorConfig) -> MessageCorrelation {
        let part = AcceptedPart {
            part_number: self.next_part(),
            operator_message_id: String::new(),
            // Written after its command was published, at least.
            written_at: self.in_doubt_since.unwrap_or(self.published_at),
        };
        self.correlation(&part, operator)
    }

    /// The event of its outcome. `refused` is what ended it; `reason` is `None` for ACCEPTED only.
    pub(super) fn event(
        &self,
        outcome: Outcome,
        refused: Option<Refusal>,
        reason: Option<String>,
    ) -> SubmitEvent {
        let (refused, rejection_code) = match refused {
            Some(refusal) => (Some(refusal.status), refusal.code),
            None => (None, None),
        };
        let mut parts: Vec<_> = self.accepted.iter().map(report).collect();
        if refused.is_some() || self.unanswered {
            parts.push(PartReport {
                part_number: self.next_part(),
                operator_message_id: None,
                command_status: refused,
            });
        }
        let (done, all) = (self.accepted.len(), usize::from(self.part_count()));
        let plan = self.plan.as_ref();
        SubmitEvent {
            message_id: self.command.message_id,
            account_id: self.command.account_id,
            operator_id: self.command.operator_id,
            outcome,
            parts,
            part_count: self.part_count(),
            command_status: refused.or((outcome == Outcome::Accepted).then_some(CommandStatus::OK)),
            rejection_code,
            reason,
            partial: (done > 0 && done < all).then(|| format!("{done}/{all}")),
            encoding: plan.map(|plan| plan.encoding.clone()),
            data_coding: plan.map(|plan| plan.data_coding),
            long_message_strategy: plan.map(|plan| plan.strategy),
            submitted_at: self.accepted.first().map(|part| part.written_at),
            policy: self.policy.identity().map(|identity| identity.as_ref().clone()),
        }
    }
}

fn report(part: &AcceptedPart) -> PartReport {
    PartReport {
        part_number: part.part_number,
        operator_message_id: (!part.operator_message_id.is_empty()).then(|| part.operator_message_id.clone()),
        command_status: Some(CommandStatus::OK),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_domain::policy::{FaultCause, Hook};

    fn fault(cause: FaultCause) -> Fault {
        Fault {
            hook: Hook::Encoding,
            cause,
            text: String::new(),
        }
    }

    #[test]
    fn a_version_that_traps_is_asked_three_times_and_another_one_anew() {
        let mut failures = Failures::default();
        assert!(!failures.add(7, &fault(FaultCause::Trap)));
        assert!(!failures.add(7, &fault(FaultCause::Timeout)));
        assert!(!failures.spent(7));
        assert!(failures.add(7, &fault(FaultCause::Trap)));
        assert!(failures.spent(7) && !failures.spent(8));
        assert!(!failures.add(8, &fault(FaultCause::Trap)));
        assert!(!failures.spent(8));
    }

    #[test]
    fn a_version_that_says_not_now_may_be_asked_for_ever() {
        let mut failures = Failures::default();
        for _ in 0..20 {
            for cause in [FaultCause::Other, FaultCause::BreakerOpen, FaultCause::Malformed] {
                assert!(!failures.add(1, &fault(cause)) && !failures.spent(1), "{cause}");
            }
        }
    }
}
