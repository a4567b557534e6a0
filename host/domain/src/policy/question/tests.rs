use super::*;
use crate::pdu::{Address, CommandStatus, Tlv};
use crate::policy::{AlphabetName, Concatenation, PlannedPart, ReferenceWidth};
use crate::status::Throttling;
use serde_json::json;
use std::num::NonZeroU32;
use std::time::Duration;

fn address(digits: &str) -> Address {
    Address {
        ton: 1,
        npi: 1,
        digits: digits.to_owned(),
    }
}

/// Each in the form in which people write it, and what is in it.
#[test]
fn questions_are_read_and_written() {
    let message = json!({
        "message-id": "0199f3a0-0000-7000-8000-000000000001",
        "account-id": "00000000-0000-0000-0000-000000000000",
        "source": {"ton": 5, "npi": 0, "digits": "Acme"},
        "destination": {"ton": 1, "npi": 1, "digits": "491511234567"},
        "text": "Grüße",
        "encoding": "gsm7",
        "message-type": "flash",
        "long-message-strategy": "tlv",
    });
    let submit = json!({
        "service-type": "CMT",
        "source": {"ton": 5, "npi": 0, "digits": "Acme"},
        "destination": {"ton": 1, "npi": 1, "digits": "491511234567"},
        "esm-class": 64, "protocol-id": 0, "priority-flag": 1, "schedule-delivery-time": "",
        "validity-period": "000000020630000R", "registered-delivery": 1, "replace-if-present": 0,
        "data-coding": 0, "sm-default-msg-id": 0, "short-message": "050003a70201417f",
        "tlvs": [{"tag": 5120, "value": "313100"}],
    });
    let deliver = json!({
        "service-type": "", "source": {"ton": 1, "npi": 1, "digits": "491511234567"},
        "destination": {"ton": 0, "npi": 0, "digits": "40404"}, "esm-class": 4, "protocol-id": 0,
        "priority-flag": 0, "registered-delivery": 0, "data-coding": 0, "sm-default-msg-id": 0,
        "short-message": "69643a31", "tlvs": [],
    });
    let reading = json!({
        "message-id": "1A", "origin": "receipt-tlv", "state": "undeliverable", "is-final": true,
        "raw-state": "UNDELIV", "raw-error": "011", "done-at": null,
    });
    for (hook, input) in [
        (Hook::Encoding, json!({"message": message})),
        (
            Hook::Splitting,
            json!({"message": message, "coding": 8, "octets": 300}),
        ),
        (
            Hook::Submit,
            json!({"message": message, "pdu": submit, "part": {"number": 1, "count": 2}}),
        ),
        (
            Hook::SubmitResult,
            json!({"response": {
                "status": 88, "message-id": "", "tlvs": [], "is-nack": false, "attempt": 2}}),
        ),
        (Hook::MessageIds, json!({"raw": "00FF", "origin": "submit-resp"})),
        (Hook::Inbound, json!({"pdu": deliver, "reading": reading})),
        (Hook::Inbound, json!({"pdu": deliver, "reading": null})),
    ] {
        let written = json!({"hook": hook.name(), "input": input});
        let question: Question = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(question.hook(), hook);
        assert_eq!(serde_json::to_value(&question).unwrap(), written);
    }
}

#[test]
fn what_a_fixture_leaves_out_is_empty() {
    let short = json!({"hook": "inbound", "input": {"pdu": {"short-message": "6869"}}});
    let Question::Inbound { pdu, reading } = serde_json::from_value(short).unwrap() else {
        panic!("another hook");
    };
    assert_eq!(
        (pdu.short_message.as_slice(), pdu.esm_class, reading),
        (&b"hi"[..], 0, None)
    );
    let short = json!({"hook": "submit-result", "input": {"response": {"status": 69}}});
    let Question::SubmitResult { response } = serde_json::from_value(short).unwrap() else {
        panic!("another hook");
    };
    assert_eq!(
        (response.response.status, response.attempt),
        (CommandStatus(69), 1)
    );
}

#[test]
fn a_slip_of_the_pen_is_told() {
    for (wrong, told) in [
        (
            json!({"hook": "message-ids", "input": {"raw": "1", "orgin": "submit-resp"}}),
            "orgin",
        ),
        (
            json!({"hook": "message-ids", "input": {"raw": "1", "origin": "resp"}}),
            "receipt-text",
        ),
        (json!({"hook": "message-id", "input": {}}), "message-ids"),
        (
            json!({"hook": "inbound", "input": {"pdu": {"short-message": "6z"}}}),
            "hexadecimal",
        ),
        (
            json!({"hook": "inbound", "input": {"pdu": {"short-message": "616"}}}),
            "hexadecimal",
        ),
        (
            json!({"hook": "inbound", "input": {"pdu": {"esm_class": 4}}}),
            "esm-class",
        ),
    ] {
        let error = serde_json::from_value::<Question>(wrong).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let error = Answer::read(Hook::Encoding, &json!("host_default")).unwrap_err();
    assert!(error.to_string().contains("host-default"), "{error}");
}

#[test]
fn every_answer_is_read_and_written() {
    let number = NonZeroU32::new(3);
    let alphabet = |alphabet| EncodingAnswer::Alphabet {
        alphabet,
        data_coding: 3,
        unencodable: Some(crate::encoding::UnencodableRule::Replace("?".to_owned())),
    };
    let answers = [
        (
            Answer::Encoding(EncodingAnswer::HostDefault),
            json!("host-default"),
        ),
        (
            Answer::Encoding(alphabet(AlphabetName::Latin1)),
            json!({"alphabet": {"alphabet": "latin1", "data-coding": 3, "unencodable": {"replace": "?"}}}),
        ),
        (
            Answer::Encoding(alphabet(AlphabetName::Gsm7National {
                locking_shift: None,
                single_shift: Some(1),
            })),
            json!({"alphabet": {
                "alphabet": {"gsm7-national": {"locking-shift": null, "single-shift": 1}},
                "data-coding": 3, "unencodable": {"replace": "?"}}}),
        ),
        (
            Answer::Splitting(SplittingAnswer::Udh {
                reference_width: ReferenceWidth::SixteenBits,
                max_octets: None,
                max_parts: Some(5),
            }),
            json!({"udh": {"reference-width": "sixteen-bits", "max-octets": null, "max-parts": 5}}),
        ),
        (Answer::Splitting(SplittingAnswer::SarTlvs), json!("sar-tlvs")),
        (
            Answer::Splitting(SplittingAnswer::Parts(vec![PlannedPart {
                header: vec![0, 3, 1, 1, 1],
                octets: vec![0x41],
            }])),
            json!({"parts": [{"header": "0003010101", "octets": "41"}]}),
        ),
        (
            Answer::Submit(SubmitAnswer::Refuse("no".to_owned())),
            json!({"refuse": "no"}),
        ),
        (Answer::SubmitResult(None), json!("host-default")),
        (
            Answer::SubmitResult(Some(Verdict::Retry {
                after: Some(Duration::from_millis(1_500)),
                max_attempts: number,
            })),
            json!({"retry": {"after-ms": 1500, "max-attempts": 3}}),
        ),
        (
            Answer::SubmitResult(Some(Verdict::Throttle(Throttling {
                pause: None,
                max_rate: number,
            }))),
            json!({"throttle": {"pause-ms": null, "max-rate": 3}}),
        ),
        (
            Answer::SubmitResult(Some(Verdict::Reject {
                code: Some("spam".to_owned()),
                reason: "they say so".to_owned(),
                alert: false,
            })),
            json!({"reject": {"code": "spam", "reason": "they say so"}}),
        ),
        (
            Answer::SubmitResult(Some(Verdict::StopOperator {
                reason: "no credit".to_owned(),
            })),
            json!({"stop-operator": "no credit"}),
        ),
        (Answer::MessageIds(None), json!(null)),
        (Answer::MessageIds(Some("26".to_owned())), json!("26")),
        (
            Answer::Inbound(InboundAnswer::MobileOriginated {
                source: address("4915"),
                destination: address("40404"),
                text: None,
                concatenation: Some(Concatenation {
                    reference: 7,
                    total: 2,
                    number: 1,
                }),
            }),
            json!({"mobile-originated": {
                "source": {"ton": 1, "npi": 1, "digits": "4915"},
                "destination": {"ton": 1, "npi": 1, "digits": "40404"},
                "text": null, "concatenation": {"reference": 7, "total": 2, "number": 1}}}),
        ),
        (
            Answer::Inbound(InboundAnswer::Refuse(CommandStatus(100))),
            json!({"refuse": 100}),
        ),
    ];
    for (answer, written) in answers {
        assert_eq!(serde_json::to_value(&answer).unwrap(), written);
        assert_eq!(Answer::read(answer.hook(), &written).unwrap(), answer);
    }
    let receipt = json!({"receipt": {"message-id": "26", "state": "delivered", "is-final": true}});
    assert!(matches!(
        Answer::read(Hook::Inbound, &receipt).unwrap(),
        Answer::Inbound(InboundAnswer::Receipt(ReceiptReading { is_final: true, .. }))
    ));
    let sent = json!({"send": {"destination": {"digits": "4915"}, "tlvs": [{"tag": 1, "value": "00"}]}});
    let Answer::Submit(SubmitAnswer::Send(pdu)) = Answer::read(Hook::Submit, &sent).unwrap() else {
        panic!("nothing to send");
    };
    let tlv = Tlv {
        tag: 1,
        value: vec![0],
    };
    assert_eq!((pdu.destination.digits.as_str(), pdu.tlvs), ("4915", vec![tlv]));
}

#[test]
fn no_opinion_is_known_as_such() {
    for hook in Hook::ALL.into_iter().filter(|hook| *hook != Hook::Settings) {
        let answer = Answer::host_default(hook).unwrap();
        assert!(answer.is_host_default());
        assert_eq!(answer.hook(), hook);
    }
    assert_eq!(Answer::host_default(Hook::Settings), None);
    assert!(Answer::read(Hook::Settings, &json!("host-default")).is_err());
    assert!(!Answer::MessageIds(Some("1".to_owned())).is_host_default());
}
