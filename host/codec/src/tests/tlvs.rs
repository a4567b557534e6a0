//! Optional parameters, which operators shape as they like.

use super::{deliver_sm_body, read_deliver_sm};
use smpp_domain::pdu::Tlv;

#[test]
fn tlvs_come_in_any_order_number_and_shape() {
    let tlvs = hex::decode(
        // message_state, receipted_message_id without NUL, that again with NUL, one unknown without a value,
        // network_error_code of 2 octets, message_state of none, a vendor's
        "0427000102 001e0003616263 001e000478797a00 7fff0000 042300020301 04270000 140100021400"
            .replace(' ', ""),
    )
    .unwrap();
    let expected: [(u16, &[u8]); 7] = [
        (0x0427, &[2]),
        (0x001E, b"abc"),
        (0x001E, b"xyz\0"),
        (0x7FFF, b""),
        (0x0423, &[3, 1]),
        (0x0427, b""),
        (0x1401, &[0x14, 0]),
    ];
    let expected = expected.map(|(tag, value)| Tlv {
        tag,
        value: value.to_vec(),
    });
    let (read, oddity) = read_deliver_sm(&deliver_sm_body(b"1", b"", 0, b"", &tlvs));
    assert_eq!((read.tlvs.as_slice(), oddity), (&expected[..], None));

    // Cut anywhere, the TLVs before the cut are kept.
    let mut ends = vec![0];
    ends.extend(expected.iter().scan(0, |end, tlv| {
        *end += 4 + tlv.value.len();
        Some(*end)
    }));
    for cut in 0..tlvs.len() {
        let (read, oddity) = read_deliver_sm(&deliver_sm_body(b"1", b"", 0, b"", &tlvs[..cut]));
        let whole = ends.iter().filter(|&&end| end > 0 && end <= cut).count();
        assert_eq!(read.tlvs, expected[..whole], "cut at {cut}");
        assert_eq!(oddity.is_some(), !ends.contains(&cut), "cut at {cut}");
    }
}

/// Why TLVs are not left to rusmpp. When this fails, they may be.
#[test]
fn rusmpp_reads_a_text_tlv_beyond_its_length() {
    use rusmpp::{decode::DecodeWithLength, pdus::DeliverSm, tlvs::TlvValue};
    let body = deliver_sm_body(b"1", b"", 0, b"", b"\0\x1E\0\x02ab\x04\x27\0\x01\x02\0\0");
    let (read, _) = DeliverSm::decode(&mut bytes::BytesMut::from(&body[..]), body.len()).unwrap();
    match read.tlvs()[0].value() {
        Some(TlvValue::ReceiptedMessageId(id)) => assert_eq!(id.as_str(), "ab\u{4}'"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_payload_of_64_kib_is_user_data() {
    let payload = vec![b'p'; 65_535];
    let tlv = [&[0x04, 0x24, 0xFF, 0xFF][..], &payload].concat();
    let (read, oddity) = read_deliver_sm(&deliver_sm_body(b"1", b"", 0, b"", &tlv));
    assert_eq!((read.user_data() == payload, oddity), (true, None));
}

#[test]
fn a_payload_beside_a_text_is_odd_and_does_not_count() {
    let with = |tlv: &[u8]| read_deliver_sm(&deliver_sm_body(b"1", b"", 2, b"Hi", tlv));
    let (read, oddity) = with(b"\x04\x24\0\x05Other");
    assert_eq!(
        (read.user_data(), oddity),
        (&b"Hi"[..], Some(("two_texts", "message_payload")))
    );
    assert_eq!(with(b"\x04\x24\0\0").1, None, "there is nothing in it");
}
