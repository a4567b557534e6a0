//! What goes into a session and what comes out of it.

use super::SessionState;
use crate::pdu::{AlertNotificationPdu, CommandStatus, DeliverSmPdu, Incoming, Outgoing, SubmitSmPdu, Tlv};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What happened. A closed set: a new kind breaks every match, on purpose.
#[derive(Clone, PartialEq, Debug)]
pub enum Input<T> {
    /// Connect now and stay connected from here on. Also cuts a backoff short; in UNBINDING it takes effect when the
    /// session is UNBOUND. Does nothing to a session that is connecting or bound.
    Start,
    /// The connection that [`Output::Connect`] asked for is up, TLS included.
    TcpConnected,
    /// The connection that [`Output::Connect`] asked for could not be made; why, in words.
    ConnectFailed(String),
    /// The operator sent a PDU.
    Received(Incoming),
    /// Write this submit_sm. The ticket comes back by exactly one of `Answered`, `Unanswered` and `NotSent`.
    Submit {
        /// The caller's.
        ticket: T,
        /// What to write.
        pdu: Arc<SubmitSmPdu>,
    },
    /// The answer to an [`SessionEvent::Inbound`]; its first three values are given back as they came. Dropped when
    /// that connection is gone: the operator sends the PDU again on the next.
    Answer {
        /// Of the `Inbound`.
        link: u32,
        /// Of the `Inbound`.
        sequence_number: u32,
        /// Of the `Inbound`.
        data_sm: bool,
        /// What to answer.
        status: CommandStatus,
    },
    /// The connection ended, or broke a frame; why, in words. Ignored when there is none.
    LinkLost(String),
    /// [`super::SmppSession::next_timeout`] has come. Early and repeated calls do nothing.
    Timeout,
    /// The planned close: no reconnect until [`Input::Start`].
    Unbind,
    /// Whether a backup session of the same operator carries the traffic. Only a primary cares.
    BackupInUse(bool),
}

/// What the caller has to do, in this order.
#[derive(Clone, PartialEq, Debug)]
pub enum Output<T> {
    /// Open a connection, and say [`Input::TcpConnected`] or [`Input::ConnectFailed`].
    Connect,
    /// Write this PDU.
    Transmit(Outgoing),
    /// Flush and close the connection, or abandon the attempt to open it. No [`Input::LinkLost`] is expected for it.
    Close,
    /// Tell whom it concerns.
    Event(SessionEvent<T>),
}

/// What the rest of the gateway wants to know of a session.
#[derive(Clone, PartialEq, Debug)]
pub enum SessionEvent<T> {
    /// A subscriber can be reached again, or cannot.
    Alert(Box<AlertNotificationPdu>),
    /// The state changed.
    StateChanged {
        /// The state left.
        from: SessionState,
        /// The state entered.
        to: SessionState,
        /// Why, in words.
        reason: String,
        /// Consecutive failed attempts.
        reconnect_attempts: u32,
        /// When the next one is due.
        next_reconnect_at: Option<Instant>,
    },
    /// The operator answered a submit.
    Answered {
        /// Of the submit.
        ticket: T,
        /// Of the submit and of its answer.
        sequence_number: u32,
        /// What it said.
        response: SubmitResponse,
    },
    /// A submit was written and no answer will be waited for any more.
    Unanswered {
        /// Of the submit.
        ticket: T,
        /// Why not.
        reason: UnansweredReason,
    },
    /// A submit was handed in while there was no room or no bind: nothing was written.
    NotSent {
        /// Of the submit.
        ticket: T,
    },
    /// The answer to a submit that was reported [`SessionEvent::Unanswered`] by timeout on the same connection.
    LateResponse {
        /// A clone of the submit's.
        ticket: T,
        /// Of the submit and of its answer.
        sequence_number: u32,
        /// What it said.
        response: SubmitResponse,
    },
    /// The operator sent a deliver_sm or data_sm. It wants an [`Input::Answer`].
    Inbound {
        /// Names the connection: sequence numbers mean nothing on another.
        link: u32,
        /// The operator's.
        sequence_number: u32,
        /// data_sm, not deliver_sm.
        data_sm: bool,
        /// What it says.
        pdu: Box<DeliverSmPdu>,
    },
    /// The operator refused the bind. A change to DISCONNECTED follows.
    BindRefused {
        /// The operator's.
        status: CommandStatus,
        /// The credentials are wrong: a person has to look, and attempts are made at the backoff's cap only.
        credentials: bool,
    },
    /// The operator has answered an enquire_link.
    LinkAnswered {
        /// The round trip.
        took: Duration,
    },
    /// A PDU that the session has no use for. It was answered where SMPP wants an answer; it is to be counted.
    Odd(OddPdu),
}

/// How the operator answered a submit_sm.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SubmitResponse {
    /// As received. Of a generic_nack too, which says ESME_RSYSERR where it said ESME_ROK: it is never a yes.
    pub status: CommandStatus,
    /// Octet text as received; empty when there was none.
    pub message_id: String,
    /// Optional parameters, in order: some operators give their reasons there.
    pub tlvs: Vec<Tlv>,
    /// It was a generic_nack.
    pub is_nack: bool,
}

/// Why a submit has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnansweredReason {
    /// The response timeout passed. The answer may still come: [`SessionEvent::LateResponse`].
    Timeout,
    /// The connection ended. The answer cannot come any more.
    LinkLost,
}

/// PDUs that a session has no use for. None of them ends it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OddPdu {
    /// A response or generic_nack to nothing that is waited for: a duplicate, or the number is wrong.
    UnknownSequence,
    /// A PDU that does not belong into the session's present state.
    OutOfPlace,
    /// A request that an ESME does not know, or that only an ESME sends.
    UnknownCommand {
        /// As received.
        command_id: u32,
    },
    /// A response that answers no request of ours.
    UnknownResponse {
        /// As received.
        command_id: u32,
    },
    /// Its body gave nothing usable.
    Undecodable {
        /// As received.
        command_id: u32,
    },
}

impl OddPdu {
    /// The metric label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownSequence => "unknown_sequence",
            Self::OutOfPlace => "out_of_place",
            Self::UnknownCommand { .. } => "unknown_command",
            Self::UnknownResponse { .. } => "unknown_response",
            Self::Undecodable { .. } => "undecodable",
        }
    }
}
