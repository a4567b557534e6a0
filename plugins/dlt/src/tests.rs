use super::*;
use smpp_plugin_sdk::testing::{Context, Entered};
use smpp_plugin_sdk::{Address, LongMessageStrategy, MessageType, SmsEncoding};

const TEMPLATE_ID: &str = "1107160000000000042";

fn registered(more: &str) -> Entered {
    Context::new()
        .settings(format!(r#"{{"entity_id": "1101456700000012345"{more}}}"#))
        .enter()
}

fn address(digits: &str) -> Address {
    Address {
        ton: 1,
        npi: 1,
        digits: digits.to_owned(),
    }
}

fn rewritten(tlvs: Vec<Tlv>) -> SubmitAnswer {
    let message = OutboundMessage {
        message_id: "m-1".to_owned(),
        account_id: "a-1".to_owned(),
        source: address("ACMEBK"),
        destination: address("919800000001"),
        text: "Your code".to_owned(),
        encoding: SmsEncoding::Gsm7,
        message_type: MessageType::Sms,
        long_message_strategy: LongMessageStrategy::Csms,
    };
    let pdu = SubmitSm {
        service_type: String::new(),
        source: message.source.clone(),
        destination: message.destination.clone(),
        esm_class: 0,
        protocol_id: 0,
        priority_flag: 0,
        schedule_delivery_time: String::new(),
        validity_period: String::new(),
        registered_delivery: 1,
        replace_if_present: 0,
        data_coding: 0,
        sm_default_msg_id: 0,
        short_message: b"Your code".to_vec(),
        tlvs,
    };
    Dlt::rewrite(&message, pdu, Part { number: 1, count: 1 }).unwrap()
}

fn tlv(tag: u16, value: &[u8]) -> Tlv {
    let value = value.to_vec();
    Tlv { tag, value }
}

fn classified(status: u32, message_id: &str, tlvs: Vec<Tlv>) -> ResultAnswer {
    let response = Response {
        status,
        message_id: message_id.to_owned(),
        tlvs,
        is_nack: false,
        attempt: 1,
    };
    Dlt::classify(&response).unwrap()
}

#[test]
fn both_ids_go_with_each_submit() {
    let _call = registered(r#", "template_id": "1107160000000000042""#);
    let SubmitAnswer::Send(pdu) = rewritten(vec![tlv(0x0204, &[0, 7])]) else {
        panic!("nothing to send");
    };
    assert_eq!(
        pdu.tlvs,
        [
            tlv(0x0204, &[0, 7]),
            tlv(ENTITY, b"1101456700000012345\0"),
            tlv(TEMPLATE, b"1107160000000000042\0"),
        ]
    );
}

#[test]
fn the_commands_own_ids_stand_and_get_their_nul() {
    let _call = registered(r#", "template_id": "1""#);
    let own = vec![tlv(TEMPLATE, TEMPLATE_ID.as_bytes()), tlv(ENTITY, b"110\0")];
    let SubmitAnswer::Send(pdu) = rewritten(own) else {
        panic!("nothing to send");
    };
    assert_eq!(
        pdu.tlvs,
        [tlv(TEMPLATE, b"1107160000000000042\0"), tlv(ENTITY, b"110\0")]
    );
}

#[test]
fn a_message_without_a_template_is_refused() {
    let _call = registered("");
    assert!(matches!(rewritten(Vec::new()), SubmitAnswer::Refuse(reason) if reason.contains("0x1401")));
    assert!(matches!(
        rewritten(vec![tlv(TEMPLATE, b"7")]),
        SubmitAnswer::Send(_)
    ));
}

#[test]
fn vendor_statuses_have_their_meaning() {
    let _call = registered("");
    for (status, word) in [
        (0x45, "submit-failed"),
        (0x400, "not-routable"),
        (0x40A, "dnd"),
        (0x430, "payload-length"),
        (0x432, "spam"),
        (0x433, "data-coding"),
    ] {
        let ResultAnswer::Reject(rejection) = classified(status, "", Vec::new()) else {
            panic!("{status:#x}");
        };
        assert_eq!(rejection.code, word, "{status:#x}");
    }
    for status in [0x5A, 0x401] {
        assert!(
            matches!(classified(status, "", Vec::new()), ResultAnswer::StopOperator(_)),
            "{status:#x}"
        );
    }
    for (status, id) in [(0, "42"), (0, ""), (0x0B, ""), (0x58, ""), (0x434, "")] {
        assert_eq!(
            classified(status, id, Vec::new()),
            ResultAnswer::HostDefault,
            "{status:#x}"
        );
    }
}

#[test]
fn the_operators_own_words_are_told() {
    let _call = registered("");
    let words = vec![tlv(STATUS_TEXT, b"balance 0.00\0")];
    let stopped = ResultAnswer::StopOperator("out of credit (balance 0.00)".to_owned());
    assert_eq!(classified(0x401, "", words), stopped);
}

#[test]
fn what_differs_between_operators_is_a_setting() {
    let _call = registered(r#", "submit_failed": "throttle", "no_message_id": "retry""#);
    assert!(matches!(
        classified(0x45, "", Vec::new()),
        ResultAnswer::Throttle(_)
    ));
    assert_eq!(classified(0, "", Vec::new()), again());
    let _call = registered(r#", "submit_failed": "retry""#);
    assert_eq!(classified(0x45, "", Vec::new()), again());
}

#[test]
fn settings_are_checked_one_by_one() {
    let valid = r#"{"entity_id": "1101456700000012345", "template_id": "7", "submit_failed": "retry"}"#;
    assert_eq!(Dlt::validate(valid), Ok(()));
    let paths = |document| -> Vec<_> {
        let problems = Dlt::validate(document).unwrap_err();
        problems.into_iter().map(|problem| problem.path).collect()
    };
    assert_eq!(paths("{}"), ["/entity_id"]);
    assert_eq!(paths(r#"{"entity_id": 7}"#), ["/entity_id"]);
    assert_eq!(
        paths(
            r#"{"entity_id": "11a", "template_id": "", "submit_failed": "no", "no_message_id": 1, "x": 1}"#
        ),
        [
            "/template_id",
            "/entity_id",
            "/submit_failed",
            "/no_message_id",
            "/x"
        ]
    );
}
