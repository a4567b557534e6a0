use super::*;
use crate::pdu::Tlv;
use proptest::prelude::*;

const TEXT: &str = "id:0318794433 sub:001 dlvrd:001 submit date:2106301439 done date:2106301439 stat:DELIVRD err:000 text:hi";

fn pdu(esm_class: u8, text: &str, tlvs: &[(u16, &[u8])]) -> DeliverSmPdu {
    DeliverSmPdu {
        esm_class,
        short_message: text.as_bytes().to_vec(),
        tlvs: tlvs
            .iter()
            .map(|&(tag, value)| Tlv {
                tag,
                value: value.to_vec(),
            })
            .collect(),
        ..DeliverSmPdu::default()
    }
}

#[test]
fn the_type_bits_decide() {
    let is_final = |esm_class| {
        read(&pdu(esm_class, TEXT, &[]), Detection::EsmClass, None).map(|reading| reading.is_final)
    };
    for receipt in [0x04, 0x07, 0x44, 0x84] {
        assert_eq!(is_final(receipt), Some(true), "{receipt:#04x}");
    }
    for intermediate in [0x20, 0x23, 0x60] {
        assert_eq!(is_final(intermediate), Some(false), "{intermediate:#04x}");
    }
    for other in [0x40, 0x43, 0xC0, 0x00, 0x08, 0x10, 0x18, 0x24] {
        assert_eq!(is_final(other), None, "{other:#04x}");
    }
}

#[test]
fn an_intermediate_notification_says_so_and_is_never_the_end() {
    for (esm_class, intermediate) in [
        (0x20, true),
        (0x60, true),
        (0x23, true),
        (0x04, false),
        (0x44, false),
    ] {
        for text in [TEXT, "id:1 stat:ENROUTE", "id:1 stat:BUFFRED", "id:1"] {
            let reading = read(&pdu(esm_class, text, &[]), Detection::EsmClass, None);
            let reading = reading.unwrap_or_default();
            assert_eq!(reading.intermediate, intermediate, "{esm_class:#04x} {text}");
            assert_eq!(
                reading.is_final,
                !intermediate && text == TEXT,
                "{esm_class:#04x} {text}"
            );
        }
    }
}

#[test]
fn a_date_is_in_utc_where_the_operators_clock_is_known() {
    let read = |time_zone| read(&pdu(0x04, TEXT, &[]), Detection::EsmClass, time_zone);
    let done_at = |time_zone| read(time_zone).and_then(|reading| reading.done_at);
    assert_eq!(done_at(None).as_deref(), Some("2106301439"));
    let two_hours_east = FixedOffset::east_opt(2 * 3600);
    assert_eq!(done_at(two_hours_east).as_deref(), Some("2021-06-30T12:39:00Z"));
}

#[test]
fn a_text_counts_only_where_the_operator_says_so() {
    let reads = |detection, text| read(&pdu(0x00, text, &[]), detection, None).is_some();
    assert!(!reads(Detection::EsmClass, TEXT));
    assert!(reads(Detection::EsmClassOrText, TEXT));
    assert!(!reads(Detection::Tlv, TEXT));
    assert!(!reads(Detection::EsmClassOrText, "id:1 stat:DELIVRD"));
    assert!(read(&pdu(0x04, "?", &[]), Detection::EsmClassOrText, None).is_some());
}

#[test]
fn a_tlv_counts_whatever_the_bits_say() {
    let id: (u16, &[u8]) = (tag::RECEIPTED_MESSAGE_ID, b"6aad5\0");
    let state: (u16, &[u8]) = (tag::MESSAGE_STATE, &[2]);
    for (esm_class, is_final) in [(0x00, true), (0x08, true), (0x04, true), (0x20, false)] {
        let reading = read(&pdu(esm_class, "", &[id, state]), Detection::Tlv, None).unwrap();
        assert_eq!(
            (reading.message_id.as_str(), reading.is_final),
            ("6aad5", is_final)
        );
        assert_eq!(
            (reading.raw_state.as_str(), reading.origin),
            ("2", ReceiptIdOrigin::Tlv)
        );
    }
    assert_eq!(read(&pdu(0x04, TEXT, &[state]), Detection::Tlv, None), None);
    assert_eq!(
        read(
            &pdu(0x04, TEXT, &[(tag::RECEIPTED_MESSAGE_ID, b"\0")]),
            Detection::Tlv,
            None
        ),
        None
    );
}

#[test]
fn detections_have_the_names_of_settings() {
    for (name, detection) in [
        ("\"esm-class\"", Detection::EsmClass),
        ("\"esm-class-or-text\"", Detection::EsmClassOrText),
        ("\"tlv\"", Detection::Tlv),
    ] {
        assert_eq!(serde_json::from_str::<Detection>(name).unwrap(), detection);
    }
    assert_eq!(Detection::default(), Detection::EsmClass);
}

#[test]
fn tlvs_decide_and_the_text_is_kept() {
    let tlvs: [(u16, &[u8]); 2] = [
        (tag::RECEIPTED_MESSAGE_ID, b"13006AC1"),
        (tag::MESSAGE_STATE, &[5]),
    ];
    let reading = read(&pdu(0x04, TEXT, &tlvs), Detection::EsmClass, None).unwrap();
    assert_eq!(
        (reading.state, reading.is_final),
        (DlrMessageState::Undeliverable, true)
    );
    assert_eq!(reading.raw_state, "DELIVRD");
    assert_eq!(
        (reading.message_id.as_str(), reading.text_id.as_deref()),
        ("13006AC1", Some("0318794433"))
    );
    let same: (u16, &[u8]) = (tag::RECEIPTED_MESSAGE_ID, b"0318794433\0");
    assert_eq!(
        read(&pdu(0x04, TEXT, &[same]), Detection::EsmClass, None)
            .unwrap()
            .text_id,
        None
    );
}

#[test]
fn an_unknown_state_is_flagged_and_never_final() {
    let unknown = |text, tlvs: &[(u16, &[u8])]| {
        let reading = read(&pdu(0x04, text, tlvs), Detection::EsmClass, None).unwrap();
        (reading.state, reading.is_final, reading.unknown_word)
    };
    let state = DlrMessageState::Unknown;
    assert_eq!(unknown("id:1 stat:BADSTAT", &[]), (state, false, true));
    assert_eq!(
        unknown("id:1", &[(tag::MESSAGE_STATE, &[42])]),
        (state, false, true)
    );
    assert_eq!(unknown("id:1 stat:UNKNOWN", &[]), (state, false, false));
    assert_eq!(
        unknown("id:1", &[(tag::MESSAGE_STATE, &[7])]),
        (state, false, false)
    );
    assert_eq!(
        unknown("id:1", &[(tag::MESSAGE_STATE, &[])]),
        (state, false, false)
    );
    let delivered = (DlrMessageState::Delivered, true, false);
    assert_eq!(
        unknown("id:1 stat:DELIVRD", &[(tag::MESSAGE_STATE, &[42])]),
        delivered
    );
    assert_eq!(unknown("id:1", &[(tag::MESSAGE_STATE, &[0, 0, 0, 2])]), delivered);
}

#[test]
fn a_header_longer_than_the_data_is_text() {
    let text = "id:7 stat:DELIVRD";
    assert_eq!(
        read(&pdu(0x44, text, &[]), Detection::EsmClass, None)
            .unwrap()
            .message_id,
        "7"
    );
    assert_eq!(
        read(&pdu(0x44, "", &[]), Detection::EsmClass, None).unwrap(),
        ReceiptReading::default()
    );
}

#[test]
fn a_reading_stored_before_a_field_existed_is_read() {
    let mut json = serde_json::to_value(ReceiptReading::default()).unwrap();
    let fields = json.as_object_mut().unwrap();
    fields.remove("text_id").unwrap();
    fields.remove("unknown_word").unwrap();
    fields.remove("intermediate").unwrap();
    assert_eq!(
        serde_json::from_value::<ReceiptReading>(json).unwrap(),
        ReceiptReading::default()
    );
}

proptest! {
    #[test]
    fn no_pdu_makes_it_panic(
        esm_class: u8,
        data_coding: u8,
        octets in proptest::collection::vec(any::<u8>(), 0..255),
        tlvs in proptest::collection::vec(
            (
                prop_oneof![Just(0x001E_u16), Just(0x0423), Just(0x0424), Just(0x0427), any::<u16>()],
                proptest::collection::vec(any::<u8>(), 0..70),
            ),
            0..6,
        ),
    ) {
        let tlvs = tlvs.into_iter().map(|(tag, value)| Tlv { tag, value }).collect();
        let pdu = DeliverSmPdu { esm_class, data_coding, short_message: octets, tlvs, ..DeliverSmPdu::default() };
        for detection in [Detection::EsmClass, Detection::EsmClassOrText, Detection::Tlv] {
            if let Some(reading) = read(&pdu, detection, None) {
                prop_assert!(!(reading.is_final && reading.unknown_word));
            }
        }
    }
}
