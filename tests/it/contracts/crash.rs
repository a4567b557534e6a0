//! kill -9 while commands are being accepted: whatever was acknowledged is in the queue afterwards.
//!
//! The test runs this same program as a child, with only [`the_child`] in it.

use super::Embedded;
use super::sample::{operator, order};
use bytes::Bytes;
use smpp_connector::ports::{CommandQueue, QueuedCommand};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Where the child keeps its data; absent in an ordinary run.
const FOLDER: &str = "SMPP_CONNECTOR_CRASH_FOLDER";
const ROUNDS: usize = 32;
/// Commands in one publication: all of them are there, or none.
const BATCH: usize = 3;

/// Publishes until it is killed; prints the name of each batch after its acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let queue = Arc::new(Embedded::open(&folder).await.queue);
    let mut publishers = JoinSet::new();
    for _ in 0..4 {
        let queue = Arc::clone(&queue);
        publishers.spawn(async move {
            loop {
                let name = Uuid::now_v7().to_string();
                let commands: Vec<_> = (0..BATCH)
                    .map(|item| QueuedCommand {
                        operator_id: operator(1),
                        body: Bytes::from(format!("{name} {item}")),
                    })
                    .collect();
                queue.publish(&commands).await.unwrap();
                println!("\nacknowledged {name}");
            }
        });
    }
    publishers.join_next().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_command_is_lost_by_kill_9() {
    let folder = TempDir::new().unwrap();
    let mut total = 0;
    for round in 0..ROUNDS {
        let path = folder.path().to_owned();
        let acknowledged = tokio::task::spawn_blocking(move || run_and_kill(&path, round))
            .await
            .unwrap();
        assert!(!acknowledged.is_empty(), "the child said nothing");
        total += acknowledged.len();
        let found = take_all(folder.path()).await;
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
    }
    assert!(total > ROUNDS * 4);
}

/// Lets a child run until it has acknowledged some batches, kills it, and returns their names.
fn run_and_kill(folder: &Path, round: usize) -> HashSet<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["contracts::crash::the_child", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The instant varies: how many batches, and how far the writer has come with the next.
    let noise = usize::from(Uuid::now_v7().as_bytes()[15]);
    let enough = 1 + (round * 37 + noise) % 120;
    let mut names = HashSet::new();
    let mut killed = false;
    while let Some(Ok(line)) = lines.next() {
        // A name that was cut off is not whole, and was not told.
        let name = line.strip_prefix("acknowledged ").filter(|name| name.len() == 36);
        names.extend(name.map(str::to_owned));
        if names.len() >= enough && !killed {
            (0..noise * 100).for_each(|_| std::hint::spin_loop());
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    names
}

/// Opens what the child left, takes every command, and returns the names of the batches.
async fn take_all(folder: &Path) -> HashSet<String> {
    let open = Embedded::open(folder).await;
    let intake = open.queue.intake(order(operator(1)));
    let depth = usize::try_from(open.queue.depths(&[operator(1)]).await.unwrap()[0]).unwrap();
    let (mut items, mut tokens) = (Vec::new(), Vec::new());
    while items.len() < depth {
        for delivery in intake.fetch(1000).await.unwrap() {
            assert!(
                delivery.redelivered,
                "it may have been handed out before the crash"
            );
            tokens.push(delivery.token);
            items.push(String::from_utf8(delivery.body.to_vec()).unwrap());
        }
    }
    intake.ack(&tokens).await.unwrap();
    let names: HashSet<_> = items
        .iter()
        .map(|item| item.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        items.len(),
        names.len() * BATCH,
        "a publication is all there or not at all"
    );
    open.close().await;
    names
}
