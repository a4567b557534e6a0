//! What a plugin says for people, without what it was asked about.
//!
//! Its log, its faults and its reasons are its own words, and many a plugin quotes what it cannot read. Logs are no place
//! for numbers and texts, whatever a plugin thinks of it: so whatever its words have in common with what is private in the
//! call is hidden.

use super::OutboundMessage;
use super::masking::HARMLESS_TLV;
use crate::pdu::{Address, DeliverSmPdu, SubmitSmPdu, Tlv, tag};
use crate::receipt::text::redacted;
use std::collections::HashMap;
use std::fmt::Write;

/// So many characters in a row that a call's private part has too are hidden: fewer are in any two sentences.
const RUN: usize = 5;

/// What is private in a call.
#[derive(Default)]
pub struct Private(Vec<Vec<char>>);

impl Private {
    /// Of a message that is to be sent.
    #[must_use]
    pub fn of_message(message: &OutboundMessage) -> Self {
        let mut private = Self::default();
        private.addresses([&message.source, &message.destination]);
        private.text(&message.text);
        private
    }

    /// The same with one of its parts.
    #[must_use]
    pub fn of_part(message: &OutboundMessage, pdu: &SubmitSmPdu) -> Self {
        let mut private = Self::of_message(message);
        private.addresses([&pdu.source, &pdu.destination]);
        private.user_data(&pdu.short_message, pdu.esm_class, pdu.data_coding);
        private.tlvs(&pdu.tlvs, pdu.esm_class, pdu.data_coding);
        private
    }

    /// Of what came from an operator. Of a receipt that is its sender, and the words after its keys.
    #[must_use]
    pub fn of_delivery(pdu: &DeliverSmPdu) -> Self {
        let mut private = Self::default();
        private.addresses([&pdu.source, &pdu.destination]);
        private.user_data(&pdu.short_message, pdu.esm_class, pdu.data_coding);
        private.tlvs(&pdu.tlvs, pdu.esm_class, pdu.data_coding);
        private
    }

    /// Of optional parameters alone.
    #[must_use]
    pub fn of_tlvs(tlvs: &[Tlv]) -> Self {
        let mut private = Self::default();
        private.tlvs(tlvs, 0, 0);
        private
    }

    /// The words, with `*` for each character of what is private.
    #[must_use]
    pub fn hide_in(&self, words: &str) -> String {
        let said: Vec<char> = words.chars().map(folded).collect();
        let mut places: HashMap<&[char], Vec<usize>> = HashMap::new();
        for (place, run) in said.windows(RUN).enumerate() {
            places.entry(run).or_default().push(place);
        }
        let mut hidden = vec![false; said.len()];
        let runs = self.0.iter().flat_map(|private| private.windows(RUN));
        for place in runs.filter_map(|run| places.get(run)).flatten() {
            let run = hidden.iter_mut().skip(*place).take(RUN);
            run.for_each(|hides| *hides = true);
        }
        let each = words.chars().zip(hidden);
        each.map(|(c, hides)| if hides { '*' } else { c }).collect()
    }

    fn addresses(&mut self, addresses: [&Address; 2]) {
        for address in addresses {
            self.text(&address.digits);
        }
    }

    fn tlvs(&mut self, tlvs: &[Tlv], esm_class: u8, data_coding: u8) {
        for tlv in tlvs {
            match tlv.tag {
                tag::RECEIPTED_MESSAGE_ID => {}
                tag::MESSAGE_PAYLOAD => self.user_data(&tlv.value, esm_class, data_coding),
                _ if tlv.value.len() <= HARMLESS_TLV => {}
                _ => self.octets(&tlv.value),
            }
        }
    }

    /// What of it is not to be kept: see [`redacted`].
    fn user_data(&mut self, octets: &[u8], esm_class: u8, data_coding: u8) {
        let turned = |text: &[u8]| text.iter().map(|octet| !octet).collect();
        let redacted = redacted(octets, esm_class, data_coding, turned);
        let pairs: Vec<_> = octets.iter().zip(redacted).collect();
        for run in pairs.chunk_by(|(a, b), (c, d)| (*a == b) == (*c == d)) {
            if run.iter().all(|(octet, redacted)| *octet != redacted) {
                self.octets(&run.iter().map(|(octet, _)| **octet).collect::<Vec<u8>>());
            }
        }
    }

    /// A text, and its octets in the ways in which it may be written.
    fn text(&mut self, text: &str) {
        self.add(text);
        self.add(&hex(text.as_bytes()));
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        self.add(&hex(&wide));
    }

    /// Octets, as people write them and as the texts that they may be.
    fn octets(&mut self, octets: &[u8]) {
        self.add(&hex(octets));
        self.add(&octets.iter().map(|octet| char::from(*octet)).collect::<String>());
        self.add(&String::from_utf8_lossy(octets));
        let (units, _) = octets.as_chunks();
        let units: Vec<_> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
        self.add(&String::from_utf16_lossy(&units));
    }

    fn add(&mut self, private: &str) {
        self.0.push(private.chars().map(folded).collect());
    }
}

/// Upper and lower case are one.
fn folded(c: char) -> char {
    let mut lower = c.to_lowercase();
    lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing into a String cannot fail.
        write!(text, "{octet:02x}").unwrap_or_default();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::tag;

    fn private() -> Private {
        let address = |digits: &str| Address {
            ton: 1,
            npi: 1,
            digits: digits.to_owned(),
        };
        let mut private = Private::default();
        private.addresses([&address("Acme"), &address("4915112345678")]);
        private.text("Ihr geheimer Code: 4711");
        private
    }

    #[test]
    fn what_is_quoted_is_hidden_and_the_rest_stays() {
        for (said, told) in [
            ("cannot read the id 1A2B", "cannot read the id 1A2B"),
            ("no: GEHEIMER!", "no:*********!"),
            ("to +4915112345678 from Acme", "to +************* from Acme"),
            ("0049151123456", "00***********"),
            ("code4711", "code4711"),
            ("\"Ihr geheimer Code: 4711\"", "\"***********************\""),
            ("hex 67656865696d6572", "hex ****************"),
            ("00670065006800650069", "********************"),
            ("", ""),
            ("Ä", "Ä"),
        ] {
            assert_eq!(private().hide_in(said), told);
        }
    }

    #[test]
    fn of_a_receipt_its_keys_stay() {
        let text = b"id:0123456789 sub:001 stat:DELIVRD err:007 text:Ihr geheimer Code";
        let pdu = DeliverSmPdu {
            esm_class: 4,
            short_message: text.to_vec(),
            tlvs: vec![
                Tlv {
                    tag: tag::RECEIPTED_MESSAGE_ID,
                    value: b"0123456789\0".to_vec(),
                },
                Tlv {
                    tag: 0x1400,
                    value: b"whispers".to_vec(),
                },
            ],
            ..DeliverSmPdu::default()
        };
        let said = "id:0123456789 stat:DELIVRD err:007 text:Ihr geheimer Code; whispers";
        let told = Private::of_delivery(&pdu).hide_in(said);
        assert!(told.starts_with("id:0123456789 stat:DELIVRD err:007 "), "{told}");
        assert!(!told.contains("geheim") && !told.contains("whisper"), "{told}");
    }
}
