use super::super::recorded::of_record;
use super::*;
use serde_json::{Value, json};
use smpp_domain::policy::{Fault, FaultCause, Hook};

fn id(raw: &str, origin: &str, key: Value, outcome: &str, message: &str) -> Recorded {
    let record = json!({
        "at": "2026-11-26T02:41:00Z", "answer": key, "nowMs": 0,
        "question": { "hook": "message-ids", "input": { "raw": raw, "origin": origin } },
    });
    of(record, outcome, message)
}

fn of(mut record: Value, outcome: &str, message: &str) -> Recorded {
    for (key, value) in [("messageId", message), ("outcome", outcome)] {
        if !value.is_empty() {
            record[key] = json!(value);
        }
    }
    of_record(&record).unwrap()
}

fn inbound(raw: &str, outcome: &str, message: &str) -> Recorded {
    let reading = json!({ "message-id": raw, "state": "delivered", "is-final": true });
    let input = json!({ "pdu": { "esm-class": 4 }, "reading": reading });
    let record = json!({
        "at": "2026-11-26T02:41:00Z", "answer": "host-default", "nowMs": 0,
        "question": { "hook": "inbound", "input": input },
    });
    of(record, outcome, message)
}

/// Ids are hexadecimal in submit_sm_resp and decimal in receipts.
fn mended(_: &Recorded, question: &Question) -> Result<Result<Answer, Fault>, String> {
    let Question::MessageIds { raw, origin } = question else {
        return Ok(Ok(Answer::host_default(question.hook()).unwrap()));
    };
    let base = if *origin == IdOrigin::SubmitResp { 16 } else { 10 };
    let number = u64::from_str_radix(raw, base);
    let malformed = Fault {
        hook: Hook::MessageIds,
        cause: FaultCause::Malformed,
        text: String::new(),
    };
    Ok(number
        .map(|number| Answer::MessageIds(Some(number.to_string())))
        .map_err(|_| malformed))
}

fn changes(calls: &[Recorded]) -> Vec<Change> {
    let receipts = judge(calls, &mut mended).unwrap();
    receipts.iter().map(|receipt| receipt.change).collect()
}

#[test]
fn receipts_that_did_not_match_are_found() {
    let calls = [
        id("1A", "submit-resp", Value::Null, "accepted", "m1"),
        inbound("26", "unmatched", ""),
        id("26", "receipt-text", Value::Null, "unmatched", ""),
        id("99", "receipt-text", Value::Null, "unmatched", ""),
    ];
    assert_eq!(changes(&calls), [Change::Found, Change::Unchanged]);
    let receipts = judge(&calls, &mut mended).unwrap();
    assert_eq!(
        (&receipts[0].before, &receipts[0].after),
        (&vec!["26".to_owned()], &vec!["26".to_owned()])
    );
}

#[test]
fn a_hint_of_the_gateway_stands_for_a_submit_that_was_not_recorded() {
    let mut call = id("26", "receipt-text", Value::Null, "unmatched", "");
    assert_eq!(changes(std::slice::from_ref(&call)), [Change::Unchanged]);
    call.same_key = vec![
        ("1a".to_owned(), IdOrigin::SubmitResp),
        ("26".to_owned(), IdOrigin::ReceiptText),
    ];
    assert_eq!(changes(&[call]), [Change::Found]);
}

#[test]
fn what_matched_and_will_not_is_lost() {
    let calls = [
        // Both sides wrote hexadecimal.
        id("1A", "submit-resp", Value::Null, "accepted", "m1"),
        inbound("1A", "matched", "m1"),
        id("1A", "receipt-text", Value::Null, "matched", "m1"),
        // Of one form by either rule.
        id("5", "submit-resp", Value::Null, "accepted", "m2"),
        id("5", "receipt-text", Value::Null, "late", "m2"),
        // Its submit_sm_resp is not in the recording: the same key as before, and another.
        id("7", "receipt-text", Value::Null, "matched", "m3"),
        id("010", "receipt-text", Value::Null, "matched", "m4"),
    ];
    let wanted = [Change::Lost, Change::Unchanged, Change::Unchanged, Change::Untold];
    assert_eq!(changes(&calls), wanted);
}

#[test]
fn a_key_that_leads_to_another_message_is_no_match() {
    let calls = [
        id("10", "submit-resp", json!("10"), "accepted", "m1"),
        id("A", "submit-resp", json!("A"), "accepted", "m2"),
        id("10", "receipt-text", json!("10"), "matched", "m1"),
    ];
    assert_eq!(changes(&calls), [Change::Lost]);
}

#[test]
fn fixtures_without_an_outcome_are_compared_by_their_keys() {
    let calls = [
        id("1A", "submit-resp", json!("26"), "", ""),
        id("26", "receipt-text", json!("26"), "", ""),
        id("1B", "submit-resp", json!("1B"), "", ""),
        id("27", "receipt-text", json!("27"), "", ""),
    ];
    assert_eq!(changes(&calls), [Change::Unchanged, Change::Found]);
}

#[test]
fn what_is_no_receipt_any_more_is_lost() {
    let calls = [inbound("5", "matched", "m1")];
    let mut ignoring = |_: &Recorded, question: &Question| {
        Ok(Ok(match question {
            Question::Inbound { .. } => Answer::Inbound(InboundAnswer::Ignore("noise".to_owned())),
            question => Answer::host_default(question.hook()).unwrap(),
        }))
    };
    assert_eq!(judge(&calls, &mut ignoring).unwrap()[0].change, Change::Lost);
}
