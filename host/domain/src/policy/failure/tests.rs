use super::*;
use crate::policy::{FaultCause as C, Hook as H};
use OnFailure::{HostDefault, Refuse, Reject, Retry};

#[test]
fn one_word_holds_for_what_is_not_sent_yet() {
    for action in [HostDefault, Reject, Retry] {
        let policy = FailurePolicy::all(action).unwrap();
        for cause in C::ALL {
            for hook in [H::Encoding, H::Splitting, H::Submit] {
                assert_eq!(policy.action(hook, cause), action, "{hook} {cause}");
            }
            for hook in [H::SubmitResult, H::MessageIds, H::Inbound] {
                assert_eq!(policy.action(hook, cause), HostDefault, "{hook} {cause}");
            }
        }
    }
    assert_eq!(FailurePolicy::all(Refuse), Err(RuleError::RefuseForAll));
}

#[test]
fn a_cause_wins_over_its_hook_and_a_hook_over_all() {
    let mut policy = FailurePolicy::all(Reject).unwrap();
    policy.set(H::Submit, HostDefault).unwrap();
    policy.set_cause(H::Submit, C::Trap, Retry).unwrap();
    policy.set_cause(H::Inbound, C::Malformed, Refuse).unwrap();
    for (hook, cause, action) in [
        (H::Encoding, C::Trap, Reject),
        (H::Submit, C::Trap, Retry),
        (H::Submit, C::Timeout, HostDefault),
        (H::Inbound, C::Malformed, Refuse),
        (H::Inbound, C::Trap, HostDefault),
    ] {
        assert_eq!(policy.action(hook, cause), action, "{hook} {cause}");
    }
}

/// What each hook leaves to do, all of it.
const CHOICES: [(H, &[OnFailure]); 7] = [
    (H::Settings, &[]),
    (H::Encoding, &[HostDefault, Reject, Retry]),
    (H::Splitting, &[HostDefault, Reject, Retry]),
    (H::Submit, &[HostDefault, Reject, Retry]),
    (H::SubmitResult, &[HostDefault]),
    (H::MessageIds, &[HostDefault]),
    (H::Inbound, &[HostDefault, Refuse]),
];

#[test]
fn what_a_hook_does_not_leave_to_do_is_refused_in_words() {
    for (hook, choices) in CHOICES {
        for action in OnFailure::ALL {
            let set = FailurePolicy::default().set(hook, action);
            let by_cause = FailurePolicy::default().set_cause(hook, C::Trap, action);
            assert_eq!(set, by_cause, "{hook} {action}");
            assert_eq!(set.is_ok(), choices.contains(&action), "{hook} {action}");
        }
    }
    let words = |hook, action| {
        FailurePolicy::default()
            .set(hook, action)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        words(H::Inbound, Reject),
        "inbound cannot reject: the operator has sent this PDU, and it is answered in one way or the other; use \"host-default\" or \"refuse\""
    );
    assert!(words(H::SubmitResult, Retry).contains("the operator has answered already"));
    assert!(words(H::Settings, Reject).contains("leave it out"));
}

#[test]
fn every_hook_and_cause_has_a_place_of_its_own() {
    for hook in [H::Encoding, H::Splitting, H::Submit] {
        for cause in C::ALL {
            let mut policy = FailurePolicy::default();
            policy.set_cause(hook, cause, Reject).unwrap();
            let set = H::ALL.iter().flat_map(|hook| C::ALL.map(|cause| (*hook, cause)));
            let found: Vec<_> = set
                .filter(|(hook, cause)| policy.action(*hook, *cause) == Reject)
                .collect();
            assert_eq!(found, [(hook, cause)]);
        }
    }
}
