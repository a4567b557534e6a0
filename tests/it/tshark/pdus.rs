//! Every PDU that the codec writes, and every way in which a text is cut.

use super::capture::Direction;
use super::reader::{DefaultAlphabet, Seen, read, read_whatever_it_is};
use bytes::BytesMut;
use smpp_connector::smpp::codec;
use smpp_domain::encoding::{Alphabet, NationalTables, UnencodableRule, encode};
use smpp_domain::pdu::{
    Address, BindMode, BindRequest, CommandStatus, Outgoing, OutgoingBody, SubmitSmPdu, Tlv,
};
use smpp_domain::policy::ReferenceWidth;
use smpp_domain::split::{Plan, split};
use std::sync::Arc;

/// The name that tshark should give it. A new kind of PDU has to be added here.
fn name(body: &OutgoingBody) -> &'static str {
    match body {
        OutgoingBody::Bind(BindMode::Transceiver, _) => "bind_transceiver",
        OutgoingBody::Bind(BindMode::Transmitter, _) => "bind_transmitter",
        OutgoingBody::Bind(BindMode::Receiver, _) => "bind_receiver",
        OutgoingBody::SubmitSm(_) => "submit_sm",
        OutgoingBody::DeliverSmResp => "deliver_sm_resp",
        OutgoingBody::DataSmResp => "data_sm_resp",
        OutgoingBody::EnquireLink => "enquire_link",
        OutgoingBody::EnquireLinkResp => "enquire_link_resp",
        OutgoingBody::Unbind => "unbind",
        OutgoingBody::UnbindResp => "unbind_resp",
        OutgoingBody::GenericNack => "generic_nack",
    }
}

#[test]
fn every_kind_of_pdu_is_read_without_complaint() {
    let bind = BindRequest {
        system_id: "a_long_system_i".to_owned(),
        password: "longer-than-the-standard-says".to_owned(),
        system_type: "SMPP".to_owned(),
        interface_version: 0x34,
        addr_ton: 1,
        addr_npi: 1,
        address_range: "^4915".to_owned(),
    };
    let bind = |mode| OutgoingBody::Bind(mode, Box::new(bind.clone()));
    let bodies = [
        bind(BindMode::Transceiver),
        bind(BindMode::Transmitter),
        bind(BindMode::Receiver),
        OutgoingBody::SubmitSm(Arc::default()),
        OutgoingBody::DeliverSmResp,
        OutgoingBody::DataSmResp,
        OutgoingBody::EnquireLink,
        OutgoingBody::EnquireLinkResp,
        OutgoingBody::Unbind,
        OutgoingBody::UnbindResp,
        OutgoingBody::GenericNack,
    ];
    let names: Vec<_> = bodies.iter().map(name).collect();
    // The highest sequence number that is ours, and one that only a peer would use.
    let numbers = [0x7FFF_FFFF, 0xFFFF_FFFF].into_iter().cycle();
    let pdus: Vec<_> = bodies
        .into_iter()
        .zip(numbers)
        .map(|(body, number)| octets(number, body))
        .collect();
    let seen = read(&pdus, DefaultAlphabet::Unpacked);
    assert_eq!(seen.iter().map(Seen::name).collect::<Vec<_>>(), names);
    assert_eq!(seen[0].number("smpp.sequence_number"), 0x7FFF_FFFF);
    assert_eq!(seen[1].number("smpp.sequence_number"), 0xFFFF_FFFF);
    for bind in &seen[..3] {
        assert_eq!(bind.get("smpp.system_id"), "a_long_system_i");
        assert_eq!(bind.get("smpp.password"), "longer-than-the-standard-says");
        assert_eq!(bind.get("smpp.system_type"), "SMPP");
        assert_eq!(bind.get("smpp.address_range"), "^4915");
        assert_eq!(bind.number("smpp.interface_version"), 0x34);
    }
}

#[test]
fn a_refusal_keeps_its_status() {
    let pdu = Outgoing {
        sequence_number: 9,
        command_status: CommandStatus::RECEIVER_TEMPORARY_ERROR,
        body: OutgoingBody::DeliverSmResp,
    };
    let mut out = BytesMut::new();
    codec::encode(&pdu, &mut out).expect("a PDU that can be sent");
    let seen = read(&[(Direction::Out, out.to_vec())], DefaultAlphabet::Unpacked);
    assert_eq!(seen[0].number("smpp.command_status"), 0x64);
}

#[test]
fn every_field_of_a_submit_sm_stands_where_it_belongs() {
    let vendor = |tag, value: &[u8]| Tlv {
        tag,
        value: value.to_vec(),
    };
    let full = SubmitSmPdu {
        service_type: "WAP".to_owned(),
        source: Address {
            ton: 5,
            npi: 0,
            digits: "Caf\u{E9} Story".to_owned(),
        },
        destination: Address {
            ton: 1,
            npi: 1,
            digits: "491511234567".to_owned(),
        },
        esm_class: 0,
        protocol_id: 0x41,
        priority_flag: 3,
        schedule_delivery_time: "000000000500000R".to_owned(),
        validity_period: "000001023000000R".to_owned(),
        registered_delivery: 1,
        replace_if_present: 1,
        data_coding: 0,
        sm_default_msg_id: 0,
        short_message: b"Once".to_vec(),
        tlvs: vec![
            vendor(0x1401, b"vendor"),
            vendor(0x3FFF, &[]),
            vendor(0x1401, &[0, 255]),
        ],
    };
    let flash = |data_coding| SubmitSmPdu {
        data_coding,
        short_message: vec![0, 65],
        ..SubmitSmPdu::default()
    };
    let seen = submit(
        vec![full, flash(0x10), flash(0x18), SubmitSmPdu::default()],
        DefaultAlphabet::Unpacked,
    );
    let [full, flash_gsm, flash_ucs2, empty] = seen.as_slice() else {
        panic!("{seen:#?}")
    };
    for (field, expected) in [
        ("smpp.service_type", "WAP"),
        ("smpp.destination_addr", "491511234567"),
        ("smpp.schedule_delivery_time_r", "300.000000000"),
        ("smpp.validity_period_r", "95400.000000000"),
        ("smpp.message_text", "Once"),
        ("smpp.opt_param_tag", "0x1401;0x3fff;0x1401"),
        ("smpp.opt_param_len", "6;0;2"),
    ] {
        assert_eq!(full.get(field), expected, "{field}");
    }
    for (field, expected) in [
        ("smpp.source_addr_ton", 5),
        ("smpp.source_addr_npi", 0),
        ("smpp.dest_addr_ton", 1),
        ("smpp.dest_addr_npi", 1),
        ("smpp.protocol_id", 0x41),
        ("smpp.priority_flag", 3),
        ("smpp.regdel.receipt", 1),
        ("smpp.replace_if_present_flag", 1),
    ] {
        assert_eq!(full.number(field), expected, "{field}");
    }
    for (flash, data_coding) in [(flash_gsm, 0x10), (flash_ucs2, 0x18)] {
        assert_eq!(
            (flash.number("smpp.data_coding"), flash.get("smpp.message")),
            (data_coding, "0041")
        );
    }
    assert_eq!(
        (empty.number("smpp.sm_length"), empty.get("smpp.destination_addr")),
        (0, "")
    );
}

/// A text in words, how it is written, and whether tshark has to unpack it.
struct Sample {
    text: String,
    alphabet: Alphabet,
    data_coding: u8,
    default: DefaultAlphabet,
}

fn samples() -> [Sample; 4] {
    let german = "Grüße {aus} €uropa, ".repeat(23);
    let sample = |text: &str, alphabet, data_coding, default| Sample {
        text: text.to_owned(),
        alphabet,
        data_coding,
        default,
    };
    use DefaultAlphabet::{Packed, Unpacked};
    [
        sample(&german, Alphabet::Gsm7Unpacked, 0, Unpacked),
        sample(&german, Alphabet::Gsm7Packed, 0, Packed),
        sample(&"Grüße aus Æbeltoft, ".repeat(19), Alphabet::Latin1, 3, Unpacked),
        sample(&"Zug 🚂 nach 日本. ".repeat(21), Alphabet::Ucs2, 8, Unpacked),
    ]
}

#[test]
fn long_texts_come_together_again_by_concatenation_headers() {
    for (width, reference) in [
        (ReferenceWidth::EightBits, None),
        (ReferenceWidth::SixteenBits, Some(0xA1B2)),
    ] {
        for sample in samples() {
            let plan = Plan::Udh {
                width,
                max_octets: None,
                max_parts: None,
            };
            let seen = submit(parts(&sample, &plan), sample.default);
            for part in &seen {
                assert_eq!(part.number("smpp.esm.submit.features"), 1, "UDHI");
                let id = part.number("gsm_sms.udh.mm.msg_id");
                assert_eq!(id, reference.unwrap_or(seen[0].number("gsm_sms.udh.mm.msg_id")));
            }
            let (number, count) = ("gsm_sms.udh.mm.msg_part", "gsm_sms.udh.mm.msg_parts");
            assert_together(&sample, &seen, number, count);
        }
    }
}

#[test]
fn long_texts_come_together_again_by_sar_parameters() {
    for sample in samples() {
        let plan = Plan::Sar {
            max_octets: None,
            max_parts: None,
        };
        let seen = submit(parts(&sample, &plan), sample.default);
        for part in &seen {
            assert_eq!(
                part.number("smpp.esm.submit.features"),
                0,
                "no header in the text"
            );
            assert_eq!(part.number("smpp.sar_msg_ref_num"), 0xA1B2);
            // tshark itself reads these three without minding their lengths.
            assert_eq!(part.get("smpp.opt_param_len"), "2;1;1");
        }
        let (number, count) = ("smpp.sar_segment_seqnum", "smpp.sar_total_segments");
        assert_together(&sample, &seen, number, count);
    }
}

#[test]
fn message_payload_holds_a_text_whole() {
    let plan = Plan::Payload {
        max_octets: None,
        always: false,
        beyond: None,
    };
    for mut sample in samples() {
        // Many TCP segments long.
        sample.text = sample.text.repeat(40);
        let seen = submit(parts(&sample, &plan), sample.default);
        let [part] = seen.as_slice() else {
            panic!("{} parts", seen.len())
        };
        assert_eq!(part.number("smpp.sm_length"), 0);
        assert_eq!(part.get("smpp.opt_param_tag"), "0x0424");
        let octets = part.get("smpp.message_payload").len() / 2;
        assert!(octets > 10_000, "{octets}");
        if sample.alphabet != Alphabet::Gsm7Packed {
            assert_eq!(
                part.get("smpp.message_text"),
                sample.text,
                "{:?}",
                sample.alphabet
            );
        }
    }
}

#[test]
fn headers_with_national_tables_are_read_without_complaint() {
    let turkish = "Çok güzel, şimdi de İstanbul'a doğru. ".repeat(9);
    for packed in [false, true] {
        let sample = Sample {
            text: turkish.clone(),
            alphabet: Alphabet::Gsm7National {
                tables: NationalTables::new(Some(1), Some(1)).expect("Turkish"),
                packed,
            },
            data_coding: 0,
            default: DefaultAlphabet::Unpacked,
        };
        let plan = Plan::Udh {
            width: ReferenceWidth::EightBits,
            max_octets: None,
            max_parts: None,
        };
        let seen = submit(parts(&sample, &plan), sample.default);
        let places: Vec<_> = seen
            .iter()
            .map(|part| part.number("gsm_sms.udh.mm.msg_part"))
            .collect();
        assert_eq!(places, [1, 2, 3], "beside the tables' elements");
    }
}

#[test]
fn tshark_would_notice() {
    let tlv = Tlv {
        tag: 0x1401,
        value: vec![1, 2, 3],
    };
    let submit = SubmitSmPdu {
        short_message: b"Once".to_vec(),
        tlvs: vec![tlv],
        ..SubmitSmPdu::default()
    };
    let (direction, good) = octets(1, OutgoingBody::SubmitSm(Arc::new(submit)));
    let mut longer_tlv = good.clone();
    longer_tlv[good.len() - 4] = 4;
    let mut longer_message = good.clone();
    let sm_length = good.len() - 7 - 4 - 1;
    assert_eq!(good[sm_length], 4);
    longer_message[sm_length] = 40;
    for broken in [longer_tlv, longer_message] {
        let seen = read_whatever_it_is(&[(direction, broken)], DefaultAlphabet::Unpacked);
        assert!(seen.iter().any(|pdu| pdu.complaint().is_some()), "{seen:#?}");
    }
}

/// Asserts that the parts make the text, in the order that they themselves tell.
fn assert_together(sample: &Sample, seen: &[Seen], number: &str, count: &str) {
    assert!(seen.len() > 2, "a text of several parts");
    let mut ordered: Vec<_> = seen.iter().map(|part| (part.number(number), part)).collect();
    ordered.sort_by_key(|(number, _)| *number);
    let numbers: Vec<_> = ordered.iter().map(|(number, _)| *number).collect();
    let total = u32::try_from(seen.len()).expect("few parts");
    assert_eq!(numbers, (1..=total).collect::<Vec<_>>());
    for part in seen {
        assert_eq!(part.number(count), total);
    }
    let text: String = ordered
        .iter()
        .map(|(_, part)| part.get("smpp.message_text"))
        .collect();
    // SMPP counts octets: seven spare bits behind the last character can only be read as one more septet.
    let padding = text.len() == sample.text.len() + 1 && sample.default == DefaultAlphabet::Packed;
    let text = text.strip_suffix('@').filter(|_| padding).unwrap_or(&text);
    assert_eq!(text, sample.text, "{:?}", sample.alphabet);
}

fn parts(sample: &Sample, plan: &Plan) -> Vec<SubmitSmPdu> {
    let encoded =
        encode(&sample.text, &sample.alphabet, &UnencodableRule::Reject).expect("a text in this alphabet");
    let parts = split(&encoded, plan, 0xA1B2).expect("a text that fits");
    let submit = |part: smpp_domain::split::Part| SubmitSmPdu {
        esm_class: part.esm_class,
        data_coding: sample.data_coding,
        short_message: part.short_message,
        tlvs: part.tlvs,
        ..SubmitSmPdu::default()
    };
    parts.into_iter().map(submit).collect()
}

fn submit(pdus: Vec<SubmitSmPdu>, alphabet: DefaultAlphabet) -> Vec<Seen> {
    let pdus = pdus.into_iter().zip(1..);
    let pdus: Vec<_> = pdus
        .map(|(pdu, number)| octets(number, OutgoingBody::SubmitSm(Arc::new(pdu))))
        .collect();
    read(&pdus, alphabet)
}

fn octets(sequence_number: u32, body: OutgoingBody) -> (Direction, Vec<u8>) {
    let pdu = Outgoing {
        sequence_number,
        command_status: CommandStatus::OK,
        body,
    };
    let mut out = BytesMut::new();
    codec::encode(&pdu, &mut out).expect("a PDU that can be sent");
    (Direction::Out, out.to_vec())
}
