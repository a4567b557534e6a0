//! Sessions over TLS.

use super::{assert_outcomes, count, messages, of_kind};
use serde_json::Value;
use smpp_connector_tests::certificates::Authority;
use smpp_connector_tests::{Gateway, Operator, TlsFront};
use smsc_sim::{Script, Smsc};
use std::path::Path;

fn quoted(path: &Path) -> String {
    format!("{path:?}")
}

/// Messages, and their receipts, through this terminator; we show a certificate of ours.
async fn assert_carries(front: &TlsFront, authority: &Authority, smsc: &Smsc) {
    let (certificate, key) = authority.sign("gateway");
    let operator = Operator::at(front.address())
        .session("tls.ca", &quoted(&authority.certificate()))
        .session("tls.cert", &quoted(&certificate))
        .session("tls.key", &quoted(&key));
    let gateway = Gateway::start(vec![operator]).await;
    let mut messages = messages(300);
    // Long ones fill several TLS records at once.
    messages.extend((0..50).map(|i| super::Message::to(&super::number(1_000 + i)).text(&"c".repeat(1_000))));
    gateway.send(&messages).await;
    let ended = |event: &&Value| event["messageFinal"] == true;
    let events = gateway
        .events_until(|events| events.iter().filter(ended).count() == messages.len())
        .await;
    assert_outcomes(&events, &messages, "ACCEPTED");
    assert_eq!(smsc.counters().submits, 300 + 50 * 7);
    gateway.shutdown().await;
    assert_eq!((smsc.counters().unbinds, smsc.counters().binds), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traffic_goes_by_tls_with_certificates_on_both_sides() {
    let authority = Authority::new();
    let clients = authority.certificate();
    let server = authority.sign("server");
    for version in ["1.2", "1.3"] {
        let smsc = Smsc::start(Script::new()).await.unwrap();
        let front = match version {
            "1.2" => TlsFront::old_before(smsc.addr(), &server, Some(&clients)),
            _ => TlsFront::before(smsc.addr(), &server, Some(&clients)),
        };
        assert_carries(&front, &authority, &smsc).await;
    }
}

/// Why the first attempt to bind failed.
async fn first_failure(operator: Operator) -> String {
    let gateway = Gateway::start(vec![operator]).await;
    let failed = |event: &&Value| event["to"] == "DISCONNECTED";
    let events = gateway
        .events_until(|events| of_kind(events, "session").into_iter().any(|event| failed(&event)))
        .await;
    assert_eq!(count(&events, "submit"), 0);
    let event = events.iter().find(failed).unwrap();
    event["reason"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_without_tls_at_a_port_with_tls_is_told_to_set_it() {
    let authority = Authority::new();
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let front = TlsFront::before(smsc.addr(), &authority.sign("server"), None);
    let told = first_failure(Operator::at(front.address())).await;
    assert!(told.contains("set tls = true"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_with_tls_at_a_port_without_it_is_told_to_unset_it() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let authority = Authority::new();
    let operator = Operator::at(smsc.addr()).session("tls.ca", &quoted(&authority.certificate()));
    let told = first_failure(operator).await;
    let target = smsc.addr().to_string();
    assert!(
        told.starts_with(&target) && told.contains("does not speak TLS") && told.contains("tls = false"),
        "{told}"
    );
}

/// TLS 1.3 shakes hands first and looks at our certificate afterwards: the fault comes with the first read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_the_operator_demands_is_asked_for_in_words() {
    let authority = Authority::new();
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let clients = authority.certificate();
    let front = TlsFront::before(smsc.addr(), &authority.sign("server"), Some(&clients));
    let operator = Operator::at(front.address()).session("tls.ca", &quoted(&clients));
    let told = first_failure(operator).await;
    assert!(
        told.contains("demands a certificate of ours") && told.contains("tls.cert and tls.key"),
        "{told}"
    );
    assert_eq!(smsc.counters().binds, 0);
}
