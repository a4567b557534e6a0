//! Parts on their way to the wire: as many as window and TPS allow, and those back that are not to be sent.

use super::publish::wall_time;
use super::{Connection, Written};
use crate::clock;
use crate::ports::{BackendError, PartResult};
use smpp_domain::session::{Input, SessionState};
use smpp_domain::tps::{Pace, Reservation};
use std::time::Duration;

impl Connection {
    pub(super) fn reserved(&mut self, reserved: Result<Reservation, BackendError>) {
        match reserved {
            Ok(reservation) => {
                let limiter = &self.parts.context.limiter;
                self.parts.context.metrics.tps_rate.set(limiter.rate());
                self.pacer.granted(reservation);
            }
            Err(error) => {
                tracing::warn!(operator = %self.parts.context.operator_name, %error, "no send times");
                self.pacer.refused(clock::now() + Duration::from_millis(100));
            }
        }
    }

    /// Gives the session as many pending submits as window and TPS allow.
    pub(super) async fn pump(&mut self) {
        if self.parts.session.state() != SessionState::Bound {
            self.paced_until = None;
            self.return_unsent();
            return;
        }
        if self.has_own()
            && let Some(until) = self.parts.context.limiter.paused_until()
        {
            let now = clock::utc_now();
            self.parts.context.throttle.pause(now, wall_time(until), None);
            // What was given out ahead would only be refused.
            self.pacer.clear();
            self.paced_until = Some(until);
            return;
        }
        while self.parts.session.room() > 0 && self.has_own() && self.may_send() {
            let Some(request) = self.pending.pop_front() else {
                return;
            };
            let ticket = Written {
                ticket: request.ticket,
                at: clock::utc_now(),
                since: clock::now(),
                recorded: request.recorded,
            };
            self.recorded.sends = request.recorded;
            if let Some(published_at) = request.published_at {
                self.parts
                    .context
                    .metrics
                    .delays
                    .submitted(published_at, ticket.at);
            }
            self.feed(Input::Submit {
                ticket,
                pdu: request.pdu,
            })
            .await;
            self.recorded.sends = false;
        }
    }

    /// Whether something waits that is still this host's to send. What is not goes back.
    fn has_own(&mut self) -> bool {
        let now = clock::now();
        while let Some(request) = self.pending.pop_front_if(|request| request.lease.is_over(now)) {
            self.parts.report(request.ticket, PartResult::NotSent);
        }
        !self.pending.is_empty()
    }

    /// Uses up a permit, if there is one for this moment.
    fn may_send(&mut self) -> bool {
        let waiting = u32::try_from(self.pending.len()).unwrap_or(u32::MAX);
        self.paced_until = None;
        loop {
            match self.pacer.take(clock::now(), waiting) {
                Pace::Go => return true,
                Pace::Wait(until) => {
                    self.paced_until = Some(until);
                    return false;
                }
                Pace::Ask(want) => {
                    let limiter = self.parts.context.limiter.clone();
                    self.reserving = Some(Box::pin(async move { limiter.reserve(want).await }));
                }
                Pace::Idle => return false,
            }
        }
    }

    /// Hands back what was never written.
    pub(super) fn return_unsent(&mut self) {
        while let Ok(request) = self.parts.submits.try_recv() {
            self.pending.push_back(request);
        }
        while let Some(request) = self.pending.pop_front() {
            self.parts.report(request.ticket, PartResult::NotSent);
        }
    }
}
