//! kill -9 of the server under load, and its return.

use super::super::sample::{in_seconds, message, operator, outcome, row};
use super::{host, number};
use smpp_connector::ports::{BackendErrorKind, CorrelationStore};
use smpp_connector::store::postgres::PostgresStore;
use smpp_connector_tests::PATIENCE;
use smpp_connector_tests::servers::PostgresServer;
use smpp_domain::ids::MessageId;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

enum Step {
    /// These are acknowledged.
    Settled(Vec<MessageId>),
    Failed,
}

/// Settles batch after batch, each until it is acknowledged.
async fn write(store: Arc<PostgresStore>, steps: mpsc::Sender<Step>) {
    loop {
        let ids: Vec<_> = (0..20).map(|_| message()).collect();
        let batch: Vec<_> = ids
            .iter()
            .map(|id| {
                let mut settlement = outcome(*id, in_seconds(0), "{}");
                settlement.correlations = vec![row(operator(1), *id, 1, &id.0.to_string())];
                settlement
            })
            .collect();
        loop {
            match store.settle(&batch).await {
                Ok(settled) => {
                    // Its own outcome, of a commit whose answer was lost, is not another one.
                    assert!(settled.standing.is_empty());
                    break;
                }
                Err(error) => {
                    assert_eq!(error.kind, BackendErrorKind::Unavailable, "{error:?}");
                    if steps.send(Step::Failed).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        if steps.send(Step::Settled(ids)).await.is_err() {
            return;
        }
    }
}

/// Waits for so many acknowledged batches.
async fn settled(steps: &mut mpsc::Receiver<Step>, batches: usize, all: &mut Vec<MessageId>) {
    let mut seen = 0;
    while seen < batches {
        if let Step::Settled(ids) = timeout(PATIENCE, steps.recv()).await.unwrap().unwrap() {
            all.extend(ids);
            seen += 1;
        }
    }
}

async fn failed(steps: &mut mpsc::Receiver<Step>, all: &mut Vec<MessageId>) {
    loop {
        match timeout(PATIENCE, steps.recv()).await.unwrap().unwrap() {
            Step::Settled(ids) => all.extend(ids),
            Step::Failed => return,
        }
    }
}

/// kill -9 of the first process. The others end when they notice, and the server cannot start before.
fn crash(server: &mut PostgresServer) {
    let pid = server.pid();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    server.kill();
    let started = Instant::now();
    for child in children.split_whitespace() {
        while Path::new("/proc").join(child).join("exe").exists() {
            assert!(started.elapsed() < PATIENCE, "process {child} does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_kill_9_and_the_store_goes_on_by_itself() {
    let mut server = tokio::task::spawn_blocking(PostgresServer::start).await.unwrap();
    let store = Arc::new(host(&server).await);
    let (steps, mut told) = mpsc::channel(1);
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        writers.spawn(write(Arc::clone(&store), steps.clone()));
    }
    let mut all = Vec::new();
    for round in 0..4 {
        settled(&mut told, 5 + round * 3, &mut all).await;
        tokio::task::block_in_place(|| crash(&mut server));
        failed(&mut told, &mut all).await;
        tokio::task::block_in_place(|| server.start_again());
        settled(&mut told, 10, &mut all).await;
    }
    drop((told, steps));
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    let progress = store.progress(&all).await.unwrap();
    let lost = progress
        .iter()
        .filter(|progress| progress.outcome.is_none() || progress.accepted.len() != 1);
    assert_eq!(lost.count(), 0, "of {}", all.len());
    let doubled = "SELECT count(*) - count(DISTINCT message_id) FROM outcome";
    assert_eq!(number(&server, doubled).await, 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_calls_fail_in_time() {
    let mut server = tokio::task::spawn_blocking(|| PostgresServer::with(&["fsync=off"]))
        .await
        .unwrap();
    let store = host(&server).await;
    store.progress(&[message()]).await.unwrap();
    tokio::task::block_in_place(|| crash(&mut server));
    for _ in 0..3 {
        let started = Instant::now();
        let error = store.find(operator(1), &["A".to_owned()]).await.unwrap_err();
        assert_eq!(error.kind, BackendErrorKind::Unavailable, "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(10), "{error:?}");
    }
    store.close().await;
}
