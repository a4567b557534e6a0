//! Which PDUs are receipts, and what they say.

use crate::layout::{self, Layout, Said};
use crate::shape::{Choice, Field, Shape, field};
use crate::states::{Errors, Meaning, States, usual, usual_code};
use crate::value::{text, word};
use serde_json::Value;
use smpp_plugin_sdk::inbound::{DlrState, Receipt};
use smpp_plugin_sdk::{DeliverSm, Tlv};

const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
const MESSAGE_PAYLOAD: u16 = 0x0424;
const MESSAGE_STATE: u16 = 0x0427;
/// esm_class, SMPP 3.4 section 5.2.12.
const TYPE: u8 = 0x3C;
const DELIVERY_RECEIPT: u8 = 0x04;
const INTERMEDIATE: u8 = 0x20;
const UDHI: u8 = 0x40;

pub(crate) const SHAPE: Shape = Shape::Table(FIELDS, Choice::Free);
const FIELDS: &[Field] = &[
    field(
        "detection",
        &Shape::Word(&["esm_class", "esm_class_or_text", "tlv"]),
        "What makes a PDU a receipt: the type bits of esm_class; these, or a text with id and state; \
         receipted_message_id. Default: as the operator's file says.",
    ),
    field(
        "id_from",
        &Shape::Word(&["tlv", "text"]),
        "Which id counts where a receipt has both receipted_message_id and `id:`. Default \"tlv\".",
    ),
    field(
        "layout",
        &layout::SHAPE,
        "The layout of the text, where it is not that of SMPP 3.4 Appendix B.",
    ),
    field(
        "time_zone",
        &Shape::Offset,
        "Of the operator's clock, for the time at which a message ended. Default: as the operator's file says.",
    ),
];

/// How receipts are found and read.
#[derive(Default)]
pub(crate) struct Receipts {
    detection: Option<Detection>,
    text_id: bool,
    layout: Option<Layout>,
    time_zone: Option<String>,
    states: Option<States>,
    errors: Option<Errors>,
}

enum Detection {
    EsmClass,
    EsmClassOrText,
    Tlv,
}

/// What a PDU turns out to be.
pub(crate) enum Read {
    /// What the host made of it stands.
    Unchanged,
    Receipt(Receipt),
    /// Whatever the host takes it for.
    NoReceipt,
}

impl Receipts {
    /// `None` where the settings say nothing of receipts.
    pub(crate) fn read(settings: &Value) -> Option<Self> {
        let table = settings.get("receipts").unwrap_or(&Value::Null);
        let given = ["receipts", "states", "errors"]
            .iter()
            .any(|key| settings.get(key).is_some());
        given.then(|| Self {
            detection: word(table, "detection").map(|word| match word {
                "tlv" => Detection::Tlv,
                "esm_class_or_text" => Detection::EsmClassOrText,
                _ => Detection::EsmClass,
            }),
            text_id: word(table, "id_from") == Some("text"),
            layout: table.get("layout").map(Layout::read),
            time_zone: text(table, "time_zone"),
            states: settings.get("states").map(States::read),
            errors: settings.get("errors").map(Errors::read),
        })
    }

    pub(crate) fn interpret(&self, pdu: &DeliverSm, reading: Option<Receipt>) -> Read {
        let kind = pdu.esm_class & TYPE;
        let typed = kind == DELIVERY_RECEIPT || kind == INTERMEDIATE;
        let tlv_id = receipted_message_id(&pdu.tlvs);
        let needs_text =
            reading.is_none() || self.layout.is_some() || self.text_id || self.time_zone.is_some();
        let said = needs_text.then(|| self.said(pdu));
        let is_receipt = match &self.detection {
            None => reading.is_some(),
            Some(Detection::EsmClass) => typed,
            Some(Detection::Tlv) => tlv_id.is_some(),
            Some(Detection::EsmClassOrText) => {
                typed || reading.is_some() || said.as_ref().is_some_and(|said| self.looks_like_one(said))
            }
        };
        if !is_receipt {
            return match reading {
                Some(_) => Read::NoReceipt,
                None => Read::Unchanged,
            };
        }
        let before = reading.clone();
        let after = self.receipt(
            pdu,
            reading,
            tlv_id,
            said.unwrap_or_default(),
            kind == INTERMEDIATE,
        );
        if before.as_ref() == Some(&after) {
            Read::Unchanged
        } else {
            Read::Receipt(after)
        }
    }

    /// An id and a state; in the usual layout something else too that people do not write.
    fn looks_like_one(&self, said: &Said) -> bool {
        let both = !said.id.is_empty() && !said.state.is_empty();
        both && (self.layout.is_some() || !said.error.is_empty() || !said.done_date.is_empty())
    }

    fn said(&self, pdu: &DeliverSm) -> Said {
        let text = text_of(pdu);
        match &self.layout {
            Some(layout) => layout.scan(&text),
            None => Layout::default().scan(&text),
        }
    }

    fn receipt(
        &self,
        pdu: &DeliverSm,
        reading: Option<Receipt>,
        tlv_id: Option<String>,
        said: Said,
        intermediate: bool,
    ) -> Receipt {
        let octet = message_state(&pdu.tlvs);
        let read_by_host = reading.is_some();
        let mut receipt = reading.unwrap_or_else(|| Receipt {
            message_id: tlv_id.clone().unwrap_or_default(),
            state: DlrState::Unknown,
            is_final: false,
            raw_state: String::new(),
            raw_error: String::new(),
            done_at: None,
        });
        let own_layout = !read_by_host || self.layout.is_some();
        if !said.id.is_empty() && (self.text_id || (own_layout && tlv_id.is_none())) {
            receipt.message_id = said.id;
        }
        if own_layout && !said.state.is_empty() {
            receipt.raw_state = said.state;
        } else if !read_by_host && let Some(octet) = octet {
            receipt.raw_state = octet.to_string();
        }
        if own_layout && !said.error.is_empty() {
            receipt.raw_error = said.error;
        }
        if let Some(zone) = self.time_zone.as_deref().filter(|_| receipt.done_at.is_none()) {
            receipt.done_at = layout::rfc3339(&said.done_date, zone);
        }
        // With message_state in the PDU a number in `raw_state` may be that TLV's.
        let word = match octet {
            Some(octet) if receipt.raw_state == octet.to_string() => "",
            _ => receipt.raw_state.as_str(),
        };
        let own = self
            .states
            .as_ref()
            .and_then(|states| states.meaning(octet, word));
        let usual = || {
            octet
                .and_then(usual_code)
                .or_else(|| usual(word))
                .filter(|_| own_layout)
        };
        if let Some(Meaning { state, is_final }) = own.or_else(usual) {
            (receipt.state, receipt.is_final) = (state, is_final && !intermediate);
        }
        self.error(pdu, &mut receipt, intermediate);
        receipt
    }

    fn error(&self, pdu: &DeliverSm, receipt: &mut Receipt, intermediate: bool) {
        let Some(errors) = &self.errors else { return };
        if let Some(raw) = errors.raw(&receipt.raw_error, &pdu.tlvs) {
            receipt.raw_error = raw;
        }
        let Some(meaning) = errors.meaning(&receipt.raw_error) else {
            return;
        };
        if let Some(Meaning { state, is_final }) = meaning.meaning
            && (meaning.even_delivered || receipt.state != DlrState::Delivered)
        {
            (receipt.state, receipt.is_final) = (state, is_final && !intermediate);
        }
        if let Some(error) = &meaning.error {
            receipt.raw_error.clone_from(error);
        }
    }
}

/// User data without its header, as octet text or UTF-16BE; where one makes no sense the other is right, because some
/// operators copy the message's data_coding to its receipt.
pub(crate) fn text_of(pdu: &DeliverSm) -> String {
    let octets = without_header(pdu).1;
    let wide = octets.first() == Some(&0) && octets.len() >= 2;
    if wide || (matches!(pdu.data_coding, 0x08 | 0x18..=0x1B) && octets.contains(&0)) {
        utf16(octets, u16::from_be_bytes)
    } else {
        octets.iter().copied().map(char::from).collect()
    }
}

/// Octets of the header with its length octet, and the text's octets.
pub(crate) fn without_header(pdu: &DeliverSm) -> (usize, &[u8]) {
    let payload = pdu.tlvs.iter().find(|tlv| tlv.tag == MESSAGE_PAYLOAD);
    let data = payload.map_or(pdu.short_message.as_slice(), |tlv| tlv.value.as_slice());
    match data.split_first() {
        Some((&length, rest)) if pdu.esm_class & UDHI != 0 => match rest.get(usize::from(length)..) {
            Some(text) => (usize::from(length) + 1, text),
            None => (0, data),
        },
        _ => (0, data),
    }
}

/// A unit that is half of a pair, and an odd last octet, are what a cut text leaves.
pub(crate) fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = octets.as_chunks::<2>().0.iter().map(|&pair| unit(pair));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn receipted_message_id(tlvs: &[Tlv]) -> Option<String> {
    let ids = tlvs.iter().filter(|tlv| tlv.tag == RECEIPTED_MESSAGE_ID);
    ids.filter_map(|tlv| tlv.value.split(|&octet| octet == 0).next())
        .find(|id| !id.is_empty())
        .map(|id| id.iter().copied().map(char::from).collect())
}

fn message_state(tlvs: &[Tlv]) -> Option<u8> {
    let tlv = tlvs.iter().find(|tlv| tlv.tag == MESSAGE_STATE)?;
    match tlv.value.as_slice() {
        [0, .., state] | [state, ..] => Some(*state),
        [] => None,
    }
}
