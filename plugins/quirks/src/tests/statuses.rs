//! command_status values and what operators mean by them.

use super::*;
use serde_json::json;
use smpp_plugin_sdk::SubmitResult;
use smpp_plugin_sdk::submit_result::{Answer, Rejection, Response, Retry, Throttle};

fn response(status: u32) -> Response {
    Response {
        status,
        message_id: if status == 0 { "1" } else { "" }.to_owned(),
        tlvs: Vec::new(),
        is_nack: false,
        attempt: 1,
    }
}

fn retry(after_ms: Option<u32>, max_attempts: Option<u32>) -> Answer {
    Answer::Retry(Retry {
        after_ms,
        max_attempts,
    })
}

fn rejection(code: &str, reason: &str) -> Answer {
    Answer::Reject(Rejection {
        code: code.to_owned(),
        reason: reason.to_owned(),
    })
}

#[test]
fn each_status_has_its_class_and_narrow_ranges_win() {
    let _call = with(&json!({ "statuses": {
        "0x45": "throttle",
        "0x14": { "class": "throttle", "pause": "2s", "max_rate": 20 },
        "0xFF": "retry-once",
        "8": { "class": "retry", "after": "1500ms", "max": 3 },
        "1375": { "class": "reject", "code": "spam", "reason": "taken for spam" },
        "0x400-0x4FF": { "class": "reject", "code": "vendor" },
        "0x401": { "class": "stop-operator", "reason": "out of credit" },
        "0x40A-0x40F": "retry",
        "0x22": "accepted",
    } }));
    let throttle = |pause_ms, max_rate| Answer::Throttle(Throttle { pause_ms, max_rate });
    for (status, expected) in [
        (0x45, throttle(None, None)),
        (0x14, throttle(Some(2_000), Some(20))),
        (0xFF, retry(None, Some(2))),
        (0x08, retry(Some(1_500), Some(3))),
        (1375, rejection("spam", "taken for spam")),
        (0x432, rejection("vendor", "the operator answered 0x00000432")),
        (0x401, Answer::StopOperator("out of credit".to_owned())),
        (0x40C, retry(None, None)),
        (0x22, Answer::Accepted),
        (0x0B, Answer::HostDefault),
        (0, Answer::HostDefault),
    ] {
        assert_eq!(Quirks::classify(&response(status)), Ok(expected), "0x{status:X}");
    }
}

#[test]
fn a_generic_nack_is_never_an_acceptance_and_may_have_a_table_of_its_own() {
    let _call = with(&json!({
        "statuses": { "0x22": "accepted", "4": "retry" },
        "nacks": { "4": "reject" },
    }));
    let nack = |status| Response {
        is_nack: true,
        ..response(status)
    };
    assert_eq!(Quirks::classify(&nack(0x22)), Ok(Answer::HostDefault));
    assert_eq!(
        Quirks::classify(&nack(4)),
        Ok(rejection("operator-status", "the operator answered 0x00000004"))
    );
    assert_eq!(Quirks::classify(&response(4)), Ok(retry(None, None)));
}

#[test]
fn status_0_without_an_id_is_what_the_settings_say() {
    let _call = with(&json!({ "no_message_id": "retry" }));
    let mut empty = response(0);
    for id in ["", "\0"] {
        empty.message_id = id.to_owned();
        assert_eq!(Quirks::classify(&empty), Ok(retry(None, None)));
    }
    assert_eq!(Quirks::classify(&response(0)), Ok(Answer::HostDefault));
}

#[test]
fn the_operators_own_words_stand_behind_the_reason() {
    let _call = with(&json!({ "statuses": { "0x45": { "class": "reject", "reason": "refused" } } }));
    let mut refused = response(0x45);
    refused.tlvs = deliver_sm(0, 0, b"", &[(0x001D, b"DND\0")]).tlvs;
    assert_eq!(
        Quirks::classify(&refused),
        Ok(rejection("operator-status", "refused (DND)"))
    );
}
