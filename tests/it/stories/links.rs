//! Sessions that come and go.

use super::{count, of_kind, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc, status};
use std::time::{Duration, Instant};

/// A message goes through.
async fn assert_works(gateway: &Gateway) {
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
}

/// The states that the sessions entered, in order.
fn entered(events: &[Value]) -> Vec<&str> {
    of_kind(events, "session")
        .into_iter()
        .filter_map(|event| event["to"].as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn already_bound_is_no_bind() {
    let script = Script::new().bind_status_times(status::ALREADY_BOUND, 2);
    let smsc = Smsc::start(script).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    assert_works(&gateway).await;
    let events = gateway.events_until(|events| count(events, "session") >= 6).await;
    let refused = ["CONNECTING", "DISCONNECTED"];
    assert_eq!(
        entered(&events),
        [refused, refused, ["CONNECTING", "BOUND"]].concat()
    );
    let session = of_kind(&events, "session")[3];
    assert_eq!(session["reconnectAttempts"], 2);
    assert!(
        session["reason"].as_str().unwrap().contains("ESME_RALYBND"),
        "{session}"
    );
    assert_eq!(of_kind(&events, "session")[5]["reconnectAttempts"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_in_words_and_tried_slowly() {
    let smsc = Smsc::start(Script::new().credentials("story", "another"))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr()).set("reconnect_delays", r#"["100ms", "100ms", "2s"]"#);
    let started = Instant::now();
    let gateway = Gateway::start(vec![operator.clone()]).await;
    seen(&smsc, |seen| seen.binds_refused == 2).await;
    assert!(
        started.elapsed() >= Duration::from_secs(2),
        "never faster than the schedule's last delay"
    );
    let events = gateway.events_until(|events| count(events, "session") >= 2).await;
    let refused = of_kind(&events, "session")[1];
    assert_eq!(
        (&refused["from"], &refused["to"]),
        (&json!("CONNECTING"), &json!("DISCONNECTED"))
    );
    let reason = refused["reason"].as_str().unwrap();
    assert!(
        reason.contains("ESME_RINVPASWD (0x0000000E)") && reason.contains("password"),
        "{reason}"
    );
    assert!(refused["nextReconnectAt"].is_string());
    let endpoint = (&refused["host"], &refused["port"], &refused["operatorId"]);
    let (host, port) = (json!(smsc.addr().ip().to_string()), json!(smsc.addr().port()));
    assert_eq!(endpoint, (&host, &port, &json!(operator.id)));
    assert_eq!(
        (&refused["bindMode"], &refused["isPrimary"]),
        (&json!("TRANSCEIVER"), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_smsc_that_comes_up_later_is_found() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    smsc.stop_listening().await;
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    gateway
        .events_until(|events| entered(events).contains(&"DISCONNECTED"))
        .await;
    smsc.resume().await.unwrap();
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_answers_no_enquire_link_is_left() {
    let smsc = Smsc::start(Script::new().enquire_link_answers(false))
        .await
        .unwrap();
    let operator = Operator::at(smsc.addr())
        .session("enquire_link", "\"1s\"")
        .session("enquire_link_timeout", "\"200ms\"");
    let gateway = Gateway::start(vec![operator]).await;
    let events = gateway
        .events_until(|events| entered(events).contains(&"UNBOUND"))
        .await;
    let lost = *of_kind(&events, "session").last().unwrap();
    assert!(
        lost["reason"].as_str().unwrap().contains("enquire_link"),
        "{lost}"
    );
    smsc.set_script(Script::new());
    seen(&smsc, |seen| seen.binds >= 2 && seen.links == 1).await;
    assert_works(&gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unbind_of_the_operator_is_answered_and_followed_by_a_bind() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    assert_works(&gateway).await;
    smsc.send_raw(pdu(0x06, 7, &[]));
    // The simulated SMSC closes the link when its unbind is answered.
    let events = gateway
        .events_until(|events| entered(events).contains(&"UNBOUND"))
        .await;
    let lost = *of_kind(&events, "session").last().unwrap();
    assert!(lost["reason"].as_str().unwrap().contains("unb"), "{lost}");
    seen(&smsc, |seen| seen.binds == 2).await;
    assert_works(&gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_pdus_do_not_end_a_session() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    assert_works(&gateway).await;
    // A command that nobody knows; a deliver_sm cut short; a response to nothing; a submit_sm from the wrong side.
    for (command, body) in [
        (0x0000_0777, &b"?"[..]),
        (0x05, b"\0\x01"),
        (0x8000_0004, b"id\0"),
        (0x04, b""),
    ] {
        smsc.send_raw(pdu(command, 99, body));
    }
    seen(&smsc, |seen| seen.generic_nacks >= 1).await;
    assert_works(&gateway).await;
    assert_eq!((smsc.counters().binds, smsc.counters().links), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_out_of_step_is_given_up_and_begun_anew() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    assert_works(&gateway).await;
    smsc.send_raw(&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]);
    seen(&smsc, |seen| seen.binds == 2).await;
    assert_works(&gateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transmitter_and_a_receiver_are_one_operator() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr())
        .session("bind_mode", "\"TRANSMITTER\"")
        .primary_at(smsc.addr())
        .session("bind_mode", "\"RECEIVER\"");
    let gateway = Gateway::start(vec![operator]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
    assert_eq!(smsc.counters().binds, 2);
}

/// A PDU of the SMSC.
fn pdu(command: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let header = [length, command, 0, sequence].map(u32::to_be_bytes).concat();
    [&header, body].concat()
}
