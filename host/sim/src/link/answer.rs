//! Answers to submit_sm: at once, later, or after the receipt.

use super::Link;
use crate::account::{Answer, Held};
use crate::desk::{Decision, Form};
use crate::script::Script;
use crate::wire::{command, put_c_string, put_header, put_pdu, status};
use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Link<R, W> {
    /// Answers now, or puts the answer by until its time comes.
    pub(super) fn answer(&mut self, decision: &Decision, sequence: u32, now: Instant) {
        if decision.form == Form::Silence {
            return;
        }
        if decision.delay.is_zero() {
            self.unanswered = self.unanswered.saturating_sub(1);
            put_answer(&mut self.output, &self.script, decision, sequence);
            return;
        }
        let answer = self.prepare(decision, sequence, now);
        self.timed.push(answer);
    }

    /// Prepares the answer for whoever writes the receipt that must come first; `None` when there is no
    /// answer.
    pub(super) fn hold(&mut self, decision: &Decision, sequence: u32, now: Instant) -> Option<Held> {
        if decision.form == Form::Silence {
            return None;
        }
        let answer = self.prepare(decision, sequence, now);
        self.held += 1;
        Some(Held {
            door: self.door.clone(),
            answer,
        })
    }

    fn prepare(&mut self, decision: &Decision, sequence: u32, now: Instant) -> Answer {
        let mut octets = BytesMut::new();
        put_answer(&mut octets, &self.script, decision, sequence);
        self.answers_timed += 1;
        Answer {
            due: now + decision.delay,
            order: self.answers_timed,
            octets: octets.freeze(),
        }
    }

    pub(super) fn write_due_answers(&mut self, now: Instant) {
        while self.timed.peek().is_some_and(|answer| answer.due <= now) {
            let Some(answer) = self.timed.pop() else { break };
            self.unanswered = self.unanswered.saturating_sub(1);
            self.output.extend_from_slice(&answer.octets);
        }
    }
}

fn put_answer(out: &mut BytesMut, script: &Script, decision: &Decision, sequence: u32) {
    let response = command::SUBMIT_SM_RESP;
    let answered = decision.status.unwrap_or(status::OK);
    match &decision.form {
        Form::Silence => {}
        Form::Nack => put_header(out, command::GENERIC_NACK, answered, sequence),
        Form::WithBody => put_pdu(out, response, answered, sequence, |body| put_c_string(body, b"0")),
        Form::Body(octets) => put_pdu(out, response, answered, sequence, |body| body.put_slice(octets)),
        Form::EmptyId => put_pdu(out, response, answered, sequence, |body| body.put_u8(0)),
        Form::Normal | Form::Twice => {
            let Some(number) = decision.number else {
                return put_header(out, response, answered, sequence);
            };
            let id = script.ids.format(number);
            for _ in 0..if matches!(decision.form, Form::Twice) {
                2
            } else {
                1
            } {
                put_pdu(out, response, answered, sequence, |body| {
                    body.put_slice(id.as_bytes());
                    if !script.unterminated_ids {
                        body.put_u8(0);
                    }
                });
            }
        }
    }
}
