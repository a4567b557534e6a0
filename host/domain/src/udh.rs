//! User data headers (3GPP TS 23.040 section 9.2.3.24) and segment parameters of what comes in.

use crate::pdu::{DeliverSmPdu, esm_class, find_tlv, tag};
use crate::policy::Concatenation;

/// Concatenated short messages, 8-bit reference.
const CONCATENATION_8: u8 = 0x00;
/// Concatenated short messages, 16-bit reference.
const CONCATENATION_16: u8 = 0x08;

/// The user data of a message without its header, and which segment it is, by header or by sar_* parameters.
///
/// A header that claims more octets than there are is no header: all of it counts as text.
#[must_use]
pub fn user_data(pdu: &DeliverSmPdu) -> (&[u8], Option<Concatenation>) {
    let octets = pdu.user_data();
    let sar = || sar(pdu);
    if pdu.esm_class & esm_class::UDHI == 0 {
        return (octets, sar());
    }
    match split_header(octets) {
        Some((header, text)) => (text, concatenation(header).or_else(sar)),
        None => (octets, sar()),
    }
}

fn split_header(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = octets.split_first()?;
    rest.split_at_checked(usize::from(length))
}

/// Looks through the information elements in any order; unknown ones are skipped by their length.
fn concatenation(mut header: &[u8]) -> Option<Concatenation> {
    let mut found = None;
    while let [element, length, rest @ ..] = header {
        let (data, next) = rest.split_at_checked(usize::from(*length))?;
        match (*element, data) {
            (CONCATENATION_8, &[reference, total, number]) => {
                found = valid(u16::from(reference), total, number);
            }
            (CONCATENATION_16, &[high, low, total, number]) => {
                found = valid(u16::from_be_bytes([high, low]), total, number);
            }
            _ => {}
        }
        header = next;
    }
    found
}

fn sar(pdu: &DeliverSmPdu) -> Option<Concatenation> {
    let reference = find_tlv(&pdu.tlvs, tag::SAR_MSG_REF_NUM)?;
    let total = find_tlv(&pdu.tlvs, tag::SAR_TOTAL_SEGMENTS)?;
    let number = find_tlv(&pdu.tlvs, tag::SAR_SEGMENT_SEQNUM)?;
    match (reference, total, number) {
        (&[high, low], &[total], &[number]) => valid(u16::from_be_bytes([high, low]), total, number),
        _ => None,
    }
}

/// Numbers outside 1..=total, and totals of 0, say nothing (3GPP TS 23.040 section 9.2.3.24.1: ignore the element).
fn valid(reference: u16, total: u8, number: u8) -> Option<Concatenation> {
    (1..=total).contains(&number).then_some(Concatenation { reference, total, number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::Tlv;

    fn pdu(octets: &[u8]) -> DeliverSmPdu {
        DeliverSmPdu { esm_class: 0x40, short_message: octets.to_vec(), ..DeliverSmPdu::default() }
    }

    #[test]
    fn headers_are_read_in_any_order() {
        for (header, reference, total, number) in [
            (&[5, 0, 3, 0x2F, 10, 1][..], 0x2F, 10, 1),
            (&[6, 8, 4, 0x12, 0x34, 2, 2][..], 0x1234, 2, 2),
            (&[11, 5, 4, 0x15, 0x81, 0, 0, 0, 3, 7, 3, 3][..], 7, 3, 3),
            (&[8, 0x24, 1, 1, 0, 3, 9, 2, 1][..], 9, 2, 1),
        ] {
            let octets = [header, b"text"].concat();
            let pdu = pdu(&octets);
            let (text, found) = user_data(&pdu);
            assert_eq!(text, b"text");
            assert_eq!(found, Some(Concatenation { reference, total, number }));
        }
    }

    #[test]
    fn a_header_that_lies_is_text() {
        let pdu = pdu(&[200, 0, 3, 1, 2, 1]);
        assert_eq!(user_data(&pdu), (&[200, 0, 3, 1, 2, 1][..], None));
    }

    #[test]
    fn impossible_numbers_are_ignored() {
        for header in [&[5, 0, 3, 1, 0, 0][..], &[5, 0, 3, 1, 2, 3][..], &[5, 0, 3, 1, 2, 0][..]] {
            assert_eq!(user_data(&pdu(header)).1, None);
        }
    }

    #[test]
    fn segments_come_by_tlv_too() {
        let tlv = |tag, value: &[u8]| Tlv { tag, value: value.to_vec() };
        let pdu = DeliverSmPdu {
            short_message: b"text".to_vec(),
            tlvs: vec![
                tlv(tag::SAR_SEGMENT_SEQNUM, &[2]),
                tlv(tag::SAR_MSG_REF_NUM, &[1, 2]),
                tlv(tag::SAR_TOTAL_SEGMENTS, &[3]),
            ],
            ..DeliverSmPdu::default()
        };
        assert_eq!(user_data(&pdu), (&b"text"[..], Some(Concatenation { reference: 0x0102, total: 3, number: 2 })));
    }
}
