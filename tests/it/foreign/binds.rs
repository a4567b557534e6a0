//! Binding and unbinding, as node-smpp sees it.

use super::{accepted, assert_fields};
use serde_json::json;
use smpp_connector::lifecycle::Ended;
use smpp_connector_tests::certificates::Authority;
use smpp_connector_tests::foreign::NodeSmsc;
use smpp_connector_tests::servers::Port;
use smpp_connector_tests::{Gateway, Message, Operator};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transceiver_binds_submits_and_unbinds() {
    let smsc = NodeSmsc::start().await;
    let operator = Operator::at(smsc.addr()).session("system_type", "\"SMPP\"");
    let gateway = Gateway::start(vec![operator]).await;
    let bind = &smsc.pdus("bind_transceiver", 1).await[0];
    let expected = json!({
        "system_id": "story", "password": "story", "system_type": "SMPP", "interface_version": 0x34,
        "sequence_number": 1, "command_status": 0,
    });
    assert_fields(&bind["pdu"], &expected);
    // node-smpp's own form of an id comes back as it was.
    assert_eq!(
        accepted(&gateway, &Message::to("+491511234567")).await,
        "node-000001"
    );
    let submit = &smsc.pdus("submit_sm", 1).await[0]["pdu"];
    let expected = json!({
        "destination_addr": "491511234567", "dest_addr_ton": 1, "dest_addr_npi": 1,
        "source_addr": "Story", "source_addr_ton": 5, "source_addr_npi": 0,
        "short_message": { "message": "Once upon a time" }, "registered_delivery": 1,
    });
    assert_fields(submit, &expected);
    assert!(matches!(gateway.shutdown().await, Ended::Clean));
    smsc.pdus("unbind", 1).await;
    smsc.closed(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transmitter_and_a_receiver_share_their_messages() {
    let mut smsc = NodeSmsc::start().await;
    let pair = Operator::at(smsc.addr())
        .session("bind_mode", "\"TRANSMITTER\"")
        .primary_at(smsc.addr())
        .session("bind_mode", "\"RECEIVER\"");
    let gateway = Gateway::start(vec![pair]).await;
    let transmitter = smsc.pdus("bind_transmitter", 1).await[0]["session"].clone();
    let receiver = smsc.pdus("bind_receiver", 1).await[0]["session"].clone();
    assert_ne!(transmitter, receiver);

    let message = Message::to("+491511234567");
    let id = accepted(&gateway, &message).await;
    assert_eq!(smsc.pdus("submit_sm", 1).await[0]["session"], transmitter);
    smsc.send(
        "deliver_sm",
        &json!({ "esm_class": 4, "short_message": format!("id:{id} stat:DELIVRD err:000") }),
    );
    assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
    let answer = &smsc.pdus("deliver_sm_resp", 1).await[0];
    assert_eq!(
        (&answer["session"], &answer["pdu"]["command_status"]),
        (&receiver, &json!(0))
    );

    assert!(matches!(gateway.shutdown().await, Ended::Clean));
    smsc.pdus("unbind", 2).await;
    smsc.closed(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_goes_by_tls_with_certificates_on_both_sides() {
    let authority = Authority::new();
    let smsc = NodeSmsc::start_with_tls(&authority).await;
    let (certificate, key) = authority.sign("gateway");
    let quoted = |path: &Path| format!("{path:?}");
    let operator = Operator::at(smsc.addr())
        .session("tls.ca", &quoted(&authority.certificate()))
        .session("tls.cert", &quoted(&certificate))
        .session("tls.key", &quoted(&key));
    let gateway = Gateway::start(vec![operator]).await;
    // Nearly as long a PDU as node-smpp takes.
    let text = "Once upon a time ".repeat(900);
    let message = Message::to("+491511234567")
        .text(&text)
        .with("longMessageStrategy", json!("TLV"));
    accepted(&gateway, &message).await;
    let submit = &smsc.pdus("submit_sm", 1).await[0]["pdu"];
    assert_eq!(submit["message_payload"]["message"], text);
    assert!(matches!(gateway.shutdown().await, Ended::Clean));
    smsc.pdus("unbind", 1).await;
    smsc.closed(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_smsc_that_calls_is_bound_to_over_its_own_connection() {
    let mut smsc = NodeSmsc::start().await;
    let port = Port::reserve();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number));
    let operator = Operator::at(smsc.addr())
        .session("outbind.listen", &format!("\"{listen}\""))
        .session("outbind.system_id", "\"node\"")
        .session("outbind.password", "\"s3cret\"");
    let gateway = Gateway::start(vec![operator]).await;
    smsc.call(listen, &json!({ "system_id": "node", "password": "s3cret" }));
    let bind = &smsc.pdus("bind_transceiver", 1).await[0]["pdu"];
    assert_fields(bind, &json!({ "system_id": "story", "password": "story" }));
    accepted(&gateway, &Message::to("+491511234567")).await;
    assert!(matches!(gateway.shutdown().await, Ended::Clean));
    smsc.pdus("unbind", 1).await;
    smsc.closed(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_is_unanswered_than_the_window_holds() {
    let mut smsc = NodeSmsc::start().await;
    smsc.hold().await;
    let gateway = Gateway::start(vec![Operator::at(smsc.addr()).session("window", "3")]).await;
    let messages: Vec<_> = (10..20)
        .map(|i| Message::to(&format!("+4915112345{i}")))
        .collect();
    gateway.send(&messages).await;
    smsc.pdus("submit_sm", 3).await;
    // Each answer makes room for one more.
    for answered in 1..=4 {
        smsc.release(1);
        smsc.pdus("submit_sm", 3 + answered).await;
    }
    smsc.answer();
    for message in &messages {
        assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    }
    let submits = smsc.pdus("submit_sm", 10).await;
    let most = submits
        .iter()
        .filter_map(|submit| submit["unanswered"].as_u64())
        .max();
    assert_eq!((submits.len(), most), (10, Some(3)));
}
