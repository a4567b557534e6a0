//! The text of a receipt, and the PDU around it.

use super::Bytes;
use smpp_domain::pdu::{DeliverSmPdu, Tlv, octet_text, tag};
use smpp_domain::receipt::date::{done_at, parse_date};
use smpp_domain::receipt::message_id::{IdForm, canonical, default_key, key_of_number, near_misses};
use smpp_domain::receipt::text::{TextReceipt, scan, scan_octets};
use smpp_domain::receipt::{Detection, read};

/// A receipt whose last field is a text that somebody else chose.
const GENUINE: &str =
    "id:4f2a sub:001 dlvrd:001 submit date:2601310900 done date:2601310901 stat:DELIVRD err:000 text:";

/// One octet of data_coding, one of esm_class, one that chooses TLVs, then the text.
///
/// What is read is there to be read; and a text cannot change which message the receipt around it is for, nor what
/// became of it.
pub fn receipt(octets: &[u8]) {
    let mut bytes = Bytes(octets);
    let (data_coding, esm_class, tlvs) = (bytes.octet(), bytes.octet(), bytes.octet());
    let text = bytes.rest();
    for field in fields(scan(&octet_text(text))) {
        assert!(octet_text(text).contains(&field), "{field:?} is not in the text");
    }
    for field in fields(scan_octets(text, data_coding)) {
        date(&field);
        id(&field);
    }
    let forged = scan(&format!("{GENUINE}{}", octet_text(text)));
    assert_eq!(forged.id.as_deref(), Some("4f2a"));
    assert_eq!(forged.stat.as_deref(), Some("DELIVRD"));
    assert_eq!(forged.err.as_deref(), Some("000"));
    let pdu = DeliverSmPdu {
        data_coding,
        esm_class,
        short_message: text.to_vec(),
        tlvs: with_tlvs(tlvs, text),
        ..DeliverSmPdu::default()
    };
    for detection in [Detection::EsmClass, Detection::EsmClassOrText, Detection::Tlv] {
        if let Some(reading) = read(&pdu, detection, None) {
            assert!(!(reading.is_final && reading.unknown_word));
            id(&reading.message_id);
        }
    }
}

fn fields(read: TextReceipt) -> impl Iterator<Item = String> {
    [
        read.id,
        read.sub,
        read.dlvrd,
        read.submit_date,
        read.done_date,
        read.stat,
        read.err,
        read.text,
    ]
    .into_iter()
    .flatten()
}

/// Without a zone it stays what the operator wrote.
fn date(raw: &str) {
    let zone = parse_date(raw).and_then(|date| date.offset);
    assert!(zone.is_some() || done_at(raw, None).is_none_or(|told| told == raw));
}

/// Keys are what messages are stored by: one form is reached in one step.
fn id(raw: &str) {
    let key = default_key(raw);
    assert_eq!(default_key(&key), key);
    for form in [
        IdForm::AsIs,
        IdForm::Decimal,
        IdForm::AnyCase,
        IdForm::NoLeadingZeros,
    ] {
        let once = canonical(raw, form);
        let twice = once.as_ref().and_then(|id| canonical(id, form));
        assert_eq!(once, twice, "{raw:?} as {form:?}");
    }
    assert!(canonical(raw, IdForm::Hex).is_none_or(|number| number.is_ascii()));
    assert!(canonical(raw, IdForm::HexText).is_none_or(|text| text.len() * 2 == key.len()));
    let misses = near_misses(raw);
    assert!(misses.len() <= 16);
    assert!(misses.iter().all(|miss| miss.key != key));
    if let Some(by_number) = key_of_number(raw) {
        assert_ne!(by_number, key);
    }
}

/// The bits say which of the three that a receipt may have, and what the text is besides.
fn with_tlvs(bits: u8, text: &[u8]) -> Vec<Tlv> {
    let known = [
        tag::RECEIPTED_MESSAGE_ID,
        tag::MESSAGE_STATE,
        tag::NETWORK_ERROR_CODE,
        tag::MESSAGE_PAYLOAD,
    ];
    let chosen = known
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| bits & (1 << bit) != 0);
    let length = usize::from(bits >> 4);
    chosen
        .map(|(_, tag)| Tlv {
            tag,
            value: text.get(..length).unwrap_or(text).to_vec(),
        })
        .collect()
}
