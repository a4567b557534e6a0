use super::*;
use crate::pdu::Tlv;
use proptest::prelude::*;

fn pdu(octets: &[u8]) -> DeliverSmPdu {
    DeliverSmPdu {
        esm_class: 0x40,
        short_message: octets.to_vec(),
        ..DeliverSmPdu::default()
    }
}

fn place(
    kind: ReferenceKind,
    reference: u16,
    total: u8,
    number: u8,
) -> Option<(ReferenceKind, Concatenation)> {
    let place = Concatenation {
        reference,
        total,
        number,
    };
    Some((kind, place))
}

#[test]
fn headers_are_read_in_any_order() {
    use ReferenceKind::{EightBits, SixteenBits};
    for (header, expected) in [
        (&[5, 0, 3, 0x2F, 10, 1][..], place(EightBits, 0x2F, 10, 1)),
        (&[6, 8, 4, 0x12, 0x34, 2, 2][..], place(SixteenBits, 0x1234, 2, 2)),
        (
            &[11, 5, 4, 0x15, 0x81, 0, 0, 0, 3, 7, 3, 3][..],
            place(EightBits, 7, 3, 3),
        ),
        (&[8, 0x24, 1, 1, 0, 3, 9, 2, 1][..], place(EightBits, 9, 2, 1)),
        (
            &[9, 0x70, 2, 0xFF, 0xFF, 0, 3, 9, 2, 1][..],
            place(EightBits, 9, 2, 1),
        ),
    ] {
        let octets = [header, b"text"].concat();
        let pdu = pdu(&octets);
        let (text, found) = user_data(&pdu);
        assert_eq!(text, b"text");
        assert_eq!((found.place, found.is_broken), (expected, false), "{header:?}");
    }
}

#[test]
fn ports_and_languages_are_read_beside_the_place() {
    let octets = [
        &[
            17, 0x25, 1, 3, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 7, 3, 3, 0x24, 1, 1,
        ][..],
        b"text",
    ]
    .concat();
    let pdu = pdu(&octets);
    let (text, header) = user_data(&pdu);
    assert_eq!(text, b"text");
    let expected = UserDataHeader {
        place: place(ReferenceKind::EightBits, 7, 3, 3),
        ports: Some(Ports {
            destination: 2948,
            source: 9200,
        }),
        languages: LanguageTables {
            locking: Some(3),
            single: Some(1),
        },
        is_broken: false,
    };
    assert_eq!(header, expected);
}

#[test]
fn ports_of_eight_bits_are_read() {
    let ports = user_data(&pdu(&[4, 4, 2, 0xF5, 0xF0])).1.ports;
    let expected = Ports {
        destination: 0xF5,
        source: 0xF0,
    };
    assert_eq!(ports, Some(expected));
}

#[test]
fn a_header_that_lies_is_text() {
    let pdu = pdu(&[200, 0, 3, 1, 2, 1]);
    let (text, header) = user_data(&pdu);
    assert_eq!(text, [200, 0, 3, 1, 2, 1]);
    assert_eq!((header.place, header.is_broken), (None, true));
}

#[test]
fn an_element_that_lies_ends_the_header_and_not_the_text() {
    let pdu = pdu(b"\x07\x00\x03\x01\x02\x01\x05\x09text");
    let (text, header) = user_data(&pdu);
    assert_eq!(text, b"text");
    assert_eq!(
        (header.place, header.is_broken),
        (place(ReferenceKind::EightBits, 1, 2, 1), true)
    );
}

#[test]
fn impossible_numbers_are_ignored() {
    for header in [
        &[5, 0, 3, 1, 0, 0][..],
        &[5, 0, 3, 1, 2, 3][..],
        &[5, 0, 3, 1, 2, 0][..],
    ] {
        assert_eq!(user_data(&pdu(header)).1.place, None);
    }
}

#[test]
fn segments_come_by_tlv_too() {
    let tlv = |tag, value: &[u8]| Tlv {
        tag,
        value: value.to_vec(),
    };
    let pdu = DeliverSmPdu {
        short_message: b"text".to_vec(),
        tlvs: vec![
            tlv(tag::SAR_SEGMENT_SEQNUM, &[2]),
            tlv(tag::SAR_MSG_REF_NUM, &[1, 2]),
            tlv(tag::SAR_TOTAL_SEGMENTS, &[3]),
        ],
        ..DeliverSmPdu::default()
    };
    let (text, header) = user_data(&pdu);
    assert_eq!(text, b"text");
    assert_eq!(header.place, place(ReferenceKind::Sar, 0x0102, 3, 2));
}

proptest! {
    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..160)) {
        let pdu = pdu(&octets);
        let (text, header) = user_data(&pdu);
        prop_assert!(text.len() <= octets.len());
        if let Some((_, place)) = header.place {
            prop_assert!((1..=place.total).contains(&place.number));
        }
    }
}
