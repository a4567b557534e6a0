//! Between the contract's types and the domain's. What comes from a plugin is checked here, once: a value that leaves
//! this module keeps SMPP's bounds.
//!
//! `Err` of a reader is what is wrong with the answer, in words.

mod inbound;
mod submit;
#[cfg(test)]
mod tests;

pub(super) use inbound::{deliver, interpreted, reading};
pub(super) use submit::{classified, part, response, rewritten, submit};

use super::bindings::exports::smpp::operator_policy::{encoding, splitting};
use super::bindings::smpp::operator_policy::types;
use super::bindings::smpp::pdu::types as wire;
use super::imports::printable;
use smpp_domain::dispatch::{LongMessageStrategy, MessageType, SmsEncoding};
use smpp_domain::encoding::{NationalTables, UnencodableRule};
use smpp_domain::pdu::{Address, Tlv};
use smpp_domain::policy::{
    AlphabetName, EncodingAnswer, FaultCause, OutboundMessage, PlannedPart, ReferenceWidth, SplittingAnswer,
};
use uuid::fmt::Hyphenated;

/// Octets of short_message (SMPP 3.4 section 5.2.21 and the one-octet sm_length).
const SHORT_MESSAGE: usize = 254;
/// Octets of a user data header with its length octet: less than the user data of one short message (3GPP TS 23.040
/// section 9.2.3.24).
const HEADER: usize = 139;
/// Octets of message_payload: what its two-octet length can say.
const PAYLOAD: usize = 65_535;
/// Octets of an address (SMPP 3.4 section 5.2.8).
const ADDRESS: usize = 20;
/// Octets of a canonical message key.
const KEY: usize = 255;
/// Octets of a reason that are kept.
const REASON: usize = 256;
/// Characters that may stand in for one that cannot be encoded.
const REPLACEMENT: usize = 16;

/// The ids of a message as texts. What a plugin is asked about is borrowed, so somebody has to own them.
pub(super) struct Ids {
    message: [u8; Hyphenated::LENGTH],
    account: [u8; Hyphenated::LENGTH],
}

impl Ids {
    pub(super) fn new() -> Self {
        Self {
            message: [0; Hyphenated::LENGTH],
            account: [0; Hyphenated::LENGTH],
        }
    }
}

/// The message as the plugin sees it.
pub(super) fn message<'a>(message: &'a OutboundMessage, ids: &'a mut Ids) -> types::OutboundMessage<'a> {
    types::OutboundMessage {
        message_id: message.message_id.0.hyphenated().encode_lower(&mut ids.message),
        account_id: message.account_id.0.hyphenated().encode_lower(&mut ids.account),
        source: address(&message.source),
        destination: address(&message.destination),
        text: &message.text,
        encoding: match message.encoding {
            SmsEncoding::Gsm7 => types::SmsEncoding::Gsm7,
            SmsEncoding::Ucs2 => types::SmsEncoding::Ucs2,
        },
        message_type: match message.message_type {
            MessageType::Sms => types::MessageType::Sms,
            MessageType::Flash => types::MessageType::Flash,
        },
        long_message_strategy: match message.long_message_strategy {
            LongMessageStrategy::Csms => types::LongMessageStrategy::Csms,
            LongMessageStrategy::Tlv => types::LongMessageStrategy::Tlv,
        },
    }
}

fn address(address: &Address) -> wire::AddressParam<'_> {
    wire::AddressParam {
        ton: address.ton,
        npi: address.npi,
        digits: &address.digits,
    }
}

/// The parameters of a PDU as the plugin sees them: a part of it, which is borrowed from here.
pub(super) fn tlvs(tlvs: &[Tlv]) -> Vec<wire::TlvParam<'_>> {
    tlvs.iter()
        .map(|tlv| wire::TlvParam {
            tag: tlv.tag,
            value: &tlv.value,
        })
        .collect()
}

/// What the plugin itself says of its failure.
pub(super) fn fault(fault: &types::Fault) -> (FaultCause, String) {
    let (cause, text) = match fault {
        types::Fault::Unsupported(text) => (FaultCause::Unsupported, text),
        types::Fault::Malformed(text) => (FaultCause::Malformed, text),
        types::Fault::Misconfigured(text) => (FaultCause::Misconfigured, text),
        types::Fault::Other(text) => (FaultCause::Other, text),
    };
    (cause, printable(text, REASON))
}

/// Reads an answer of `encoding.choose` for this text; `None` is no opinion.
pub(super) fn encoded(answer: encoding::Answer, text: &str) -> Result<Option<EncodingAnswer>, String> {
    match answer {
        encoding::Answer::HostDefault => Ok(None),
        encoding::Answer::Alphabet(choice) => Ok(Some(EncodingAnswer::Alphabet {
            alphabet: alphabet(choice.alphabet)?,
            data_coding: choice.data_coding,
            unencodable: unencodable(choice.unencodable)?,
        })),
        encoding::Answer::Encoded(encoded) => {
            let encoding::EncodedText {
                octets,
                data_coding,
                unit,
            } = encoded;
            check_encoded(octets.len(), unit, text)?;
            Ok(Some(EncodingAnswer::Encoded {
                octets,
                data_coding,
                unit,
            }))
        }
        encoding::Answer::Extra(_) => Err(unknown_case()),
    }
}

fn check_encoded(octets: usize, unit: u8, text: &str) -> Result<(), String> {
    if octets > PAYLOAD {
        return Err(format!("{octets} encoded octets; at most {PAYLOAD} fit any PDU"));
    }
    if octets == 0 && !text.is_empty() {
        return Err("no octets for a text that is not empty".to_owned());
    }
    if unit == 0 || !octets.is_multiple_of(usize::from(unit)) {
        return Err(format!(
            "{octets} octets are no whole number of characters of {unit} octets"
        ));
    }
    Ok(())
}

fn alphabet(alphabet: encoding::Alphabet) -> Result<AlphabetName, String> {
    Ok(match alphabet {
        encoding::Alphabet::Gsm7Unpacked => AlphabetName::Gsm7Unpacked,
        encoding::Alphabet::Gsm7Packed => AlphabetName::Gsm7Packed,
        encoding::Alphabet::Gsm7National(encoding::NationalTables {
            locking_shift,
            single_shift,
        }) => {
            NationalTables::new(locking_shift, single_shift).map_err(|error| error.to_string())?;
            AlphabetName::Gsm7National {
                locking_shift,
                single_shift,
            }
        }
        encoding::Alphabet::Ascii => AlphabetName::Ascii,
        encoding::Alphabet::Latin1 => AlphabetName::Latin1,
        encoding::Alphabet::Ucs2 => AlphabetName::Ucs2,
        encoding::Alphabet::Named(name) => {
            AlphabetName::Named(short_text(name, 1, 64, "the alphabet's name")?)
        }
    })
}

fn unencodable(rule: encoding::Unencodable) -> Result<Option<UnencodableRule>, String> {
    Ok(match rule {
        encoding::Unencodable::HostDefault => None,
        encoding::Unencodable::Transliterate => Some(UnencodableRule::Transliterate),
        encoding::Unencodable::Replace(text) => Some(UnencodableRule::Replace(short_text(
            text,
            0,
            REPLACEMENT,
            "the replacement",
        )?)),
        encoding::Unencodable::Refuse => Some(UnencodableRule::Reject),
    })
}

/// Reads an answer of `splitting.plan` for a text of so many octets; `None` is no opinion.
pub(super) fn planned(answer: splitting::Answer, octets: u32) -> Result<Option<SplittingAnswer>, String> {
    Ok(Some(match answer {
        splitting::Answer::HostDefault => return Ok(None),
        splitting::Answer::Udh(plan) => udh(&plan)?,
        splitting::Answer::SarTlvs => SplittingAnswer::SarTlvs,
        splitting::Answer::MessagePayload(plan) => SplittingAnswer::MessagePayload {
            max_octets: plan.max_octets,
        },
        splitting::Answer::Parts(parts) => SplittingAnswer::Parts(check_parts(parts, octets)?),
        splitting::Answer::Refuse(why) => SplittingAnswer::Refuse(reason(&why)),
        splitting::Answer::Extra(_) => return Err(unknown_case()),
    }))
}

fn udh(plan: &splitting::UdhPlan) -> Result<SplittingAnswer, String> {
    // UDHL, the information element's id and length, then reference, total and number.
    let (reference_width, header) = match plan.reference_width {
        splitting::ReferenceWidth::EightBits => (ReferenceWidth::EightBits, 6),
        splitting::ReferenceWidth::SixteenBits => (ReferenceWidth::SixteenBits, 7),
    };
    if let Some(max) = plan.max_octets {
        // Two octets at least beside the header, or no UCS-2 character would fit.
        if usize::from(max) > SHORT_MESSAGE || usize::from(max) < header + 2 {
            return Err(format!(
                "parts of {max} octets; they have {} to {SHORT_MESSAGE}",
                header + 2
            ));
        }
    }
    if plan.max_parts == Some(0) {
        return Err("at most 0 parts; a message has at least one".to_owned());
    }
    Ok(SplittingAnswer::Udh {
        reference_width,
        max_octets: plan.max_octets,
        max_parts: plan.max_parts,
    })
}

fn check_parts(parts: Vec<splitting::Part>, octets: u32) -> Result<Vec<PlannedPart>, String> {
    if parts.is_empty() || parts.len() > 255 {
        return Err(format!("{} parts; a message has 1 to 255", parts.len()));
    }
    let alone = parts.len() == 1;
    for (index, part) in parts.iter().enumerate() {
        let number = index + 1;
        // A header is preceded by its length octet.
        let size = part.octets.len() + part.header.len() + usize::from(!part.header.is_empty());
        if size > SHORT_MESSAGE {
            return Err(format!(
                "part {number} has {size} octets with its header; short_message takes {SHORT_MESSAGE}"
            ));
        }
        if part.octets.is_empty() && !(alone && octets == 0) {
            return Err(format!("part {number} has no text"));
        }
        if part.header.len() + 1 > HEADER || !is_header(&part.header) {
            return Err(format!(
                "the header of part {number} is no sequence of information elements, or too long"
            ));
        }
    }
    Ok(parts
        .into_iter()
        .map(|part| PlannedPart {
            header: part.header,
            octets: part.octets,
        })
        .collect())
}

/// Whether these octets are whole information elements (3GPP TS 23.040 section 9.2.3.24): id, length, data.
fn is_header(mut octets: &[u8]) -> bool {
    while let [_, length, rest @ ..] = octets {
        let Some(next) = rest.get(usize::from(*length)..) else {
            return false;
        };
        octets = next;
    }
    octets.is_empty()
}

/// Reads an answer of `message-ids.normalise`.
pub(super) fn key(key: Option<String>) -> Result<Option<String>, String> {
    let Some(key) = key else {
        return Ok(None);
    };
    if key.is_empty() || key.len() > KEY {
        return Err(format!("a key of {} octets; it has 1 to {KEY}", key.len()));
    }
    if key.chars().any(char::is_control) {
        return Err("control characters in the key".to_owned());
    }
    Ok(Some(key))
}

/// A reason as it may stand in events and logs.
fn reason(text: &str) -> String {
    let text = printable(text, REASON);
    if text.trim().is_empty() {
        "the policy gave no reason".to_owned()
    } else {
        text
    }
}

fn short_text(text: String, min: usize, max: usize, what: &str) -> Result<String, String> {
    let length = text.chars().count();
    if length < min || length > max {
        return Err(format!(
            "{what} has {length} characters; {min} to {max} are allowed"
        ));
    }
    Ok(text)
}

fn unknown_case() -> String {
    "an `extra` case that this host knows nothing of".to_owned()
}
