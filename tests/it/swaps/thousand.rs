//! A thousand swaps under traffic.

use super::{Version, Versions, long_message, operator, runs, verdict};
use smpp_connector_tests::{GatewayProcess, Message, Operator, PATIENCE, plugin_with};
use smsc_sim::{Script, Smsc};
use std::cell::Cell;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Each has its own plugin file, and all files are replaced at the same time.
const OPERATORS: usize = 4;
const SWAPS: usize = 1_000;
/// After these the memory is what it will be: every operator has compiled once more.
const WARM: usize = 200;

/// In a process of its own, because its memory is measured.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_swaps_lose_nothing_and_cost_no_memory() {
    let smsc = Smsc::start(Script::new()).await.unwrap();
    let operators: Vec<_> = (0..OPERATORS)
        .map(|n| operator(&format!("acme{n}"), &smsc, plugin_with("latin1", false)))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let (versions, sent, events) = tokio::task::block_in_place(|| {
        let gateway = GatewayProcess::start(env!("CARGO_BIN_EXE_gateway"), folder.path(), &operators);
        let story = swap_under_traffic(&gateway, &folder.path().join("plugins"), &operators);
        let settled = Cell::new(0);
        let events = gateway.events_until(|events| {
            settled.set(
                settled.get() + usize::from(events.last().is_some_and(|event| event["type"] == "submit")),
            );
            settled.get() >= story.1.len()
        });
        assert!(gateway.terminate().success());
        (story.0, story.1, events)
    });
    versions.check(&sent, &events, &[&smsc]);
}

fn swap_under_traffic(
    gateway: &GatewayProcess,
    plugins: &Path,
    operators: &[Operator],
) -> (Versions, Vec<Message>) {
    let known = [Version::payload(), Version::headers()];
    let (swapping, done) = (AtomicBool::new(true), AtomicUsize::new(0));
    let loaded = Mutex::new(known.to_vec());
    let began = Instant::now();
    let (sent, warm) = std::thread::scope(|scope| {
        let traffic = scope.spawn(|| {
            let mut sent = Vec::new();
            while swapping.load(Ordering::Relaxed) {
                let first = sent.len();
                let to = operators.iter().enumerate();
                let batch: Vec<_> = to.map(|(i, to)| unreceipted(first + i, to)).collect();
                gateway.post(&batch).unwrap();
                sent.extend(batch);
                std::thread::sleep(Duration::from_millis(100));
            }
            sent
        });
        let swappers: Vec<_> = operators
            .iter()
            .enumerate()
            .map(|(i, operator)| {
                let file = plugins.join(format!("{}.wasm", operator.name));
                let (known, loaded, done) = (&known, &loaded, &done);
                scope.spawn(move || {
                    for n in 0..SWAPS / OPERATORS {
                        let mut version = known[n % 2].clone();
                        // Most have been compiled before; each 50th is news.
                        if n % 50 == 49 {
                            version = version.stamped(u32::try_from(n * OPERATORS + i).unwrap());
                            loaded.lock().unwrap().push(version.clone());
                        }
                        swap(&file, &version);
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        while done.load(Ordering::Relaxed) < WARM && !swappers.iter().any(|swapper| swapper.is_finished()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let warm = gateway.resident();
        let failed = swappers
            .into_iter()
            .map(|swapper| swapper.join().is_err())
            .fold(false, |any, failed| any | failed);
        swapping.store(false, Ordering::Relaxed);
        assert!(!failed, "a swap did not take effect");
        (traffic.join().unwrap(), warm)
    });
    let end = gateway.resident();
    eprintln!(
        "{SWAPS} swaps in {:.1?} while {} messages went; {} KiB after {WARM}, {} KiB at the end",
        began.elapsed(),
        sent.len(),
        warm / 1024,
        end / 1024
    );
    assert!(
        end < warm + warm / 100 * 15,
        "memory grew from {warm} to {end} bytes"
    );
    (Versions::new(&*loaded.lock().unwrap()), sent)
}

/// The database keeps pages in memory, up to a bound that this story does not reach: about 2 KB a message. So there are
/// no receipts and not too many messages, and growth that comes from swaps is not lost among them.
fn unreceipted(n: usize, to: &Operator) -> Message {
    long_message(n)
        .operator(to.id)
        .with("registeredDelivery", false.into())
}

/// Replaces the file and waits until its verdict says that the new content runs.
fn swap(file: &Path, version: &Version) {
    version.rename_over(file);
    let (started, runs) = (Instant::now(), runs(version));
    while !runs(&verdict(file)) {
        assert!(started.elapsed() < PATIENCE, "{}", verdict(file));
        std::thread::sleep(Duration::from_millis(2));
    }
}
