//! Delivery receipts: what a deliver_sm or data_sm says about an earlier submit_sm.
//!
//! Two steps: [`read`] makes a [`ReceiptReading`] out of a PDU (TLVs first, then a tolerant scan of the text);
//! [`message_id`] turns the operator's id into the key by which the message is found. Neither step can fail: what
//! an operator writes strangely is passed on as it came, and an operator's policy may correct the reading.

pub mod date;
pub mod message_id;
pub mod state;
pub mod text;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

use crate::correlation::DlrMessageState;
use crate::pdu::{Address, DeliverSmPdu, esm_class, find_tlv, octet_text, tag};
use chrono::FixedOffset;
use serde::{Deserialize, Serialize};
use text::TextReceipt;

/// What a receipt says. Raw fields are octet text, as received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptReading {
    /// The operator's id as found; empty when there was none.
    pub message_id: String,
    /// Where the id was found.
    pub origin: ReceiptIdOrigin,
    /// As mapped from message_state or `stat:`.
    pub state: DlrMessageState,
    /// No later receipt will come for this part.
    pub is_final: bool,
    /// `stat:` as received, else the message_state as a number; empty for neither.
    pub raw_state: String,
    /// `err:` as received.
    pub raw_error: String,
    /// network_error_code as received.
    pub network_error_code: Option<Vec<u8>>,
    /// RFC 3339 where the operator's zone is known, else `done date:` as received.
    pub done_at: Option<String>,
    /// `id:` of the text where it differs from the receipted_message_id in [`Self::message_id`]: some operators
    /// write one in decimal and the other in hexadecimal.
    #[serde(default)]
    pub text_id: Option<String>,
    /// Who the receipt comes from: the number that its message went to, as the operator writes it.
    #[serde(default)]
    pub sender: Address,
    /// The operator used a state that nobody knows. It reads as UNKNOWN, not final, and should be counted.
    #[serde(default)]
    pub unknown_word: bool,
    /// An intermediate notification (esm_class 0x20): the message is still on its way.
    #[serde(default)]
    pub intermediate: bool,
}

/// A reading that says nothing: no id, UNKNOWN, not final.
impl Default for ReceiptReading {
    fn default() -> Self {
        Self {
            message_id: String::new(),
            origin: ReceiptIdOrigin::Text,
            state: DlrMessageState::Unknown,
            is_final: false,
            raw_state: String::new(),
            raw_error: String::new(),
            network_error_code: None,
            done_at: None,
            text_id: None,
            sender: Address::default(),
            unknown_word: false,
            intermediate: false,
        }
    }
}

/// Where the id of a [`ReceiptReading`] was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReceiptIdOrigin {
    /// `id:` in the text.
    Text,
    /// receipted_message_id.
    Tlv,
}

/// What makes a PDU a receipt: a setting of the operator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detection {
    /// The message type bits of esm_class, as SMPP 3.4 section 5.2.12 has it. The only kind that a subscriber cannot
    /// forge by writing a receipt's text.
    #[default]
    EsmClass,
    /// The same, and a text that looks like a receipt for operators that forget the bits.
    EsmClassOrText,
    /// receipted_message_id alone, for operators that set the bits on other messages or on none.
    Tlv,
}

/// Reads a PDU as a receipt; `None` when it is none. SME acknowledgements (0x08, 0x10) come from the recipient's
/// device and are no receipts. An intermediate notification (0x20) is a reading that is never final.
///
/// Where TLVs and text disagree, the TLVs decide id and state; the text's own words stay in `raw_state`, `text_id`.
/// `time_zone` is that of the operator's clock, where it is known.
#[must_use]
pub fn read(
    pdu: &DeliverSmPdu,
    detection: Detection,
    time_zone: Option<FixedOffset>,
) -> Option<ReceiptReading> {
    let kind = pdu.esm_class & esm_class::TYPE_MASK;
    let typed = matches!(
        kind,
        esm_class::DELIVERY_RECEIPT | esm_class::INTERMEDIATE_NOTIFICATION
    );
    let receipted = receipted_message_id(pdu);
    let details = match detection {
        Detection::EsmClass if !typed => return None,
        Detection::Tlv if receipted.is_none() => return None,
        Detection::EsmClass | Detection::Tlv => appendix_b(pdu),
        Detection::EsmClassOrText => {
            Some(appendix_b(pdu)).filter(|text| typed || text.looks_like_a_receipt())?
        }
    };
    let intermediate = kind == esm_class::INTERMEDIATE_NOTIFICATION;
    let done_at = details.done_date.as_deref();
    let done_at = done_at.and_then(|raw| date::done_at(raw, time_zone));
    let reading = combine(pdu, receipted, details);
    Some(ReceiptReading {
        is_final: reading.is_final && !intermediate,
        intermediate,
        done_at,
        ..reading
    })
}

/// The fields of the text by SMPP 3.4 Appendix B, for those who want more than a [`ReceiptReading`] tells.
#[must_use]
pub fn appendix_b(pdu: &DeliverSmPdu) -> TextReceipt {
    text::scan_octets(without_header(pdu.user_data(), pdu.esm_class), pdu.data_coding)
}

fn combine(pdu: &DeliverSmPdu, receipted: Option<String>, details: TextReceipt) -> ReceiptReading {
    let octet = find_tlv(&pdu.tlvs, tag::MESSAGE_STATE).and_then(state_octet);
    let mapped = octet
        .and_then(state::message_state)
        .or_else(|| details.stat.as_deref().and_then(state::state_word));
    let (state, is_final) = mapped.unwrap_or((DlrMessageState::Unknown, false));
    let raw_state = details
        .stat
        .or_else(|| octet.map(|octet| octet.to_string()))
        .unwrap_or_default();
    let (message_id, origin, text_id) = match (receipted, details.id) {
        (Some(id), text_id) => {
            let other = text_id.filter(|text| message_id::default_key(text) != message_id::default_key(&id));
            (id, ReceiptIdOrigin::Tlv, other)
        }
        (None, id) => (id.unwrap_or_default(), ReceiptIdOrigin::Text, None),
    };
    ReceiptReading {
        message_id,
        origin,
        state,
        is_final,
        unknown_word: mapped.is_none() && !raw_state.is_empty(),
        raw_state,
        raw_error: details.err.unwrap_or_default(),
        network_error_code: find_tlv(&pdu.tlvs, tag::NETWORK_ERROR_CODE).map(<[u8]>::to_vec),
        text_id,
        sender: pdu.source.clone(),
        ..ReceiptReading::default()
    }
}

/// The first receipted_message_id that is not empty. Its NUL is optional: live SMSCs leave it out.
fn receipted_message_id(pdu: &DeliverSmPdu) -> Option<String> {
    let ids = pdu.tlvs.iter().filter(|tlv| tlv.tag == tag::RECEIPTED_MESSAGE_ID);
    ids.filter_map(|tlv| tlv.value.split(|&octet| octet == 0).next())
        .find(|id| !id.is_empty())
        .map(octet_text)
}

/// message_state is one octet; a wider big-endian integer is taken for what it means.
fn state_octet(value: &[u8]) -> Option<u8> {
    match value {
        [0, .., state] | [state, ..] => Some(*state),
        [] => None,
    }
}

/// User data without its user data header. A header longer than the data is no header, whatever UDHI says.
fn without_header(data: &[u8], esm_class: u8) -> &[u8] {
    match data.split_first() {
        Some((&length, rest)) if esm_class & esm_class::UDHI != 0 => {
            rest.get(usize::from(length)..).unwrap_or(data)
        }
        _ => data,
    }
}
