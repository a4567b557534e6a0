//! A PDU's octets for a person: as many as there were, and nothing private in them.
//!
//! What tells how a PDU was built stays: header, lengths, flags, ids, a receipt's keys, state and errors. Of an address all
//! but the last two octets become `*`, of a password all; of text, and of everything whose meaning is not known, each octet
//! becomes one of its kind: `Hello 5` is `Xxxxx 0`.

use crate::frame::{Frame, HEADER};
use rusmpp::CommandId;
use smpp_domain::pdu::tag;
use smpp_domain::receipt::text::redacted;

/// The longest fields that pass for what they are, in octets without NUL (SMPP 3.4 section 5.2). A longer one may hold
/// another field's octets.
const SERVICE_TYPE: usize = 5;
const SYSTEM_ID: usize = 15;
const SYSTEM_TYPE: usize = 12;
const MESSAGE_ID: usize = 64;
const TIME: usize = 16;

/// No number, and no text worth the name, fits into a TLV of so few octets.
const HARMLESS_TLV: usize = 4;

/// The whole PDU, header included.
#[must_use]
pub fn redact(frame: &Frame) -> Vec<u8> {
    let mut redactor = Redactor {
        rest: frame.octets(),
        shown: Vec::with_capacity(frame.octets().len()),
    };
    redactor.keep(HEADER);
    redactor.body(CommandId::from(frame.command_id()));
    // Whatever is left belongs nowhere.
    redactor.words(usize::MAX);
    redactor.shown
}

/// Octets among which no PDU could be found: of their length field, which is none, every octet is kept.
#[must_use]
pub fn redact_unframed(octets: &[u8]) -> Vec<u8> {
    let mut redactor = Redactor {
        rest: octets,
        shown: Vec::with_capacity(octets.len()),
    };
    redactor.keep(size_of::<u32>());
    redactor.words(usize::MAX);
    redactor.shown
}

struct Redactor<'a> {
    rest: &'a [u8],
    shown: Vec<u8>,
}

impl<'a> Redactor<'a> {
    fn body(&mut self, command: CommandId) {
        match command {
            CommandId::SubmitSm | CommandId::DeliverSm => self.message(),
            CommandId::DataSm => self.data_message(),
            CommandId::SubmitSmResp | CommandId::DeliverSmResp | CommandId::DataSmResp => {
                self.c_octets(id);
                self.tlvs(0, 0);
            }
            CommandId::BindReceiverResp | CommandId::BindTransmitterResp | CommandId::BindTransceiverResp => {
                self.name(SYSTEM_ID);
                self.tlvs(0, 0);
            }
            CommandId::BindReceiver | CommandId::BindTransmitter | CommandId::BindTransceiver => {
                self.account();
                self.name(SYSTEM_TYPE);
                self.keep(3);
                self.c_octets(number);
                self.tlvs(0, 0);
            }
            CommandId::Outbind => self.account(),
            CommandId::QuerySm => {
                self.name(MESSAGE_ID);
                self.address();
            }
            CommandId::CancelSm => {
                self.name(SERVICE_TYPE);
                self.name(MESSAGE_ID);
                self.address();
                self.address();
            }
            CommandId::ReplaceSm => {
                self.name(MESSAGE_ID);
                self.address();
                self.time();
                self.time();
                self.keep(2);
                self.short_message(0, 0);
            }
            CommandId::AlertNotification => {
                self.address();
                self.address();
                self.tlvs(0, 0);
            }
            _ => {}
        }
    }

    /// A submit_sm or deliver_sm.
    fn message(&mut self) {
        self.name(SERVICE_TYPE);
        self.address();
        self.address();
        let esm_class = self.octet();
        self.keep(2);
        self.time();
        self.time();
        self.keep(2);
        let data_coding = self.octet();
        self.keep(1);
        self.short_message(esm_class, data_coding);
        self.tlvs(esm_class, data_coding);
    }

    fn data_message(&mut self) {
        self.name(SERVICE_TYPE);
        self.address();
        self.address();
        let esm_class = self.octet();
        self.keep(1);
        let data_coding = self.octet();
        self.tlvs(esm_class, data_coding);
    }

    fn account(&mut self) {
        self.name(SYSTEM_ID);
        self.c_octets(|password| vec![b'*'; password.len()]);
    }

    fn address(&mut self) {
        self.keep(2);
        self.c_octets(number);
    }

    fn name(&mut self, longest: usize) {
        self.c_octets(|name| {
            if name.len() <= longest {
                name.to_vec()
            } else {
                words(name)
            }
        });
    }

    /// A time has 16 characters; what has not may be another field.
    fn time(&mut self) {
        self.c_octets(|time| {
            if time.len() == TIME {
                time.to_vec()
            } else {
                words(time)
            }
        });
    }

    fn short_message(&mut self, esm_class: u8, data_coding: u8) {
        let length = usize::from(self.octet());
        let text = redacted(self.take(length), esm_class, data_coding, words);
        self.shown.extend(text);
    }

    fn tlvs(&mut self, esm_class: u8, data_coding: u8) {
        while let Some((&[tag_high, tag_low, length_high, length_low], _)) = self.rest.split_first_chunk() {
            self.keep(4);
            let length = usize::from(u16::from_be_bytes([length_high, length_low]));
            let value = self.take(length);
            let shown = match u16::from_be_bytes([tag_high, tag_low]) {
                tag::MESSAGE_PAYLOAD => redacted(value, esm_class, data_coding, words),
                tag::RECEIPTED_MESSAGE_ID => id(value),
                _ if value.len() <= HARMLESS_TLV => value.to_vec(),
                _ => words(value),
            };
            self.shown.extend(shown);
        }
    }

    /// The next octet, kept; 0 when there is none.
    fn octet(&mut self) -> u8 {
        let octet = self.rest.first().copied().unwrap_or_default();
        self.keep(1);
        octet
    }

    fn keep(&mut self, count: usize) {
        let kept = self.take(count);
        self.shown.extend_from_slice(kept);
    }

    fn words(&mut self, count: usize) {
        let text = words(self.take(count));
        self.shown.extend(text);
    }

    /// A C-octet string by `show`, and its NUL where it has one.
    fn c_octets(&mut self, show: impl Fn(&[u8]) -> Vec<u8>) {
        let end = self.rest.iter().position(|&octet| octet == 0);
        let text = show(self.take(end.unwrap_or(self.rest.len())));
        self.shown.extend(text);
        self.keep(1);
    }

    /// So many octets, or as many as there are.
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }
}

/// All but the last two octets hidden, as in logs.
fn number(octets: &[u8]) -> Vec<u8> {
    let hidden = octets.len().saturating_sub(2);
    let each = octets.iter().enumerate();
    each.map(|(at, &octet)| match octet {
        b' '..=b'~' if at < hidden => b'*',
        b' '..=b'~' => octet,
        _ => kind(octet),
    })
    .collect()
}

/// Ids are kept however long they are, and with the blanks around them: they are what such a PDU is odd about. What has a
/// blank inside is no id, but a text in its place.
pub(crate) fn id(octets: &[u8]) -> Vec<u8> {
    if octets.trim_ascii().contains(&b' ') {
        words(octets)
    } else {
        octets.to_vec()
    }
}

fn words(octets: &[u8]) -> Vec<u8> {
    octets.iter().map(|&octet| kind(octet)).collect()
}

/// An octet of the same kind. Blanks, ends of lines, NUL and the escape character stay: they are what texts are odd about.
fn kind(octet: u8) -> u8 {
    match octet {
        b'0'..=b'9' => b'0',
        b'a'..=b'z' => b'x',
        b'A'..=b'Z' => b'X',
        0 | b'\n' | b'\r' | b' ' | 0x1B => octet,
        0x80.. => 0x80,
        b'!'..=b'~' => b'.',
        _ => 0x01,
    }
}
