//! What is written is what was meant, down to the octet where it matters; rusmpp is the second opinion.

use crate::*;
use bytes::BytesMut;
use rusmpp::decode::DecodeWithLength;
use rusmpp::{Command, Pdu};
use smpp_domain::pdu::{
    Address, BindMode, BindRequest, CommandStatus, Outgoing, OutgoingBody, SubmitSmPdu, Tlv,
};
use std::sync::Arc;

fn out(sequence_number: u32, body: OutgoingBody) -> Outgoing {
    Outgoing {
        sequence_number,
        command_status: CommandStatus::OK,
        body,
    }
}

pub(super) fn encoded(body: OutgoingBody) -> Result<BytesMut, EncodeError> {
    let mut octets = BytesMut::new();
    encode(&out(7, body), &mut octets).map(|()| octets)
}

/// What rusmpp, and with it any peer that holds to the standard, reads in what was written.
fn as_rusmpp_reads(pdu: &Outgoing) -> Command {
    let mut octets = BytesMut::new();
    encode(pdu, &mut octets).unwrap();
    let length = octets.len() - 4;
    assert_eq!(
        octets.split_to(4)[..],
        u32::try_from(length + 4).unwrap().to_be_bytes()
    );
    let (command, size) = <Command as DecodeWithLength>::decode(&mut octets, length).unwrap();
    assert_eq!((size, octets.len()), (length, 0), "nothing is left over");
    assert_eq!(command.sequence_number(), pdu.sequence_number);
    assert_eq!(u32::from(command.status()), pdu.command_status.0);
    command
}

fn bind() -> BindRequest {
    BindRequest {
        system_id: "user".to_owned(),
        password: "secret08".to_owned(),
        system_type: "VMA".to_owned(),
        interface_version: 0x34,
        addr_ton: 1,
        addr_npi: 8,
        address_range: "^49".to_owned(),
    }
}

fn submit() -> SubmitSmPdu {
    SubmitSmPdu {
        service_type: "CMT".to_owned(),
        source: Address {
            ton: 5,
            npi: 0,
            digits: "ACME".to_owned(),
        },
        destination: Address {
            ton: 1,
            npi: 1,
            digits: "491701234589".to_owned(),
        },
        esm_class: 0x43,
        protocol_id: 0x40,
        priority_flag: 3,
        schedule_delivery_time: "120305124350000+".to_owned(),
        validity_period: "000000020630000R".to_owned(),
        registered_delivery: 0x11,
        replace_if_present: 1,
        data_coding: 0xF5,
        sm_default_msg_id: 9,
        short_message: vec![0, 0xFF, b'x'],
        tlvs: vec![
            Tlv {
                tag: 0x020C,
                value: vec![0x12, 0x34],
            },
            Tlv {
                tag: 0x1401,
                value: vec![1, 2, 3],
            },
            Tlv {
                tag: 0x020C,
                value: vec![0, 1],
            },
        ],
    }
}

pub(super) fn submit_with(change: impl FnOnce(&mut SubmitSmPdu)) -> OutgoingBody {
    let mut pdu = submit();
    change(&mut pdu);
    OutgoingBody::SubmitSm(Arc::new(pdu))
}

pub(super) fn bind_with(change: impl FnOnce(&mut BindRequest)) -> OutgoingBody {
    let mut pdu = bind();
    change(&mut pdu);
    OutgoingBody::Bind(BindMode::Transceiver, Box::new(pdu))
}

#[test]
fn a_submit_sm_is_read_as_it_was_written() {
    let changes: [fn(&mut SubmitSmPdu); 4] = [
        |_| {},
        |pdu| pdu.source.digits = "\u{E9}t\u{E9}".to_owned(),
        |pdu| pdu.tlvs.clear(),
        |pdu| {
            pdu.short_message.clear();
            pdu.tlvs = vec![
                Tlv {
                    tag: 0x0424,
                    value: vec![0; 300],
                },
                Tlv {
                    tag: 0x1400,
                    value: Vec::new(),
                },
            ];
        },
    ];
    for change in changes {
        let mut pdu = submit();
        change(&mut pdu);
        let octets = encoded(OutgoingBody::SubmitSm(Arc::new(pdu.clone()))).unwrap();
        let frame = Frame::copy_of(&octets).unwrap().unwrap();
        assert_eq!(submit_sm(&frame), Ok(pdu));
        let mut short = octets[..octets.len() - 1].to_vec();
        short[..4].copy_from_slice(&u32::try_from(octets.len() - 1).unwrap().to_be_bytes());
        assert!(submit_sm(&Frame::copy_of(&short).unwrap().unwrap()).is_err());
    }
}

#[test]
fn short_pdus_are_written_to_the_octet() {
    let cases = [
        (OutgoingBody::EnquireLink, "00000010000000150000000000000007"),
        (OutgoingBody::EnquireLinkResp, "00000010800000150000000000000007"),
        (OutgoingBody::Unbind, "00000010000000060000000000000007"),
        (OutgoingBody::UnbindResp, "00000010800000060000000000000007"),
        (OutgoingBody::GenericNack, "00000010800000000000000000000007"),
        (OutgoingBody::DeliverSmResp, "0000001180000005000000000000000700"),
        (OutgoingBody::DataSmResp, "0000001180000103000000000000000700"),
    ];
    for (body, expected) in cases {
        assert_eq!(hex::encode(encoded(body.clone()).unwrap()), expected);
        let refused = Outgoing {
            sequence_number: 0xA285_9F22,
            command_status: CommandStatus(0x64),
            body,
        };
        assert!(as_rusmpp_reads(&refused).pdu().is_some());
    }
}

#[test]
fn binds_are_read_by_rusmpp_as_meant() {
    let of = |mode| as_rusmpp_reads(&out(1, OutgoingBody::Bind(mode, Box::new(bind()))));
    let transceiver = of(BindMode::Transceiver);
    let Some(Pdu::BindTransceiver(read)) = transceiver.pdu() else {
        panic!("{transceiver:?}")
    };
    assert_eq!(
        (read.system_id.as_str(), read.password.as_str()),
        ("user", "secret08")
    );
    assert_eq!(
        (read.system_type.as_str(), read.address_range.as_str()),
        ("VMA", "^49")
    );
    assert_eq!(
        [
            read.interface_version.into(),
            read.addr_ton.into(),
            u8::from(read.addr_npi)
        ],
        [0x34, 1, 8]
    );
    assert!(matches!(
        of(BindMode::Transmitter).pdu(),
        Some(Pdu::BindTransmitter(_))
    ));
    assert!(matches!(of(BindMode::Receiver).pdu(), Some(Pdu::BindReceiver(_))));
}

#[test]
fn a_submit_sm_is_read_by_rusmpp_as_meant() {
    let command = as_rusmpp_reads(&out(0x7FFF_FFFF, submit_with(|_| {})));
    let Some(Pdu::SubmitSm(read)) = command.pdu() else {
        panic!("{command:?}")
    };
    assert_eq!(read.service_type.value().as_str(), "CMT");
    assert_eq!(
        (u8::from(read.source_addr_ton), u8::from(read.source_addr_npi)),
        (5, 0)
    );
    assert_eq!(
        (u8::from(read.dest_addr_ton), u8::from(read.dest_addr_npi)),
        (1, 1)
    );
    assert_eq!(
        (read.source_addr.as_str(), read.destination_addr.as_str()),
        ("ACME", "491701234589")
    );
    assert_eq!(
        (
            u8::from(read.esm_class),
            read.protocol_id,
            u8::from(read.priority_flag)
        ),
        (0x43, 0x40, 3)
    );
    assert_eq!(read.schedule_delivery_time.as_str(), "120305124350000+");
    assert_eq!(read.validity_period.as_str(), "000000020630000R");
    assert_eq!(
        (
            u8::from(read.registered_delivery),
            u8::from(read.replace_if_present_flag)
        ),
        (0x11, 1)
    );
    assert_eq!((u8::from(read.data_coding), read.sm_default_msg_id), (0xF5, 9));
    assert_eq!(
        (read.sm_length(), read.short_message().to_vec()),
        (3, vec![0, 0xFF, b'x'])
    );
    let tags: Vec<u16> = read.tlvs().iter().map(|tlv| tlv.tag().into()).collect();
    assert_eq!(tags, [0x020C, 0x1401, 0x020C], "in the order given");
}

#[test]
fn a_payload_goes_with_sm_length_0() {
    let body = submit_with(|pdu| {
        pdu.short_message.clear();
        pdu.tlvs = vec![Tlv {
            tag: 0x0424,
            value: vec![b'p'; 300],
        }];
    });
    let command = as_rusmpp_reads(&out(1, body));
    let Some(Pdu::SubmitSm(read)) = command.pdu() else {
        panic!("{command:?}")
    };
    assert_eq!((read.sm_length(), read.tlvs()[0].value_length()), (0, 300));
    let both = submit_with(|pdu| {
        pdu.tlvs = vec![Tlv {
            tag: 0x0424,
            value: vec![1],
        }]
    });
    assert_eq!(encoded(both), Err(EncodeError::TwoMessages));
}

#[test]
fn what_rusmpp_refuses_is_sent_all_the_same() {
    let octets = encoded(bind_with(|pdu| pdu.password = "nine-char".to_owned())).unwrap();
    assert!(octets.windows(11).any(|window| window == b"\0nine-char\0"));
    let odd = submit_with(|pdu| {
        pdu.source.digits = "\u{E9}t\u{E9}".to_owned();
        pdu.validity_period = "26010112".to_owned();
        pdu.tlvs = vec![
            Tlv {
                tag: 0x020C,
                value: vec![1],
            },
            Tlv {
                tag: 0x0427,
                value: vec![],
            },
        ];
    });
    let octets = encoded(odd).unwrap();
    assert!(octets.windows(4).any(|window| window == b"\xE9t\xE9\0"));
    let (read, oddity) = tolerant::message(&octets[16..]).unwrap();
    assert_eq!(read.source.digits, "\u{E9}t\u{E9}");
    assert_eq!(read.tlvs.len(), 2);
    assert_eq!(
        oddity,
        Some(Oddity {
            what: Oddity::NOT_ASCII,
            field: "source_addr"
        })
    );
}

#[test]
fn fields_are_taken_up_to_their_limit_and_no_further() {
    type Set = fn(&mut SubmitSmPdu, String);
    let submits: [(&str, usize, Set); 5] = [
        ("service_type", 5, |pdu, text| pdu.service_type = text),
        ("source_addr", 20, |pdu, text| pdu.source.digits = text),
        ("destination_addr", 20, |pdu, text| pdu.destination.digits = text),
        ("schedule_delivery_time", 16, |pdu, text| {
            pdu.schedule_delivery_time = text
        }),
        ("validity_period", 16, |pdu, text| pdu.validity_period = text),
    ];
    type SetBind = fn(&mut BindRequest, String);
    let binds: [(&str, usize, SetBind); 4] = [
        ("system_id", 15, |pdu, text| pdu.system_id = text),
        ("password", 64, |pdu, text| pdu.password = text),
        ("system_type", 12, |pdu, text| pdu.system_type = text),
        ("address_range", 40, |pdu, text| pdu.address_range = text),
    ];
    let check = |field, limit, with: &dyn Fn(String) -> OutgoingBody| {
        for text in ["x".repeat(limit), "\u{FF}".repeat(limit)] {
            assert!(encoded(with(text.clone())).is_ok(), "{field}");
            let refused = EncodeError::TooLong {
                field,
                length: limit + 1,
                limit,
            };
            assert_eq!(encoded(with(text + "x")), Err(refused));
        }
        assert_eq!(
            encoded(with("a\0b".to_owned())),
            Err(EncodeError::NulInText { field })
        );
        assert_eq!(
            encoded(with("\u{100}".to_owned())),
            Err(EncodeError::NotOctets { field })
        );
    };
    for (field, limit, set) in submits {
        check(field, limit, &|text| submit_with(|pdu| set(pdu, text)));
    }
    for (field, limit, set) in binds {
        check(field, limit, &|text| bind_with(|pdu| set(pdu, text)));
    }
    let message = |length| submit_with(|pdu| pdu.short_message = vec![0; length]);
    assert!(encoded(message(254)).is_ok());
    let refused = |length| {
        Err(EncodeError::TooLong {
            field: "short_message",
            length,
            limit: 254,
        })
    };
    assert_eq!(encoded(message(255)), refused(255));
    assert_eq!(encoded(message(256)), refused(256));
    let tlv = |lengths: &[usize]| {
        let tlvs = lengths
            .iter()
            .map(|&length| Tlv {
                tag: 0x1400,
                value: vec![0; length],
            })
            .collect();
        encoded(submit_with(|pdu| pdu.tlvs = tlvs))
    };
    assert!(tlv(&[65_535]).is_ok());
    assert_eq!(
        tlv(&[65_536]),
        Err(EncodeError::TlvTooLong {
            tag: 0x1400,
            length: 65_536
        })
    );
    let refused = tlv(&[60_000, 60_000]).unwrap_err().to_string();
    assert!(
        refused.starts_with("the PDU has 120") && refused.ends_with("at most 66560 are allowed"),
        "{refused}"
    );
}

#[test]
fn many_pdus_share_a_buffer_and_a_refused_one_leaves_no_trace() {
    let mut octets = BytesMut::new();
    encode(&out(1, OutgoingBody::EnquireLink), &mut octets).unwrap();
    encode(&out(2, submit_with(|_| {})), &mut octets).unwrap();
    let before = octets.clone();
    let late = submit_with(|pdu| {
        pdu.tlvs.push(Tlv {
            tag: 1,
            value: vec![0; 65_536],
        })
    });
    assert!(encode(&out(3, late), &mut octets).is_err());
    assert_eq!(octets, before);
    encode(&out(4, bind_with(|_| {})), &mut octets).unwrap();
    let mut seen = Vec::new();
    while let Some(frame) = crate::frame::next_frame(&mut octets).unwrap() {
        seen.push((frame.sequence_number(), frame.command_id()));
    }
    assert_eq!((seen, octets.len()), (vec![(1, 0x15), (2, 0x04), (4, 0x09)], 0));
}
