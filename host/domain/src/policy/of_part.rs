//! A message as far as one of its submit_sm tells it.

use super::OutboundMessage;
use super::rewrite::PartPlace;
use crate::dispatch::{LongMessageStrategy, MessageType, SmsEncoding};
use crate::encoding::{Alphabet, alphabet_for_data_coding};
use crate::ids::{AccountId, MessageId};
use crate::mobile_originated::words;
use crate::pdu::{SubmitSmPdu, find_tlv, tag};
use crate::udh;
use uuid::Uuid;

impl OutboundMessage {
    /// The message of a submit_sm by itself, and the part's place in it. Ids are nil, and of several parts the text is that of
    /// this one, with data_coding 0 read as GSM 7-bit.
    #[must_use]
    pub fn of_part(pdu: &SubmitSmPdu) -> (Self, PartPlace) {
        let (octets, header) = udh::user_data_of(pdu.esm_class, pdu.user_data(), &pdu.tlvs);
        let alphabet = alphabet_for_data_coding(pdu.data_coding, &Alphabet::Gsm7Unpacked);
        let place = header.place.map(|(_, place)| PartPlace {
            number: place.number,
            count: place.total,
        });
        let message = Self {
            message_id: MessageId(Uuid::nil()),
            account_id: AccountId(Uuid::nil()),
            source: pdu.source.clone(),
            destination: pdu.destination.clone(),
            text: words(octets, pdu.data_coding, header.languages),
            encoding: match alphabet {
                Alphabet::Ucs2 => SmsEncoding::Ucs2,
                _ => SmsEncoding::Gsm7,
            },
            message_type: if is_flash(pdu) {
                MessageType::Flash
            } else {
                MessageType::Sms
            },
            long_message_strategy: match find_tlv(&pdu.tlvs, tag::MESSAGE_PAYLOAD) {
                Some(_) => LongMessageStrategy::Tlv,
                None => LongMessageStrategy::Csms,
            },
        };
        (message, place.unwrap_or(PartPlace { number: 1, count: 1 }))
    }
}

/// Class 0 of 3GPP TS 23.038 section 4, or the phone's display as dest_addr_subunit.
fn is_flash(pdu: &SubmitSmPdu) -> bool {
    let class_0 = matches!(pdu.data_coding & 0xF0, 0x10 | 0xF0) && pdu.data_coding & 0x03 == 0;
    class_0 || find_tlv(&pdu.tlvs, tag::DEST_ADDR_SUBUNIT) == Some(&[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_tells_its_text_its_place_and_its_kind() {
        let part = SubmitSmPdu {
            esm_class: 0x40,
            data_coding: 0x18,
            short_message: b"\x05\x00\x03\x07\x03\x02\x00H\x01\x7C".to_vec(),
            ..SubmitSmPdu::default()
        };
        let (message, place) = OutboundMessage::of_part(&part);
        assert_eq!(message.text, "H\u{17C}");
        assert_eq!(place, PartPlace { number: 2, count: 3 });
        assert_eq!(
            (message.encoding, message.message_type),
            (SmsEncoding::Ucs2, MessageType::Flash)
        );
        let whole = SubmitSmPdu {
            short_message: b"Hi \x00".to_vec(),
            ..SubmitSmPdu::default()
        };
        let (message, place) = OutboundMessage::of_part(&whole);
        assert_eq!(
            (message.text.as_str(), place),
            ("Hi @", PartPlace { number: 1, count: 1 })
        );
        assert_eq!(
            (message.encoding, message.message_type),
            (SmsEncoding::Gsm7, MessageType::Sms)
        );
    }
}
