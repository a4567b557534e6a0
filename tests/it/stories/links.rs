//! Sessions that come and go.

use super::{count, of_kind, seen};
use serde_json::{Value, json};
use smpp_connector_tests::{Gateway, Message, Operator, Relay};
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
    // A command that nobody knows; a deliver_sm cut short; a response to nothing; a submit_sm from the wrong side; an
    // outbind on a link that is bound already.
    for (command, body) in [
        (0x0000_0777, &b"?"[..]),
        (0x05, b"\0\x01"),
        (0x8000_0004, b"id\0"),
        (0x04, b""),
        (0x0B, b"smsc\0secret\0"),
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
async fn a_transmitter_and_a_receiver_on_another_port_are_one_operator() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let other_port = Relay::to(smsc.addr());
    let operator = Operator::at(smsc.addr())
        .session("bind_mode", "\"TRANSMITTER\"")
        .primary_at(other_port.address())
        .session("bind_mode", "\"RECEIVER\"");
    let gateway = Gateway::start(vec![operator]).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
    let mut commands: Vec<_> = smsc.bind_requests().iter().map(|bind| bind.command).collect();
    commands.sort_unstable();
    assert_eq!((commands, other_port.connections()), (vec![1, 2], 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bind_says_what_its_file_says() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr())
        .session("password", "\"longer-than-8\"")
        .session("system_type", "\"VMA\"")
        .session("interface_version", "\"5.0\"")
        .session("addr_ton", "1")
        .session("addr_npi", "8")
        .session("address_range", "\"^4915[0-9]*$\"");
    let gateway = Gateway::start(vec![operator]).await;
    assert_works(&gateway).await;
    let binds = smsc.bind_requests();
    let bind = binds.first().unwrap();
    assert_eq!((bind.system_id.as_str(), bind.password_length), ("story", 13));
    assert_eq!((bind.system_type.as_str(), bind.interface_version), ("VMA", 0x50));
    assert_eq!((bind.addr_ton, bind.addr_npi), (1, 8));
    assert_eq!(bind.address_range, "^4915[0-9]*$");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_credentials_of_every_kind_are_tried_at_the_cap_only() {
    for (refusal, word) in [
        (status::BIND_FAILED, "ESME_RBINDFAIL"),
        (status::INVALID_PASSWORD, "ESME_RINVPASWD"),
        (0x0F, "ESME_RINVSYSID"),
    ] {
        let smsc = Smsc::start(Script::new().bind_status(refusal)).await.unwrap();
        let operator = Operator::at(smsc.addr()).set("reconnect_delays", r#"["100ms", "100ms", "800ms"]"#);
        let gateway = Gateway::start(vec![operator]).await;
        seen(&smsc, |seen| seen.binds_refused == 3).await;
        let times: Vec<_> = smsc.bind_requests().iter().map(|bind| bind.at).collect();
        for pair in times.windows(2) {
            assert!(
                pair[1] - pair[0] >= Duration::from_millis(800),
                "{word}: {times:?}"
            );
        }
        let failed = |event: &&Value| event["to"] == "DISCONNECTED";
        let told = gateway
            .events_until(|events| of_kind(events, "session").into_iter().filter(failed).count() >= 2)
            .await;
        let reasons: Vec<_> = of_kind(&told, "session").into_iter().filter(failed).collect();
        let is_told = |event: &&Value| event["reason"].as_str().is_some_and(|told| told.contains(word));
        assert!(reasons.iter().all(is_told), "{reasons:#?}");
        let metrics = gateway.app.metrics.render();
        let counted = |result: &str, count: &str| {
            let line =
                format!("smpp_connector_binds_total{{operator=\"acme\",result=\"{result}\"}} {count}\n");
            metrics.contains(&line)
        };
        assert!(
            !counted("credentials", "0") && counted("failed", "0"),
            "{metrics}"
        );
    }
}

/// The operator still holds the bind of a connection that was cut: it says so for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn already_bound_after_a_cut_is_waited_out_on_the_schedule() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let gateway = Gateway::start(vec![Operator::at(smsc.addr())]).await;
    assert_works(&gateway).await;
    smsc.set_script(Script::new().bind_status_for(status::ALREADY_BOUND, Duration::from_secs(2)));
    smsc.cut_links();
    assert_works(&gateway).await;
    let binds = smsc.bind_requests();
    let refused: Vec<_> = binds
        .iter()
        .filter(|bind| bind.status == status::ALREADY_BOUND)
        .collect();
    // After 200 ms, then 300 ms and 500 ms later, and every 500 ms from then on.
    assert!((3..=6).contains(&refused.len()), "{binds:#?}");
    for pair in refused.windows(2) {
        assert!(
            pair[1].at - pair[0].at >= Duration::from_millis(300),
            "{binds:#?}"
        );
    }
    assert_eq!(smsc.counters().binds, 2);
    let events = gateway.events().await;
    assert_eq!(
        entered(&events).iter().filter(|state| **state == "BOUND").count(),
        2
    );
}

/// A PDU of the SMSC.
fn pdu(command: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let header = [length, command, 0, sequence].map(u32::to_be_bytes).concat();
    [&header, body].concat()
}
