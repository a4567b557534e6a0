//! Replacing a plugin under load: every call is answered, by exactly one version.

use super::{Bench, HEADERS, PAYLOAD, behaviour, current, no_settings, plugin, stamped};
use smpp_connector::ports::PolicySource;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const SWAPS: u32 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_swaps_while_two_threads_call() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(PAYLOAD));
    let operator = bench.load(&file, no_settings()).expect("the first version");
    let stop = AtomicBool::new(false);
    // Digest and behaviour go together, or an answer was put together from two versions.
    let call = || {
        let (mut calls, mut seen) = (0_u64, BTreeSet::new());
        while !stop.load(Ordering::Relaxed) {
            let policy = operator.current();
            let sha256 = policy.identity().expect("a plugin").sha256.clone();
            let answered = behaviour(&*policy);
            assert_eq!(answered, behaviour(&*policy));
            seen.insert((sha256, answered));
            calls += 2;
            // Traffic leaves a little of each core for the loader, which comes last.
            std::thread::sleep(Duration::from_micros(100));
        }
        (calls, seen)
    };
    let (one, two) = std::thread::scope(|scope| {
        let threads = (scope.spawn(call), scope.spawn(call));
        let runtime = tokio::runtime::Handle::current();
        for n in 1..=SWAPS {
            let name = if n % 2 == 0 { PAYLOAD } else { HEADERS };
            // Most are the version before, which is kept; each tenth is new and has to be compiled.
            let wasm = if n % 20 < 2 {
                stamped(plugin(name), n)
            } else {
                plugin(name).to_vec()
            };
            bench.put("acme.wasm", &wasm);
            tokio::task::block_in_place(|| runtime.block_on(bench.host.reload(&file)))
                .expect("a good version");
            assert_eq!(current(&operator), name, "swap {n}");
        }
        stop.store(true, Ordering::Relaxed);
        (
            threads.0.join().expect("no error"),
            threads.1.join().expect("no error"),
        )
    });
    assert!(one.0 > 1_000 && two.0 > 1_000, "{} and {} calls", one.0, two.0);
    let seen: BTreeSet<_> = one.1.union(&two.1).collect();
    let digests: BTreeSet<_> = seen.iter().map(|(sha256, _)| sha256).collect();
    assert_eq!(seen.len(), digests.len(), "a digest with two behaviours");
    assert!(digests.len() > 5, "{} versions were seen", digests.len());
    let failures: u64 = operator
        .stats()
        .hooks()
        .flat_map(|(_, hook)| hook.faults())
        .map(|(_, count)| count)
        .sum();
    assert_eq!(failures, 0);
    assert_eq!(operator.stats().reloads_ok(), u64::from(SWAPS) + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_keeps_the_version_that_it_began_with() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(PAYLOAD));
    let operator = bench.load(&file, no_settings()).expect("the first version");
    let kept = operator.current();
    bench.put("acme.wasm", plugin(HEADERS));
    bench.host.reload(&file).await.expect("the second version");
    assert_eq!((behaviour(&*kept), current(&operator)), (PAYLOAD, HEADERS));
    assert_eq!(operator.previous().as_ref(), kept.identity());
}
