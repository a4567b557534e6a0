//! Time tables: what a session does, at which second, and why.

mod connecting;
mod pair;
mod traffic;

use super::*;
use crate::pdu::{Incoming, IncomingBody};

/// Milliseconds after the beginning.
type Ms = u64;

/// A session, its virtual clock, and everything that came out of it since it was last asked.
struct Table {
    t0: Instant,
    session: SmppSession<u32>,
}

impl Table {
    fn new(change: impl FnOnce(&mut SessionConfig)) -> Self {
        let t0 = Instant::now();
        let mut config = config();
        change(&mut config);
        Self {
            t0,
            session: SmppSession::new(config, t0),
        }
    }

    /// Bound at 0 ms, with nothing left in the outbox.
    fn bound(change: impl FnOnce(&mut SessionConfig)) -> Self {
        let mut table = Self::new(change);
        table.bind_at(0);
        table
    }

    /// Was bound, has lost its link while a backup took over, and connects again; all of it at 0 ms.
    fn returning(change: impl FnOnce(&mut SessionConfig)) -> Self {
        let mut table = Self::bound(change);
        table.feed(0, Input::LinkLost("reset".to_owned()));
        table.feed(0, Input::BackupInUse(true));
        table.feed(0, Input::Start);
        table.feed(0, Input::TcpConnected);
        table
    }

    fn bind_at(&mut self, at: Ms) {
        self.feed(at, Input::Start);
        self.feed(at, Input::TcpConnected);
        self.receive(at, 1, 0, bind_resp());
    }

    /// What comes out of one input, in words: `transmit 2 enquire_link`.
    fn feed(&mut self, at: Ms, input: Input<u32>) -> Vec<String> {
        self.session.handle(self.at(at), input);
        std::iter::from_fn(|| self.session.poll_output())
            .map(|output| words(&output))
            .collect()
    }

    fn receive(&mut self, at: Ms, sequence_number: u32, status: u32, body: IncomingBody) -> Vec<String> {
        let command_status = CommandStatus(status);
        self.feed(
            at,
            Input::Received(Incoming {
                sequence_number,
                command_status,
                body,
            }),
        )
    }

    fn submit(&mut self, at: Ms, ticket: u32) -> Vec<String> {
        self.feed(
            at,
            Input::Submit {
                ticket,
                pdu: Arc::default(),
            },
        )
    }

    fn timeout(&mut self, at: Ms) -> Vec<String> {
        self.feed(at, Input::Timeout)
    }

    fn at(&self, at: Ms) -> Instant {
        self.t0 + Duration::from_millis(at)
    }

    /// When it wants to be woken.
    fn wakes_at(&self) -> Option<Ms> {
        self.session
            .next_timeout()
            .map(|at| u64::try_from((at - self.t0).as_millis()).unwrap())
    }
}

fn config() -> SessionConfig {
    SessionConfig {
        bind_mode: BindMode::Transceiver,
        bind: BindRequest {
            system_id: "gw".to_owned(),
            password: "secret".to_owned(),
            system_type: String::new(),
            interface_version: 0x34,
            addr_ton: 0,
            addr_npi: 0,
            address_range: String::new(),
        },
        window: 3,
        enquire_link: Duration::from_secs(30),
        enquire_link_timeout: Duration::from_secs(10),
        bind_timeout: Duration::from_secs(15),
        response_timeout: Duration::from_secs(60),
        stuck_after: None,
        unbind_timeout: Duration::from_secs(20),
        is_primary: true,
        failback_hold: Duration::from_secs(10),
        reconnect: Some(Backoff::default()),
        jitter_seed: 1,
    }
}

fn bind_resp() -> IncomingBody {
    IncomingBody::BindResp {
        system_id: String::new(),
    }
}

fn submit_resp(message_id: &str) -> IncomingBody {
    IncomingBody::SubmitSmResp {
        message_id: message_id.to_owned(),
        tlvs: Vec::new(),
    }
}

fn words(output: &Output<u32>) -> String {
    match output {
        Output::Connect => "connect".to_owned(),
        Output::Close => "close".to_owned(),
        Output::Transmit(pdu) => {
            let status = pdu.command_status.0;
            let status = if status == 0 {
                String::new()
            } else {
                format!(" {status:#04x}")
            };
            format!("transmit {} {}{status}", pdu.sequence_number, name(&pdu.body))
        }
        Output::Event(event) => event_words(event),
    }
}

fn event_words(event: &SessionEvent<u32>) -> String {
    match event {
        SessionEvent::StateChanged {
            from,
            to,
            reconnect_attempts: 0,
            ..
        } => format!("{from:?} -> {to:?}"),
        SessionEvent::StateChanged {
            from,
            to,
            reconnect_attempts,
            ..
        } => {
            format!("{from:?} -> {to:?} ({reconnect_attempts} failed)")
        }
        SessionEvent::Answered { ticket, response, .. } => response_words("answered", *ticket, response),
        SessionEvent::Unanswered { ticket, reason } => format!("unanswered {ticket} {reason:?}"),
        SessionEvent::NotSent { ticket } => format!("not sent {ticket}"),
        SessionEvent::LateResponse { ticket, response, .. } => response_words("late", *ticket, response),
        SessionEvent::Inbound {
            link,
            sequence_number,
            data_sm,
            ..
        } => {
            format!(
                "inbound {sequence_number} on {link}{}",
                if *data_sm { " data_sm" } else { "" }
            )
        }
        SessionEvent::BindRefused { status, credentials } => {
            format!(
                "refused {:#04x}{}",
                status.0,
                if *credentials { " credentials" } else { "" }
            )
        }
        SessionEvent::LinkAnswered { took } => format!("link answered in {} ms", took.as_millis()),
        SessionEvent::Odd(odd) => format!("odd {}", odd.name()),
        SessionEvent::Alert(_) => "alert".to_owned(),
    }
}

fn response_words(how: &str, ticket: u32, response: &SubmitResponse) -> String {
    let nack = if response.is_nack { " nack" } else { "" };
    let words = format!(
        "{how} {ticket} {:#04x}{nack} {}",
        response.status.0, response.message_id
    );
    words.trim_end().to_owned()
}

fn name(body: &OutgoingBody) -> &'static str {
    match body {
        OutgoingBody::Bind(BindMode::Transceiver, _) => "bind_transceiver",
        OutgoingBody::Bind(BindMode::Transmitter, _) => "bind_transmitter",
        OutgoingBody::Bind(BindMode::Receiver, _) => "bind_receiver",
        OutgoingBody::SubmitSm(_) => "submit_sm",
        OutgoingBody::DeliverSmResp => "deliver_sm_resp",
        OutgoingBody::DataSmResp => "data_sm_resp",
        OutgoingBody::EnquireLink => "enquire_link",
        OutgoingBody::EnquireLinkResp => "enquire_link_resp",
        OutgoingBody::Unbind => "unbind",
        OutgoingBody::UnbindResp => "unbind_resp",
        OutgoingBody::GenericNack => "generic_nack",
    }
}
