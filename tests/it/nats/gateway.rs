//! The gateway as a process that has its commands and events on NATS.

use super::administrator;
use serde_json::Value;
use smpp_connector_tests::{GatewayProcess, Message, Operator, servers, write_files};
use smsc_sim::{Script, Smsc};
use std::io::Write;
use tempfile::TempDir;

fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_come_from_the_stream_and_poison_goes_to_the_dead() {
    let server = servers::NatsServer::start();
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operator = Operator::at(smsc.addr());
    let dir = TempDir::new().unwrap();
    write_files(dir.path(), std::slice::from_ref(&operator));
    let file = dir.path().join("smpp-connector.toml");
    let mut file = std::fs::OpenOptions::new().append(true).open(file).unwrap();
    writeln!(file, "[nats]\nurl = \"{}\"", server.url()).unwrap();
    let path = dir.path().to_owned();
    let start = move || GatewayProcess::launch(env!("CARGO_BIN_EXE_gateway"), &path, "warn");
    let gateway = tokio::task::spawn_blocking(start).await.unwrap();

    let admin = administrator(&server.url()).await;
    let subject = format!("smpp.operator.{}", operator.id);
    let message = Message::to("491510000009").operator(operator.id).json();
    for body in [message, "no command".to_owned()] {
        admin
            .publish(subject.clone(), body.into())
            .await
            .unwrap()
            .await
            .unwrap();
    }
    let read = move || {
        let events = gateway.events_until(|events| count(events, "dlr") >= 1 && count(events, "dead") >= 1);
        // A stream cannot be searched for an id, and it is said what that leaves open.
        let unknown = gateway.get("/api/v1/messages/01890000-0000-7000-8000-000000000000");
        assert_eq!(unknown.status, 404);
        for words in ["it may wait in the stream", "another host", "never published"] {
            assert!(unknown.body.contains(words), "{words}: {}", unknown.body);
        }
        events
    };
    let events = tokio::task::spawn_blocking(read).await.unwrap();
    assert_eq!((count(&events, "submit"), count(&events, "dead")), (1, 1));
    let dead = events.iter().find(|event| event["type"] == "dead").unwrap();
    assert_eq!(dead["subject"], format!("smpp.dead.{}", operator.id));
    assert_eq!(dead["command"], "no command");

    // Both are acknowledged: the work queue is empty.
    let mut stream = admin.get_stream("SMPP_DISPATCH").await.unwrap();
    let empty = async {
        while stream.info().await.unwrap().state.messages > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(super::PATIENCE, empty)
        .await
        .expect("an empty queue");
}
