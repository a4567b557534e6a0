use super::*;
use crate::dispatch::{LongMessageStrategy, MessageType, SmsEncoding};
use crate::ids::{AccountId, MessageId};
use crate::pdu::esm_class;
use crate::policy::rewrite::PartPlace;
use crate::policy::{FaultCause, Hook};
use crate::receipt::{Detection, read};
use uuid::Uuid;

const NUMBER: &str = "491701234567";

fn masker() -> Masker {
    Masker::new(&[], false)
}

fn number(digits: &str) -> Address {
    Address {
        ton: 1,
        npi: 1,
        digits: digits.to_owned(),
    }
}

fn message(text: &str) -> OutboundMessage {
    OutboundMessage {
        message_id: MessageId(Uuid::nil()),
        account_id: AccountId(Uuid::nil()),
        source: number("Acme"),
        destination: number(NUMBER),
        text: text.to_owned(),
        encoding: SmsEncoding::Gsm7,
        message_type: MessageType::Sms,
        long_message_strategy: LongMessageStrategy::Csms,
    }
}

fn part(data_coding: u8, octets: &[u8]) -> Question {
    Question::Submit {
        message: message("geheim 4711"),
        pdu: SubmitSmPdu {
            source: number("Acme"),
            destination: number(NUMBER),
            data_coding,
            short_message: octets.to_vec(),
            ..SubmitSmPdu::default()
        },
        part: PartPlace { number: 1, count: 1 },
    }
}

/// What is left of the question, or of anything else, for people to read.
fn shown_as(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn no_question_about_a_message_tells_number_or_text() {
    for question in [
        Question::Encoding {
            message: message("geheim 4711"),
        },
        Question::Splitting {
            message: message("geheim 4711"),
            data_coding: 0,
            octets: 11,
        },
        part(0, b"geheim 4711"),
        part(4, b"geheim 4711"),
        part(
            8,
            &"geheim 4711"
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect::<Vec<_>>(),
        ),
    ] {
        let json = shown_as(&question.masked(&masker()));
        for private in [NUMBER, "geheim", "4711", "67656865696d", "670065006800"] {
            assert!(!json.contains(private), "{private} in {json}");
        }
        assert!(json.contains("xxxxxx 0000"), "{json}");
        let kept = shown_as(&question.masked(&Masker::new(&[], true)));
        assert!(kept.contains("geheim 4711") && !kept.contains(NUMBER), "{kept}");
    }
}

#[test]
fn octets_of_a_part_keep_their_kind() {
    for (data_coding, octets, masked) in [
        (
            0,
            &b"Hi 5\x1b\x65\x00\x04\x12"[..],
            &b"Xx 0\x1b\x65\x00\x05\x10"[..],
        ),
        (3, b"Gr\xFC\xDFe", b"Xx\xE9\xE9x"),
        (4, b"\x01\xFFab", b"\0\0\0\0"),
        (0xF5, b"ab", b"\0\0"),
        (8, b"\0H\x04\x16\xD8\x3D\xDE\x0Ax", b"\0X\x4E\x2D\xD8\x3D\xDE\0\0"),
    ] {
        let Question::Submit { pdu, .. } = part(data_coding, octets).masked(&masker()) else {
            panic!("another question")
        };
        assert_eq!(pdu.short_message, masked, "data_coding {data_coding}");
    }
}

#[test]
fn a_header_stays() {
    let mut question = part(0, b"\x05\0\x03\x41\x02\x01Hi");
    if let Question::Submit { pdu, .. } = &mut question {
        pdu.esm_class = esm_class::UDHI;
    }
    let Question::Submit { pdu, .. } = question.masked(&masker()) else {
        panic!("another question")
    };
    assert_eq!(pdu.short_message, b"\x05\0\x03\x41\x02\x01Xx");
}

#[test]
fn a_receipt_keeps_what_the_operator_wrote_and_reads_the_same() {
    let text = "id:0972660181 sub:001 dlvrd:001 submit date:2611260241 done date:2611260242 stat:DELIVRD err:000 text:Your pin 99";
    let pdu = DeliverSmPdu {
        source: number(NUMBER),
        destination: number("40404"),
        esm_class: esm_class::DELIVERY_RECEIPT,
        short_message: text.as_bytes().to_vec(),
        tlvs: vec![
            Tlv {
                tag: tag::RECEIPTED_MESSAGE_ID,
                value: b"39F9A2B5\0".to_vec(),
            },
            Tlv {
                tag: 0x1401,
                value: b"owner 491701234567".to_vec(),
            },
        ],
        ..DeliverSmPdu::default()
    };
    let reading = read(&pdu, Detection::EsmClass, None);
    let question = Question::Inbound { pdu, reading };
    let Question::Inbound { pdu, reading } = question.masked(&masker()) else {
        panic!("another question")
    };
    let shown = String::from_utf8(pdu.short_message.clone()).unwrap();
    assert_eq!(shown, text.replace("Your pin 99", "Xxxx xxx 00"));
    assert_eq!(pdu.tlvs[0].value, b"39F9A2B5\0");
    assert_eq!(pdu.tlvs[1].value, b"xxxxx 000000000000");
    assert_eq!(
        read(&pdu, Detection::EsmClass, None),
        reading,
        "it reads as it did"
    );
}

#[test]
fn a_plugins_answer_is_masked_as_its_question_was() {
    let asked = part(0, b"geheim 4711");
    let Question::Submit { pdu, .. } = &asked else {
        panic!("another question")
    };
    let sent = SubmitSmPdu {
        data_coding: 8,
        service_type: "CMT".to_owned(),
        ..pdu.clone()
    };
    let answer = Answer::Submit(SubmitAnswer::Send(Box::new(sent)));
    let Answer::Submit(SubmitAnswer::Send(masked)) = answer.masked(&asked, &masker()) else {
        panic!("another answer")
    };
    let Question::Submit { pdu: before, .. } = asked.masked(&masker()) else {
        panic!("another question")
    };
    assert_eq!(
        masked.short_message, before.short_message,
        "octets that were not touched"
    );
    assert_eq!((masked.data_coding, masked.service_type.as_str()), (8, "CMT"));
    assert!(!shown_as(&Answer::Submit(SubmitAnswer::Send(masked))).contains(NUMBER));
}

#[test]
fn words_of_a_plugin_do_not_tell_what_it_was_asked() {
    let asked = part(0, b"geheim 4711");
    let words = format!("no route to {NUMBER} for \"geheim 4711\" of Acme");
    let masked = "no route to 999999999967 for \"xxxxxx 0000\" of Xxme";
    let fault = Fault {
        hook: Hook::Submit,
        cause: FaultCause::Other,
        text: words.clone(),
    };
    assert_eq!(fault.masked(&asked, &masker()).text, masked);
    let refusal = Answer::Submit(SubmitAnswer::Refuse(words));
    assert_eq!(
        refusal.masked(&asked, &masker()),
        Answer::Submit(SubmitAnswer::Refuse(masked.to_owned()))
    );
}

#[test]
fn an_unreadable_body_is_not_shown() {
    let question = Question::Inbound {
        pdu: DeliverSmPdu {
            unreadable: true,
            short_message: format!("id:1 {NUMBER}").into_bytes(),
            ..DeliverSmPdu::default()
        },
        reading: None,
    };
    let Question::Inbound { pdu, .. } = question.masked(&masker()) else {
        panic!("another question")
    };
    assert_eq!(pdu.short_message, vec![0; 17]);
}
