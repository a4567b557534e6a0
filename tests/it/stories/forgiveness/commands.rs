//! Commands that have no business on a bound link, and those that have, oddly written.

use super::{ENQUIRE_LINK, GENERIC_NACK, Story, kinds_of, pdu};
use smsc_sim::Writes;

/// A PDU, its answer if it gets one, and the kind under which it is kept if it is odd.
struct Case {
    name: &'static str,
    command: u32,
    sequence: u32,
    body: &'static [u8],
    answer: Option<(u32, u32)>,
    kind: Option<&'static str>,
}

const UNKNOWN_COMMAND: u32 = 0x03;

/// A request that only an ESME sends, or that nobody knows.
fn unknown(name: &'static str, command: u32, sequence: u32, body: &'static [u8]) -> Case {
    let answer = Some((GENERIC_NACK, UNKNOWN_COMMAND));
    let kind = Some("unknown_command");
    Case {
        name,
        command,
        sequence,
        body,
        answer,
        kind,
    }
}

/// What takes no answer.
fn passed_over(
    name: &'static str,
    command: u32,
    sequence: u32,
    body: &'static [u8],
    kind: Option<&'static str>,
) -> Case {
    Case {
        name,
        command,
        sequence,
        body,
        answer: None,
        kind,
    }
}

fn enquire_link(sequence: u32, body: &'static [u8], kind: Option<&'static str>) -> Case {
    Case {
        name: "enquire_link",
        command: ENQUIRE_LINK,
        sequence,
        body,
        answer: Some((0x8000_0015, 0)),
        kind,
    }
}

fn cases() -> Vec<Case> {
    vec![
        enquire_link(0, b"", None),
        enquire_link(0x806A_179B, b"", None),
        enquire_link(u32::MAX, b"", None),
        enquire_link(301, b"ping", Some("unexpected_body")),
        unknown("a vendor's command", 0x0001_0200, 302, b"?"),
        unknown("query_sm", 0x03, 303, b"0A42\0\x01\x01491510000009\0"),
        unknown("submit_sm", 0x04, 304, b"\0\x01\x01491510000009\0"),
        unknown("replace_sm", 0x07, 305, b"0A42\0"),
        unknown("cancel_sm", 0x08, 306, b"\x000A42\0"),
        unknown("bind_transceiver", 0x09, 307, b"user\0secret\0\0\x34\0\0\0"),
        unknown("submit_multi", 0x21, 308, b""),
        passed_over(
            "submit_sm_resp",
            0x8000_0004,
            309,
            b"0A42\0",
            Some("unknown_sequence"),
        ),
        passed_over(
            "enquire_link_resp",
            0x8000_0015,
            310,
            b"",
            Some("unknown_sequence"),
        ),
        passed_over("generic_nack", GENERIC_NACK, 311, b"", Some("unknown_sequence")),
        passed_over(
            "generic_nack without a number",
            GENERIC_NACK,
            0,
            b"",
            Some("unknown_sequence"),
        ),
        passed_over("query_sm_resp", 0x8000_0003, 312, b"", Some("unknown_response")),
        passed_over(
            "deliver_sm_resp",
            0x8000_0005,
            313,
            b"\0",
            Some("unknown_response"),
        ),
        passed_over(
            "a vendor's response",
            0x8001_0200,
            314,
            b"?",
            Some("unknown_response"),
        ),
        passed_over(
            "bind_transceiver_resp",
            0x8000_0009,
            315,
            b"SMSC\0",
            Some("out_of_place"),
        ),
        passed_over("unbind_resp", 0x8000_0006, 316, b"", Some("out_of_place")),
        passed_over("outbind", 0x0B, 317, b"user\0secret\0", Some("out_of_place")),
        passed_over(
            "alert_notification",
            0x102,
            318,
            b"\x01\x01491510000009\0\x01\x0112345\0\x04\x22\0\x01\0",
            None,
        ),
    ]
}

async fn assert_answered(story: &Story, case: &Case) {
    if let Some(wanted) = case.answer {
        let answer = story.answer(case.sequence).await;
        assert_eq!((answer.command, answer.status), wanted, "{}", case.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_out_of_place_are_answered_or_passed_over() {
    let mut story = Story::begin(Writes::Whole).await;
    for case in cases() {
        let (message, submit) = story.in_flight().await;
        story.write(&pdu(case.command, 0, case.sequence, case.body));
        story.take(submit, "fine");
        let outcome = story.gateway.outcome(message.id()).await;
        assert_eq!(outcome["outcome"], "ACCEPTED", "{}", case.name);
        assert_answered(&story, &case).await;
        let expected: Vec<_> = case.kind.into_iter().collect();
        let kept = story.kept().await;
        let kinds = kinds_of(&kept, case.sequence);
        assert_eq!(kinds, expected, "{}", case.name);
    }
    let answered = cases().iter().filter(|case| case.answer.is_some()).count();
    assert_eq!(
        story.smsc.stray_responses().len(),
        answered,
        "nothing else was answered"
    );
    story.assert_bound_throughout().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_out_of_place_may_come_all_at_once_and_octet_by_octet() {
    for writes in [Writes::Whole, Writes::ByteByByte] {
        let mut story = Story::begin(writes).await;
        let (message, submit) = story.in_flight().await;
        let all = cases();
        let octets = all
            .iter()
            .map(|case| pdu(case.command, 0, case.sequence, case.body));
        story.write(&octets.collect::<Vec<_>>().concat());
        story.take(submit, "fine");
        assert_eq!(story.gateway.outcome(message.id()).await["outcome"], "ACCEPTED");
        for case in &all {
            assert_answered(&story, case).await;
        }
        let odd = all.iter().filter(|case| case.kind.is_some()).count();
        assert_eq!(story.kept().await.len(), odd);
        story.assert_bound_throughout().await;
    }
}
