//! Policy plugin for an operator that takes ISO 8859-1 under data_coding 3 and long texts in message_payload.
//!
//! Texts that do not fit Latin-1 go as UCS2. Built without the feature `message-payload`, long texts go as parts with a
//! concatenation header instead.

use serde::Deserialize;
use smpp_plugin_sdk::encoding::{Alphabet, AlphabetChoice, Answer as EncodingAnswer, Unencodable};
use smpp_plugin_sdk::settings::{Document, Problem};
use smpp_plugin_sdk::splitting::{Answer as SplittingAnswer, PayloadPlan, ReferenceWidth, UdhPlan};
use smpp_plugin_sdk::{
    DataCoding, Encoding, Fault, MessageType, OutboundMessage, Settings, Splitting, charset, operator_policy,
    settings,
};

/// SMPP 3.4 section 5.2.19.
const LATIN1: DataCoding = 0x03;
const UCS2: DataCoding = 0x08;

/// 3GPP TS 23.038 section 4: general data coding with message class 0.
const GSM7_CLASS_0: DataCoding = 0x10;
const UCS2_CLASS_0: DataCoding = 0x18;

/// Octets of one short message, 3GPP TS 23.040 section 9.2.3.24; as septets that is 160.
const SINGLE_OCTETS: u32 = 140;
const SINGLE_SEPTETS: u32 = 160;

/// Short messages that one concatenated message may have: the count is an octet.
const MOST_PARTS: u8 = 255;

struct Latin1;

/// The `[policy] settings` of the operator's file.
#[derive(Deserialize)]
#[serde(default)]
struct Limits {
    /// Longer texts go as parts. `message_payload` itself ends at 65 535 octets.
    max_payload_octets: u32,
    /// Longer texts are refused, where parts are made.
    max_parts: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_payload_octets: 1_800,
            max_parts: MOST_PARTS,
        }
    }
}

impl Settings for Latin1 {
    fn validate(document: &str) -> Result<(), Vec<Problem>> {
        let mut document = Document::read(document);
        document.integer(
            "max_payload_octets",
            u64::from(SINGLE_OCTETS) + 1..=u64::from(u16::MAX),
        );
        document.integer("max_parts", 1..=u64::from(MOST_PARTS));
        document.finish()
    }
}

impl Encoding for Latin1 {
    fn choose(message: &OutboundMessage) -> Result<EncodingAnswer, Fault> {
        let (alphabet, data_coding) = match message.message_type {
            MessageType::Sms if fits_latin1(&message.text) => (Alphabet::Latin1, LATIN1),
            MessageType::Sms => (Alphabet::Ucs2, UCS2),
            // data_coding 3 has no room for a message class, and a flash message without one is none. So it goes in an
            // alphabet whose data_coding has.
            MessageType::Flash if charset::gsm7_septets(&message.text).is_some() => {
                (Alphabet::Gsm7Unpacked, GSM7_CLASS_0)
            }
            MessageType::Flash => (Alphabet::Ucs2, UCS2_CLASS_0),
        };
        Ok(EncodingAnswer::Alphabet(AlphabetChoice {
            alphabet,
            data_coding,
            unencodable: Unencodable::HostDefault,
        }))
    }
}

impl Splitting for Latin1 {
    fn plan(_: &OutboundMessage, coding: DataCoding, octets: u32) -> Result<SplittingAnswer, Fault> {
        let single = if coding == GSM7_CLASS_0 {
            SINGLE_SEPTETS
        } else {
            SINGLE_OCTETS
        };
        if octets <= single {
            return Ok(SplittingAnswer::HostDefault);
        }
        let limits = settings::<Limits>()?;
        if cfg!(feature = "message-payload") && octets <= limits.max_payload_octets {
            return Ok(SplittingAnswer::MessagePayload(PayloadPlan {
                max_octets: Some(limits.max_payload_octets),
            }));
        }
        Ok(SplittingAnswer::Udh(UdhPlan {
            reference_width: ReferenceWidth::EightBits,
            max_octets: None,
            max_parts: Some(limits.max_parts),
        }))
    }
}

/// U+0080..U+009F are control characters in ISO 8859-1, but many handsets and gateways read windows-1252 there and show
/// something else, so a text with one of them does not count as Latin-1.
fn fits_latin1(text: &str) -> bool {
    text.chars()
        .all(|character| matches!(character, '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}'))
}

operator_policy!(Latin1: Settings, Encoding, Splitting);

#[cfg(test)]
mod tests;
