//! Which content runs is decided by what the file holds now, and by nothing else.

use super::Watch;
use crate::policy::{Bench, HEADERS, PAYLOAD, current, no_settings, plugin, stamped};
use sha2::{Digest, Sha256};
use smpp_connector_tests::PATIENCE;
use std::time::SystemTime;

fn sha256(wasm: &[u8]) -> String {
    hex::encode(Sha256::digest(wasm))
}

/// Elsewhere a name, a size or a time stood for the content, and old code ran on.
#[tokio::test(flavor = "multi_thread")]
async fn content_of_the_same_size_and_time_is_another_content() {
    let bench = Bench::new();
    let (one, two) = (stamped(plugin(PAYLOAD), 1), stamped(plugin(PAYLOAD), 2));
    assert_eq!(one.len(), two.len());
    let file = bench.put("acme.wasm", &one);
    let set_time = |time| {
        let opened = std::fs::File::options().write(true).open(&file).unwrap();
        opened.set_modified(time).unwrap();
    };
    let yesterday = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    set_time(yesterday);
    let operator = bench.load(&file, no_settings()).expect("the first version");
    assert_eq!(operator.active().unwrap().sha256, sha256(&one));
    let mut swaps = bench.host.swaps();
    let watch = Watch::over(&bench.host);
    // Into the same inode, as a copy does.
    std::fs::write(&file, &two).unwrap();
    set_time(yesterday);
    let swap = tokio::time::timeout(PATIENCE, swaps.recv()).await;
    assert_eq!(
        swap.expect("a swap in time").expect("a swap").to_sha,
        sha256(&two)
    );
    watch.end().await;
}

/// Elsewhere the attempt with the bad file went on, and the good one that replaced it was not looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_newer_file_ends_whatever_goes_on_with_the_older() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(PAYLOAD));
    let operator = bench.load(&file, no_settings()).expect("the first version");
    let mut swaps = bench.host.swaps();
    let watch = Watch::over(&bench.host);
    let replace = |wasm: &[u8]| {
        let fresh = file.with_extension("new");
        std::fs::write(&fresh, wasm).unwrap();
        std::fs::rename(&fresh, &file).unwrap();
    };
    for round in 0..5 {
        // A bad one, whose retries take seconds; one that compiles for a while; and the one that is meant.
        replace(b"\0asm\x01\0\0\0");
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        } else {
            let refused = async {
                while crate::policy::verdict(&file)["stage"] != "validate" {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(PATIENCE, refused).await.expect("a refusal");
        }
        replace(&stamped(plugin(PAYLOAD), 100 + round));
        tokio::time::sleep(std::time::Duration::from_millis(u64::from(round) * 40)).await;
        let meant = stamped(plugin(HEADERS), round);
        replace(&meant);
        let until_meant = async { while swaps.recv().await.expect("a swap").to_sha != sha256(&meant) {} };
        tokio::time::timeout(PATIENCE, until_meant)
            .await
            .expect("the newest file in time");
        assert_eq!(current(&operator), HEADERS);
        assert_eq!(operator.active().unwrap().sha256, sha256(&meant));
    }
    watch.end().await;
}
