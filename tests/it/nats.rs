//! What only NATS has: streams that somebody has set up, consumers that hosts share, servers that go and come.
#![cfg(test)]

mod gateway;
mod outages;
mod setup;
mod sharing;
mod unbound;

use crate::contracts::nats::NatsHost;
use crate::contracts::operator_1;
use async_nats::jetstream;
use smpp_connector::ports::{BackendError, CommandQueue, Delivery, Intake, QueuedCommand};
use smpp_connector_tests::servers::NatsServer;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

/// An error with its causes.
fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// Another client of the server, as an administrator has one.
async fn administrator(url: &str) -> jetstream::Context {
    jetstream::new(async_nats::connect(url).await.unwrap())
}

/// Freezes the server, and returns when none of its threads runs.
fn freeze(server: &NatsServer) {
    server.freeze();
    let started = Instant::now();
    let threads = format!("/proc/{}/task", server.pid());
    let is_stopped = |thread: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    };
    while !std::fs::read_dir(&threads).unwrap().flatten().all(is_stopped) {
        assert!(started.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn commands(texts: impl IntoIterator<Item = String>) -> Vec<QueuedCommand> {
    let command = |text: String| QueuedCommand {
        operator_id: operator_1(),
        body: text.into(),
    };
    texts.into_iter().map(command).collect()
}

fn text(delivery: &Delivery) -> String {
    String::from_utf8(delivery.body.to_vec()).unwrap()
}

fn tokens(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries.iter().map(|delivery| delivery.token).collect()
}

/// Publishes as a caller does that comes again after an error.
async fn publish(host: &NatsHost, texts: &[&str]) {
    let commands = commands(texts.iter().map(|text| (*text).to_owned()));
    until_done(|| host.queue.publish(&commands)).await;
}

/// Repeats what fails, as the pipeline does.
async fn until_done<T, F: Future<Output = Result<T, BackendError>>>(mut operation: impl FnMut() -> F) -> T {
    let repeated = async {
        loop {
            if let Ok(done) = operation().await {
                return done;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, repeated).await.expect("it ends well at last")
}

/// Fetches until `count` commands are there, coming again after errors.
async fn take(intake: &Arc<dyn Intake>, count: usize) -> Vec<Delivery> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(until_done(|| intake.fetch(count - all.len())).await);
    }
    all
}

/// Acknowledges, coming again after errors.
async fn acknowledge(intake: &Arc<dyn Intake>, deliveries: &[Delivery]) {
    let tokens = tokens(deliveries);
    until_done(|| intake.ack(&tokens)).await;
}

/// Fetches for a moment, in vain.
async fn nothing_comes(intake: &Arc<dyn Intake>) {
    let came = timeout(Duration::from_millis(200), intake.fetch(10)).await;
    assert!(came.is_err(), "{came:?}");
}
