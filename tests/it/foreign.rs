//! The gateway and the simulator among stacks that others wrote: node-smpp, Kannel, aiosmpplib, Wireshark.
#![cfg(test)]

mod binds;
mod esmes;
mod fields;
mod kannel;
mod links;
mod long_texts;
mod mobile_originated;
mod national;
mod readings;
mod receipts;

use crate::tshark::capture::Direction;
use serde_json::Value;
use smpp_connector_tests::foreign::NodeSmsc;
use smpp_connector_tests::{Gateway, Message, Operator};

/// node-smpp as the SMSC, and a gateway that is bound to it.
async fn bound() -> (NodeSmsc, Gateway) {
    let smsc = NodeSmsc::start().await;
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    smsc.pdus("bind_transceiver", 1).await;
    (smsc, gateway)
}

/// Sends one message, and returns the id that the SMSC gave it.
async fn accepted(gateway: &Gateway, message: &Message) -> String {
    gateway.send(std::slice::from_ref(message)).await;
    let outcome = gateway.outcome(message.id()).await;
    assert_eq!(outcome["outcome"], "ACCEPTED", "{outcome}");
    let id = outcome["parts"][0]["operatorMessageId"].as_str();
    id.expect("an id").to_owned()
}

/// Asserts that the PDU has these fields with these values.
#[track_caller]
fn assert_fields(pdu: &Value, expected: &Value) {
    for (field, value) in expected.as_object().expect("fields") {
        assert_eq!(pdu[field], *value, "{field} of {pdu:#}");
    }
}

/// The submit_sm among what has passed a relay.
fn submits(pdus: &[(Direction, Vec<u8>)]) -> Vec<Vec<u8>> {
    let is_submit = |(direction, pdu): &&(Direction, Vec<u8>)| {
        *direction == Direction::Out && pdu.get(4..8) == Some(&[0, 0, 0, 4])
    };
    pdus.iter()
        .filter(is_submit)
        .map(|(_, pdu)| pdu.clone())
        .collect()
}
