//! A session against a scripted SMSC, in virtual time: invariants under latency, loss, reorder, duplicates, throttling,
//! refused binds and broken links.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const TICKETS: u32 = 60;
const WINDOW: usize = 7;
/// When the SMSC mends its ways.
const REFORM: Ms = 600_000;

/// What the SMSC does with the n-th PDU that it gets, in turn.
#[derive(Clone, Copy, Debug)]
enum Behaviour {
    Answer,
    Throttle,
    Nack,
    Duplicate,
    WrongSequence,
    Lose,
    Unbind,
    Deliver,
    DropLink,
}

/// What people and the network do, at their time.
#[derive(Clone, Copy, Debug)]
enum Disturbance {
    LinkLost,
    Unbind,
    Start,
    BackupInUse(bool),
}

#[derive(Clone, Debug)]
struct Script {
    behaviours: Vec<(Behaviour, Ms)>,
    disturbances: Vec<(Ms, Disturbance)>,
    first_sequence: u32,
}

struct Pair {
    t0: Instant,
    now: Ms,
    session: SmppSession<u32>,
    script: Script,
    turn: usize,
    /// What arrives at the session, by time and order of sending; PDUs only on the connection that they were sent on.
    wire: BTreeMap<(Ms, usize), (Option<u32>, Input<u32>)>,
    sent: usize,
    link: u32,
    next_ticket: u32,
    submitting: Option<u32>,
    in_flight: HashMap<u32, u32>,
    message_ids: HashMap<u32, String>,
    outcomes: HashMap<u32, &'static str>,
}

impl Pair {
    fn new(script: Script) -> Self {
        let t0 = Instant::now();
        let session = SmppSession::new(
            SessionConfig {
                window: WINDOW,
                stuck_after: Some(Duration::from_secs(70)),
                ..config()
            },
            t0,
        );
        let mut pair = Self {
            t0,
            now: 0,
            session,
            turn: 0,
            wire: BTreeMap::new(),
            sent: 0,
            link: 0,
            next_ticket: 0,
            submitting: None,
            in_flight: HashMap::new(),
            message_ids: HashMap::new(),
            outcomes: HashMap::new(),
            script,
        };
        pair.post(0, None, Input::Start);
        for (at, disturbance) in pair.script.disturbances.clone() {
            let input = match disturbance {
                Disturbance::LinkLost => Input::LinkLost("cut".to_owned()),
                Disturbance::Unbind => Input::Unbind,
                Disturbance::Start => Input::Start,
                Disturbance::BackupInUse(in_use) => Input::BackupInUse(in_use),
            };
            pair.post(at, None, input);
        }
        // Whatever was unbound comes back in the end, so that every ticket can have its outcome.
        pair.post(REFORM, None, Input::Start);
        pair
    }

    /// Goes from event to event until every ticket has its outcome. Virtual hours in milliseconds.
    fn run(&mut self) {
        for _ in 0..100_000 {
            while self.session.room() > 0 && self.next_ticket < TICKETS {
                let ticket = self.next_ticket;
                self.next_ticket += 1;
                self.submitting = Some(ticket);
                self.feed(Input::Submit {
                    ticket,
                    pdu: Arc::default(),
                });
                assert_eq!(self.submitting, None, "there was room, so it was written");
            }
            if self.outcomes.len() == TICKETS as usize && self.session.in_flight() == 0 {
                return;
            }
            let wake = self
                .session
                .next_timeout()
                .map(|at| Ms::try_from(at.duration_since(self.t0).as_millis()).unwrap());
            let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
            self.now = [wake, arrival]
                .into_iter()
                .flatten()
                .min()
                .expect("something is due")
                .max(self.now);
            if arrival.is_some_and(|at| at <= self.now) {
                let (_, (link, input)) = self.wire.pop_first().unwrap();
                if link.is_none_or(|link| link == self.link) {
                    self.feed(input);
                }
            } else {
                self.feed(Input::Timeout);
            }
        }
        panic!("no end: {:?} {}", self.session.state(), self.outcomes.len());
    }

    fn feed(&mut self, input: Input<u32>) {
        if matches!(input, Input::LinkLost(_)) {
            self.link += 1;
        }
        self.session
            .handle(self.t0 + Duration::from_millis(self.now), input);
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Connect => {
                    self.link += 1;
                    let (behaviour, latency) = self.next_behaviour();
                    let failed = matches!(behaviour, Behaviour::Lose);
                    let input = if failed {
                        Input::ConnectFailed("no".to_owned())
                    } else {
                        Input::TcpConnected
                    };
                    self.post(latency, Some(self.link), input);
                }
                Output::Close => self.link += 1,
                Output::Transmit(pdu) => self.smsc_receives(&pdu),
                Output::Event(event) => self.observe(event),
            }
        }
        assert!(self.session.in_flight() <= WINDOW);
        assert!(self.session.room() == 0 || self.session.state() == SessionState::Bound);
        assert_eq!(self.session.in_flight(), self.in_flight.len());
    }

    fn smsc_receives(&mut self, pdu: &Outgoing) {
        let sequence = pdu.sequence_number;
        let body = match pdu.body {
            OutgoingBody::Bind(..) => bind_resp(),
            OutgoingBody::SubmitSm(_) => {
                let ticket = self.submitting.take().expect("one submit, one PDU");
                assert_eq!(self.session.state(), SessionState::Bound);
                assert!((1..=MAX_SEQUENCE).contains(&sequence));
                assert_eq!(
                    self.in_flight.insert(sequence, ticket),
                    None,
                    "the number is in flight"
                );
                self.message_ids
                    .insert(ticket, format!("{}-{sequence}", self.link));
                submit_resp(&format!("{}-{sequence}", self.link))
            }
            OutgoingBody::EnquireLink => IncomingBody::EnquireLinkResp,
            OutgoingBody::Unbind => IncomingBody::UnbindResp,
            OutgoingBody::DeliverSmResp
            | OutgoingBody::DataSmResp
            | OutgoingBody::EnquireLinkResp
            | OutgoingBody::UnbindResp
            | OutgoingBody::GenericNack => return,
        };
        let (behaviour, latency) = self.next_behaviour();
        let answer = |sequence_number, status, body: &IncomingBody| {
            Input::Received(Incoming {
                sequence_number,
                command_status: CommandStatus(status),
                body: body.clone(),
            })
        };
        let link = Some(self.link);
        match behaviour {
            Behaviour::Answer => self.post(latency, link, answer(sequence, 0, &body)),
            Behaviour::Throttle => self.post(latency, link, answer(sequence, 0x58, &body)),
            Behaviour::Nack => self.post(latency, link, answer(sequence, 0, &IncomingBody::GenericNack)),
            Behaviour::Duplicate => {
                self.post(latency, link, answer(sequence, 0, &body));
                self.post(latency * 2, link, answer(sequence, 0, &body));
            }
            Behaviour::WrongSequence => self.post(latency, link, answer(sequence ^ 0x4000_0000, 0, &body)),
            Behaviour::Lose => {}
            Behaviour::Unbind => self.post(latency, link, answer(1, 0, &IncomingBody::Unbind)),
            Behaviour::Deliver => {
                let deliver = IncomingBody::DeliverSm(Box::default());
                self.post(latency / 2, link, answer(sequence, 0, &deliver));
                self.post(latency, link, answer(sequence, 0, &body));
            }
            Behaviour::DropLink => self.post(latency, link, Input::LinkLost("reset".to_owned())),
        }
    }

    fn observe(&mut self, event: SessionEvent<u32>) {
        match event {
            SessionEvent::StateChanged { from, to, .. } => {
                assert_ne!(from, to);
                if to == SessionState::Bound && self.script.first_sequence > 0 {
                    self.session.sequence = self.script.first_sequence;
                }
            }
            SessionEvent::Answered { ticket, response, .. } => {
                let message_id = response.message_id;
                assert!(message_id.is_empty() || message_id == self.message_ids[&ticket]);
                self.settle(ticket, "answered");
            }
            SessionEvent::Unanswered {
                ticket,
                reason: UnansweredReason::Timeout,
            } => self.settle(ticket, "timeout"),
            SessionEvent::Unanswered {
                ticket,
                reason: UnansweredReason::LinkLost,
            } => self.settle(ticket, "lost"),
            SessionEvent::LateResponse { ticket, response, .. } => {
                let message_id = response.message_id;
                assert!(message_id.is_empty() || message_id == self.message_ids[&ticket]);
                assert_eq!(
                    self.outcomes.insert(ticket, "late"),
                    Some("timeout"),
                    "once, and after its timeout"
                );
            }
            SessionEvent::NotSent { ticket } => panic!("{ticket} was submitted into room"),
            SessionEvent::Inbound {
                link,
                sequence_number,
                data_sm,
                ..
            } => {
                let status = CommandStatus::OK;
                self.post(
                    3,
                    None,
                    Input::Answer {
                        link,
                        sequence_number,
                        data_sm,
                        status,
                    },
                );
            }
            SessionEvent::BindRefused { .. }
            | SessionEvent::LinkAnswered { .. }
            | SessionEvent::Odd(_)
            | SessionEvent::Alert(_) => {}
        }
    }

    fn settle(&mut self, ticket: u32, outcome: &'static str) {
        assert_eq!(
            self.outcomes.insert(ticket, outcome),
            None,
            "{ticket} has two outcomes"
        );
        let before = self.in_flight.len();
        self.in_flight.retain(|_, other| *other != ticket);
        assert_eq!(self.in_flight.len() + 1, before, "{ticket} was never written");
    }

    fn post(&mut self, after: Ms, link: Option<u32>, input: Input<u32>) {
        self.sent += 1;
        self.wire.insert((self.now + after, self.sent), (link, input));
    }

    /// The script goes round; in the end it is well-behaved, so that every run comes to its end.
    fn next_behaviour(&mut self) -> (Behaviour, Ms) {
        let turn = self.script.behaviours[self.turn % self.script.behaviours.len()];
        self.turn += 1;
        if self.now < REFORM {
            turn
        } else {
            (Behaviour::Answer, 20)
        }
    }
}

fn script() -> impl Strategy<Value = Script> {
    let behaviour = prop_oneof![
        10 => Just(Behaviour::Answer),
        2 => Just(Behaviour::Throttle),
        1 => Just(Behaviour::Nack),
        2 => Just(Behaviour::Duplicate),
        1 => Just(Behaviour::WrongSequence),
        2 => Just(Behaviour::Lose),
        1 => Just(Behaviour::Unbind),
        2 => Just(Behaviour::Deliver),
        1 => Just(Behaviour::DropLink),
    ];
    let latency = prop_oneof![8 => 0..500_u64, 1 => 0..90_000_u64];
    let disturbance = prop_oneof![
        Just(Disturbance::LinkLost),
        Just(Disturbance::Unbind),
        Just(Disturbance::Start),
        any::<bool>().prop_map(Disturbance::BackupInUse),
    ];
    (
        prop::collection::vec((behaviour, latency), 5..60),
        prop::collection::vec((0..120_000_u64, disturbance), 0..6),
        prop_oneof![Just(0), Just(MAX_SEQUENCE - 20)],
    )
        .prop_map(|(behaviours, disturbances, first_sequence)| Script {
            behaviours,
            disturbances,
            first_sequence,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_ticket_has_exactly_one_outcome(script in script()) {
        let mut pair = Pair::new(script);
        pair.run();
        prop_assert_eq!(pair.outcomes.len(), TICKETS as usize);
    }
}

#[test]
fn a_good_operator_answers_everything() {
    let behaviours = vec![(Behaviour::Answer, 80)];
    let mut pair = Pair::new(Script {
        behaviours,
        disturbances: vec![],
        first_sequence: 0,
    });
    pair.run();
    assert!(pair.outcomes.values().all(|outcome| *outcome == "answered"));
    // The connect, the bind, and the round trips of a full window.
    assert_eq!(pair.now, 80 * (2 + u64::from(TICKETS).div_ceil(WINDOW as u64)));
}
