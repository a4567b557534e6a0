use super::*;
use crate::dispatch::{LongMessageStrategy, SmsEncoding};
use crate::encoding::{CharTable, TableBase};
use crate::ids::{AccountId, MessageId, OperatorId};
use crate::pdu::{esm_class, tag};
use std::sync::Arc;
use uuid::Uuid;

fn command() -> DispatchCommand {
    DispatchCommand {
        message_id: MessageId(Uuid::from_u128(1)),
        to: "4915112345678".to_owned(),
        from: "ACME".to_owned(),
        text: String::new(),
        encoding: SmsEncoding::Gsm7,
        operator_id: OperatorId(Uuid::from_u128(2)),
        account_id: AccountId(Uuid::from_u128(3)),
        message_type: MessageType::Sms,
        long_message_strategy: LongMessageStrategy::Csms,
        splitting: None,
        validity_period: None,
        expires_at: None,
        registered_delivery: true,
        priority: None,
        tlvs: Vec::new(),
        trace_parent: None,
    }
}

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// Parts of these texts, with headers if there are several.
fn parts(texts: &[&str]) -> Vec<Part> {
    let esm_class = if texts.len() > 1 { esm_class::UDHI } else { 0 };
    texts
        .iter()
        .map(|text| Part {
            esm_class,
            short_message: text.as_bytes().to_vec(),
            tlvs: Vec::new(),
        })
        .collect()
}

fn pdus(settings: &SubmitSettings, command: &DispatchCommand, parts: Vec<Part>) -> Vec<SubmitSmPdu> {
    let address = Address {
        ton: 1,
        npi: 1,
        digits: "4915".to_owned(),
    };
    let envelope = Envelope {
        command,
        source: &Address::default(),
        destination: &address,
        data_coding: 8,
        now: now(),
    };
    settings.pdus(envelope, parts)
}

fn one(settings: &SubmitSettings, command: &DispatchCommand) -> SubmitSmPdu {
    pdus(settings, command, parts(&["text"])).remove(0)
}

fn tlv(tag: u16, value: &[u8]) -> Tlv {
    Tlv {
        tag,
        value: value.to_vec(),
    }
}

#[test]
fn without_settings_the_fields_are_those_of_the_standard() {
    let pdu = one(&SubmitSettings::default(), &command());
    let expected = SubmitSmPdu {
        destination: pdu.destination.clone(),
        registered_delivery: 1,
        data_coding: 8,
        short_message: b"text".to_vec(),
        ..SubmitSmPdu::default()
    };
    assert_eq!(pdu, expected);
    assert_eq!(pdu.destination.digits, "4915");
}

#[test]
fn what_the_operator_wants_is_on_every_part() {
    let settings = SubmitSettings {
        service_type: "CMT".to_owned(),
        protocol_id: 0x41,
        esm_class: 3,
        priority: 2,
        ..SubmitSettings::default()
    };
    let sent = pdus(&settings, &command(), parts(&["a", "b"]));
    for pdu in &sent {
        assert_eq!(
            (pdu.service_type.as_str(), pdu.protocol_id, pdu.priority_flag),
            ("CMT", 0x41, 2)
        );
        assert_eq!(pdu.esm_class, 0x43);
    }
    assert_eq!(one(&settings, &command()).esm_class, 3);
}

#[test]
fn priority_is_the_commands_unless_it_is_fixed() {
    for (fixed, asked, sent) in [
        (false, None, 1),
        (false, Some(3), 3),
        (false, Some(0), 0),
        (true, None, 1),
        (true, Some(3), 1),
    ] {
        let settings = SubmitSettings {
            priority: 1,
            priority_is_fixed: fixed,
            ..SubmitSettings::default()
        };
        let command = DispatchCommand {
            priority: asked,
            ..command()
        };
        assert_eq!(one(&settings, &command).priority_flag, sent, "{fixed} {asked:?}");
    }
}

#[test]
fn receipts_are_asked_for_on_the_parts_that_the_operator_wants() {
    for (which, of_three, of_one) in [
        (ReceiptParts::All, [0x11, 0x11, 0x11], 0x11),
        (ReceiptParts::First, [0x11, 0, 0], 0x11),
        (ReceiptParts::Last, [0, 0, 0x11], 0x11),
    ] {
        let settings = SubmitSettings {
            receipts: Receipts {
                registered_delivery: 0x11,
                parts: which,
            },
            ..SubmitSettings::default()
        };
        let asked = |command: &DispatchCommand| {
            pdus(&settings, command, parts(&["a", "b", "c"]))
                .iter()
                .map(|pdu| pdu.registered_delivery)
                .collect::<Vec<_>>()
        };
        assert_eq!(asked(&command()), of_three, "{which:?}");
        assert_eq!(
            one(&settings, &command()).registered_delivery,
            of_one,
            "{which:?}"
        );
        let silent = DispatchCommand {
            registered_delivery: false,
            ..command()
        };
        assert_eq!(asked(&silent), [0, 0, 0], "{which:?}");
    }
}

#[test]
fn parts_never_replace_each_other() {
    let settings = SubmitSettings {
        replace_if_present: true,
        ..SubmitSettings::default()
    };
    assert_eq!(one(&settings, &command()).replace_if_present, 1);
    let several = pdus(&settings, &command(), parts(&["a", "b"]));
    assert!(several.iter().all(|pdu| pdu.replace_if_present == 0));
}

#[test]
fn validity_is_written_as_the_operator_takes_it() {
    let relative = Validity::default();
    let with = |form| Validity { form, ..relative };
    let utc = with(ValidityForm::Absolute { ahead: 0 });
    let indian = with(ValidityForm::Absolute { ahead: 22 });
    let day = Validity {
        default: Some(86_400),
        ..relative
    };
    let capped = Validity {
        max: Some(7_200),
        ..utc
    };
    let soon = Some("2026-03-01T12:30:00.7Z");
    for (validity, period, expires_at, field) in [
        (relative, None, None, ""),
        (relative, Some(5_400), None, "000000013000000R"),
        (relative, None, soon, "000000003000000R"),
        // The earlier of the two.
        (relative, Some(5_400), soon, "000000003000000R"),
        (relative, Some(600), soon, "000000001000000R"),
        // Over already, as when a message goes on after a restart.
        (relative, None, Some("2020-01-01T00:00:00Z"), "000000000001000R"),
        (day, None, None, "000001000000000R"),
        (day, Some(60), None, "000000000100000R"),
        (utc, Some(5_400), None, "260301133000000+"),
        (utc, None, soon, "260301123000700+"),
        (indian, Some(5_400), None, "260301190000022+"),
        (capped, Some(7_200), None, "260301140000000+"),
        (capped, Some(7_201), None, "260301140000000+"),
        (capped, None, Some("2030-01-01T00:00:00Z"), "260301140000000+"),
        // A limit is no wish.
        (capped, None, None, ""),
        (with(ValidityForm::Never), Some(5_400), soon, ""),
        (relative, Some(u32::MAX), None, "990210062815000R"),
    ] {
        let settings = SubmitSettings {
            validity,
            ..SubmitSettings::default()
        };
        let command = DispatchCommand {
            validity_period: period,
            expires_at: expires_at.map(|at| at.parse().unwrap()),
            ..command()
        };
        assert_eq!(
            one(&settings, &command).validity_period,
            field,
            "{validity:?} {period:?} {expires_at:?}"
        );
    }
}

#[test]
fn the_commands_tlvs_replace_those_of_the_settings() {
    let settings = SubmitSettings {
        tlvs: vec![
            tlv(0x1400, b"1101\0"),
            tlv(0x1401, b"default\0"),
            tlv(0x1401, b"twice\0"),
        ],
        ..SubmitSettings::default()
    };
    assert_eq!(one(&settings, &command()).tlvs, settings.tlvs);
    let command = DispatchCommand {
        tlvs: vec![tlv(0x1401, b"mine\0"), tlv(0x3FFF, &[]), tlv(0x1401, b"too\0")],
        ..command()
    };
    let payload = Part {
        tlvs: vec![tlv(tag::MESSAGE_PAYLOAD, b"text")],
        ..Part::default()
    };
    let expected = [
        tlv(tag::MESSAGE_PAYLOAD, b"text"),
        tlv(0x1401, b"mine\0"),
        tlv(0x3FFF, &[]),
        tlv(0x1401, b"too\0"),
        tlv(0x1400, b"1101\0"),
    ];
    assert_eq!(pdus(&settings, &command, vec![payload])[0].tlvs, expected);
}

#[test]
fn flash_is_told_by_data_coding_or_by_tlv() {
    let table = CharTable::from_base("acme", TableBase::Latin1, &[]).unwrap();
    let alphabets = [
        Alphabet::Gsm7Unpacked,
        Alphabet::Gsm7Packed,
        Alphabet::Ucs2,
        Alphabet::Latin1,
        Alphabet::Table(Arc::new(table)),
    ];
    let group_f = Flash::DataCoding {
        gsm7: 0xF0,
        ucs2: 0x19,
    };
    for (flash, message_type, codes) in [
        (Flash::default(), MessageType::Sms, [0x00, 0x00, 0x08, 0x03, 0x00]),
        (
            Flash::default(),
            MessageType::Flash,
            [0x10, 0x10, 0x18, 0x14, 0x10],
        ),
        (group_f, MessageType::Sms, [0x00, 0x00, 0x08, 0x03, 0x00]),
        (group_f, MessageType::Flash, [0xF0, 0xF0, 0x19, 0x14, 0xF0]),
        (
            Flash::DestAddrSubunit,
            MessageType::Flash,
            [0x00, 0x00, 0x08, 0x03, 0x00],
        ),
    ] {
        let found = alphabets
            .clone()
            .map(|alphabet| flash.data_coding(&alphabet, message_type));
        assert_eq!(found, codes, "{flash:?} {message_type:?}");
        let settings = SubmitSettings {
            flash,
            tlvs: vec![tlv(0x0005, &[4])],
            ..SubmitSettings::default()
        };
        let command = DispatchCommand {
            message_type,
            ..command()
        };
        let by_tlv = flash == Flash::DestAddrSubunit;
        assert_eq!(
            one(&settings, &command).tlvs,
            [tlv(0x0005, &[if by_tlv { 1 } else { 4 }])]
        );
        // The platform knows best.
        let command = DispatchCommand {
            tlvs: vec![tlv(0x0005, &[2])],
            ..command
        };
        assert_eq!(one(&settings, &command).tlvs, [tlv(0x0005, &[2])]);
    }
}

#[test]
fn parts_may_say_that_more_follow() {
    let settings = SubmitSettings {
        more_messages_to_send: true,
        ..SubmitSettings::default()
    };
    let more: Vec<_> = pdus(&settings, &command(), parts(&["a", "b", "c"]))
        .into_iter()
        .map(|pdu| pdu.tlvs)
        .collect();
    assert_eq!(
        more,
        [[tlv(0x0426, &[1])], [tlv(0x0426, &[1])], [tlv(0x0426, &[0])]]
    );
    assert_eq!(one(&settings, &command()).tlvs, []);
}

#[test]
fn parts_may_go_last_first() {
    let settings = SubmitSettings {
        reverse_order: true,
        more_messages_to_send: true,
        receipts: Receipts {
            parts: ReceiptParts::First,
            ..Receipts::default()
        },
        ..SubmitSettings::default()
    };
    let sent: Vec<_> = pdus(&settings, &command(), parts(&["a", "b", "c"]))
        .into_iter()
        .map(|pdu| (pdu.short_message, pdu.registered_delivery, pdu.tlvs[0].value[0]))
        .collect();
    let at = |text: &[u8], receipt, more| (text.to_vec(), receipt, more);
    assert_eq!(sent, [at(b"c", 1, 1), at(b"b", 0, 1), at(b"a", 0, 0)]);
}

#[test]
fn a_short_message_may_end_with_a_nul() {
    let settings = SubmitSettings {
        nul_terminated: true,
        ..SubmitSettings::default()
    };
    assert_eq!(one(&settings, &command()).short_message, b"text\0");
    let longest = "x".repeat(MAX_SHORT_MESSAGE);
    let sent = pdus(&settings, &command(), parts(&["", &longest, &longest[1..]]));
    let lengths: Vec<_> = sent.iter().map(|pdu| pdu.short_message.len()).collect();
    assert_eq!(lengths, [0, 254, 254]);
}
