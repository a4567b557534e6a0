//! PDUs that break the standard. Whatever comes, the session lives, the message that was in flight gets its outcome, the PDU
//! gets its answer, and its octets are kept for the engineer.

mod answers;
mod binds;
mod commands;
mod deliveries;
mod kept;
mod streams;

use super::{count, of_kind, seen};
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE, http};
use smsc_sim::{Receipts, Response, Rule, Script, Smsc, Then, When, Writes};

const GENERIC_NACK: u32 = 0x8000_0000;
const SUBMIT_SM_RESP: u32 = 0x8000_0004;
const DELIVER_SM: u32 = 0x05;
const ENQUIRE_LINK: u32 = 0x15;
const DATA_SM: u32 = 0x103;

/// A gateway on one link. The SMSC answers no submit_sm by itself: the story does, after what is odd.
struct Story {
    smsc: Smsc,
    gateway: Gateway,
    submits: usize,
}

impl Story {
    /// The SMSC cuts what it writes as it is told.
    async fn begin(writes: Writes) -> Self {
        let silent = Rule::when(When::Always).then(Then::NoAnswer);
        let script = Script::new()
            .respond(silent)
            .receipts(Receipts::off())
            .writes(writes);
        let smsc = Smsc::start(script).await.unwrap();
        let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
        let submits = 0;
        Self {
            smsc,
            gateway,
            submits,
        }
    }

    /// A message whose submit_sm waits for its answer, and the number of that.
    async fn in_flight(&mut self) -> (Message, u32) {
        let message = Message::to("491510000009");
        self.gateway.send(std::slice::from_ref(&message)).await;
        self.submits += 1;
        let so_many = u64::try_from(self.submits).unwrap();
        seen(&self.smsc, |seen| seen.submits >= so_many).await;
        (message, self.smsc.submits()[self.submits - 1].sequence)
    }

    fn write(&self, octets: &[u8]) {
        assert_eq!(self.smsc.send_raw(octets.to_vec()), 1, "one link");
    }

    /// Takes the submit_sm under this id. The operator answers so after everything that was written before.
    fn take(&self, sequence: u32, id: &str) {
        self.write(&pdu(
            SUBMIT_SM_RESP,
            0,
            sequence,
            &[id.as_bytes(), b"\0"].concat(),
        ));
    }

    /// The answer of the gateway to the PDU of that number.
    async fn answer(&self, sequence: u32) -> Response {
        let found = || {
            let strays = self.smsc.stray_responses();
            strays.into_iter().find(|answer| answer.sequence == sequence)
        };
        seen(&self.smsc, |_| found().is_some()).await;
        found().unwrap()
    }

    /// The PDUs that were kept, oldest first.
    async fn kept(&self) -> Vec<Value> {
        kept(&self.gateway).await
    }

    /// It was bound once, and has been since.
    async fn assert_bound_throughout(&self) {
        let events = self
            .gateway
            .events_until(|events| count(events, "session") >= 2)
            .await;
        let states: Vec<_> = of_kind(&events, "session")
            .into_iter()
            .map(|event| event["to"].as_str().unwrap())
            .collect();
        assert_eq!(states, ["CONNECTING", "BOUND"]);
        let counters = self.smsc.counters();
        assert_eq!((counters.binds, counters.links), (1, 1));
    }
}

/// The PDUs that were kept, oldest first.
async fn kept(gateway: &Gateway) -> Vec<Value> {
    let answer = get(gateway, "/api/v1/odd-pdus?limit=1000").await;
    let mut records = answer["oddPdus"].as_array().expect("an array").clone();
    records.reverse();
    records
}

async fn get(gateway: &Gateway, path: &str) -> Value {
    let url = gateway.url(path);
    let answer = tokio::task::spawn_blocking(move || http::request("GET", &url, &[], b""));
    let answer = tokio::time::timeout(PATIENCE, answer)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// A PDU of the SMSC.
fn pdu(command: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let header = [length, command, status, sequence].map(u32::to_be_bytes).concat();
    [&header, body].concat()
}

/// The kinds under which the PDU of that number was kept.
fn kinds_of(records: &[Value], sequence: u32) -> Vec<&str> {
    records
        .iter()
        .filter(|record| record["sequenceNumber"] == sequence)
        .map(|record| record["kind"].as_str().unwrap())
        .collect()
}

/// Every field that is wanted is there, as it is wanted.
#[track_caller]
fn assert_tells(event: &Value, wanted: &Value, what: &str) {
    for (field, value) in wanted.as_object().expect("fields") {
        assert_eq!(&event[field], value, "{what}: {field} in {event}");
    }
}
