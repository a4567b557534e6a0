//! An operator that connects by itself.

use super::{of_kind, seen};
use smpp_connector_tests::servers::Port;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Mo, Script, Smsc};
use std::net::SocketAddr;
use std::time::Duration;

/// An operator that is expected to call as `caller`.
fn called(smsc: &Smsc, listen: SocketAddr) -> Operator {
    Operator::at(smsc.addr())
        .session("outbind.listen", &format!("\"{listen}\""))
        .session("outbind.system_id", "\"caller\"")
        .session("outbind.password", "\"s3cret\"")
}

/// Calls as soon as the gateway listens.
async fn call(smsc: &Smsc, esme: SocketAddr, system_id: &str, password: &str) {
    let calling = async {
        while smsc.outbind(esme, system_id, password).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(super::PATIENCE, calling).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_that_calls_is_bound_over_its_own_connection() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    // It is called, and calls nobody: the port of its file is only shown.
    smsc.stop_listening().await;
    let port = Port::reserve();
    let esme = SocketAddr::from(([127, 0, 0, 1], port.number));
    let gateway = Gateway::start(vec![called(&smsc, esme)]).await;
    call(&smsc, esme, "caller", "s3cret").await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.end(message.id()).await["messageState"], "DELIVERED");
    assert_eq!(
        smsc.send_mo(Mo::text("491510000001", "Story", "hello")).await,
        Ok(0)
    );

    // When that connection is lost it is waited for, and takes up where it was.
    smsc.cut_links();
    gateway
        .events_until(|events| {
            of_kind(events, "session")
                .iter()
                .any(|event| event["to"] == "UNBOUND")
        })
        .await;
    call(&smsc, esme, "caller", "s3cret").await;
    seen(&smsc, |seen| seen.binds == 2).await;
    let message = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&message)).await;
    assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    gateway.shutdown().await;
    assert_eq!((smsc.counters().unbinds, smsc.counters().links), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_are_not_the_operator_are_sent_away() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let port = Port::reserve();
    let esme = SocketAddr::from(([127, 0, 0, 1], port.number));
    let operator = called(&smsc, esme).session("bind_mode", "\"RECEIVER\"");
    let gateway = Gateway::start(vec![operator]).await;
    for (system_id, password) in [("caller", "wrong"), ("stranger", "s3cret"), ("", "")] {
        call(&smsc, esme, system_id, password).await;
        seen(&smsc, |seen| seen.links == 0).await;
    }
    // Those who say nothing hold nobody up.
    let _silent: Vec<_> = [(); 4]
        .map(|()| std::net::TcpStream::connect(esme).unwrap())
        .into_iter()
        .collect();
    assert_eq!(smsc.counters().binds, 0);
    call(&smsc, esme, "caller", "s3cret").await;
    seen(&smsc, |seen| seen.bound == 1).await;
    assert_eq!(smsc.bind_requests()[0].command, 1, "bind_receiver");
    assert_eq!(
        smsc.send_mo(Mo::text("491510000001", "Story", "hello")).await,
        Ok(0)
    );
    gateway.shutdown().await;
}
