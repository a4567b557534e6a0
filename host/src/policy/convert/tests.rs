use super::*;
use crate::policy::bindings::exports::smpp::operator_policy::inbound as wit_inbound;
use smpp_domain::correlation::DlrMessageState;
use smpp_domain::pdu::{DeliverSmPdu, Tlv, tag};
use smpp_domain::policy::InboundAnswer;
use smpp_domain::receipt::{ReceiptIdOrigin, ReceiptReading};

fn encoded_text(octets: usize, unit: u8) -> encoding::Answer {
    encoding::Answer::Encoded(encoding::EncodedText {
        octets: vec![0x41; octets],
        data_coding: 3,
        unit,
    })
}

#[test]
fn no_opinion_is_none() {
    assert_eq!(encoded(encoding::Answer::HostDefault, "x"), Ok(None));
    assert_eq!(planned(splitting::Answer::HostDefault, 1), Ok(None));
    assert_eq!(
        interpreted(wit_inbound::Answer::HostDefault, &DeliverSmPdu::default(), None),
        Ok(None)
    );
}

#[test]
fn encoded_octets_are_whole_characters_and_fit_a_pdu() {
    assert!(matches!(
        encoded(encoded_text(4, 2), "ab"),
        Ok(Some(EncodingAnswer::Encoded { unit: 2, .. }))
    ));
    assert!(encoded(encoded_text(0, 1), "").is_ok());
    assert!(encoded(encoded_text(65_535, 1), "a").is_ok());
    for (octets, unit, text) in [(4, 0, "ab"), (5, 2, "ab"), (0, 1, "ab"), (65_536, 1, "ab")] {
        assert!(
            encoded(encoded_text(octets, unit), text).is_err(),
            "{octets} octets of {unit}"
        );
    }
}

#[test]
fn an_alphabet_answer_keeps_everything() {
    let choice = encoding::AlphabetChoice {
        alphabet: encoding::Alphabet::Named("acme".to_owned()),
        data_coding: 0xF1,
        unencodable: encoding::Unencodable::Replace("?".to_owned()),
    };
    let expected = EncodingAnswer::Alphabet {
        alphabet: AlphabetName::Named("acme".to_owned()),
        data_coding: 0xF1,
        unencodable: Some(UnencodableRule::Replace("?".to_owned())),
    };
    assert_eq!(
        encoded(encoding::Answer::Alphabet(choice), "x"),
        Ok(Some(expected))
    );
    for name in [String::new(), "x".repeat(65)] {
        assert!(alphabet(encoding::Alphabet::Named(name)).is_err());
    }
    let national = |locking_shift, single_shift| {
        alphabet(encoding::Alphabet::Gsm7National(encoding::NationalTables {
            locking_shift,
            single_shift,
        }))
    };
    assert!(national(Some(1), Some(13)).is_ok() && national(None, Some(2)).is_ok());
    assert!(
        national(None, None).is_err()
            && national(Some(2), None).is_err()
            && national(None, Some(14)).is_err()
    );
    assert!(unencodable(encoding::Unencodable::Replace("x".repeat(17))).is_err());
    assert_eq!(
        unencodable(encoding::Unencodable::Refuse),
        Ok(Some(UnencodableRule::Reject))
    );
}

fn udh_plan(
    wide: bool,
    max_octets: Option<u16>,
    max_parts: Option<u8>,
) -> Result<Option<SplittingAnswer>, String> {
    use splitting::ReferenceWidth::{EightBits, SixteenBits};
    let reference_width = if wide { SixteenBits } else { EightBits };
    planned(
        splitting::Answer::Udh(splitting::UdhPlan {
            reference_width,
            max_octets,
            max_parts,
        }),
        300,
    )
}

#[test]
fn parts_leave_room_for_text_and_fit_short_message() {
    assert!(udh_plan(false, None, None).is_ok());
    assert!(udh_plan(false, Some(8), Some(1)).is_ok() && udh_plan(true, Some(9), None).is_ok());
    assert!(udh_plan(true, Some(254), Some(255)).is_ok());
    assert!(udh_plan(false, Some(7), None).is_err() && udh_plan(true, Some(8), None).is_err());
    assert!(udh_plan(false, Some(255), None).is_err() && udh_plan(false, None, Some(0)).is_err());
}

fn one_part(header: &[u8], octets: usize) -> Result<Option<SplittingAnswer>, String> {
    let part = splitting::Part {
        header: header.to_vec(),
        octets: vec![0x41; octets],
    };
    planned(splitting::Answer::Parts(vec![part]), 300)
}

#[test]
fn a_planned_part_has_254_octets_with_its_header_and_length_octet() {
    let header = [0x00, 0x03, 0x01, 0x01, 0x01];
    assert!(one_part(&[], 254).is_ok() && one_part(&header, 248).is_ok());
    assert!(one_part(&[], 255).is_err() && one_part(&header, 249).is_err());
}

#[test]
fn a_planned_part_has_text_and_a_header_of_whole_elements() {
    assert!(one_part(&[], 0).is_err());
    assert!(one_part(&[0x24, 0x01, 0x05, 0x00, 0x03, 1, 1, 1], 10).is_ok());
    assert!(one_part(&[0x00, 0x03, 0x01, 0x01], 10).is_err() && one_part(&[0x00], 10).is_err());
    assert!(one_part(&[0; 138], 10).is_ok() && one_part(&[0; 140], 10).is_err());
    assert!(planned(splitting::Answer::Parts(Vec::new()), 0).is_err());
    let empty = || splitting::Part {
        header: Vec::new(),
        octets: Vec::new(),
    };
    assert!(planned(splitting::Answer::Parts(vec![empty()]), 0).is_ok());
    let full = || splitting::Part {
        header: Vec::new(),
        octets: vec![1],
    };
    assert!(planned(splitting::Answer::Parts((0..256).map(|_| full()).collect()), 300).is_err());
}

#[test]
fn reasons_are_bounded_and_printable() {
    let refused = planned(splitting::Answer::Refuse("too\nlong".to_owned()), 1);
    assert_eq!(refused, Ok(Some(SplittingAnswer::Refuse("too long".to_owned()))));
    assert_eq!(reason(""), "the policy gave no reason");
    assert_eq!(reason(&"x".repeat(9_999)).len(), REASON);
}

#[test]
fn a_key_has_1_to_255_printable_octets() {
    assert_eq!(key(Some("1A".to_owned())), Ok(Some("1A".to_owned())));
    assert!(key(Some("x".repeat(255))).is_ok());
    assert_eq!(key(None), Ok(None));
    for bad in [String::new(), "x".repeat(256), "a\0".to_owned(), "a\n".to_owned()] {
        assert!(key(Some(bad)).is_err());
    }
}

fn host_reading() -> ReceiptReading {
    ReceiptReading {
        message_id: "42".to_owned(),
        origin: ReceiptIdOrigin::Tlv,
        state: DlrMessageState::Unknown,
        is_final: false,
        raw_state: "BUFFERED".to_owned(),
        raw_error: "001".to_owned(),
        network_error_code: Some(vec![3, 0, 1]),
        done_at: Some("2601011200".to_owned()),
        text_id: Some("66".to_owned()),
        sender: smpp_domain::pdu::Address::default(),
        unknown_word: true,
        intermediate: false,
    }
}

/// What a plugin gives back that changes nothing.
fn returned(host: &ReceiptReading) -> wit_inbound::ReceiptResult {
    let asked = reading(host);
    wit_inbound::ReceiptResult {
        message_id: asked.message_id.to_owned(),
        state: asked.state,
        is_final: asked.is_final,
        raw_state: asked.raw_state.to_owned(),
        raw_error: asked.raw_error.to_owned(),
        done_at: asked.done_at.map(str::to_owned),
    }
}

fn receipt(change: impl FnOnce(&mut wit_inbound::ReceiptResult)) -> Result<ReceiptReading, String> {
    let host = host_reading();
    let mut receipt = returned(&host);
    change(&mut receipt);
    let answer = wit_inbound::Answer::Receipt(receipt);
    match interpreted(answer, &DeliverSmPdu::default(), Some(&host))? {
        Some(InboundAnswer::Receipt(reading)) => Ok(reading),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn a_reading_returned_with_one_change_keeps_the_rest() {
    assert_eq!(receipt(|_| {}), Ok(host_reading()));
    let changed = receipt(|receipt| receipt.state = wit_inbound::DlrState::Enroute);
    let expected = ReceiptReading {
        state: DlrMessageState::Enroute,
        unknown_word: false,
        ..host_reading()
    };
    assert_eq!(changed, Ok(expected), "a plugin that maps the word knows it");
}

#[test]
fn fields_of_a_receipt_are_bounded_octet_text() {
    assert!(receipt(|receipt| receipt.message_id = "x".repeat(256)).is_err());
    assert!(receipt(|receipt| receipt.message_id = "4\n2".to_owned()).is_err());
    assert!(receipt(|receipt| receipt.raw_state = "\u{100}".to_owned()).is_err());
    assert!(receipt(|receipt| receipt.raw_error = "\u{FF}".repeat(255)).is_ok());
    assert!(receipt(|receipt| receipt.done_at = Some("yesterday".to_owned())).is_err());
    let timed = receipt(|receipt| receipt.done_at = Some("2026-01-01T12:00:00+01:00".to_owned()));
    assert_eq!(timed.unwrap().done_at.unwrap(), "2026-01-01T12:00:00+01:00");
}

#[test]
fn the_origin_of_an_id_follows_from_where_it_stands() {
    let tlvs = vec![Tlv {
        tag: tag::RECEIPTED_MESSAGE_ID,
        value: b"7F\0".to_vec(),
    }];
    let pdu = DeliverSmPdu {
        tlvs,
        ..DeliverSmPdu::default()
    };
    for (id, origin) in [("7F", ReceiptIdOrigin::Tlv), ("127", ReceiptIdOrigin::Text)] {
        let answer = wit_inbound::ReceiptResult {
            message_id: id.to_owned(),
            ..returned(&host_reading())
        };
        let read = interpreted(wit_inbound::Answer::Receipt(answer), &pdu, None);
        let Ok(Some(InboundAnswer::Receipt(read))) = read else {
            panic!("{read:?}")
        };
        assert_eq!(read.origin, origin, "{id}");
    }
}

fn mo(digits: &str, place: Option<(u8, u8)>) -> Result<Option<InboundAnswer>, String> {
    let address = |digits: &str| wire::AddressResult {
        ton: 1,
        npi: 1,
        digits: digits.to_owned(),
    };
    let mo = wit_inbound::MobileOriginated {
        source: address(digits),
        destination: address("100"),
        text: None,
        concatenation: place.map(|(number, total)| wit_inbound::Concatenation {
            reference: 9,
            total,
            number,
        }),
    };
    interpreted(
        wit_inbound::Answer::MobileOriginated(mo),
        &DeliverSmPdu::default(),
        None,
    )
}

#[test]
fn a_mobile_originated_message_has_addresses_and_a_possible_place() {
    assert!(mo("4915112345678", Some((3, 3))).is_ok() && mo("", None).is_ok());
    assert!(mo(&"1".repeat(21), None).is_err() && mo("\u{20AC}", None).is_err());
    assert!(mo("1", Some((0, 3))).is_err() && mo("1", Some((4, 3))).is_err());
}

#[test]
fn a_refusal_has_a_status() {
    let refuse = |status| {
        interpreted(
            wit_inbound::Answer::Refuse(status),
            &DeliverSmPdu::default(),
            None,
        )
    };
    assert!(refuse(0).is_err());
    assert!(matches!(refuse(0x64), Ok(Some(InboundAnswer::Refuse(_)))));
}
