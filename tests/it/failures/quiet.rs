//! A folder in which much happens, and none of it concerns the plugin. Elsewhere a build that touched what it watched built for
//! ever.

use super::Watch;
use crate::policy::{Bench, HEADERS, PAYLOAD, current, no_settings, plugin};
use smpp_connector_tests::PATIENCE;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

/// A loop of look, load and verdict would come round about twenty times in it.
const QUIET: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn what_the_host_itself_writes_and_reads_wakes_nobody() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(PAYLOAD));
    let operator = bench.load(&file, no_settings()).expect("the first version");
    let mut swaps = bench.host.swaps();
    let watch = Watch::over(&bench.host);
    bench.put("acme.wasm", plugin(HEADERS));
    let swap = tokio::time::timeout(PATIENCE, swaps.recv()).await;
    swap.expect("a swap in time").expect("a swap");
    assert_eq!(current(&operator), HEADERS);

    // The verdict is renamed into place: each one has an inode of its own.
    let written =
        || std::fs::metadata(bench.path("acme.wasm.status.json")).map(|data| (data.ino(), data.mtime_nsec()));
    let mut verdicts = vec![written().unwrap()];
    let (started, mut n) = (Instant::now(), 0);
    while started.elapsed() < QUIET {
        std::fs::read(&file).unwrap();
        bench.put(&format!("build-{}.tmp", n % 3), b"object code");
        n += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
        // It may be between two names.
        verdicts.extend(written());
        verdicts.dedup();
    }
    // The one of the swap itself may be written after the swap is told.
    assert!(verdicts.len() <= 2, "{} verdicts in {QUIET:?}", verdicts.len());
    assert_eq!(operator.stats().reloads_ok(), 2);
    assert!(swaps.try_recv().is_err());
    watch.end().await;
}
