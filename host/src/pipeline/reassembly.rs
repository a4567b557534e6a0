//! Long messages from subscribers: their segments are kept, and answered, before the message is whole.
//!
//! A segment is durable before it is answered, and the event of a message before its last segment is. What is closed and
//! not told, because a host died in between, is told by whoever comes next: the operator, which sends the segment again, or
//! the sweep. The message's own id is the event's de-duplication id, so that both may tell it.

use super::OperatorContext;
use super::mobile_originated::put_together;
use crate::clock;
use crate::ports::{BackendError, KeptSegments, Waiting};
use chrono::{DateTime, TimeDelta, Utc};
use smpp_domain::reassembly::{Assembly, Segment};

/// Messages of one operator that may wait for segments. When more do, the oldest are told as they are.
const OF_OPERATOR: Waiting = Waiting {
    messages: 10_000,
    octets: 8 << 20,
};
/// The same of all operators on this store. An operator makes room out of its own.
const OF_ALL: Waiting = Waiting {
    messages: 50_000,
    octets: 64 << 20,
};

/// Messages told in one step.
const STEP: usize = 500;
/// Messages told to make room for octets, in one step.
const SOME: u64 = 16;

/// After so long, whoever closed a message and has not told it is gone. If not, the event is recognised by its id: that is
/// remembered for longer.
const STALE: TimeDelta = TimeDelta::seconds(30);

/// The messages of one operator that are being put together.
pub(super) struct Reassembly<'a> {
    context: &'a OperatorContext,
}

impl<'a> Reassembly<'a> {
    pub(super) fn new(context: &'a OperatorContext) -> Self {
        Self { context }
    }

    /// Keeps segments and publishes what they complete. Everything is durable when it returns.
    pub(super) async fn keep(&self, segments: &[Segment]) -> Result<(), BackendError> {
        if segments.is_empty() {
            return Ok(());
        }
        let kept = self
            .context
            .segments
            .keep(self.context.config.operator_id, segments)
            .await?;
        for _ in 0..kept.duplicates {
            self.context.metrics.inbound("duplicate");
        }
        self.tell(&kept.tell).await?;
        self.make_room(&kept).await
    }

    /// Publishes what has waited long enough, incomplete as it is, and what others have left behind.
    pub(super) async fn sweep(&self) -> Result<(), BackendError> {
        let now = clock::utc_now();
        let timeout = self.context.config.inbound.mo_reassembly_timeout;
        let opened_before = TimeDelta::from_std(timeout)
            .ok()
            .and_then(|timeout| now.checked_sub_signed(timeout))
            .unwrap_or(DateTime::<Utc>::MIN_UTC);
        let overdue = self.give_up(opened_before, now - STALE, STEP).await?;
        self.tell(&overdue).await
    }

    async fn tell(&self, messages: &[Assembly]) -> Result<(), BackendError> {
        if messages.is_empty() {
            return Ok(());
        }
        let operator = self.context.config.operator_id;
        let mut events = Vec::with_capacity(messages.len());
        for message in messages {
            self.context.metrics.inbound("mo");
            if !message.is_complete() {
                self.context.metrics.inbound("incomplete");
            }
            events.push(put_together(operator, message));
        }
        self.context.events.publish(&events).await?;
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        self.context.segments.told(&ids).await
    }

    async fn make_room(&self, kept: &KeptSegments) -> Result<(), BackendError> {
        let (mut own, mut all) = (kept.of_operator, kept.of_all);
        loop {
            let excess = excess(own, OF_OPERATOR)
                .max(excess(all, OF_ALL))
                .min(own.messages);
            if excess == 0 {
                return Ok(());
            }
            let limit = usize::try_from(excess).unwrap_or(STEP).min(STEP);
            let oldest = self
                .give_up(DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC, limit)
                .await?;
            if oldest.is_empty() {
                return Ok(());
            }
            tracing::warn!(
                operator = %self.context.config.name, messages = oldest.len(),
                "too many messages wait for segments: the oldest are told without"
            );
            self.tell(&oldest).await?;
            for message in &oldest {
                own = own.without(message);
                all = all.without(message);
            }
        }
    }

    async fn give_up(
        &self,
        opened_before: DateTime<Utc>,
        closed_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Assembly>, BackendError> {
        let operator = self.context.config.operator_id;
        self.context
            .segments
            .give_up(operator, opened_before, closed_before, limit)
            .await
    }
}

/// How many messages have to go.
fn excess(waiting: Waiting, bound: Waiting) -> u64 {
    let messages = waiting.messages.saturating_sub(bound.messages);
    if waiting.octets > bound.octets {
        messages.max(SOME)
    } else {
        messages
    }
}

impl Waiting {
    fn without(self, message: &Assembly) -> Self {
        let octets = u64::try_from(message.octets()).unwrap_or(u64::MAX);
        Self {
            messages: self.messages.saturating_sub(1),
            octets: self.octets.saturating_sub(octets),
        }
    }
}
