//! Bodies as operators really send them: reads what can be read, and notes the first thing that was odd.
//!
//! Missing NUL at the end, octets above 0x7F, over-long fields, lengths that point beyond the PDU and PDUs that end
//! early are all read past. Reading never goes beyond the body.

use super::Oddity;
use smpp_domain::pdu::{Address, AlertNotificationPdu, DeliverSmPdu, Tlv, octet_text};

/// A message that was read, and what was odd about it.
pub(super) type Message = (DeliverSmPdu, Option<Oddity>);

/// Longest C-octet strings in octets with their NUL (SMPP 3.4 sections 4.4, 4.6, 4.7).
const SERVICE_TYPE: usize = 6;
const MESSAGE_ADDRESS: usize = 21;
const DATA_ADDRESS: usize = 65;
const TIME: usize = 17;
const MESSAGE_ID: usize = 65;

/// A deliver_sm or a submit_sm: both have the same fields. `None` when the addresses cannot be read.
pub(super) fn message(body: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(body);
    let mut pdu = reader.addressed(MESSAGE_ADDRESS)?;
    pdu.esm_class = reader.octet_or_zero("esm_class");
    pdu.protocol_id = reader.octet_or_zero("protocol_id");
    pdu.priority_flag = reader.octet_or_zero("priority_flag");
    reader.time("schedule_delivery_time");
    reader.time("validity_period");
    pdu.registered_delivery = reader.octet_or_zero("registered_delivery");
    reader.octet_or_zero("replace_if_present_flag");
    pdu.data_coding = reader.octet_or_zero("data_coding");
    pdu.sm_default_msg_id = reader.octet_or_zero("sm_default_msg_id");
    pdu.short_message = reader.short_message();
    Some(reader.finish(pdu))
}

/// A data_sm. `None` when the addresses cannot be read.
pub(super) fn data_message(body: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(body);
    let mut pdu = reader.addressed(DATA_ADDRESS)?;
    pdu.esm_class = reader.octet_or_zero("esm_class");
    pdu.registered_delivery = reader.octet_or_zero("registered_delivery");
    pdu.data_coding = reader.octet_or_zero("data_coding");
    Some(reader.finish(pdu))
}

/// An alert_notification. `None` when the addresses cannot be read.
pub(super) fn alert(body: &[u8]) -> Option<(AlertNotificationPdu, Option<Oddity>)> {
    let mut reader = Reader::new(body);
    let source = reader.address("source_addr", DATA_ADDRESS)?;
    let esme = reader.address("esme_addr", DATA_ADDRESS)?;
    let (tlvs, oddity) = read_tlvs(reader.rest);
    Some((
        AlertNotificationPdu { source, esme, tlvs },
        reader.oddity.or(oddity),
    ))
}

/// The text that a response's body begins with; an absent body is legal and gives the empty text. `max` counts the
/// NUL.
pub(super) fn only_text(body: &[u8], field: &'static str, max: usize) -> (String, Option<Oddity>) {
    let mut reader = Reader::new(body);
    let text = reader.text(field, max).unwrap_or_default();
    (text, reader.oddity)
}

/// The message_id and the TLVs of a submit_sm_resp; an absent body is legal and gives the empty id.
pub(super) fn submit_response(body: &[u8]) -> (String, Vec<Tlv>, Option<Oddity>) {
    let mut reader = Reader::new(body);
    let id = reader.text("message_id", MESSAGE_ID).unwrap_or_default();
    let (tlvs, oddity) = read_tlvs(reader.rest);
    (id, tlvs, reader.oddity.or(oddity))
}

/// All TLVs in order, duplicates, unknown tags and zero lengths included, up to the first that is cut short.
pub(super) fn read_tlvs(mut rest: &[u8]) -> (Vec<Tlv>, Option<Oddity>) {
    let mut tlvs = Vec::new();
    while let Some((&[tag_high, tag_low, length_high, length_low], after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([length_high, length_low]));
        let Some((value, after)) = after.split_at_checked(length) else {
            break;
        };
        tlvs.push(Tlv {
            tag: u16::from_be_bytes([tag_high, tag_low]),
            value: value.to_vec(),
        });
        rest = after;
    }
    let oddity = (!rest.is_empty()).then_some(Oddity {
        what: Oddity::BEYOND_END,
        field: "tlv",
    });
    (tlvs, oddity)
}

/// Reads fields from the front of a body.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    oddity: Option<Oddity>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self {
            rest: body,
            oddity: None,
        }
    }

    pub(super) fn octet(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// A C-octet string as octet text; `max` counts the NUL. `None` when nothing is left at all.
    pub(super) fn text(&mut self, field: &'static str, max: usize) -> Option<String> {
        self.c_octets(field, max).map(octet_text)
    }

    fn c_octets(&mut self, field: &'static str, max: usize) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&octet| octet == 0);
        let (text, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
        self.rest = rest.get(1..).unwrap_or_default();
        if end.is_none() {
            self.note(Oddity::NO_NUL, field);
        } else if text.len() >= max {
            self.note(Oddity::OVER_LONG, field);
        }
        if !text.is_ascii() {
            self.note(Oddity::NOT_ASCII, field);
        }
        Some(text)
    }

    fn addressed(&mut self, max: usize) -> Option<DeliverSmPdu> {
        Some(DeliverSmPdu {
            service_type: self.text("service_type", SERVICE_TYPE)?,
            source: self.address("source_addr", max)?,
            destination: self.address("destination_addr", max)?,
            ..DeliverSmPdu::default()
        })
    }

    fn address(&mut self, field: &'static str, max: usize) -> Option<Address> {
        Some(Address {
            ton: self.octet()?,
            npi: self.octet()?,
            digits: self.text(field, max)?,
        })
    }

    fn octet_or_zero(&mut self, field: &'static str) -> u8 {
        self.octet().unwrap_or_else(|| {
            self.note(Oddity::CUT_SHORT, field);
            0
        })
    }

    /// Times of a deliver_sm say nothing (SMPP 3.4 section 4.6.1 wants them empty): they are passed over.
    fn time(&mut self, field: &'static str) {
        match self.c_octets(field, TIME) {
            None => self.note(Oddity::CUT_SHORT, field),
            Some(text) if text.is_empty() || text.len() + 1 == TIME => {}
            Some(_) => self.note(Oddity::ODD_TIME, field),
        }
    }

    fn short_message(&mut self) -> Vec<u8> {
        let length = usize::from(self.octet_or_zero("sm_length"));
        let (text, rest) = self.rest.split_at_checked(length).unwrap_or_else(|| {
            self.note(Oddity::BEYOND_END, "sm_length");
            (self.rest, &[])
        });
        self.rest = rest;
        text.to_vec()
    }

    fn finish(self, mut pdu: DeliverSmPdu) -> Message {
        let (tlvs, oddity) = read_tlvs(self.rest);
        pdu.tlvs = tlvs;
        (pdu, self.oddity.or(oddity))
    }

    fn note(&mut self, what: &'static str, field: &'static str) {
        self.oddity.get_or_insert(Oddity { what, field });
    }
}
