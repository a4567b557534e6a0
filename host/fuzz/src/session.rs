//! A session whose caller, network and operator do whatever comes to their minds.

use super::Bytes;
use smpp_domain::backoff::Backoff;
use smpp_domain::pdu::{
    BindMode, BindRequest, CommandStatus, Incoming, IncomingBody, Outgoing, OutgoingBody,
};
use smpp_domain::session::{
    Input, Output, SessionConfig, SessionEvent, SessionState, SmppSession, UnansweredReason,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer scripts find nothing that shorter ones do not.
const MAX_STEPS: usize = 2_000;
/// Events of one input besides those of the submits in flight.
const MAX_OUTPUTS: usize = 16;

/// Three octets of configuration, then steps, one to five octets each.
///
/// Every ticket comes out exactly once, and a second time only as a late response; what is in flight is what was
/// written and has not come out, and never more than the window; PDUs go to open connections only; a timeout that is
/// carried out is not asked for again; and an unbind that nobody takes back ends everything.
pub fn session(octets: &[u8]) {
    let mut bytes = Bytes(octets);
    let mut run = Run::new(&mut bytes);
    for _ in 0..MAX_STEPS {
        if bytes.is_empty() {
            break;
        }
        let input = run.next_input(&mut bytes);
        run.feed(input);
    }
    run.end();
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Connection {
    None,
    Opening,
    Open,
}

/// Where a ticket is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ticket {
    InFlight(u32),
    TimedOut,
    Settled,
}

struct Run {
    session: SmppSession<u32>,
    window: usize,
    now: Instant,
    connection: Connection,
    state: SessionState,
    tickets: BTreeMap<u32, Ticket>,
    /// The ticket that is handed in and neither written nor refused yet.
    submitting: Option<u32>,
    /// Sequence numbers of our requests on this connection.
    requests: Vec<u32>,
    inbound: Vec<Input<u32>>,
}

impl Run {
    fn new(bytes: &mut Bytes<'_>) -> Self {
        let (modes, window, waits) = (bytes.octet(), bytes.octet(), bytes.octet());
        let window = usize::from(window % 9);
        let wait = |bits: u8| Duration::from_millis(500 << (2 * u32::from(waits >> bits & 3)));
        let bind_mode = match modes % 8 {
            0 => BindMode::Receiver,
            1 => BindMode::Transmitter,
            _ => BindMode::Transceiver,
        };
        let config = SessionConfig {
            bind_mode,
            bind: BindRequest {
                system_id: "gw".to_owned(),
                password: "secret".to_owned(),
                system_type: String::new(),
                interface_version: 0x34,
                addr_ton: 0,
                addr_npi: 0,
                address_range: String::new(),
            },
            window,
            enquire_link: wait(0),
            enquire_link_timeout: wait(2),
            bind_timeout: wait(4),
            response_timeout: wait(6),
            stuck_after: (modes & 16 != 0).then(|| wait(6)),
            unbind_timeout: wait(0),
            is_primary: modes & 8 == 0,
            failback_hold: wait(4),
            // Without a schedule the session waits for the operator's call.
            reconnect: (modes & 32 == 0).then(Backoff::default),
            jitter_seed: modes.into(),
        };
        let now = Instant::now();
        Self {
            session: SmppSession::new(config, now),
            // The session takes a window of 0 for 1.
            window: window.max(1),
            now,
            connection: Connection::None,
            state: SessionState::Disconnected,
            tickets: BTreeMap::new(),
            submitting: None,
            requests: Vec::new(),
            inbound: Vec::new(),
        }
    }

    fn next_input(&mut self, bytes: &mut Bytes<'_>) -> Input<u32> {
        match bytes.octet() % 16 {
            0 => Input::Start,
            1 => Input::TcpConnected,
            2 => Input::ConnectFailed("refused".to_owned()),
            3 => Input::LinkLost("reset".to_owned()),
            4 => Input::Unbind,
            5 => Input::BackupInUse(bytes.octet() & 1 == 0),
            6 | 7 => self.submit(),
            8 => {
                self.now = self.session.next_timeout().unwrap_or(self.now).max(self.now);
                Input::Timeout
            }
            9 => {
                self.now += Duration::from_millis(u64::from(bytes.octet()) * 100);
                Input::Timeout
            }
            10 => self
                .inbound
                .get(usize::from(bytes.octet()))
                .cloned()
                .unwrap_or(Input::Timeout),
            _ => {
                self.now += Duration::from_millis(bytes.octet().into());
                Input::Received(self.received(bytes))
            }
        }
    }

    fn submit(&mut self) -> Input<u32> {
        let ticket = u32::try_from(self.tickets.len()).unwrap_or(u32::MAX);
        self.submitting = Some(ticket);
        Input::Submit {
            ticket,
            pdu: Arc::default(),
        }
    }

    fn received(&self, bytes: &mut Bytes<'_>) -> Incoming {
        let body = match bytes.octet() % 14 {
            0 => IncomingBody::BindResp {
                system_id: String::new(),
            },
            1 | 2 => IncomingBody::SubmitSmResp {
                message_id: "id".to_owned(),
                tlvs: Vec::new(),
            },
            3 => IncomingBody::DeliverSm(Box::default()),
            4 => IncomingBody::DataSm(Box::default()),
            5 => IncomingBody::EnquireLink,
            6 | 7 => IncomingBody::EnquireLinkResp,
            8 => IncomingBody::Unbind,
            9 => IncomingBody::UnbindResp,
            10 => IncomingBody::GenericNack,
            11 => IncomingBody::AlertNotification(Box::default()),
            12 => IncomingBody::Other {
                command_id: bytes.word(),
            },
            _ => IncomingBody::Undecodable {
                command_id: u32::from(bytes.octet()),
            },
        };
        Incoming {
            sequence_number: self.sequence(bytes),
            command_status: CommandStatus(bytes.octet().saturating_sub(100).into()),
            body,
        }
    }

    /// Mostly that of a request of ours, the newest first.
    fn sequence(&self, bytes: &mut Bytes<'_>) -> u32 {
        match bytes.octet() {
            0xFF => bytes.word(),
            back => {
                let request = self.requests.iter().rev().nth(back.into());
                request.copied().unwrap_or(back.into())
            }
        }
    }

    fn feed(&mut self, input: Input<u32>) {
        let (timeout, in_flight) = (input == Input::Timeout, self.session.in_flight());
        self.before(&input);
        self.session.handle(self.now, input);
        let mut outputs = 0;
        while let Some(output) = self.session.poll_output() {
            self.observe(output);
            outputs += 1;
        }
        assert!(
            outputs <= in_flight + MAX_OUTPUTS,
            "{outputs} outputs of one input"
        );
        assert_eq!(self.submitting, None, "neither written nor refused");
        assert_eq!(self.session.state(), self.state);
        assert!(self.session.in_flight() <= self.window);
        assert_eq!(self.session.in_flight(), self.count_in_flight());
        assert!(self.session.room() == 0 || self.state == SessionState::Bound);
        if timeout {
            assert!(self.session.next_timeout().is_none_or(|at| at > self.now));
        }
    }

    /// What the network does by itself.
    fn before(&mut self, input: &Input<u32>) {
        match (input, self.connection) {
            (Input::TcpConnected, Connection::Opening) => {
                self.connection = Connection::Open;
                self.requests.clear();
            }
            (Input::LinkLost(_) | Input::ConnectFailed(_), _) if self.state == SessionState::Connecting => {
                self.connection = Connection::None;
            }
            (Input::LinkLost(_), _) => self.connection = Connection::None,
            _ => {}
        }
    }

    fn observe(&mut self, output: Output<u32>) {
        match output {
            Output::Connect => {
                assert_eq!(self.connection, Connection::None, "a second connection");
                self.connection = Connection::Opening;
                // What was not answered on the last connection is not answered on this one.
                let given_up = self
                    .tickets
                    .values_mut()
                    .filter(|ticket| **ticket == Ticket::TimedOut);
                given_up.for_each(|ticket| *ticket = Ticket::Settled);
            }
            Output::Close => {
                assert_ne!(self.connection, Connection::None, "nothing to close");
                self.connection = Connection::None;
            }
            Output::Transmit(pdu) => self.written(&pdu),
            Output::Event(event) => self.told(event),
        }
    }

    fn written(&mut self, pdu: &Outgoing) {
        assert_eq!(self.connection, Connection::Open, "{pdu:?} goes nowhere");
        let sequence = pdu.sequence_number;
        match pdu.body {
            OutgoingBody::SubmitSm(_) => {
                let free = !self
                    .tickets
                    .values()
                    .any(|ticket| *ticket == Ticket::InFlight(sequence));
                assert!(free, "{sequence} is in flight");
                let ticket = self.submitting.take();
                self.tickets
                    .extend(ticket.map(|ticket| (ticket, Ticket::InFlight(sequence))));
            }
            OutgoingBody::Bind(..) | OutgoingBody::EnquireLink | OutgoingBody::Unbind => {}
            OutgoingBody::DeliverSmResp
            | OutgoingBody::DataSmResp
            | OutgoingBody::EnquireLinkResp
            | OutgoingBody::UnbindResp
            | OutgoingBody::GenericNack => return,
        }
        assert!((1..=0x7FFF_FFFF).contains(&sequence));
        self.requests.push(sequence);
    }

    fn told(&mut self, event: SessionEvent<u32>) {
        match event {
            SessionEvent::StateChanged { from, to, .. } => {
                assert_eq!(from, self.state);
                assert_ne!(from, to);
                self.state = to;
            }
            SessionEvent::Answered { ticket, .. } => self.came_out(ticket, Ticket::Settled),
            SessionEvent::Unanswered { ticket, reason } => match reason {
                UnansweredReason::Timeout => self.came_out(ticket, Ticket::TimedOut),
                UnansweredReason::LinkLost => self.came_out(ticket, Ticket::Settled),
            },
            SessionEvent::NotSent { ticket } => {
                assert_eq!(self.submitting.take(), Some(ticket));
                self.tickets.insert(ticket, Ticket::Settled);
            }
            SessionEvent::LateResponse { ticket, .. } => {
                let before = self.tickets.insert(ticket, Ticket::Settled);
                assert_eq!(before, Some(Ticket::TimedOut));
            }
            SessionEvent::Inbound {
                link,
                sequence_number,
                data_sm,
                ..
            } => self.inbound.push(Input::Answer {
                link,
                sequence_number,
                data_sm,
                status: CommandStatus::OK,
            }),
            SessionEvent::BindRefused { .. }
            | SessionEvent::LinkAnswered { .. }
            | SessionEvent::Odd(_)
            | SessionEvent::Alert(_) => {}
        }
    }

    fn came_out(&mut self, ticket: u32, how: Ticket) {
        let before = self.tickets.insert(ticket, how);
        assert!(
            matches!(before, Some(Ticket::InFlight(_))),
            "{ticket} was {before:?}"
        );
    }

    fn count_in_flight(&self) -> usize {
        let in_flight = |ticket: &&Ticket| matches!(ticket, Ticket::InFlight(_));
        self.tickets.values().filter(in_flight).count()
    }

    /// Nobody answers any more, and nobody wants the session any more.
    fn end(mut self) {
        for _ in 0..self.window + MAX_OUTPUTS {
            self.feed(Input::Unbind);
            let Some(at) = self.session.next_timeout() else {
                break;
            };
            self.now = at.max(self.now);
            self.feed(Input::Timeout);
        }
        assert_eq!(self.session.next_timeout(), None, "{:?}", self.state);
        assert_eq!(self.count_in_flight(), 0);
        assert_eq!(self.connection, Connection::None);
    }
}
