//! PDUs of messages whose decisions are recorded.
//!
//! Of a submit_sm that is known when it goes out. What a deliver_sm was is known later: it waits, with its answer, in the
//! hands of whoever finds out.

use super::Connection;
use crate::clock;
use crate::ports::{PduLog, PduRecord, WirePdu};
use crate::smpp::codec;
use crate::smpp::frame::Frame;
use bytes::BytesMut;
use chrono::{DateTime, Utc};
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::Outgoing;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A longer PDU is not recorded: half of one would be none.
const LONGEST: usize = 8 * 1024;

/// What one bind records.
#[derive(Default)]
pub(super) struct Recorded {
    tap: Option<Arc<Tap>>,
    /// What waits for its answer, by link and sequence number.
    unanswered: HashMap<(u32, u32), Arc<Wire>>,
    /// What was queued, to be recorded when it is on its way: a permit to send is for this moment.
    sent: Vec<(DateTime<Utc>, Outgoing)>,
    /// What is sent next belongs to a message that is recorded.
    pub(super) sends: bool,
    /// What is being sent answers this.
    answers: Option<Arc<Wire>>,
    /// The PDU that is being taken belongs to a message that is recorded.
    pub(super) receives: bool,
}

/// Where PDUs of one bind are recorded.
struct Tap {
    log: Arc<dyn PduLog>,
    operator_id: OperatorId,
    operator: String,
    bind: usize,
}

impl Tap {
    fn keep(&self, at: DateTime<Utc>, sent: bool, frame: &Frame) {
        if frame.octets().len() <= LONGEST {
            self.log.keep(PduRecord {
                at,
                operator_id: self.operator_id,
                operator: self.operator.clone(),
                bind: self.bind,
                sent,
                octets: hex::encode(codec::redact(frame)),
            });
        }
    }

    fn keep_sent(&self, at: DateTime<Utc>, pdu: &Outgoing) {
        // What cannot be encoded was not sent either.
        let mut octets = BytesMut::new();
        codec::encode(pdu, &mut octets).unwrap_or_default();
        if let Ok(Some(frame)) = Frame::copy_of(&octets) {
            self.keep(at, true, &frame);
        }
    }
}

/// A deliver_sm or data_sm, and its answer.
struct Wire {
    tap: Arc<Tap>,
    at: DateTime<Utc>,
    frame: Frame,
    state: Mutex<WireState>,
}

#[derive(Default)]
struct WireState {
    recorded: bool,
    answer: Option<(DateTime<Utc>, Outgoing)>,
}

impl Wire {
    fn answered(&self, pdu: &Outgoing) {
        let mut state = self.state();
        let at = clock::utc_now();
        if state.recorded {
            self.tap.keep_sent(at, pdu);
        } else {
            state.answer = Some((at, pdu.clone()));
        }
    }

    fn state(&self) -> MutexGuard<'_, WireState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WirePdu for Wire {
    fn record(&self) {
        let mut state = self.state();
        if std::mem::replace(&mut state.recorded, true) {
            return;
        }
        self.tap.keep(self.at, false, &self.frame);
        if let Some((at, pdu)) = state.answer.take() {
            self.tap.keep_sent(at, &pdu);
        }
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.frame.fmt(f)
    }
}

impl Recorded {
    pub(super) fn new(
        log: Option<Arc<dyn PduLog>>,
        operator_id: OperatorId,
        operator: &str,
        bind: usize,
    ) -> Self {
        let tap = log.map(|log| {
            Arc::new(Tap {
                log,
                operator_id,
                operator: operator.to_owned(),
                bind,
            })
        });
        Self {
            tap,
            ..Self::default()
        }
    }

    /// The link is gone: what was not answered on it will not be.
    pub(super) fn forget(&mut self) {
        self.unanswered.clear();
        self.answers = None;
    }
}

impl Connection {
    /// Keeps the frame that is being taken until it is known what it was.
    pub(super) fn wire(&mut self, link: u32, sequence_number: u32) -> Option<Arc<dyn WirePdu>> {
        let (tap, frame) = (self.recorded.tap.clone()?, self.frame.clone()?);
        let wire = Arc::new(Wire {
            tap,
            at: clock::utc_now(),
            frame,
            state: Mutex::default(),
        });
        // As many as the pipeline can hold, and those that it refused and whose answers wait.
        if self.recorded.unanswered.len() <= 2 * self.parts.context.inbound_limit {
            self.recorded
                .unanswered
                .insert((link, sequence_number), wire.clone());
        }
        Some(wire)
    }

    /// The answer to this is sent next.
    pub(super) fn answers(&mut self, link: u32, sequence_number: u32) {
        self.recorded.answers = self.recorded.unanswered.remove(&(link, sequence_number));
    }

    /// Notes what goes out, if somebody may want it.
    pub(super) fn note_sent(&mut self, pdu: &Outgoing) {
        if let Some(wire) = self.recorded.answers.take() {
            wire.answered(pdu);
        }
        if std::mem::take(&mut self.recorded.sends) && self.recorded.tap.is_some() {
            self.recorded.sent.push((clock::utc_now(), pdu.clone()));
        }
    }

    /// Records what has gone out.
    pub(super) fn record_sent(&mut self) {
        if let Some(tap) = &self.recorded.tap {
            for (at, pdu) in self.recorded.sent.drain(..) {
                tap.keep_sent(at, &pdu);
            }
        }
    }

    /// Records what has come, if the session says that it belongs to a message that is recorded.
    pub(super) fn note_received(&mut self, frame: &Frame) {
        if std::mem::take(&mut self.recorded.receives)
            && let Some(tap) = &self.recorded.tap
        {
            tap.keep(clock::utc_now(), false, frame);
        }
    }
}
