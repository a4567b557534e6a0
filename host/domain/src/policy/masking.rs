//! Hook calls without what is private in them: numbers and texts masked, everything that decides kept.
//!
//! A policy that is asked the masked question decides as it did, unless it looks for words in texts or for digits inside of
//! numbers. Ids, states, errors and dates of receipts stay: they are the operator's.

use super::question::{Answer, AskedResponse, Question};
use super::{
    EncodingAnswer, Fault, InboundAnswer, OutboundMessage, PlannedPart, SplittingAnswer, SubmitAnswer,
};
use crate::encoding::{Alphabet, Masker, alphabet_for_data_coding};
use crate::pdu::{Address, DeliverSmPdu, SubmitSmPdu, Tlv, tag};
use crate::receipt::ReceiptReading;
use crate::receipt::text::redacted;
use crate::status::Verdict;

#[cfg(test)]
mod tests;

/// No number, and no text worth the name, fits into a TLV of so few octets.
pub(super) const HARMLESS_TLV: usize = 4;

impl Question {
    /// The same question, about nobody.
    #[must_use]
    pub fn masked(&self, masker: &Masker) -> Self {
        match self {
            Self::Encoding { message } => Self::Encoding {
                message: masked_message(message, masker),
            },
            Self::Splitting {
                message,
                data_coding,
                octets,
            } => Self::Splitting {
                message: masked_message(message, masker),
                data_coding: *data_coding,
                octets: *octets,
            },
            Self::Submit { message, pdu, part } => Self::Submit {
                message: masked_message(message, masker),
                pdu: masked_submit(pdu, masker),
                part: *part,
            },
            Self::SubmitResult {
                response: AskedResponse { response, attempt },
            } => {
                let mut response = response.clone();
                response.tlvs = tlvs(&response.tlvs, (0, 0), masker);
                Self::SubmitResult {
                    response: AskedResponse {
                        response,
                        attempt: *attempt,
                    },
                }
            }
            Self::MessageIds { .. } => self.clone(),
            Self::Inbound { pdu, reading } => Self::Inbound {
                pdu: masked_deliver(pdu, masker),
                reading: reading.clone().map(|reading| masked_reading(reading, masker)),
            },
        }
    }
}

impl Answer {
    /// The same answer to the masked question. `asked` is the question as it was put.
    #[must_use]
    pub fn masked(&self, asked: &Question, masker: &Masker) -> Self {
        match self {
            Self::Encoding(EncodingAnswer::Encoded {
                octets,
                data_coding,
                unit,
            }) => Self::Encoding(EncodingAnswer::Encoded {
                octets: text_octets(octets, *data_coding, masker),
                data_coding: *data_coding,
                unit: *unit,
            }),
            Self::Encoding(_) | Self::MessageIds(_) => self.clone(),
            Self::Splitting(SplittingAnswer::Parts(parts)) => {
                let data_coding = match asked {
                    Question::Splitting { data_coding, .. } => *data_coding,
                    _ => 0,
                };
                let parts = parts.iter().map(|part| PlannedPart {
                    header: part.header.clone(),
                    octets: text_octets(&part.octets, data_coding, masker),
                });
                Self::Splitting(SplittingAnswer::Parts(parts.collect()))
            }
            Self::Splitting(SplittingAnswer::Refuse(reason)) => {
                Self::Splitting(SplittingAnswer::Refuse(scrubbed(reason, asked, masker)))
            }
            Self::Splitting(_) => self.clone(),
            Self::Submit(SubmitAnswer::Send(pdu)) => {
                Self::Submit(SubmitAnswer::Send(Box::new(masked_rewrite(pdu, asked, masker))))
            }
            Self::Submit(SubmitAnswer::Refuse(reason)) => {
                Self::Submit(SubmitAnswer::Refuse(scrubbed(reason, asked, masker)))
            }
            Self::Submit(SubmitAnswer::HostDefault) => self.clone(),
            Self::SubmitResult(verdict) => Self::SubmitResult(verdict.clone().map(|verdict| match verdict {
                Verdict::Reject { code, reason, alert } => Verdict::Reject {
                    code,
                    reason: scrubbed(&reason, asked, masker),
                    alert,
                },
                other => other,
            })),
            Self::Inbound(answer) => Self::Inbound(masked_inbound(answer, asked, masker)),
        }
    }
}

impl Fault {
    /// The same fault of the masked question.
    #[must_use]
    pub fn masked(&self, asked: &Question, masker: &Masker) -> Self {
        Self {
            text: scrubbed(&self.text, asked, masker),
            ..self.clone()
        }
    }
}

fn masked_inbound(answer: &InboundAnswer, asked: &Question, masker: &Masker) -> InboundAnswer {
    match answer {
        InboundAnswer::Receipt(reading) => InboundAnswer::Receipt(masked_reading(reading.clone(), masker)),
        InboundAnswer::MobileOriginated {
            source,
            destination,
            text,
            concatenation,
        } => InboundAnswer::MobileOriginated {
            source: address(source, masker),
            destination: address(destination, masker),
            text: text.as_deref().map(|text| masker.text(text)),
            concatenation: *concatenation,
        },
        InboundAnswer::Ignore(reason) => InboundAnswer::Ignore(scrubbed(reason, asked, masker)),
        InboundAnswer::HostDefault | InboundAnswer::Refuse(_) => answer.clone(),
    }
}

fn masked_message(message: &OutboundMessage, masker: &Masker) -> OutboundMessage {
    OutboundMessage {
        source: address(&message.source, masker),
        destination: address(&message.destination, masker),
        text: masker.text(&message.text),
        ..message.clone()
    }
}

fn masked_submit(pdu: &SubmitSmPdu, masker: &Masker) -> SubmitSmPdu {
    let kind = (pdu.esm_class, pdu.data_coding);
    SubmitSmPdu {
        source: address(&pdu.source, masker),
        destination: address(&pdu.destination, masker),
        short_message: user_data(&pdu.short_message, kind, masker),
        tlvs: tlvs(&pdu.tlvs, kind, masker),
        ..pdu.clone()
    }
}

/// What of a rewritten part is as it was is masked as it was, whatever data_coding says of it now.
fn masked_rewrite(pdu: &SubmitSmPdu, asked: &Question, masker: &Masker) -> SubmitSmPdu {
    let mut masked = masked_submit(pdu, masker);
    if let Question::Submit { pdu: before, .. } = asked {
        let kind = (before.esm_class, before.data_coding);
        if pdu.short_message == before.short_message {
            masked.short_message = user_data(&before.short_message, kind, masker);
        }
        if pdu.tlvs == before.tlvs {
            masked.tlvs = tlvs(&before.tlvs, kind, masker);
        }
    }
    masked
}

fn masked_deliver(pdu: &DeliverSmPdu, masker: &Masker) -> DeliverSmPdu {
    let kind = (pdu.esm_class, pdu.data_coding);
    let short_message = if pdu.unreadable {
        // A whole body: anything may be anywhere in it.
        vec![0; pdu.short_message.len()]
    } else {
        user_data(&pdu.short_message, kind, masker)
    };
    DeliverSmPdu {
        source: address(&pdu.source, masker),
        destination: address(&pdu.destination, masker),
        short_message,
        tlvs: tlvs(&pdu.tlvs, kind, masker),
        ..pdu.clone()
    }
}

fn masked_reading(reading: ReceiptReading, masker: &Masker) -> ReceiptReading {
    ReceiptReading {
        sender: address(&reading.sender, masker),
        ..reading
    }
}

fn address(address: &Address, masker: &Masker) -> Address {
    Address {
        digits: masker.number(&address.digits),
        ..address.clone()
    }
}

fn tlvs(tlvs: &[Tlv], kind: (u8, u8), masker: &Masker) -> Vec<Tlv> {
    let each = tlvs.iter().map(|tlv| Tlv {
        tag: tlv.tag,
        value: match tlv.tag {
            tag::MESSAGE_PAYLOAD => user_data(&tlv.value, kind, masker),
            tag::RECEIPTED_MESSAGE_ID => tlv.value.clone(),
            _ if tlv.value.len() <= HARMLESS_TLV => tlv.value.clone(),
            _ => tlv.value.iter().map(|&octet| septet(octet)).collect(),
        },
    });
    each.collect()
}

fn user_data(octets: &[u8], (esm_class, data_coding): (u8, u8), masker: &Masker) -> Vec<u8> {
    redacted(octets, esm_class, data_coding, |text| {
        text_octets(text, data_coding, masker)
    })
}

fn text_octets(octets: &[u8], data_coding: u8, masker: &Masker) -> Vec<u8> {
    if masker.keeps_texts() {
        return octets.to_vec();
    }
    if is_binary(data_coding) {
        return vec![0; octets.len()];
    }
    if alphabet_for_data_coding(data_coding, &Alphabet::Gsm7Unpacked) == Alphabet::Ucs2 {
        let (units, odd) = octets.as_chunks();
        let units = units
            .iter()
            .flat_map(|unit| utf16(u16::from_be_bytes(*unit), masker).to_be_bytes());
        return units.chain(odd.iter().map(|_| 0)).collect();
    }
    let mut escaped = false;
    let each = octets.iter().map(|&octet| {
        let kept = std::mem::replace(&mut escaped, octet == ESCAPE);
        if kept { octet } else { septet(octet) }
    });
    each.collect()
}

/// Before a character of the GSM extension table, which is no letter.
const ESCAPE: u8 = 0x1B;

fn is_binary(data_coding: u8) -> bool {
    match data_coding {
        0x02 | 0x04 => true,
        0x10..=0x7F => data_coding & 0x0C == 0x04,
        0xF0..=0xFF => data_coding & 0x04 != 0,
        _ => false,
    }
}

/// A unit of UTF-16. Halves of a pair stay halves.
fn utf16(unit: u16, masker: &Masker) -> u16 {
    match unit {
        0xD800..=0xDBFF => 0xD83D,
        0xDC00..=0xDFFF => 0xDE00,
        _ => {
            let c = char::from_u32(u32::from(unit)).map(|c| masker.character(c));
            c.and_then(|c| u16::try_from(u32::from(c)).ok()).unwrap_or(unit)
        }
    }
}

/// An octet of a text in the GSM alphabet, ASCII or Latin-1, which are not told apart here.
fn septet(octet: u8) -> u8 {
    match octet {
        b'a'..=b'z' => b'x',
        b'A'..=b'Z' => b'X',
        b'0'..=b'9' => b'0',
        // Letters with accents, and Greek ones.
        0x04..=0x09 | 0x0B | 0x0C | 0x0E | 0x0F | 0x1C..=0x1F => 0x05,
        0x10 | 0x12..=0x1A => 0x10,
        0xA0.. => 0xE9,
        _ => octet,
    }
}

/// Words of the plugin for people, in which it may have put what it was asked about.
fn scrubbed(words: &str, asked: &Question, masker: &Masker) -> String {
    let (addresses, text) = match asked {
        Question::Encoding { message }
        | Question::Splitting { message, .. }
        | Question::Submit { message, .. } => (
            [Some(&message.source), Some(&message.destination)],
            Some(&message.text),
        ),
        Question::Inbound { pdu, .. } => ([Some(&pdu.source), Some(&pdu.destination)], None),
        Question::SubmitResult { .. } | Question::MessageIds { .. } => ([None, None], None),
    };
    let mut words = words.to_owned();
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        words = words.replace(text, &masker.text(text));
    }
    for Address { digits, .. } in addresses.into_iter().flatten() {
        // Two characters of a number are shown anyway.
        if digits.chars().count() > 2 {
            words = words.replace(digits, &masker.number(digits));
        }
    }
    words
}
