use super::*;
use smpp_domain::pdu::{Address, CommandStatus, DeliverSmPdu, Tlv};

mod any_octets;
mod described;
mod explained;
mod outgoing;
mod redacted;
mod tlvs;

/// submit_sm_resp that refuses and yet has an id; one whose id has no NUL; a bind refused with a body.
const REFUSED_WITH_ID: &str = "00000021800000040000000b000000023041303030303030413344333233413100";
const ID_WITHOUT_NUL: &str = "0000001180000004000000000a342ee139";
const BIND_REFUSED: &str = "00000015800000090000000e00004db3534d534300";

fn frame(octets: &[u8]) -> Frame {
    Frame::copy_of(octets).unwrap().unwrap()
}

fn pdu(command_id: u32, status: u32, sequence_number: u32, body: &[u8]) -> Frame {
    let length = u32::try_from(16 + body.len()).unwrap();
    let header = [length, command_id, status, sequence_number]
        .map(u32::to_be_bytes)
        .concat();
    frame(&[&header, body].concat())
}

fn read(frame: &Frame) -> (IncomingBody, Option<(&'static str, &'static str)>) {
    let decoded = decode(frame);
    (
        decoded.incoming.body,
        decoded.oddity.map(|oddity| (oddity.what, oddity.field)),
    )
}

fn id(message_id: &str) -> IncomingBody {
    IncomingBody::SubmitSmResp {
        message_id: message_id.to_owned(),
        tlvs: Vec::new(),
    }
}

/// A deliver_sm as the standard has it, with the octets after short_message as given.
fn deliver_sm_body(source: &[u8], validity: &[u8], sm_length: u8, text: &[u8], tlvs: &[u8]) -> Vec<u8> {
    let head = [
        b"CMT\0\x01\x01",
        source,
        b"\0\x05\x00ACME\0\x04\x7F\x02\0",
        validity,
        b"\0\x11\x01\x08\x03",
    ];
    [head.concat().as_slice(), &[sm_length], text, tlvs].concat()
}

fn delivered() -> DeliverSmPdu {
    DeliverSmPdu {
        service_type: "CMT".to_owned(),
        source: Address {
            ton: 1,
            npi: 1,
            digits: "491701234589".to_owned(),
        },
        destination: Address {
            ton: 5,
            npi: 0,
            digits: "ACME".to_owned(),
        },
        esm_class: 0x04,
        protocol_id: 0x7F,
        priority_flag: 2,
        registered_delivery: 0x11,
        data_coding: 8,
        sm_default_msg_id: 3,
        short_message: b"id:1".to_vec(),
        tlvs: Vec::new(),
        unreadable: false,
    }
}

fn read_deliver_sm(body: &[u8]) -> (DeliverSmPdu, Option<(&'static str, &'static str)>) {
    match read(&pdu(0x05, 0, 9, body)) {
        (IncomingBody::DeliverSm(read), oddity) => (*read, oddity),
        other => panic!("{other:?}"),
    }
}

#[test]
fn responses_seen_in_the_field_are_read() {
    let refused = frame(&hex::decode(REFUSED_WITH_ID).unwrap());
    let decoded = decode(&refused);
    assert_eq!(
        (
            decoded.incoming.sequence_number,
            decoded.incoming.command_status.0
        ),
        (2, 0x0B)
    );
    assert_eq!(read(&refused), (id("0A000000A3D323A1"), None));

    let bare = frame(&hex::decode(ID_WITHOUT_NUL).unwrap());
    assert_eq!(decode(&bare).incoming.sequence_number, 0x0A34_2EE1);
    assert_eq!(read(&bare), (id("9"), Some(("no_nul", "message_id"))));

    let bind = frame(&hex::decode(BIND_REFUSED).unwrap());
    assert_eq!(
        decode(&bind).incoming.command_status,
        CommandStatus::INVALID_PASSWORD
    );
    assert_eq!(
        read(&bind),
        (
            IncomingBody::BindResp {
                system_id: "SMSC".to_owned()
            },
            None
        )
    );
}

#[test]
fn a_response_may_lack_its_body_whatever_its_status() {
    let lost = Some(("no_message_id", "message_id"));
    assert_eq!(read(&pdu(0x8000_0004, 0x58, 7, b"")), (id(""), None));
    assert_eq!(read(&pdu(0x8000_0004, 0x58, 7, b"\0")), (id(""), None));
    assert_eq!(read(&pdu(0x8000_0004, 0, 7, b"")), (id(""), lost));
    assert_eq!(read(&pdu(0x8000_0004, 0, 7, b"\0")), (id(""), lost));
    for command_id in [0x8000_0001, 0x8000_0002, 0x8000_0009] {
        let none = IncomingBody::BindResp {
            system_id: String::new(),
        };
        assert_eq!(read(&pdu(command_id, 0x0D, 1, b"")), (none.clone(), None));
        assert_eq!(read(&pdu(command_id, 0, 1, b"")), (none, None));
    }
}

#[test]
fn odd_message_ids_are_kept_as_octet_text() {
    let long = "7".repeat(70);
    let cases: [(&[u8], &str, &str); 3] = [
        (b"a\xE9\xFF\0", "a\u{E9}\u{FF}", "not_ascii"),
        (b"12 3", "12 3", "no_nul"),
        (&[long.as_bytes(), b"\0"].concat(), &long, "over_long"),
    ];
    for (body, message_id, what) in cases {
        assert_eq!(
            read(&pdu(0x8000_0004, 0, 1, body)),
            (id(message_id), Some((what, "message_id")))
        );
    }
    let body = [&long.as_bytes()[..65], b"\0"].concat();
    assert_eq!(
        read(&pdu(0x8000_0004, 0, 1, &body)),
        (id(&long[..65]), Some(("over_long", "message_id")))
    );
    // 64 octets and NUL are what the standard allows; TLVs after the id are legal.
    let body = [&long.as_bytes()[..64], b"\0\x04\x27\0\x01\x02"].concat();
    let answer = IncomingBody::SubmitSmResp {
        message_id: long[..64].to_owned(),
        tlvs: vec![Tlv {
            tag: 0x0427,
            value: vec![2],
        }],
    };
    assert_eq!(read(&pdu(0x8000_0004, 0, 1, &body)), (answer, None));
}

#[test]
fn any_sequence_number_is_kept() {
    for sequence_number in [0, 1, 0x7FFF_FFFF, 0x806A_179B, 0xA285_9F22, u32::MAX] {
        let decoded = decode(&pdu(0x15, 0, sequence_number, b""));
        assert_eq!(decoded.incoming.sequence_number, sequence_number);
        assert_eq!(decoded.incoming.body, IncomingBody::EnquireLink);
    }
}

#[test]
fn commands_are_told_apart() {
    let cases = [
        (0x15, IncomingBody::EnquireLink),
        (0x8000_0015, IncomingBody::EnquireLinkResp),
        (0x06, IncomingBody::Unbind),
        (0x8000_0006, IncomingBody::UnbindResp),
        (0x8000_0000, IncomingBody::GenericNack),
    ];
    for (command_id, body) in cases {
        assert_eq!(read(&pdu(command_id, 0, 1, b"")), (body.clone(), None));
        assert_eq!(
            read(&pdu(command_id, 0, 1, b"junk")),
            (body, Some(("unexpected_body", "body")))
        );
    }
    assert_eq!(
        read(&pdu(0x102, 0, 1, b"\xFF")),
        (
            IncomingBody::Undecodable { command_id: 0x102 },
            Some(("unreadable", "destination_addr"))
        )
    );
    for command_id in [0x04, 0x0B, 0x8000_0003, 0x0001_0200, 0xFFFF_FFFF] {
        assert_eq!(
            read(&pdu(command_id, 0, 1, b"\xFF")),
            (IncomingBody::Other { command_id }, None)
        );
    }
}

#[test]
fn a_deliver_sm_gives_every_field() {
    let body = deliver_sm_body(
        b"491701234589",
        b"000000020630000R",
        4,
        b"id:1",
        b"\x14\x00\x00\x02\x00\xFF",
    );
    let expected = DeliverSmPdu {
        tlvs: vec![Tlv {
            tag: 0x1400,
            value: vec![0, 0xFF],
        }],
        ..delivered()
    };
    assert_eq!(
        standard::deliver_sm(&body),
        Some((expected.clone(), None)),
        "rusmpp reads it"
    );
    assert_eq!(
        tolerant::message(&body),
        Some((expected.clone(), None)),
        "and so does the tolerant reader"
    );
    assert_eq!(read_deliver_sm(&body), (expected, None));

    let long = deliver_sm_body(b"491701234589", b"", 255, &[b'x'; 255], b"");
    let expected = DeliverSmPdu {
        short_message: vec![b'x'; 255],
        ..delivered()
    };
    assert_eq!(read_deliver_sm(&long), (expected, None));
}

#[test]
fn rusmpp_is_given_enough_of_the_longest_bodies() {
    let text = |length: usize| [vec![b'1'; length], vec![0]].concat();
    let address = [vec![1, 1], text(20)].concat();
    let head = [text(5), address.clone(), address].concat();
    let times = [text(16), text(16)].concat();
    let body = [
        &head[..],
        &[0; 3],
        &times,
        &[0, 0, 0, 0, 255],
        &[b'x'; 255],
        b"\x14\x00\0\0",
    ]
    .concat();
    let (read, _) = standard::deliver_sm(&body).unwrap();
    assert_eq!((read.short_message.len(), read.tlvs.len()), (255, 1));
    let (read, _) = standard::data_sm(&[&head[..], &[4, 1, 8], b"\x14\x00\0\0"].concat()).unwrap();
    assert_eq!((read.data_coding, read.tlvs.len()), (8, 1));
    assert_eq!(standard::message_id(&text(64)).map(|(id, _)| id.len()), Some(64));
    assert_eq!(standard::system_id(&text(15)).map(|id| id.len()), Some(15));
}

#[test]
fn an_odd_deliver_sm_gives_what_can_be_read() {
    let plain = |source: &[u8]| deliver_sm_body(source, b"", 4, b"id:1", b"");
    let from = |digits: &str| DeliverSmPdu {
        source: Address {
            digits: digits.to_owned(),
            ..delivered().source
        },
        ..delivered()
    };
    assert_eq!(
        read_deliver_sm(&plain(b"\xE9\x80")),
        (from("\u{E9}\u{80}"), Some(("not_ascii", "source_addr")))
    );
    let long = "1".repeat(40);
    assert_eq!(
        read_deliver_sm(&plain(long.as_bytes())),
        (from(&long), Some(("over_long", "source_addr")))
    );

    let body = deliver_sm_body(b"491701234589", b"26010112", 4, b"id:1", b"");
    assert_eq!(
        read_deliver_sm(&body),
        (delivered(), Some(("odd_time", "validity_period")))
    );
    let body = deliver_sm_body(b"491701234589", b"", 200, b"id:1", b"");
    assert_eq!(
        read_deliver_sm(&body),
        (delivered(), Some(("beyond_end", "sm_length")))
    );

    let body = b"\0\x01\x01123\0\x01\x01456\0\x04";
    let (read, oddity) = read_deliver_sm(body);
    assert_eq!((read.esm_class, read.destination.digits.as_str()), (4, "456"));
    assert_eq!(oddity, Some(("cut_short", "protocol_id")));
    let (read, oddity) = read_deliver_sm(b"\0\x01\x01123\0\x01\x01456");
    assert_eq!(
        (read.destination.digits.as_str(), oddity),
        ("456", Some(("no_nul", "destination_addr")))
    );
}

#[test]
fn without_addresses_a_message_keeps_its_header_and_its_octets() {
    for (command_id, body) in [
        (0x05, &b""[..]),
        (0x05, b"\0\x01\x01123"),
        (0x103, b"\0\x01\x01123\0\x01\x01"),
    ] {
        let decoded = decode(&pdu(command_id, 0, 77, body));
        let (IncomingBody::DeliverSm(read) | IncomingBody::DataSm(read)) = decoded.incoming.body else {
            panic!("{:?}", decoded.incoming.body)
        };
        assert!(read.unreadable);
        assert_eq!(read.short_message, body);
        assert_eq!(decoded.incoming.sequence_number, 77);
        assert_eq!(decoded.oddity.map(|oddity| oddity.what), Some("unreadable"));
    }
}

#[test]
fn an_alert_notification_tells_who_and_how() {
    let body = b"\x01\x01491510000009\0\x04\x0912345\0\x04\x22\0\x01\x01";
    let (IncomingBody::AlertNotification(alert), None) = read(&pdu(0x102, 0, 1, body)) else {
        panic!("an alert_notification")
    };
    let numbers = (alert.source.digits.as_str(), alert.esme.digits.as_str());
    assert_eq!(numbers, ("491510000009", "12345"));
    assert_eq!((alert.source.ton, alert.esme.ton, alert.esme.npi), (1, 4, 9));
    let availability = Tlv {
        tag: 0x0422,
        value: vec![1],
    };
    assert_eq!(alert.tlvs, [availability]);
}

#[test]
fn a_data_sm_is_read_with_addresses_up_to_the_standard() {
    let digits = "1".repeat(64);
    for (digits, accepted) in [("123", true), (digits.as_str(), false)] {
        let body = [
            b"\0\x01\x02",
            digits.as_bytes(),
            b"\0\0\x00456\0\x04\x01\x08\x04\x27\0\x01\x02",
        ]
        .concat();
        assert_eq!(standard::data_sm(&body).is_some(), accepted);
        match read(&pdu(0x103, 0, 1, &body)) {
            (IncomingBody::DataSm(read), None) => {
                assert_eq!(
                    read.source,
                    Address {
                        ton: 1,
                        npi: 2,
                        digits: digits.to_owned()
                    }
                );
                assert_eq!(
                    (read.esm_class, read.registered_delivery, read.data_coding),
                    (4, 1, 8)
                );
                assert_eq!(
                    read.tlvs,
                    [Tlv {
                        tag: 0x0427,
                        value: vec![2]
                    }]
                );
            }
            other => panic!("{other:?}"),
        }
    }
}
