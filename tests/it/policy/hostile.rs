//! Whatever a plugin does costs its own answer: the next call works, and nobody waits for long.

use super::{Bench, HOSTILE, message, no_settings, plugin};
use smpp_connector::policy::OperatorPolicy;
use smpp_connector::ports::{Policy, PolicySource};
use smpp_domain::pdu::{DeliverSmPdu, SubmitSmPdu};
use smpp_domain::policy::rewrite::PartPlace;
use smpp_domain::policy::{
    EncodingAnswer, Fault, FaultCause, Hook, IdOrigin, InboundAnswer, SplittingAnswer, SubmitAnswer,
};
use smpp_domain::session::SubmitResponse;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Far above the deadline of a call, far below what a person would call a stall: the machine may be busy.
const PATIENCE: Duration = Duration::from_millis(200);

fn hostile(bench: &Bench) -> Arc<OperatorPolicy> {
    let file = bench.put("hostile.wasm", plugin(HOSTILE));
    bench
        .load(&file, no_settings())
        .expect("the hostile plugin is fine until it is told otherwise")
}

type Ask = fn(&dyn Policy, &str) -> Result<bool, Fault>;

/// The hooks of the message path, each asked with this as its input; true is "no opinion", or the plain answer of one that has to
/// have one.
const HOOKS: [(Hook, Ask); 6] = [
    (Hook::Encoding, |policy, text| {
        Ok(policy.encoding(&message(text))? == EncodingAnswer::HostDefault)
    }),
    (Hook::Splitting, |policy, text| {
        Ok(policy.splitting(&message(text), 0, 20)? == SplittingAnswer::HostDefault)
    }),
    (Hook::Submit, |policy, text| {
        let place = PartPlace { number: 1, count: 1 };
        let message = message(&own("submit", text));
        let pdu = SubmitSmPdu {
            destination: message.destination.clone(),
            short_message: message.text.clone().into_bytes(),
            ..SubmitSmPdu::default()
        };
        Ok(policy.submit(&message, &pdu, place)? == SubmitAnswer::HostDefault)
    }),
    (Hook::SubmitResult, |policy, id| {
        let response = SubmitResponse {
            message_id: own("submit-result", id),
            ..SubmitResponse::default()
        };
        Ok(policy.submit_result(&response, 1)?.is_none())
    }),
    (Hook::MessageIds, |policy, raw| {
        Ok(policy.message_key(raw, IdOrigin::SubmitResp)? == Some(raw.to_lowercase()))
    }),
    (Hook::Inbound, |policy, text| {
        let pdu = DeliverSmPdu {
            short_message: text.as_bytes().to_vec(),
            ..DeliverSmPdu::default()
        };
        Ok(policy.inbound(&pdu, None)? == InboundAnswer::HostDefault)
    }),
];

/// These hooks obey what is said to them alone.
fn own(hook: &str, command: &str) -> String {
    command.replace('!', &format!("!{hook}:"))
}

#[test]
fn each_misdeed_costs_its_own_answer() {
    let bench = Bench::new();
    for (command, cause) in [
        ("!trap", FaultCause::Trap),
        ("!recurse", FaultCause::Trap),
        ("!loop", FaultCause::Timeout),
        ("!bomb", FaultCause::Limit),
        ("!huge", FaultCause::Limit),
        ("!fault", FaultCause::Other),
        ("!unsupported", FaultCause::Unsupported),
        ("!malformed", FaultCause::Malformed),
        ("!misconfigured", FaultCause::Misconfigured),
    ] {
        let operator = hostile(&bench);
        for (hook, ask) in HOOKS {
            let policy = operator.current();
            let started = Instant::now();
            let fault = ask(&*policy, command).expect_err(command);
            let took = started.elapsed();
            assert_eq!(fault.hook, hook);
            // Filling the memory takes time too: on a busy machine the deadline may come first.
            let late = fault.cause == FaultCause::Timeout && cause == FaultCause::Limit;
            assert!(fault.cause == cause || late, "{command}: {fault}");
            assert!(took < PATIENCE, "{command} at {hook} took {took:?}");
            assert_eq!(ask(&*policy, "plain"), Ok(true), "{hook} after {command}");
        }
    }
}

#[test]
fn a_bad_answer_is_no_answer() {
    let bench = Bench::new();
    for (hook, commands) in [
        (Hook::Encoding, &["!bad-unit", "!bad-empty", "!bad-replace"][..]),
        (
            Hook::Splitting,
            &["!bad-part", "!bad-header", "!bad-none", "!bad-many", "!bad-plan"],
        ),
        (
            Hook::Submit,
            &["!bad-text", "!bad-address", "!bad-segment", "!bad-none"],
        ),
        (Hook::SubmitResult, &["!bad-code", "!bad-wait", "!bad-rate"]),
        (Hook::MessageIds, &["!bad-key", "!bad-empty"]),
        (Hook::Inbound, &["!bad-receipt", "!bad-segment", "!bad-refuse"]),
    ] {
        let (_, ask) = HOOKS.into_iter().find(|(known, _)| *known == hook).unwrap();
        for command in commands {
            let operator = hostile(&bench);
            let policy = operator.current();
            let fault = ask(&*policy, command).expect_err(command);
            assert_eq!(fault.cause, FaultCause::BadAnswer, "{command}: {fault}");
            assert_eq!(ask(&*policy, "plain"), Ok(true), "{hook} after {command}");
        }
    }
}

#[test]
fn a_flood_of_log_lines_is_cut() {
    let bench = Bench::new();
    let (_, ask) = HOOKS[0];
    let (mut lines, mut additions) = (0, 0);
    for command in ["!logs", "!long-log", "!counters"] {
        // Each its own, so that on a busy machine no breaker opens over all of them.
        let operator = hostile(&bench);
        let started = Instant::now();
        match ask(&*operator.current(), command) {
            Ok(host_default) => assert!(host_default),
            Err(fault) => assert!(
                matches!(fault.cause, FaultCause::Timeout | FaultCause::Limit),
                "{fault}"
            ),
        }
        assert!(started.elapsed() < PATIENCE, "{command}");
        assert_eq!(ask(&*operator.current(), "plain"), Ok(true));
        lines += operator.stats().log_lines_dropped();
        additions += operator.stats().metrics_dropped();
    }
    assert!(
        lines > 0 && additions > 0,
        "{lines} lines and {additions} additions"
    );
}

#[test]
fn a_hook_that_keeps_failing_is_not_asked() {
    let bench = Bench::new();
    let operator = hostile(&bench);
    let policy = operator.current();
    let (_, encode) = HOOKS[0];
    for n in 0..5 {
        assert_eq!(
            encode(&*policy, "!trap").unwrap_err().cause,
            FaultCause::Trap,
            "{n}"
        );
    }
    let fault = encode(&*policy, "plain").expect_err("its breaker is open");
    assert_eq!(fault.cause, FaultCause::BreakerOpen);
    let stats = operator.stats();
    let (_, counted) = stats.hooks().find(|(hook, _)| *hook == Hook::Encoding).unwrap();
    assert_eq!(
        counted.calls(),
        5,
        "the last one must not have reached the plugin"
    );
    for (hook, ask) in &HOOKS[1..] {
        assert_eq!(
            ask(&*policy, "plain"),
            Ok(true),
            "{hook} has a breaker of its own"
        );
    }
}

#[test]
fn a_plugin_that_does_not_know_is_asked_again() {
    let bench = Bench::new();
    let operator = hostile(&bench);
    let (_, encode) = HOOKS[0];
    for _ in 0..20 {
        assert_eq!(
            encode(&*operator.current(), "!unsupported").unwrap_err().cause,
            FaultCause::Unsupported
        );
    }
    assert_eq!(encode(&*operator.current(), "plain"), Ok(true));
}

#[test]
fn instances_are_replaced_without_anybody_noticing() {
    let bench = Bench::new();
    let operator = hostile(&bench);
    let (_, encode) = HOOKS[0];
    for n in 0..2_500 {
        assert_eq!(encode(&*operator.current(), "plain"), Ok(true), "call {n}");
    }
}

#[test]
fn a_hook_that_fails_on_a_plain_example_is_not_admitted() {
    let bench = Bench::new();
    let file = bench.put("hostile.wasm", plugin(HOSTILE));
    for (command, says) in [
        ("!encoding:trap", "`encoding`"),
        ("!splitting:bad-part", "`splitting`"),
        ("!submit:trap", "`submit`"),
        ("!submit-result:bad-rate", "`submit-result`"),
        ("!inbound:loop", "`inbound`"),
        ("!message-ids:bad-key", "`message-ids`"),
    ] {
        let refused = bench
            .load(&file, serde_json::json!({ "command": command }))
            .expect_err(command);
        assert!(refused.to_string().contains(says), "{command}: {refused}");
    }
    let faults = bench.load(&file, serde_json::json!({ "command": "!unsupported" }));
    assert!(
        faults.is_ok(),
        "a plugin may say that an example is none of its business: {faults:?}"
    );
}

#[test]
fn settings_are_judged_by_the_plugin() {
    let bench = Bench::new();
    let file = bench.put("hostile.wasm", plugin(HOSTILE));
    for (settings, says) in [
        (serde_json::json!({ "command": 7 }), "`command` and `validate`"),
        (serde_json::json!({ "validate": "!trap" }), "unreachable"),
        (serde_json::json!({ "validate": "!loop" }), "longer"),
        (serde_json::json!({ "validate": "!huge" }), "octets"),
        (serde_json::json!({ "validate": "!bad-pointer" }), "no pointer"),
    ] {
        let refused = bench
            .load(&file, settings.clone())
            .expect_err("bad settings")
            .to_string();
        assert!(
            refused.contains(says) && refused.len() < 10_000,
            "{settings}: {refused}"
        );
    }
}
