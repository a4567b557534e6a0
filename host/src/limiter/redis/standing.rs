//! What one host knows of an operator's promise, and how it paces itself while it knows nothing new.
//!
//! A host may pace itself at its share once nobody counts it as present any more: [`SILENT`] after the last moment at
//! which the server may have carried out one of its calls, and one horizon and one send time later, when everything that
//! was given out until then is over. It goes back to the server at a moment at which its own pace would allow a send, and
//! not sooner: so no second holds more than the cap on either side of the change.

use super::call::Present;
use super::server_time::ServerTime;
use crate::errors;
use crate::ports::BackendError;
use smpp_domain::ids::OperatorId;
use smpp_domain::status::Throttling;
use smpp_domain::tps::{AdaptiveRate, Reservation, TpsWindow};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// Added to each second that the promise is kept for: what a PDU may be late by at the operator, from its send time on.
pub(super) const SLACK: Duration = Duration::from_millis(15);
/// How late a PDU may be written. The rest of the slack is for the way to the operator.
const TOLERANCE: Duration = Duration::from_millis(10);
/// How far ahead send times are given out.
const HORIZON: Duration = Duration::from_millis(100);
/// When the others take it that a host may be pacing itself.
const SILENT: Duration = Duration::from_millis(600);
/// How long the server may take to begin with a call.
pub(super) const PATIENCE: Duration = Duration::from_millis(200);
/// How often an idle host looks whether there is something new.
const LOOK: Duration = Duration::from_millis(100);

/// See the module.
pub(super) struct Standing {
    operator: OperatorId,
    limit: NonZeroU32,
    pub(super) time: ServerTime,
    /// What this host may send a second by itself.
    pub(super) share: u32,
    pub(super) hosts: u32,
    /// Thousandths a second.
    pub(super) rate: u32,
    /// The server time of the answer that said so.
    as_of: u64,
    paused_until: Option<Instant>,
    /// Until then the server may count this host as present, whatever we hear.
    counted_until: Option<Instant>,
    /// After the send times that this host has been given: it never exceeds the cap by itself.
    next: Option<Instant>,
    own: Option<Own>,
}

/// A host by itself.
struct Own {
    window: TpsWindow,
    rate: AdaptiveRate,
}

impl Standing {
    /// `own_share` is what the operator's file says; without it a host that has never reached the server has none.
    pub(super) fn new(operator: OperatorId, limit: NonZeroU32, own_share: Option<NonZeroU32>) -> Self {
        Self {
            operator,
            limit,
            time: ServerTime::default(),
            share: own_share.map_or(0, NonZeroU32::get),
            hosts: 0,
            rate: limit.get().saturating_mul(1_000),
            as_of: 0,
            paused_until: None,
            counted_until: None,
            next: None,
            own: None,
        }
    }

    /// Whether the server may be asked now, or not before some time: the own pace has to end well. After `Ok` this host
    /// does not pace itself any more.
    pub(super) fn turn_to_server(&mut self, now: Instant) -> Result<(), Instant> {
        match self.own.as_ref().and_then(|own| own.window.next()) {
            Some(next) if now < next => Err(next),
            Some(_) | None => {
                if self.own.take().is_some() {
                    tracing::info!(operator = %self.operator, "the TPS limit is shared in Redis again");
                }
                Ok(())
            }
        }
    }

    /// A call is about to be made.
    pub(super) fn calling(&mut self, now: Instant) {
        self.counted_until = self.counted_until.max(Some(now + PATIENCE + SILENT));
    }

    /// The server has answered.
    pub(super) fn heard(&mut self, answer: &Present, answered: Instant) {
        // Answers may overtake each other here.
        if answer.now < self.as_of {
            return;
        }
        self.as_of = answer.now;
        (self.share, self.hosts, self.rate) = (answer.share, answer.hosts, answer.rate);
        self.paused_until = Some(answered + answer.pause);
    }

    /// The connection was made anew: another server's times cannot be compared.
    pub(super) fn connected(&mut self, epoch: u64) {
        if self.time.connected(epoch) {
            self.as_of = 0;
        }
    }

    /// The send times of an answer, in our time.
    pub(super) fn reservation(&mut self, answer: &Present, answered: Instant) -> Reservation {
        let none = |first| none(first, answer.spacing);
        if answer.count == 0 {
            return none(answered + answer.wait);
        }
        let Some((earliest, latest)) = self.time.bracket(answer.first) else {
            return none(answered);
        };
        // What the cap demands of one host, whatever the server says.
        let first = self.next.map_or(latest, |next| next.max(latest));
        let tolerance = (earliest + TOLERANCE).saturating_duration_since(first);
        if tolerance.is_zero() {
            return none(answered);
        }
        let last = first + answer.spacing * (answer.count - 1);
        self.next = Some(last + self.spacing());
        Reservation {
            first,
            spacing: answer.spacing,
            count: answer.count,
            tolerance,
        }
    }

    /// Send times of this host by itself, for `want` PDUs; `error` is why.
    pub(super) fn own_pace(&mut self, now: Instant, want: u32, error: &BackendError) -> Reservation {
        let spacing = self.spacing();
        let Some(share) = NonZeroU32::new(self.share.min(self.limit.get())) else {
            return none(now + LOOK, spacing);
        };
        let alone = self.counted_until.map_or(now, |until| until + HORIZON + spacing);
        if now < alone {
            return none(alone.min(now + LOOK), spacing);
        }
        if self.own.is_none() {
            tracing::warn!(
                operator = %self.operator, share, error = errors::chain(error),
                "this host sends at its share of the TPS limit"
            );
        }
        let (operator, paused_until, next) = (self.operator, self.paused_until, self.next);
        let own = self.own.get_or_insert_with(|| {
            let mut window = TpsWindow::new(operator, share, SLACK, HORIZON);
            let after = alone + (Duration::from_secs(1) + SLACK) / share.get();
            for at in [Some(after), paused_until, next].into_iter().flatten() {
                window.pause_until(at);
            }
            Own {
                window,
                rate: AdaptiveRate::new(share),
            }
        });
        own.window.set_limit(now, own.rate.limit(now));
        let reservation = own.window.reserve(now, want);
        if reservation.count == 0 {
            return none(reservation.first.min(now + LOOK), spacing);
        }
        self.next = own.window.next();
        Reservation {
            tolerance: TOLERANCE,
            ..reservation
        }
    }

    /// This host paces itself until `at`: it looks again then.
    pub(super) fn nothing_before(&self, at: Instant) -> Reservation {
        none(at, self.spacing())
    }

    /// The operator throttles this host while it is by itself. `None` when it is not.
    pub(super) fn throttled(&mut self, now: Instant, still: bool, asked: Throttling) -> Option<Duration> {
        let own = self.own.as_mut()?;
        let pause = own.rate.throttled(now, still, asked);
        own.window.pause_until(now + pause);
        Some(pause)
    }

    /// The end of the pause, as far as is known here.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        let own = self.own.as_ref().and_then(|own| own.rate.paused_until(now));
        own.or(self.paused_until.filter(|until| now < *until))
    }

    /// What is given out a second.
    pub(super) fn rate(&self, now: Instant) -> f64 {
        let shared = f64::from(self.rate) / 1_000.0;
        self.own.as_ref().map_or(shared, |own| own.rate.rate(now))
    }

    fn spacing(&self) -> Duration {
        (Duration::from_secs(1) + SLACK) / self.limit.get()
    }
}

fn none(first: Instant, spacing: Duration) -> Reservation {
    Reservation {
        first,
        spacing,
        count: 0,
        tolerance: TOLERANCE,
    }
}
