//! A host that has nobody to send to.

use super::administrator;
use async_nats::jetstream;
use futures_util::TryStreamExt;
use smpp_connector_tests::servers::NatsServer;
use smpp_connector_tests::{Gateway, Message, Operator};
use smsc_sim::{Script, Smsc};
use std::sync::Arc;

const COMMANDS: usize = 50;

/// Commands in the stream, and how often one was handed out, again or for the first time.
async fn commands(server: &jetstream::Context) -> (u64, u64) {
    let stream = server.get_stream("SMPP_DISPATCH").await.unwrap();
    let consumers: Vec<_> = stream.consumers().try_collect().await.unwrap();
    assert_eq!(consumers.len(), 1);
    (
        stream.cached_info().state.messages,
        consumers[0].delivered.consumer_sequence,
    )
}

/// Waits for so many attempts to connect that have failed.
async fn until_failed(gateway: &Gateway, attempts: usize) {
    let failed = |events: &[serde_json::Value]| {
        let failed = events.iter().filter(|event| event["to"] == "DISCONNECTED");
        failed.count() >= attempts
    };
    gateway.events_until(failed).await;
}

/// The commands stay where they are: they are neither taken and given back in turns, nor dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_bind_commands_stay_in_the_stream() {
    let server = NatsServer::start();
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let settings = format!("nats.url = \"{}\"", server.url());
    let gateway = Gateway::start_with(dir, vec![operator], &settings).await;
    let first = Message::to("491510000009");
    gateway.send(std::slice::from_ref(&first)).await;
    gateway.outcome(first.id()).await;

    smsc.stop_listening().await;
    smsc.cut_links();
    until_failed(&gateway, 1).await;
    let messages: Vec<_> = (0..COMMANDS)
        .map(|i| Message::to(&format!("4915100{i:05}")))
        .collect();
    gateway.send(&messages).await;
    until_failed(&gateway, 3).await;
    let admin = administrator(&server.url()).await;
    let (waiting, handed_out) = commands(&admin).await;
    assert_eq!(waiting, u64::try_from(COMMANDS).unwrap());
    until_failed(&gateway, 7).await;
    assert_eq!(commands(&admin).await, (waiting, handed_out));

    smsc.resume().await.unwrap();
    for message in &messages {
        assert_eq!(gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
    }
    assert_eq!(smsc.counters().submits, 1 + waiting);
}
