//! What happens to links, with node-smpp at the other end.

use super::{accepted, bound};
use serde_json::json;
use smpp_connector_tests::foreign::NodeSmsc;
use smpp_connector_tests::{Gateway, Message, Operator};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_side_asks_whether_the_other_is_there() {
    let mut smsc = NodeSmsc::start().await;
    let gateway = Gateway::start(vec![Operator::at(smsc.addr()).session("enquire_link", "\"1s\"")]).await;
    smsc.pdus("bind_transceiver", 1).await;
    smsc.send("enquire_link", &json!({}));
    assert_eq!(
        smsc.pdus("enquire_link_resp", 1).await[0]["pdu"]["sequence_number"],
        1
    );
    // The second comes a second after the first was answered.
    smsc.pdus("enquire_link", 2).await;
    accepted(&gateway, &Message::to("+491511234567")).await;
    assert_eq!(
        smsc.pdus("submit_sm", 1).await[0]["session"],
        1,
        "the link of the beginning"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_smsc_that_unbinds_is_bound_to_again() {
    let (mut smsc, gateway) = bound().await;
    accepted(&gateway, &Message::to("+491511234567")).await;
    smsc.send("unbind", &json!({}));
    let answer = &smsc.pdus("unbind_resp", 1).await[0]["pdu"];
    assert_eq!(
        (&answer["sequence_number"], &answer["command_status"]),
        (&json!(1), &json!(0))
    );
    smsc.closed(1).await;
    smsc.pdus("bind_transceiver", 2).await;
    accepted(&gateway, &Message::to("+491511234567")).await;
    assert_eq!(smsc.pdus("submit_sm", 2).await[1]["session"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_smsc_that_was_killed_is_bound_to_again() {
    let (mut smsc, gateway) = bound().await;
    smsc.hold().await;
    let messages = [1, 2, 3, 4].map(|number| Message::to(&format!("+49151123456{number}")));
    gateway.send(&messages).await;
    smsc.pdus("submit_sm", 4).await;
    smsc.restart().await;
    // It has answered none of them, and the next one has never heard of them.
    for message in &messages {
        assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    }
    assert_eq!(smsc.pdus("submit_sm", 4).await.len(), 4);
}
