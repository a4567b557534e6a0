//! What a session tells, handed to the pipeline. Nothing here waits: see the module above.

use super::{Connection, Written};
use crate::clock;
use crate::ports::{AlertNotice, Answer, BindStatus, Inbound, Notice, PartResult, Reply, SessionNotice};
use chrono::{DateTime, TimeDelta, Utc};
use smpp_domain::pdu::{AlertNotificationPdu, CommandStatus};
use smpp_domain::session::{SessionEvent, SessionState};
use std::time::Instant;

impl Connection {
    pub(super) fn publish(&mut self, event: SessionEvent<Written>) {
        match event {
            SessionEvent::Answered {
                ticket,
                sequence_number,
                response,
            } => {
                self.recorded.receives = ticket.recorded;
                self.time_answer(ticket);
                let result = PartResult::Answered {
                    written_at: ticket.at,
                    sequence_number,
                    response,
                };
                self.parts.report(ticket.ticket, result);
            }
            SessionEvent::Unanswered { ticket, reason } => {
                let written_at = ticket.at;
                self.parts
                    .report(ticket.ticket, PartResult::Unanswered { written_at, reason });
            }
            SessionEvent::NotSent { ticket } => self.parts.report(ticket.ticket, PartResult::NotSent),
            SessionEvent::LateResponse {
                ticket,
                sequence_number,
                response,
            } => {
                self.recorded.receives = ticket.recorded;
                self.time_answer(ticket);
                let result = PartResult::Late {
                    written_at: ticket.at,
                    sequence_number,
                    response,
                };
                self.parts.report(ticket.ticket, result);
            }
            SessionEvent::Inbound {
                link,
                sequence_number,
                data_sm,
                pdu,
            } => {
                let answer = Answer {
                    link,
                    sequence_number,
                    data_sm,
                    status: CommandStatus::OK,
                };
                let wire = self.wire(link, sequence_number);
                self.inbound(Inbound {
                    pdu,
                    received_at: clock::utc_now(),
                    wire,
                    reply: Reply {
                        answer,
                        to: self.answers.0.clone(),
                    },
                });
            }
            SessionEvent::StateChanged {
                from,
                to,
                reason,
                reconnect_attempts,
                next_reconnect_at,
            } => {
                self.post_status(from, to);
                self.count(from, to);
                self.notify(SessionNotice {
                    bind: self.parts.index,
                    from,
                    to,
                    reason,
                    reconnect_attempts,
                    next_reconnect_at: next_reconnect_at.map(wall_time),
                });
            }
            SessionEvent::BindRefused { status, credentials } => self.log_refusal(status, credentials),
            SessionEvent::LinkAnswered { took } => {
                self.parts.panel.link_answered(clock::utc_now(), took);
                self.parts.context.metrics.delays.link_answered(took);
            }
            SessionEvent::Odd(odd) => self.note_oddity(odd.name(), ""),
            SessionEvent::Alert(pdu) => self.alert(pdu),
        }
    }

    fn time_answer(&self, ticket: Written) {
        let took = clock::now().saturating_duration_since(ticket.since);
        self.parts.context.metrics.delays.answered(took);
    }

    fn log_refusal(&mut self, status: CommandStatus, credentials: bool) {
        self.refused = true;
        self.parts.context.metrics.bind(match status {
            _ if credentials => "credentials",
            CommandStatus::ALREADY_BOUND => "already_bound",
            _ => "refused",
        });
        let name = &self.parts.context.operator_name;
        let reason = smpp_domain::status::explain_bind(status);
        if credentials {
            tracing::error!(operator = %name, %reason, "bind refused");
        } else {
            tracing::warn!(operator = %name, %reason, "bind refused");
        }
    }

    fn inbound(&mut self, inbound: Inbound) {
        if let Err(refused) = self.parts.context.inbound.try_send(inbound) {
            let answer = refused.into_inner().reply.answer;
            self.parts.context.metrics.inbound("refused");
            let status = CommandStatus::RECEIVER_TEMPORARY_ERROR;
            // The own channel has room for every inbound PDU that can wait; if not, the operator sends it again.
            self.answers
                .0
                .try_send(Answer { status, ..answer })
                .unwrap_or_default();
        }
    }

    fn post_status(&self, from: SessionState, to: SessionState) {
        let up = |state| matches!(state, SessionState::Bound);
        match (up(from), up(to)) {
            (false, true) => drop(self.parts.context.metrics.binds_up.inc()),
            (true, false) => drop(self.parts.context.metrics.binds_up.dec()),
            _ => {}
        }
        let status = match to {
            SessionState::Bound => BindStatus::Up,
            SessionState::Failback => BindStatus::Failback,
            SessionState::Disconnected
            | SessionState::Connecting
            | SessionState::Unbinding
            | SessionState::Unbound => BindStatus::Down,
        };
        self.parts.board.post(status);
        // An attempt changes nothing for those who wait for its end.
        if to != SessionState::Connecting {
            self.parts.muster.post(self.parts.index, Some(status));
        }
    }

    /// Refusals are counted by their status, where they are told.
    fn count(&mut self, from: SessionState, to: SessionState) {
        let refused = std::mem::take(&mut self.refused);
        let result = match (from, to) {
            (SessionState::Connecting, SessionState::Bound | SessionState::Failback) => "bound",
            (SessionState::Connecting, SessionState::Disconnected) if !refused && !self.stopping => "failed",
            (SessionState::Unbinding, SessionState::Unbound) => "unbound",
            (_, SessionState::Unbound) => "lost",
            _ => return,
        };
        self.parts.context.metrics.bind(result);
    }

    fn notify(&self, notice: SessionNotice) {
        tracing::info!(
            operator = %self.parts.context.operator_name, bind = notice.bind, from = ?notice.from, to = ?notice.to,
            reason = %notice.reason, "session"
        );
        let planned = self.stopping || notice.from == SessionState::Unbinding;
        self.parts.panel.changed(clock::utc_now(), &notice, planned);
        self.tell(Notice::Session(notice));
    }

    fn alert(&self, pdu: Box<AlertNotificationPdu>) {
        let context = &self.parts.context;
        context.metrics.inbound("alert");
        tracing::info!(operator = %context.operator_name, subscriber = ?pdu.source, "alert_notification");
        let received_at = clock::utc_now();
        self.tell(Notice::Alert(AlertNotice { pdu, received_at }));
    }

    fn tell(&self, notice: Notice) {
        if self.parts.context.notices.try_send(notice).is_err() {
            tracing::warn!(operator = %self.parts.context.operator_name, "what a link told was dropped");
        }
    }
}

pub(super) fn wall_time(at: Instant) -> DateTime<Utc> {
    let ahead = at.saturating_duration_since(clock::now());
    clock::utc_now() + TimeDelta::from_std(ahead).unwrap_or_default()
}
