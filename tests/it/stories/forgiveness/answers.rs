//! submit_sm_resp in every dress. The message in flight is the one that is answered so.

use super::{GENERIC_NACK, SUBMIT_SM_RESP, Story, assert_tells, kinds_of, pdu};
use serde_json::{Value, json};
use smsc_sim::Writes;

/// An answer, what the message's outcome tells, and the kind under which the answer is kept if it is odd.
struct Case {
    name: &'static str,
    command: u32,
    status: u32,
    body: Vec<u8>,
    outcome: Value,
    id: Value,
    kind: Option<&'static str>,
}

fn accepted(name: &'static str, body: impl Into<Vec<u8>>, id: Value, kind: Option<&'static str>) -> Case {
    Case {
        name,
        command: SUBMIT_SM_RESP,
        status: 0,
        body: body.into(),
        outcome: json!({ "outcome": "ACCEPTED", "commandStatus": 0 }),
        id,
        kind,
    }
}

fn refused(name: &'static str, command: u32, status: u32, body: &[u8]) -> Case {
    Case {
        name,
        command,
        status,
        body: body.to_vec(),
        outcome: json!({ "outcome": "REJECTED", "commandStatus": status }),
        id: Value::Null,
        kind: None,
    }
}

fn cases() -> Vec<Case> {
    let long = "7".repeat(70);
    vec![
        accepted("id without NUL", *b"9", json!("9"), Some("no_nul")),
        accepted("no body", *b"", Value::Null, Some("no_message_id")),
        accepted("empty id", *b"\0", Value::Null, Some("no_message_id")),
        accepted(
            "id beyond ASCII",
            *b"a\xE9\xFF\0",
            json!("a\u{E9}\u{FF}"),
            Some("not_ascii"),
        ),
        accepted(
            "id over long",
            [long.as_bytes(), b"\0"].concat(),
            json!(long),
            Some("over_long"),
        ),
        accepted(
            "longest id, and TLVs",
            [&long.as_bytes()[..64], b"\0\x04\x27\0\x01\x02"].concat(),
            json!(&long[..64]),
            None,
        ),
        refused("refused with a body", SUBMIT_SM_RESP, 0x0B, b"0A000000A3D323A1\0"),
        refused("refused without a body", SUBMIT_SM_RESP, 0x0B, b""),
        refused("refused with an empty id", SUBMIT_SM_RESP, 0x0B, b"\0"),
        refused("a vendor's status", SUBMIT_SM_RESP, 0x433, b""),
        refused("a generic_nack", GENERIC_NACK, 0x0B, b""),
    ]
}

async fn all_are_taken_for_what_they_say(writes: Writes) {
    let mut story = Story::begin(writes).await;
    for case in cases() {
        let (message, sequence) = story.in_flight().await;
        story.write(&pdu(case.command, case.status, sequence, &case.body));
        let outcome = story.gateway.outcome(message.id()).await;
        assert_tells(&outcome, &case.outcome, case.name);
        assert_eq!(outcome["parts"][0]["operatorMessageId"], case.id, "{}", case.name);
        let expected: Vec<_> = case.kind.into_iter().collect();
        assert_eq!(kinds_of(&story.kept().await, sequence), expected, "{}", case.name);
    }
    story.assert_bound_throughout().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_answers_are_taken_for_what_they_say() {
    all_are_taken_for_what_they_say(Writes::Whole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_answers_octet_by_octet_are_taken_for_what_they_say() {
    all_are_taken_for_what_they_say(Writes::ByteByByte).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_again_counts_once() {
    let mut story = Story::begin(Writes::Whole).await;
    let (first, first_sequence) = story.in_flight().await;
    story.take(first_sequence, "once");
    story.take(first_sequence, "twice");
    let (second, second_sequence) = story.in_flight().await;
    story.take(second_sequence, "other");
    for (message, id) in [(first, "once"), (second, "other")] {
        let outcome = story.gateway.outcome(message.id()).await;
        assert_eq!(outcome["parts"][0]["operatorMessageId"], id);
    }
    let kept = story.kept().await;
    assert_eq!(kinds_of(&kept, first_sequence), ["unknown_sequence"]);
    story.assert_bound_throughout().await;
}
