//! Messages from subscribers: what one PDU brings, and how the segments of a long message become one text.

use crate::encoding::{Alphabet, alphabet_for_data_coding, decode, decode_national};
use crate::pdu::{Address, DeliverSmPdu, Tlv, tag};
use crate::udh::{LanguageTables, Ports, UserDataHeader};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A message from a subscriber, or one segment of it, as its PDU has brought it. Stores keep it as JSON, and read what
/// another version has written.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MoPart {
    /// The subscriber.
    pub source: Address,
    /// The number that was written to.
    pub destination: Address,
    /// Octet text.
    pub service_type: String,
    /// As received.
    pub esm_class: u8,
    /// GSM protocol identifier.
    pub protocol_id: u8,
    /// As received.
    pub data_coding: u8,
    /// As the header names them.
    pub languages: LanguageTables,
    /// As the header names them.
    pub ports: Option<Ports>,
    /// The header could not be read to its end.
    pub broken_header: bool,
    /// The text as the policy read it; `None`: the octets are decoded.
    pub text: Option<String>,
    /// Optional parameters, without those that carry or number the text.
    pub tlvs: Vec<Tlv>,
    /// User data without its header. Not part of the JSON: stores keep octets as octets.
    #[serde(skip)]
    pub octets: Vec<u8>,
}

impl fmt::Debug for MoPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoPart")
            .field("source", &self.source)
            .field("data_coding", &self.data_coding)
            .field("octets", &self.octets.len())
            .finish_non_exhaustive()
    }
}

impl MoPart {
    /// What `pdu` brings, between the addresses that it or the policy names.
    #[must_use]
    pub fn new(
        pdu: &DeliverSmPdu,
        octets: &[u8],
        header: &UserDataHeader,
        (source, destination): (Address, Address),
        text: Option<String>,
    ) -> Self {
        let known = [
            tag::MESSAGE_PAYLOAD,
            tag::SAR_MSG_REF_NUM,
            tag::SAR_TOTAL_SEGMENTS,
            tag::SAR_SEGMENT_SEQNUM,
        ];
        Self {
            source,
            destination,
            service_type: pdu.service_type.clone(),
            esm_class: pdu.esm_class,
            protocol_id: pdu.protocol_id,
            data_coding: pdu.data_coding,
            languages: header.languages,
            ports: header.ports,
            broken_header: header.is_broken,
            text,
            tlvs: pdu
                .tlvs
                .iter()
                .filter(|tlv| !known.contains(&tlv.tag))
                .cloned()
                .collect(),
            octets: octets.to_vec(),
        }
    }

    /// About how many octets it adds to an event and to a store.
    #[must_use]
    pub fn size(&self) -> usize {
        let tlvs: usize = self.tlvs.iter().map(|tlv| tlv.value.len()).sum();
        self.octets.len() + tlvs + self.text.as_ref().map_or(0, String::len)
    }

    /// Whether both say the same: the operator has sent one of them twice.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        (&self.octets, &self.text, self.data_coding) == (&other.octets, &other.text, other.data_coding)
    }

    /// Whether the octets of both belong to one text.
    fn continues(&self, other: &Self) -> bool {
        self.text.is_none()
            && other.text.is_none()
            && (self.data_coding, self.languages) == (other.data_coding, other.languages)
    }
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Words.
    Text(String),
    /// Octets that are no text.
    Data(Vec<u8>),
}

/// Puts together what numbered parts say, in their order.
///
/// Segments are cut without regard to characters: half of a surrogate pair or an escape may stand at the end of one and
/// the rest in the next. So the octets of neighbours are decoded as one. A missing segment parts them.
#[must_use]
pub fn join<'a>(parts: impl IntoIterator<Item = (u8, &'a MoPart)>) -> Content {
    let mut text = String::new();
    let mut data = Vec::new();
    let mut is_data = true;
    let mut run: Vec<u8> = Vec::new();
    let mut last: Option<(u8, &MoPart)> = None;
    for (number, part) in parts {
        is_data &= part.text.is_none() && is_octets(part.data_coding);
        data.extend_from_slice(&part.octets);
        let follows =
            last.is_some_and(|(before, last)| before.checked_add(1) == Some(number) && last.continues(part));
        if let Some((_, last)) = last.filter(|_| !follows) {
            text += &read(last, &run);
            run.clear();
        }
        run.extend_from_slice(&part.octets);
        last = Some((number, part));
    }
    match last {
        Some(_) if is_data => Content::Data(data),
        Some((_, last)) => Content::Text(text + &read(last, &run)),
        None => Content::Text(text),
    }
}

fn read(part: &MoPart, octets: &[u8]) -> String {
    let text = part.text.clone();
    text.unwrap_or_else(|| words(octets, part.data_coding, part.languages))
}

/// The one place where received octets, without their header, become words. National tables only say how GSM 7-bit is to be
/// read, and that is what data_coding 0 is taken for.
#[must_use]
pub fn words(octets: &[u8], data_coding: u8, languages: LanguageTables) -> String {
    let LanguageTables { locking, single } = languages;
    match alphabet_for_data_coding(data_coding, &Alphabet::Gsm7Unpacked) {
        Alphabet::Gsm7Unpacked => decode_national(octets, locking, single),
        other => decode(octets, &other),
    }
}

/// Whether data_coding says that the octets are no text (3GPP TS 23.038 section 4: 8-bit data).
#[must_use]
pub fn is_octets(data_coding: u8) -> bool {
    match data_coding {
        0x02 | 0x04 => true,
        0x10..=0x7F => data_coding & 0x0C == 0x04,
        0xF0..=0xFF => data_coding & 0x04 != 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
