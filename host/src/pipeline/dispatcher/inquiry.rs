//! Answers people who ask where a message is.

use super::Dispatcher;
use crate::clock;
use crate::pipeline::in_flight::InFlight;
use crate::ports::{Inquiry, UnderWay, WaitsFor};
use chrono::{DateTime, TimeDelta, Utc};
use smpp_domain::ids::MessageId;
use std::time::Instant;
use tokio::sync::mpsc;

impl Dispatcher {
    /// The same, answering these questions.
    #[must_use]
    pub fn answering(mut self, inquiries: mpsc::Receiver<Inquiry>) -> Self {
        self.inquiries = Some(inquiries);
        self
    }

    /// Who asks may have gone.
    pub(super) fn answer(&self, inquiry: Inquiry) {
        let under_way = self.under_way(inquiry.message);
        inquiry.answer.send(under_way).unwrap_or_default();
    }

    fn under_way(&self, id: MessageId) -> Option<UnderWay> {
        let Some((slot, message)) = self
            .by_id
            .get(&id)
            .and_then(|slot| Some((*slot, self.messages.get(slot)?)))
        else {
            return self.twin(id);
        };
        Some(UnderWay {
            published_at: message.published_at,
            accepted: message.accepted.len(),
            part_count: message.plan.is_some().then(|| message.part_count()),
            in_doubt_since: message.in_doubt_since.filter(|_| message.unanswered),
            waits: self.waits_for(slot, message),
        })
    }

    /// In the order in which [`Dispatcher::pump`] looks.
    fn waits_for(&self, slot: u64, message: &InFlight) -> WaitsFor {
        if let Some(bind) = message.bind.filter(|_| message.out) {
            return WaitsFor::Answer { bind };
        }
        let delayed = self.delayed.iter().find(|(_, delayed)| *delayed == slot);
        match delayed.map(|(at, _)| wall_time(*at)) {
            until if message.plan.is_none() => WaitsFor::Policy { until },
            Some(until) => WaitsFor::Retry {
                refusals: message.attempts,
                until,
            },
            None if !self.ready.contains(&slot) => WaitsFor::Turn,
            None if self.gate.is_shut() => WaitsFor::Stop,
            None if self.paused_until.is_some() => WaitsFor::Throttle,
            None if !self.custody.may_send() => WaitsFor::Queue,
            None if !self.bench.can_submit() => WaitsFor::Bind,
            None => WaitsFor::Window,
        }
    }
}

fn wall_time(at: Instant) -> DateTime<Utc> {
    let ahead = at.saturating_duration_since(clock::now());
    clock::utc_now() + TimeDelta::from_std(ahead).unwrap_or_default()
}
