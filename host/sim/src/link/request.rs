//! What comes in: one function per command.

use super::{Bound, Link};
use crate::account::{Pending, What};
use crate::desk::Desk;
use crate::receipts::{self, Clock};
use crate::records::{Arrival, BindRequest};
use crate::wire::submit::SubmitView;
use crate::wire::{
    Header, command, put_c_string, put_header, put_pdu, put_tlv, status, tag, take_c_string, take_u8,
};
use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncWrite};

/// What submit_sm in a read schedule for later.
type Scheduled = Vec<Pending>;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Link<R, W> {
    pub(super) fn take_pdu(
        &mut self,
        desk: &mut Desk,
        header: Header,
        body: &[u8],
        clock: Clock,
        scheduled: &mut Scheduled,
    ) {
        let counters = &mut desk.records.counters;
        match header.command {
            command::SUBMIT_SM => self.submit(desk, header.sequence, body, clock, scheduled),
            command::DELIVER_SM_RESP => self.delivered(desk, header, body, clock, scheduled),
            command::ENQUIRE_LINK => {
                counters.enquire_links += 1;
                if self.script.enquire_link_answers {
                    self.reply(header, status::OK);
                }
            }
            command::BIND_RECEIVER | command::BIND_TRANSMITTER | command::BIND_TRANSCEIVER => {
                self.bind(desk, header, body, clock);
            }
            command::UNBIND => {
                counters.unbinds += 1;
                self.reply(header, status::OK);
                self.closing = true;
            }
            command::UNBIND_RESP => self.closing = true,
            command::GENERIC_NACK => {
                counters.generic_nacks += 1;
                self.delivered(desk, header, body, clock, scheduled);
            }
            // An SMSC that answered a response would start an echo.
            other if other & command::RESPONSE != 0 => desk.records.stray(header, body),
            _ => {
                counters.unknown_commands += 1;
                let (out, sequence) = (&mut self.output, header.sequence);
                put_header(out, command::GENERIC_NACK, status::INVALID_COMMAND_ID, sequence);
            }
        }
    }

    /// Answers with a header alone.
    fn reply(&mut self, header: Header, answered: u32) {
        put_header(
            &mut self.output,
            header.command | command::RESPONSE,
            answered,
            header.sequence,
        );
    }

    fn bind(&mut self, desk: &mut Desk, header: Header, mut body: &[u8], clock: Clock) {
        if !self.script.answer_binds {
            return;
        }
        let system_id = take_c_string(&mut body);
        let password = take_c_string(&mut body);
        let answered = match desk.bind(system_id, password, clock.now) {
            _ if self.bound.is_some() => status::ALREADY_BOUND,
            status::OK => self.join(header.command, system_id),
            refused => refused,
        };
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let system_type = text(take_c_string(&mut body));
        let mut octet = || take_u8(&mut body).unwrap_or_default();
        let (interface_version, addr_ton, addr_npi) = (octet(), octet(), octet());
        desk.records.bind(BindRequest {
            command: header.command,
            link: self.door.id,
            system_id: text(system_id),
            password_length: password.len(),
            system_type,
            interface_version,
            addr_ton,
            addr_npi,
            address_range: text(take_c_string(&mut body)),
            at: clock.now,
            status: answered,
        });
        let refusal_has_body = self.script.bodies_on_errors || self.script.bind_body.is_some();
        if answered != status::OK && !refusal_has_body {
            return self.reply(header, answered);
        }
        let response = header.command | command::RESPONSE;
        put_pdu(&mut self.output, response, answered, header.sequence, |body| {
            if let Some(octets) = &self.script.bind_body {
                return body.put_slice(octets);
            }
            put_c_string(body, b"SMSC");
            if answered == status::OK {
                put_tlv(body, tag::INTERFACE_VERSION, &[0x34]);
            }
        });
    }

    fn join(&mut self, bind: u32, system_id: &[u8]) -> u32 {
        let Some(account) = self.hub.account(&String::from_utf8_lossy(system_id)) else {
            return status::BIND_FAILED;
        };
        let receives = bind != command::BIND_TRANSMITTER;
        let at_most = self.script.max_binds.unwrap_or(usize::MAX);
        if !account.join(&self.door, receives, at_most) {
            return status::ALREADY_BOUND;
        }
        self.bound = Some(Bound {
            account,
            sends: bind != command::BIND_RECEIVER,
            receives,
        });
        status::OK
    }

    fn submit(
        &mut self,
        desk: &mut Desk,
        sequence: u32,
        body: &[u8],
        clock: Clock,
        scheduled: &mut Scheduled,
    ) {
        let account = self
            .bound
            .as_ref()
            .filter(|bound| bound.sends)
            .map(|bound| bound.account.clone());
        let Some(account) = account else {
            return put_header(
                &mut self.output,
                command::SUBMIT_SM_RESP,
                status::INVALID_BIND_STATUS,
                sequence,
            );
        };
        let Some(view) = SubmitView::read(body) else {
            desk.records.counters.malformed += 1;
            let refused = status::INVALID_COMMAND_LENGTH;
            return put_header(&mut self.output, command::SUBMIT_SM_RESP, refused, sequence);
        };
        self.submits += 1;
        self.unanswered += 1;
        let most = &mut desk.records.max_unanswered;
        *most = (*most).max(self.unanswered);
        let script = self.script.clone();
        let last = script
            .drop_link_after
            .is_some_and(|submits| self.submits >= submits);
        let decision = desk.decide(&view, last, clock.now);
        let (system_id, link) = (&account.system_id, self.door.id);
        let arrival = Arrival {
            system_id,
            link,
            sequence,
            at: clock.now,
        };
        desk.records.submit(script.record, &arrival, &view, &decision);

        let planned = scheduled.len();
        if let Some(number) = decision.number {
            receipts::plan(&script, &view, number, clock, scheduled);
        }
        let receipt = scheduled.get_mut(planned..).and_then(|own| own.last_mut());
        let receipt = receipt.filter(|_| script.receipts.before_response && account.has_receivers());
        match receipt.map(|pending| &mut pending.what) {
            Some(What::Receipt(place)) => *place = self.hold(&decision, sequence, clock.now).map(Box::new),
            _ => self.answer(&decision, sequence, clock.now),
        }
        self.closing |= decision.close;
        if let Some((_, octets)) = script
            .garbage_after
            .as_ref()
            .filter(|(after, _)| *after == self.submits)
        {
            self.output.extend_from_slice(octets);
        }
    }
}
