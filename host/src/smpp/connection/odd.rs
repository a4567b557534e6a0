//! PDUs that break the standard: the session lives on, they are counted, and their octets are kept for the engineer.

use super::Connection;
use crate::clock;
use crate::ports::{Direction, OddPduKind, OddPduRecord};
use crate::smpp::codec;
use crate::smpp::frame::{Frame, FrameError};
use crate::smpp::socket::Socket;
use smpp_domain::pdu::CommandStatus;
use smpp_domain::session::Input;

/// Octets that are kept of one PDU. Nearly all are shorter; a long message_payload says no more than its beginning.
const KEPT_OCTETS: usize = 2_048;

/// Octets that are kept of a stream in which no PDU can be found.
const KEPT_UNFRAMED: usize = 64;

/// Of such a stream.
const BROKEN_FRAME: Oddity = Oddity {
    kind: "broken_frame",
    field: "command_length",
};

/// What is odd about one PDU, in the order in which it was met.
#[derive(Default)]
pub(super) struct Oddities(Vec<Oddity>);

/// Both words are from small fixed sets.
#[derive(Clone, Copy)]
struct Oddity {
    kind: &'static str,
    /// Empty where it is in no field.
    field: &'static str,
}

impl std::fmt::Display for Oddities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, oddity) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", oddity.kind)?;
            if !oddity.field.is_empty() {
                write!(f, " in {}", oddity.field)?;
            }
        }
        Ok(())
    }
}

impl Connection {
    /// Gives a PDU to the session. Costs an odd one its record, and the others nothing.
    pub(super) async fn take_frame(&mut self, frame: &Frame) {
        let pdus = &self.parts.panel.pdus;
        pdus.keep(clock::utc_now(), false, frame.octets());
        let decoded = codec::decode(frame);
        if let Some(oddity) = decoded.oddity {
            self.note_oddity(oddity.what, oddity.field);
        }
        self.frame = self.parts.context.pdus.as_ref().map(|_| frame.clone());
        self.feed(Input::Received(decoded.incoming)).await;
        self.frame = None;
        self.note_received(frame);
        if !self.odd.0.is_empty() {
            let odd = std::mem::take(&mut self.odd);
            self.keep_odd(frame, &odd);
        }
    }

    /// Notes what is odd about the PDU that is being taken.
    pub(super) fn note_oddity(&mut self, kind: &'static str, field: &'static str) {
        self.odd.0.push(Oddity { kind, field });
    }

    /// It counts once, as what was met first.
    fn keep_odd(&self, frame: &Frame, odd: &Oddities) {
        let Some(first) = odd.0.first().copied() else {
            return;
        };
        self.keep(frame.command_id(), first, &|| {
            let mut octets = codec::redact(frame);
            octets.truncate(KEPT_OCTETS);
            OddPduRecord {
                command: codec::command_name(frame.command_id()).into_owned(),
                command_status: frame.command_status(),
                sequence_number: frame.sequence_number(),
                oddity: odd.to_string(),
                summary: codec::describe(frame),
                length: frame.octets().len(),
                octets: hex::encode(octets),
                ..self.record(first)
            }
        });
    }

    /// Keeps what is unread of a stream that has come out of step.
    pub(super) fn keep_broken(&self, error: &FrameError) {
        let unread = self.socket.as_ref().map(Socket::unread).unwrap_or_default();
        let octets = unread.get(..KEPT_UNFRAMED).unwrap_or(unread);
        self.keep(0, BROKEN_FRAME, &|| OddPduRecord {
            oddity: error.to_string(),
            summary: "no PDU".to_owned(),
            length: unread.len(),
            octets: hex::encode(codec::redact_unframed(octets)),
            ..self.record(BROKEN_FRAME)
        });
    }

    fn keep(&self, command_id: u32, oddity: Oddity, record: &dyn Fn() -> OddPduRecord) {
        let context = &self.parts.context;
        let Oddity { kind, field } = oddity;
        context.metrics.odd_pdu(kind);
        // All of them; whoever keeps them warns of those that are kept.
        tracing::debug!(operator = %context.operator_name, kind, field, "a PDU breaks the standard");
        let kind = OddPduKind {
            operator_id: context.operator_id,
            command_id,
            kind,
            field,
        };
        context.odd_pdus.keep(kind, record);
    }

    /// What a record tells of where and when.
    fn record(&self, oddity: Oddity) -> OddPduRecord {
        OddPduRecord {
            at: clock::utc_now(),
            operator_id: self.parts.context.operator_id,
            operator: self.parts.context.operator_name.clone(),
            bind: self.parts.index,
            direction: Direction::Received,
            command: String::new(),
            command_status: CommandStatus::OK,
            sequence_number: 0,
            kind: oddity.kind.to_owned(),
            oddity: String::new(),
            summary: String::new(),
            length: 0,
            octets: String::new(),
        }
    }
}
