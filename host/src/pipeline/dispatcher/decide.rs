//! What is sent for a message: decided once, and again after a restart.

use super::Dispatcher;
use crate::clock;
use crate::pipeline::in_flight::{AcceptedPart, MAX_ATTEMPTS, Resumed};
use crate::pipeline::plan::{Judge, Plan, PlanError, plan};
use crate::pipeline::recorder::Watched;
use crate::pipeline::rewrite::rewrite;
use crate::ports::{Policy, Progress};
use smpp_domain::event::Outcome;
use std::time::Duration;

impl Dispatcher {
    /// Takes over the parts that were accepted before a restart.
    pub(super) fn resume(&mut self, slot: u64, progress: &Progress) {
        let Some(message) = self.messages.get_mut(&slot) else {
            return;
        };
        message.accepted = progress
            .accepted
            .iter()
            .map(|row| AcceptedPart {
                part_number: row.part_number,
                operator_message_id: row.operator_message_id.clone(),
                written_at: row.submitted_at,
            })
            .collect();
        message.accepted.sort_by_key(|part| part.part_number);
        message.accepted.dedup_by_key(|part| part.part_number);
        message.resumed = progress.accepted.first().map(|row| Resumed {
            reference: row.reference,
            part_count: row.part_count,
        });
    }

    /// Decides how a message is sent, and puts it into the queue; or ends it, or lets it wait for its policy.
    pub(super) async fn replan(&mut self, slot: u64) {
        let Some(message) = self.messages.get_mut(&slot) else {
            return;
        };
        if message.attempts > 0 {
            // It waited because its policy failed: the version of now may be better.
            message.policy = self.context.policies.current();
            if message.failures.spent(*self.versions.borrow()) {
                // Only another version can help, and wakes it. Each question would cost an instance, and the breaker
                // would close the hook to all other messages.
                return self.wait_for_policy(slot);
            }
        }
        let policy = message.policy.clone();
        match self.decide(slot, &*policy) {
            Ok(plan) => {
                let Some(message) = self.messages.get_mut(&slot) else {
                    return;
                };
                message.plan = Some(plan);
                message.attempts = 0;
                if message.is_complete() {
                    self.finish(slot, Outcome::Accepted, None, None, None).await;
                } else {
                    self.ready.insert(slot);
                }
            }
            Err(PlanError::Rejected(reason)) => {
                self.finish(slot, Outcome::Rejected, None, Some(reason), None)
                    .await;
            }
            Err(PlanError::Retry(fault)) => {
                let version = *self.versions.borrow();
                let operator = &self.context.config.name;
                if let Some(message) = self.messages.get_mut(&slot)
                    && message.failures.add(version, &fault)
                {
                    let message_id = message.command.message_id;
                    tracing::error!(%operator, %message_id, %fault, "the policy fails on this message again and again: it waits for another version");
                }
                self.wait_for_policy(slot);
            }
        }
    }

    /// Looks at it again after a while: 2 s, 4 s, and so on up to 32 s.
    fn wait_for_policy(&mut self, slot: u64) {
        let Some(message) = self.messages.get_mut(&slot) else {
            return;
        };
        message.attempts = message.attempts.saturating_add(1);
        let pause = Duration::from_secs(1) * 2_u32.pow(message.attempts.min(MAX_ATTEMPTS));
        self.delayed.insert((clock::now() + pause, slot));
    }

    /// Decides, and records what the policy was asked.
    pub(super) fn decide(&mut self, slot: u64, policy: &dyn Policy) -> Result<Plan, PlanError> {
        let Some(message) = self.messages.get(&slot) else {
            return Err(PlanError::Rejected("the message is gone".to_owned()));
        };
        let (id, recorded) = (message.command.message_id, message.recorded);
        let started = message.waits_since.map(|_| clock::utc_now());
        let recorder = self.context.recorder.clone();
        let traced = started.is_some();
        let watched = Watched::new(policy, traced || recorder.is_on(), traced || recorded);
        let result = self.decide_by(slot, &watched);
        let mut calls = watched.take_calls();
        if let Some(started) = started {
            self.context.tracer.decided(id, started, &calls, &result);
            self.waits_from_now(slot);
        }
        let mut recorded = recorded;
        if let Err(PlanError::Rejected(_)) = result
            && !recorded
            && calls.is_empty()
            && recorder.has_room_for_refusal()
        {
            // Asked again, this time to see what led to it: the same question has the same answer.
            let watched = Watched::new(policy, true, true);
            drop(self.decide_by(slot, &watched));
            calls = watched.take_calls();
            recorded = true;
        }
        recorder.planned(id, recorded, calls, &result);
        result
    }

    /// Of a traced message: what comes next is a part's wait for its turn.
    pub(super) fn waits_from_now(&mut self, slot: u64) {
        if let Some(message) = self.messages.get_mut(&slot)
            && let Some(since) = &mut message.waits_since
        {
            *since = clock::utc_now();
        }
    }

    fn decide_by(&mut self, slot: u64, policy: &dyn Policy) -> Result<Plan, PlanError> {
        let Some(message) = self.messages.get(&slot) else {
            return Err(PlanError::Rejected("the message is gone".to_owned()));
        };
        let (command, resumed, from) = (&message.command, message.resumed, message.next_part());
        let references = &mut self.references;
        let mut reference = || {
            let resumed = resumed.and_then(|resumed| resumed.reference);
            resumed.unwrap_or_else(|| references.next(&command.to, command.message_id))
        };
        let (config, metrics) = (&*self.context.config, &self.context.metrics);
        let newer = self.context.policies.on_failure();
        let on_failure = newer.as_deref().unwrap_or(&config.policy.on_failure);
        let mut plan = plan(
            command,
            clock::utc_now(),
            config,
            policy,
            on_failure,
            metrics,
            &mut reference,
        )?;
        if let Some(before) = resumed
            && usize::from(before.part_count) != plan.parts.len()
        {
            // The parts that the phone has are no parts of this.
            return Err(PlanError::Rejected(format!(
                "{} of {} parts were sent before a restart, and its policy makes {} of it now",
                message.accepted.len(),
                before.part_count,
                plan.parts.len()
            )));
        }
        rewrite(
            &mut plan,
            from,
            command,
            Judge::new(config, on_failure, metrics),
            policy,
        )?;
        Ok(plan)
    }
}
