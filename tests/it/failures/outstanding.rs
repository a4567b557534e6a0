//! A plugin that goes, or is replaced, while calls are inside it. Elsewhere a late answer met a plugin that was gone, and the
//! whole proxy with it.

use super::counted;
use crate::policy::{Bench, HOSTILE, message, no_settings, plugin, stamped};
use smpp_connector::policy::OperatorPolicy;
use smpp_connector::ports::PolicySource;
use smpp_domain::policy::{EncodingAnswer, FaultCause, Hook};
use std::sync::Barrier;

const ROUNDS: u32 = 4;
const CALLERS: usize = 2;

/// Does this while calls are inside the version that is active, and waits for their ends: each ends by its deadline, and as a
/// fault of its own.
fn while_calls_run(operator: &OperatorPolicy, deed: impl FnOnce()) {
    let begun = Barrier::new(CALLERS + 1);
    std::thread::scope(|scope| {
        let call = || {
            let version = operator.current();
            begun.wait();
            version.encoding(&message("!loop"))
        };
        let calls: Vec<_> = (0..CALLERS).map(|_| scope.spawn(call)).collect();
        begun.wait();
        deed();
        for call in calls {
            let fault = call.join().expect("no panic").expect_err("a loop");
            assert_eq!(fault.cause, FaultCause::Timeout, "{fault}");
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_outlive_the_plugin_that_they_are_in() {
    let bench = Bench::new();
    let file = bench.put("acme.wasm", plugin(HOSTILE));
    let operator = bench.load(&file, no_settings()).expect("the first version");
    let runtime = tokio::runtime::Handle::current();
    for round in 0..ROUNDS {
        let before = operator.active();
        while_calls_run(&operator, || {
            bench.put("acme.wasm", &stamped(plugin(HOSTILE), round));
            tokio::task::block_in_place(|| runtime.block_on(bench.host.reload(&file)))
                .expect("a good version");
        });
        assert_ne!(operator.active(), before);
        let answer = operator.current().encoding(&message("plain"));
        assert_eq!(answer, Ok(EncodingAnswer::HostDefault));
    }
    while_calls_run(&operator, || {
        bench.host.unload_operator(operator.config().operator_id);
    });
    let all = u64::from(ROUNDS + 1) * u64::try_from(CALLERS).unwrap();
    assert_eq!(
        counted(&operator, Hook::Encoding, FaultCause::Timeout),
        (all + u64::from(ROUNDS), all)
    );
}
