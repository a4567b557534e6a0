//! A PDU field by field, by the standard's names: what each says, and where it cannot be told apart any more.
//!
//! Nothing is hidden here: of what a person may not see, the redacted octets are given. They have the same fields.

mod meaning;
mod tlv;
mod user_data;

use crate::describe::{RESPONSE, command_name};
use crate::frame::{Frame, HEADER};
use crate::layout::{Kind, Piece, number, walk};
use smpp_domain::pdu::{PduField, PduFields};
use smpp_domain::status;
use std::borrow::Cow;

const DELIVER_SM: u32 = 0x0000_0005;

/// How the texts of a PDU are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Texts {
    /// In words, as a phone would show them.
    Plain,
    /// As far as they are ASCII, with `.` for the rest: an octet that stands for another makes no character.
    Redacted,
}

/// The fields of a PDU, of which the end may be missing: of some the beginning alone is kept.
#[must_use]
pub fn fields(octets: &[u8], texts: Texts) -> PduFields {
    let mut told = Telling::of(octets, texts);
    if let Err(error) = Frame::copy_of(octets) {
        told.add("command_length", integer(octets.get(..4).unwrap_or(octets)), "");
        told.fail(error.to_string());
        return told.pdu;
    }
    walk(octets, |piece| told.piece(&piece));
    if octets.len() < told.command_length {
        told.pdu.fault = Some(format!(
            "{} of its {} octets are here: the rest was not kept",
            octets.len(),
            told.command_length
        ));
    }
    told.pdu
}

struct Telling {
    pdu: PduFields,
    command_length: usize,
    command_id: u32,
    has_body: bool,
    texts: Texts,
}

impl Telling {
    fn of(octets: &[u8], texts: Texts) -> Self {
        let header = |at: usize| octets.get(at..at + 4).and_then(number).unwrap_or_default();
        Self {
            pdu: PduFields::default(),
            command_length: usize::try_from(header(0)).unwrap_or(usize::MAX),
            command_id: header(4),
            has_body: octets.len() > HEADER,
            texts,
        }
    }

    fn is_response(&self) -> bool {
        self.command_id & RESPONSE != 0
    }

    fn piece(&mut self, piece: &Piece<'_>) {
        // A response may be its header alone, whatever the standard says of its body.
        let is_optional = self.is_response() && !self.has_body;
        if self.pdu.fault.is_some() || (piece.octets.is_empty() && is_optional) {
            return;
        }
        let name = piece.name;
        match piece.kind {
            Kind::Integer(width) if piece.octets.len() < width => {
                self.fail(format!("the PDU ends before {name}"));
            }
            Kind::Integer(_) => self.integer(name, piece.octets),
            Kind::Name(longest) => self.text(name, piece.octets, |text| over_long(text, longest)),
            Kind::Id => self.text(name, piece.octets, |_| String::new()),
            Kind::Password => self.text(name, piece.octets, counted),
            Kind::Number => self.text(name, piece.octets, counted),
            Kind::Time => self.text(name, piece.octets, |time| meaning::time(name, time)),
            Kind::Text(length, coding) => {
                self.pdu
                    .fields
                    .extend(user_data::fields(name, piece.octets, coding, self.texts));
                if piece.octets.len() < length {
                    let left = piece.octets.len();
                    self.fail(format!(
                        "sm_length says {length} octets, and the PDU ends after {left}"
                    ));
                }
            }
            Kind::Tlv(coding) => {
                let (fields, fault) = tlv::fields(piece.octets, coding, self.texts);
                self.pdu.fields.extend(fields);
                self.pdu.fault = fault;
            }
            Kind::Rest => self.rest(piece.octets),
        }
    }

    fn integer(&mut self, name: &str, octets: &[u8]) {
        let value = number(octets).unwrap_or_default();
        let octet = octets.last().copied().unwrap_or_default();
        let hex = || format!("0x{value:0width$X}", width = 2 * octets.len());
        let plain = || value.to_string();
        let (value, meaning) = match name {
            "command_length" => (plain(), "octets".into()),
            "command_id" => (hex(), command_name(value)),
            "command_status" => (hex(), self.status(value)),
            "sequence_number" => (plain(), "".into()),
            "source_addr_ton" | "dest_addr_ton" | "esme_addr_ton" | "addr_ton" => {
                (plain(), meaning::ton(octet).into())
            }
            "source_addr_npi" | "dest_addr_npi" | "esme_addr_npi" | "addr_npi" => {
                (plain(), meaning::npi(octet).into())
            }
            "interface_version" => (hex(), meaning::version(octet).into()),
            "esm_class" => (
                hex(),
                meaning::esm_class(octet, self.command_id == DELIVER_SM).into(),
            ),
            "protocol_id" => (hex(), meaning::protocol_id(octet).into()),
            "priority_flag" => (plain(), meaning::priority(octet).into()),
            "registered_delivery" => (hex(), meaning::registered_delivery(octet).into()),
            "replace_if_present_flag" => (plain(), meaning::replace_if_present(octet).into()),
            "data_coding" => (hex(), meaning::data_coding(octet).into()),
            "sm_default_msg_id" => (plain(), if octet == 0 { "none".into() } else { "".into() }),
            "sm_length" => (plain(), "octets of short_message".into()),
            _ => (plain(), "".into()),
        };
        self.add(name, value, &meaning);
    }

    fn status(&self, value: u32) -> Cow<'static, str> {
        let status = smpp_domain::pdu::CommandStatus(value);
        if self.is_response() {
            status::meaning(status).into()
        } else if status.is_ok() {
            "says nothing in a request".into()
        } else {
            format!(
                "says nothing in a request; in a response {}",
                status::name(status)
            )
            .into()
        }
    }

    fn text(&mut self, name: &str, octets: &[u8], meaning: impl FnOnce(&[u8]) -> String) {
        let (text, has_nul) = match octets.split_last() {
            None => return self.fail(format!("the PDU ends before {name}")),
            Some((0, text)) => (text, true),
            Some(_) => (octets, false),
        };
        self.add(name, quoted(text), &meaning(text));
        if !has_nul {
            self.fail(format!(
                "{name} has no NUL: it goes on to the end of the PDU, and what follows it cannot be told apart"
            ));
        }
    }

    fn rest(&mut self, octets: &[u8]) {
        let count = octets.len();
        let command = command_name(self.command_id);
        let is_told = self.pdu.fields.len() > HEADER / 4;
        if is_told {
            self.fail(format!("{} left over at the end", octets_of(count)));
        } else if is_header_only(self.command_id) {
            self.fail(format!(
                "{command} is its header alone, and {} follow",
                octets_of(count)
            ));
        } else {
            self.add(
                "body",
                raw(octets),
                &format!("{}; the fields of {command} are not read here", octets_of(count)),
            );
        }
    }

    fn add(&mut self, name: &str, value: String, meaning: &str) {
        self.pdu.fields.push(field(name, value, meaning));
    }

    fn fail(&mut self, fault: String) {
        self.pdu.fault = Some(fault);
    }
}

fn field(name: impl Into<String>, value: String, meaning: impl Into<String>) -> PduField {
    PduField {
        name: name.into(),
        value,
        meaning: meaning.into(),
    }
}

/// enquire_link, unbind and their responses, and generic_nack.
fn is_header_only(command_id: u32) -> bool {
    matches!(command_id, 0x15 | 0x8000_0015 | 0x06 | 0x8000_0006 | 0x8000_0000)
}

fn integer(octets: &[u8]) -> String {
    number(octets).map_or_else(String::new, |number| number.to_string())
}

/// Octet text in quotes: what is not printable is escaped.
fn quoted(octets: &[u8]) -> String {
    format!("{:?}", smpp_domain::pdu::octet_text(octets))
}

/// Text where all of it is printable, hexadecimal otherwise.
fn raw(octets: &[u8]) -> String {
    let text = octets.strip_suffix(&[0]).unwrap_or(octets);
    if !text.is_empty() && text.iter().all(|octet| matches!(octet, b' '..=b'~')) {
        quoted(octets)
    } else {
        hexadecimal(octets)
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    let pairs: Vec<_> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    pairs.join(" ")
}

fn octets_of(count: usize) -> String {
    if count == 1 {
        "1 octet".to_owned()
    } else {
        format!("{count} octets")
    }
}

fn counted(text: &[u8]) -> String {
    match text.len() {
        0 => "empty".to_owned(),
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    }
}

fn over_long(text: &[u8], longest: usize) -> String {
    let count = text.len();
    if count > longest {
        format!("{count} octets, of {longest} that the standard allows")
    } else {
        String::new()
    }
}
