//! Peers that are there and do not work any more: each way in which that is noticed.

use super::{assert_outcomes, count, messages, of_kind, seen};
use serde_json::Value;
use smpp_connector_tests::{Gateway, Message, Operator, Relay};
use smsc_sim::{Rule, Script, Smsc, Then, When};
use tokio::net::TcpSocket;

/// Waits until the link of a bound session is lost, and returns why.
async fn loss(gateway: &Gateway) -> String {
    let lost = |event: &&Value| event["from"] == "BOUND" && event["to"] == "UNBOUND";
    let events = gateway
        .events_until(|events| of_kind(events, "session").into_iter().any(|event| lost(&event)))
        .await;
    let event = events.iter().find(lost).unwrap();
    event["reason"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_is_noticed_and_left() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let network = Relay::to(smsc.addr());
    let operator = Operator::at(network.address())
        .session("enquire_link", "\"1s\"")
        .session("enquire_link_timeout", "\"300ms\"");
    let gateway = Gateway::start(vec![operator]).await;
    let bound = |events: &[Value]| {
        of_kind(events, "session")
            .iter()
            .any(|event| event["to"] == "BOUND")
    };
    gateway.events_until(bound).await;
    network.stall_all();
    let messages = messages(30);
    gateway.send(&messages).await;
    let told = loss(&gateway).await;
    assert!(told.contains("enquire_link was not answered in time"), "{told}");
    network.cut();
    network.heal();
    let events = gateway.events_until(|events| count(events, "submit") == 30).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    // What the network had swallowed may come through after all: one window.
    assert!((30..=40).contains(&smsc.counters().submits));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_answers_only_enquire_link_is_left() {
    let silent = Rule::when(When::Always).then(Then::Ignore);
    let smsc = Smsc::start(Script::new().respond(silent)).await.unwrap();
    let operator = Operator::at(smsc.addr())
        .session("enquire_link", "\"1s\"")
        .session("stuck_after", "\"2500ms\"");
    let gateway = Gateway::start(vec![operator]).await;
    let messages = messages(15);
    gateway.send(&messages).await;
    let told = loss(&gateway).await;
    assert!(told.contains("no submit_sm was answered"), "{told}");
    let counters = smsc.counters();
    assert!(counters.enquire_links >= 1, "it looked alive");
    assert_eq!(counters.submits, 10, "a window");
    smsc.set_script(Script::new());
    let events = gateway.events_until(|events| count(events, "submit") == 15).await;
    assert_outcomes(&events, &messages, "ACCEPTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_takes_nothing_more_is_left_by_tcp_itself() {
    // It has room for a few messages, and reads none after the first one.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let smsc = Smsc::serve(socket.listen(8).unwrap(), Script::new().stall_after(1)).unwrap();
    let operator = Operator::at(smsc.addr())
        .session("window", "10000")
        .session("tcp_user_timeout", "\"700ms\"");
    let gateway = Gateway::start(vec![operator]).await;
    seen(&smsc, |seen| seen.bound == 1).await;
    let text = "c".repeat(150);
    let messages: Vec<_> = (0..10_000)
        .map(|i| Message::to(&super::number(i)).text(&text))
        .collect();
    gateway.send(&messages).await;
    let told = loss(&gateway).await;
    assert!(told.contains("timed out"), "{told}");
}
