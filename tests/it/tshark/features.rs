//! What gateway and SMSC say to each other, feature by feature: no PDU of either direction is malformed, and each says what it
//! should.

mod inbound;
mod links;
mod outbound;

use super::capture::Direction::{self, In, Out};
use super::explained::compare;
use super::reader::{DefaultAlphabet, Seen, read};
use super::relay::{Pdus, Relay};
use futures_util::future::join_all;
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE};
use smsc_sim::{Mo, Script, Smsc};
use std::net::SocketAddr;

/// A conversation, and what must be in it.
struct Feature {
    name: &'static str,
    operator: fn(SocketAddr) -> Operator,
    /// What the SMSC is like.
    script: Script,
    /// What the gateway is to send.
    messages: Vec<Message>,
    /// What the SMSC sends after that: messages, and other PDUs as they are.
    deliveries: Vec<Mo>,
    raw: Vec<Vec<u8>>,
    /// Each of these comes after the one before it; others may stand between them.
    expected: Vec<Pdu>,
}

/// A PDU by its direction, its name, and the values of some of its fields.
type Pdu = (Direction, &'static str, &'static [(&'static str, &'static str)]);

impl Feature {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            operator: Operator::at,
            script: Script::new(),
            messages: Vec::new(),
            deliveries: Vec::new(),
            raw: Vec::new(),
            expected: Vec::new(),
        }
    }

    fn operator(self, operator: fn(SocketAddr) -> Operator) -> Self {
        Self { operator, ..self }
    }

    fn script(self, script: Script) -> Self {
        Self { script, ..self }
    }

    fn message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    fn delivery(mut self, mo: Mo) -> Self {
        self.deliveries.push(mo);
        self
    }

    fn raw(mut self, command: u32, body: &[u8]) -> Self {
        self.raw.push(octets(command, body));
        self
    }

    fn expect(mut self, pdus: &[Pdu]) -> Self {
        self.expected.extend(pdus);
        self
    }

    /// Lets it happen, and returns every PDU.
    async fn played(&self) -> Pdus {
        let smsc = Smsc::start(self.script.clone()).await.expect("an SMSC");
        let relay = Relay::to(smsc.addr()).await;
        let gateway = Gateway::start(vec![(self.operator)(relay.addr)]).await;
        gateway.send(&self.messages).await;
        for message in &self.messages {
            gateway.outcome(message.id()).await;
        }
        smsc.wait_until(|seen| seen.bound > 0, PATIENCE)
            .await
            .expect("a bind");
        for mo in &self.deliveries {
            assert_eq!(smsc.send_mo(mo.clone()).await, Ok(0), "{}", self.name);
        }
        for octets in &self.raw {
            assert_eq!(smsc.send_raw(octets.clone()), 1, "{}", self.name);
        }
        for (at, pdu) in self.expected.iter().enumerate() {
            let same = |other: &&Pdu| (other.0, other.1) == (pdu.0, pdu.1);
            let count = self.expected[..=at].iter().filter(same).count();
            relay.until_passed((pdu.0, command(pdu.1)), count).await;
        }
        // Who answers has read all that came before.
        smsc.wait_until(|seen| seen.bound > 0, PATIENCE)
            .await
            .expect("a bind");
        let answer = (Out, command("enquire_link_resp"));
        let before = relay.passed(answer);
        assert_eq!(
            smsc.send_raw(octets(command("enquire_link"), b"")),
            1,
            "{}",
            self.name
        );
        relay.until_passed(answer, before + 1).await;
        assert!(matches!(gateway.shutdown().await, Ended::Clean), "{}", self.name);
        relay.pdus()
    }

    /// Holds what tshark has seen against the expectation.
    fn check(&self, pdus: &Pdus, seen: &[Seen]) {
        let told: usize = pdus
            .iter()
            .zip(seen)
            .map(|((_, octets), seen)| compare(octets, seen))
            .sum();
        assert!(
            told > 3 * seen.len(),
            "{}: {told} fields of {} PDUs",
            self.name,
            seen.len()
        );
        let mut rest = pdus.iter().map(|(direction, _)| *direction).zip(seen);
        let end: [Pdu; 2] = [(Out, "unbind", &[]), (In, "unbind_resp", &[])];
        for pdu in self.expected.iter().chain(&end) {
            assert!(
                rest.any(|(direction, seen)| is_it(pdu, direction, seen)),
                "{}: no {pdu:?} where it should be among {:#?}",
                self.name,
                seen.iter().map(Seen::name).collect::<Vec<_>>()
            );
        }
    }
}

/// Plays them side by side, and reads them at one go: tshark takes its time to start.
async fn play(features: Vec<Feature>) {
    let played = join_all(features.iter().map(Feature::played)).await;
    let seen = read(&played.concat(), DefaultAlphabet::Unpacked);
    let mut rest = &seen[..];
    for (feature, pdus) in features.iter().zip(&played) {
        let (own, others) = rest.split_at(pdus.len());
        feature.check(pdus, own);
        rest = others;
    }
}

/// A PDU with sequence number 77.
fn octets(command: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).expect("a short PDU");
    let header = [length, command, 0, 77].map(u32::to_be_bytes);
    [header.as_flattened(), body].concat()
}

fn is_it((way, name, fields): &Pdu, direction: Direction, seen: &Seen) -> bool {
    *way == direction && seen.name() == *name && fields.iter().all(|(field, value)| seen.is(field, value))
}

/// command_id, SMPP 3.4 section 5.1.2.1.
fn command(name: &str) -> u32 {
    let (request, is_answer) = match name.strip_suffix("_resp") {
        Some(request) => (request, 0x8000_0000),
        None => (name, 0),
    };
    let id = match request {
        "generic_nack" => 0x8000_0000,
        "bind_receiver" => 0x01,
        "bind_transmitter" => 0x02,
        "submit_sm" => 0x04,
        "deliver_sm" => 0x05,
        "unbind" => 0x06,
        "bind_transceiver" => 0x09,
        "enquire_link" => 0x15,
        "alert_notification" => 0x102,
        "data_sm" => 0x103,
        _ => panic!("{name} has no command_id here"),
    };
    id | is_answer
}
