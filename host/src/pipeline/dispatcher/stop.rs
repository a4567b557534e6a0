//! An operator that is stopped: nothing is sent until a person says so, or a message that is tried now and then is accepted.

use super::Dispatcher;
use crate::clock;
use crate::errors;
use crate::ports::{OperatorStop, OperatorStops, Stopped};
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::CommandStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Whether the operator may be sent to.
pub(super) struct Gate {
    operator: OperatorId,
    stops: Arc<dyn OperatorStops>,
    pub(super) changes: watch::Receiver<Stopped>,
    stopped: bool,
    /// The operator's `stop_retry`.
    retry: Option<Duration>,
    /// When one message is to be tried.
    try_at: Option<Instant>,
    /// The message that is being tried.
    tried: Option<u64>,
}

impl Gate {
    pub(super) fn new(operator: OperatorId, stops: Arc<dyn OperatorStops>, retry: Option<Duration>) -> Self {
        Self {
            operator,
            changes: stops.stopped(),
            stops,
            stopped: false,
            retry,
            try_at: None,
            tried: None,
        }
    }

    /// Nothing is to be sent now.
    pub(super) fn is_shut(&self) -> bool {
        self.stopped && self.try_at.is_none_or(|at| clock::now() < at)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        // Past it, a message is what is waited for.
        self.try_at.filter(|at| self.stopped && clock::now() < *at)
    }

    /// A part was given to a bind. While the operator is stopped that is the one to try.
    pub(super) fn passed(&mut self, slot: u64) {
        if self.stopped {
            self.tried = Some(slot);
            self.try_again_later();
        }
    }

    fn try_again_later(&mut self) {
        self.try_at = self.retry.map(|retry| clock::now() + retry);
    }

    /// True when it has changed.
    fn read(&mut self) -> bool {
        let stopped = self.changes.borrow_and_update().contains_key(&self.operator);
        let changed = std::mem::replace(&mut self.stopped, stopped) != stopped;
        if changed {
            self.tried = None;
            self.try_again_later();
        }
        changed
    }
}

impl Dispatcher {
    /// Reads whether the operator is stopped.
    pub(super) fn read_gate(&mut self) {
        if !self.gate.read() {
            return;
        }
        self.context.metrics.stopped.set(i64::from(self.gate.stopped));
        let operator = &self.context.config.name;
        if self.gate.stopped {
            let mend = "when that is mended, POST /api/v1/operators/{id}/resume";
            tracing::error!(%operator, mend, "the operator is stopped: nothing is sent to it");
        } else {
            tracing::info!(%operator, "the operator is sent to again");
        }
    }

    /// Stops the operator, on all hosts.
    pub(super) async fn stop_operator(&mut self, status: CommandStatus, reason: String) {
        if self.gate.stopped {
            return;
        }
        tracing::error!(operator = %self.context.config.name, %status, reason, "the operator says that nothing will be taken");
        let stop = OperatorStop {
            operator_id: self.context.config.operator_id,
            reason,
            command_status: status,
            since: clock::utc_now(),
        };
        let stops = self.gate.stops.clone();
        self.custody.keep_during(stops.stop(stop)).await;
        self.read_gate();
    }

    /// The operator has taken a message: if that was tried while it is stopped, it goes on.
    pub(super) async fn opened_by(&mut self, slot: u64) {
        if !self.gate.stopped || self.gate.tried != Some(slot) {
            return;
        }
        let (stops, operator) = (self.gate.stops.clone(), self.gate.operator);
        let resumed = stops.resume(operator, "a message that was tried was accepted");
        if let Err(error) = self.custody.keep_during(resumed).await {
            let error = errors::chain(&error);
            tracing::warn!(operator = %self.context.config.name, error, "the operator takes messages again and stays stopped");
        }
        self.read_gate();
    }
}
