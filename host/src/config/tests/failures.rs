//! `policy.on_failure`.

use super::{GOOD, files, problems};
use crate::config::Config;
use smpp_domain::policy::failure::FailurePolicy;
use smpp_domain::policy::{FaultCause, Hook, OnFailure};

fn with(on_failure: &str) -> String {
    format!("{GOOD}[policy]\n{on_failure}\n")
}

fn read(on_failure: &str) -> FailurePolicy {
    let (_dir, host) = files(&with(on_failure));
    let mut config = Config::load(Some(&host)).unwrap_or_else(|problems| panic!("{problems}"));
    config.operators.remove(0).policy.on_failure
}

#[test]
fn a_word_is_for_all_and_a_table_says_more() {
    assert_eq!(read(""), FailurePolicy::default());
    assert_eq!(
        read("on_failure = \"reject\""),
        FailurePolicy::all(OnFailure::Reject).unwrap()
    );
    let same = "on_failure = { default = \"reject\" }";
    assert_eq!(read(same), FailurePolicy::all(OnFailure::Reject).unwrap());
    let rules = read(
        "on_failure = { default = \"host-default\", encoding = \"reject\", submit = { trap = \"retry\", default = \"reject\" }, inbound = { malformed = \"refuse\" } }",
    );
    for (hook, cause, action) in [
        (Hook::Encoding, FaultCause::Trap, OnFailure::Reject),
        (Hook::Splitting, FaultCause::Trap, OnFailure::HostDefault),
        (Hook::Submit, FaultCause::Trap, OnFailure::Retry),
        (Hook::Submit, FaultCause::BreakerOpen, OnFailure::Reject),
        (Hook::Inbound, FaultCause::Malformed, OnFailure::Refuse),
        (Hook::Inbound, FaultCause::Trap, OnFailure::HostDefault),
    ] {
        assert_eq!(rules.action(hook, cause), action, "{hook} {cause}");
    }
}

#[test]
fn every_wrong_rule_is_told_with_what_is_allowed() {
    let text = "[policy.on_failure]\ndefault = \"refuse\"\nencoding = \"refuse\"\nsettings = \"reject\"\nsubmit-result = { trap = \"retry\" }\nmessage_ids = \"reject\"\ninbound = \"retry\"\n[policy.on_failure.submit]\ndefault = \"drop\"\ntraps = \"retry\"\nbad_answer = 7\n";
    assert_eq!(
        problems(&format!("{GOOD}{text}")),
        [
            "operators/acme.toml: policy.on_failure.default = \"refuse\": use one of \"host-default\", \"reject\", \"retry\"",
            "operators/acme.toml: policy.on_failure.settings = \"reject\": settings are judged before a version runs: one that fails there is refused, whatever this says; leave it out",
            "operators/acme.toml: policy.on_failure.encoding = \"refuse\": encoding cannot refuse: nobody has sent this message yet; use \"host-default\" or \"reject\" or \"retry\"",
            "operators/acme.toml: policy.on_failure.submit.default = \"drop\": use one of \"host-default\", \"reject\", \"retry\", \"refuse\"",
            "operators/acme.toml: policy.on_failure.submit.bad_answer = 7: is a number; use one of \"host-default\", \"reject\", \"retry\", \"refuse\"",
            "operators/acme.toml: policy.on_failure.submit.traps: is not a known key; did you mean trap?",
            "operators/acme.toml: policy.on_failure.submit-result.trap = \"retry\": submit-result cannot retry: the operator has answered already, and to send the message again or to call it rejected would be wrong as often as not; use \"host-default\"",
            "operators/acme.toml: policy.on_failure.inbound = \"retry\": inbound cannot retry: the operator has sent this PDU, and it is answered in one way or the other; use \"host-default\" or \"refuse\"",
            "operators/acme.toml: policy.on_failure.message_ids: is not a known key; did you mean message-ids?",
        ]
    );
    assert_eq!(
        problems(&with("on_failure = \"drop\"")),
        [
            "operators/acme.toml: policy.on_failure = \"drop\": use one of \"host-default\", \"reject\", \"retry\""
        ]
    );
}
