//! What a session does with a PDU of the operator. No PDU ends a session, except `unbind`.

use super::state::State;
use super::{OddPdu, SessionEvent, SmppSession, SubmitResponse};
use crate::pdu::{CommandStatus, DeliverSmPdu, Incoming, IncomingBody, OutgoingBody};
use std::time::Instant;

/// Bit 31 of a command_id marks a response (SMPP 3.4 section 5.1.2).
const RESPONSE: u32 = 0x8000_0000;
const DELIVER_SM: u32 = 0x0000_0005;
const OUTBIND: u32 = 0x0000_000B;
const ALERT_NOTIFICATION: u32 = 0x0000_0102;
const DATA_SM: u32 = 0x0000_0103;

/// ESME_RX_P_APPN: the receiver refuses the message for good. The answer to a deliver_sm that cannot be read at all:
/// the same octets will not read better next time, and a temporary error makes operators send them for days.
const RECEIVER_PERMANENT_ERROR: CommandStatus = CommandStatus(0x65);

impl<T: Clone> SmppSession<T> {
    pub(super) fn received(&mut self, now: Instant, pdu: Incoming) {
        match self.state {
            // From a connection that was given up: there is nobody to answer.
            State::Disconnected | State::Connecting | State::Unbound => self.odd(OddPdu::OutOfPlace),
            State::Binding => self.received_while_binding(now, pdu),
            State::Bound | State::Failback { .. } | State::Draining { .. } | State::Unbinding { .. } => {
                self.peer_spoke(now);
                self.received_while_linked(now, pdu);
            }
        }
    }

    /// The bind is the only request of ours that waits, so its answer is known by its kind: SMSCs are seen that answer
    /// in the wrong mode, and a nack may carry no sequence number at all.
    fn received_while_binding(&mut self, now: Instant, pdu: Incoming) {
        let sequence = pdu.sequence_number;
        match pdu.body {
            IncomingBody::BindResp { .. } if pdu.command_status.is_ok() => self.bound(now),
            IncomingBody::BindResp { .. } => self.bind_refused(now, pdu.command_status),
            IncomingBody::GenericNack => self.bind_refused(now, nack_status(pdu.command_status)),
            IncomingBody::DeliverSm(_) => self.refuse_before_bound(sequence, OutgoingBody::DeliverSmResp),
            IncomingBody::DataSm(_) => self.refuse_before_bound(sequence, OutgoingBody::DataSmResp),
            IncomingBody::Undecodable {
                command_id: DELIVER_SM,
            } => {
                self.refuse_before_bound(sequence, OutgoingBody::DeliverSmResp);
            }
            IncomingBody::Undecodable { command_id: DATA_SM } => {
                self.refuse_before_bound(sequence, OutgoingBody::DataSmResp);
            }
            IncomingBody::EnquireLink => {
                self.respond(sequence, CommandStatus::OK, OutgoingBody::EnquireLinkResp)
            }
            IncomingBody::Unbind => self.peer_unbinds(now, sequence),
            IncomingBody::SubmitSmResp { .. } | IncomingBody::EnquireLinkResp | IncomingBody::UnbindResp => {
                self.odd(OddPdu::OutOfPlace);
            }
            IncomingBody::AlertNotification(alert) => self.emit(SessionEvent::Alert(alert)),
            IncomingBody::Other { command_id } => self.other(sequence, command_id),
            IncomingBody::Undecodable { command_id } => self.undecodable(sequence, command_id),
        }
    }

    fn received_while_linked(&mut self, now: Instant, pdu: Incoming) {
        let sequence = pdu.sequence_number;
        match pdu.body {
            IncomingBody::SubmitSmResp { message_id, tlvs } => {
                let response = SubmitResponse {
                    status: pdu.command_status,
                    message_id,
                    tlvs,
                    is_nack: false,
                };
                if !self.submit_answered(now, sequence, response) {
                    self.odd(OddPdu::UnknownSequence);
                }
            }
            IncomingBody::DeliverSm(pdu) => self.inbound(sequence, false, pdu),
            IncomingBody::DataSm(pdu) => self.inbound(sequence, true, pdu),
            IncomingBody::EnquireLink => {
                self.respond(sequence, CommandStatus::OK, OutgoingBody::EnquireLinkResp)
            }
            IncomingBody::EnquireLinkResp if self.is_probe(sequence) => self.probe_answered(now),
            IncomingBody::EnquireLinkResp => self.odd(OddPdu::UnknownSequence),
            IncomingBody::Unbind => self.peer_unbinds(now, sequence),
            IncomingBody::UnbindResp if matches!(self.state, State::Unbinding { .. }) => {
                self.close(now, "unbind was answered");
            }
            IncomingBody::UnbindResp | IncomingBody::BindResp { .. } => self.odd(OddPdu::OutOfPlace),
            IncomingBody::GenericNack => self.nacked(now, sequence, nack_status(pdu.command_status)),
            IncomingBody::AlertNotification(alert) => self.emit(SessionEvent::Alert(alert)),
            IncomingBody::Other { command_id } => self.other(sequence, command_id),
            IncomingBody::Undecodable { command_id } => self.undecodable(sequence, command_id),
        }
    }

    /// Whether there was a submit of that number, in time or late.
    fn submit_answered(&mut self, now: Instant, sequence_number: u32, response: SubmitResponse) -> bool {
        let status = response.status;
        if let Some(ticket) = self.window.remove(sequence_number) {
            self.emit(SessionEvent::Answered {
                ticket,
                sequence_number,
                response,
            });
        } else if let Some(ticket) = self.late.recall(sequence_number) {
            self.emit(SessionEvent::LateResponse {
                ticket,
                sequence_number,
                response,
            });
        } else {
            return false;
        }
        self.unanswered_since = (self.window.len() > 0).then_some(now);
        if status == CommandStatus::INVALID_BIND_STATUS {
            self.bind_again(now, status);
        }
        true
    }

    /// A peer that does not know enquire_link or unbind answers them so; it has answered.
    fn nacked(&mut self, now: Instant, sequence: u32, status: CommandStatus) {
        let response = SubmitResponse {
            status,
            is_nack: true,
            ..SubmitResponse::default()
        };
        if self.submit_answered(now, sequence, response) {
            return;
        }
        if self.is_probe(sequence) {
            self.probe_answered(now);
        } else if matches!(self.state, State::Unbinding { .. }) && sequence == self.sequence {
            self.close(now, "unbind was answered by a generic_nack");
        } else {
            self.odd(OddPdu::UnknownSequence);
        }
    }

    fn inbound(&mut self, sequence_number: u32, data_sm: bool, pdu: Box<DeliverSmPdu>) {
        let link = self.link;
        self.emit(SessionEvent::Inbound {
            link,
            sequence_number,
            data_sm,
            pdu,
        });
    }

    fn peer_unbinds(&mut self, now: Instant, sequence: u32) {
        self.respond(sequence, CommandStatus::OK, OutgoingBody::UnbindResp);
        self.close(now, "the operator sent unbind");
    }

    fn refuse_before_bound(&mut self, sequence: u32, body: OutgoingBody) {
        self.respond(sequence, CommandStatus::INVALID_BIND_STATUS, body);
        self.odd(OddPdu::OutOfPlace);
    }

    fn other(&mut self, sequence: u32, command_id: u32) {
        if command_id & RESPONSE != 0 {
            self.odd(OddPdu::UnknownResponse { command_id });
            return;
        }
        // outbind and alert_notification have no response (SMPP 3.4 sections 4.1.7, 4.12).
        if command_id == OUTBIND || command_id == ALERT_NOTIFICATION {
            self.odd(OddPdu::OutOfPlace);
            return;
        }
        self.respond(
            sequence,
            CommandStatus::INVALID_COMMAND_ID,
            OutgoingBody::GenericNack,
        );
        self.odd(OddPdu::UnknownCommand { command_id });
    }

    fn undecodable(&mut self, sequence: u32, command_id: u32) {
        self.odd(OddPdu::Undecodable { command_id });
        match command_id {
            DELIVER_SM => self.respond(sequence, RECEIVER_PERMANENT_ERROR, OutgoingBody::DeliverSmResp),
            DATA_SM => self.respond(sequence, RECEIVER_PERMANENT_ERROR, OutgoingBody::DataSmResp),
            OUTBIND | ALERT_NOTIFICATION => {}
            response if response & RESPONSE != 0 => {}
            _ => self.respond(
                sequence,
                CommandStatus::INVALID_COMMAND_LENGTH,
                OutgoingBody::GenericNack,
            ),
        }
    }

    fn odd(&mut self, odd: OddPdu) {
        self.emit(SessionEvent::Odd(odd));
    }
}

/// A generic_nack never means success, not even with a status of ESME_ROK.
fn nack_status(status: CommandStatus) -> CommandStatus {
    if status.is_ok() {
        CommandStatus::SYSTEM_ERROR
    } else {
        status
    }
}
