//! Policy plugins in a running gateway: replaced, broken, hostile or missing, while messages flow.
#![cfg(test)]

mod bad_files;
mod budget;
mod deployed;
mod desk;
mod hostile;
mod kept;
mod kinds;
mod reloads;
mod rollback;
mod settings;
mod shadow;
mod soak;
mod waiting;
mod ways;

use serde_json::Value;
use sha2::{Digest, Sha256};
use smpp_connector_tests::{Gateway, Message, Operator, PATIENCE, plugin_with};
use smsc_sim::{Concatenation, Smsc};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longer than one short message, in an alphabet that both versions of the plugin take as it is.
const LONG: &str = "A text that does not fit into one short message, so that the policy of its operator has to decide \
                    how it travels: one version of the plugin cuts it into parts with headers, the other sends it whole \
                    in message_payload. Which of the two has decided can be seen from what the operator gets.";

/// A plugin as a file: the bytes, what they are called in events, and what they make of a long message.
#[derive(Clone)]
struct Version {
    bytes: Vec<u8>,
    sha256: String,
    cut: Concatenation,
}

impl Version {
    /// Sends long texts whole.
    fn payload() -> Self {
        Self::of(
            std::fs::read(plugin_with("latin1", true)).unwrap(),
            Concatenation::Payload,
        )
    }

    /// Sends them as parts.
    fn headers() -> Self {
        Self::of(
            std::fs::read(plugin_with("latin1", false)).unwrap(),
            Concatenation::Udh8,
        )
    }

    fn of(bytes: Vec<u8>, cut: Concatenation) -> Self {
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Self { bytes, sha256, cut }
    }

    /// The same behaviour in a file that nobody has seen before: a custom section more.
    fn stamped(&self, stamp: u32) -> Self {
        let mut section = vec![0, 1 + 5 + 4, 5];
        section.extend_from_slice(b"stamp");
        section.extend_from_slice(&stamp.to_le_bytes());
        Self::of([self.bytes.as_slice(), &section].concat(), self.cut)
    }

    /// Puts it in place as a careful person does: under another name, then renamed.
    fn rename_over(&self, file: &Path) {
        let fresh = file.with_extension("new");
        std::fs::write(&fresh, &self.bytes).unwrap();
        std::fs::rename(&fresh, file).unwrap();
    }
}

/// Everything that a story's messages could have been decided by.
struct Versions(HashMap<String, Concatenation>);

impl Versions {
    fn new<'a>(versions: impl IntoIterator<Item = &'a Version>) -> Self {
        Self(
            versions
                .into_iter()
                .map(|version| (version.sha256.clone(), version.cut))
                .collect(),
        )
    }

    /// Each message reached an operator once, whole, and in the form of the one version that its event names.
    fn check(&self, sent: &[Message], events: &[Value], smscs: &[&Smsc]) {
        let submits: Vec<_> = events.iter().filter(|event| event["type"] == "submit").collect();
        let by_id: HashMap<_, _> = submits
            .iter()
            .map(|event| (event["messageId"].as_str().unwrap(), *event))
            .collect();
        assert_eq!(
            (submits.len(), by_id.len()),
            (sent.len(), sent.len()),
            "events and messages"
        );
        let received: Vec<_> = smscs.iter().flat_map(|smsc| smsc.messages()).collect();
        let by_number: HashMap<_, _> = received
            .iter()
            .map(|got| (got.destination.as_str(), got))
            .collect();
        assert_eq!(
            (received.len(), by_number.len()),
            (sent.len(), sent.len()),
            "receptions and messages"
        );
        let parts: u64 = smscs.iter().map(|smsc| smsc.counters().submits).sum();
        let wanted: usize = received.iter().map(|got| got.total).sum();
        assert_eq!(parts, u64::try_from(wanted).unwrap(), "submit_sm and parts");
        for message in sent {
            let event = by_id[message.id().to_string().as_str()];
            assert_eq!(event["outcome"], "ACCEPTED", "{event}");
            let decided_by = event["policy"]["sha256"].as_str().unwrap();
            let cut = self
                .0
                .get(decided_by)
                .unwrap_or_else(|| panic!("nobody has loaded {decided_by}"));
            let number = message_number(message);
            let got = by_number[number.trim_start_matches('+')];
            assert!(
                got.is_complete() && got.concatenation == *cut,
                "{cut:?} by {decided_by}: {got:?}"
            );
            assert_eq!(got.octets, LONG.as_bytes());
            let strategy = if *cut == Concatenation::Payload {
                "TLV"
            } else {
                "CSMS"
            };
            assert_eq!(event["longMessageStrategy"], strategy);
        }
    }
}

fn message_number(message: &Message) -> String {
    let command: Value = serde_json::from_str(&message.json()).unwrap();
    command["to"].as_str().unwrap().to_owned()
}

/// A long message to a number of its own.
fn long_message(n: usize) -> Message {
    Message::to(&format!("+49151{n:08}")).text(LONG)
}

/// Long messages to these operators in turn, until told to stop. Returns what was sent.
async fn traffic(gateway: &Gateway, operators: &[Operator], stop: &CancellationToken) -> Vec<Message> {
    let mut sent = Vec::new();
    while !stop.is_cancelled() {
        let first = sent.len();
        let batch: Vec<_> = operators
            .iter()
            .enumerate()
            .map(|(i, to)| long_message(first + i).operator(to.id))
            .collect();
        gateway.send(&batch).await;
        sent.extend(batch);
        // The rate of the traffic, not a wait for anything.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sent
}

/// Runs this while messages flow, and returns what was sent and all events once every message has its outcome.
async fn under_traffic<T>(
    gateway: &Gateway,
    operators: &[Operator],
    deeds: impl Future<Output = T>,
) -> (Vec<Message>, Vec<Value>, T) {
    let stop = CancellationToken::new();
    let acting = async {
        let done = deeds.await;
        stop.cancel();
        done
    };
    let (sent, done) = tokio::join!(traffic(gateway, operators, &stop), acting);
    let settled = |events: &[Value]| count(events, "submit") >= sent.len();
    let events = gateway.events_until(settled).await;
    (sent, events, done)
}

fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind).count()
}

/// The verdict next to a plugin's file, if there is one.
fn verdict(file: &Path) -> Value {
    let mut path = file.as_os_str().to_owned();
    path.push(".status.json");
    let text = std::fs::read(PathBuf::from(path)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Waits until the verdict on the file is such a one.
async fn verdict_until(file: &Path, says: impl Fn(&Value) -> bool) -> Value {
    let wait = async {
        loop {
            let verdict = verdict(file);
            if says(&verdict) {
                return verdict;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("not this: {}", verdict(file)))
}

fn runs(version: &Version) -> impl Fn(&Value) -> bool {
    let sha256 = version.sha256.clone();
    move |verdict| verdict["activeSha256"] == sha256.as_str()
}

/// An operator whose SMSC answers at once, with a plugin.
fn operator(name: &str, smsc: &Smsc, plugin: PathBuf) -> Operator {
    Operator::at(smsc.addr()).named(name).plugin(plugin)
}
