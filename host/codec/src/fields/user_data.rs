//! The user data of a message: its header, and its text.

use super::{Texts, field, hexadecimal, meaning, octets_of};
use crate::layout::Coding;
use smpp_domain::mobile_originated::{is_octets, words as decoded};
use smpp_domain::pdu::{PduField, esm_class};
use smpp_domain::udh::{ReferenceKind, UserDataHeader, user_data_of};

/// One field, or two where a user data header stands before the text.
pub(super) fn fields(name: &str, octets: &[u8], coding: Coding, texts: Texts) -> Vec<PduField> {
    let (text, header) = user_data_of(coding.esm_class, octets, &[]);
    let mut told = Vec::new();
    if coding.esm_class & esm_class::UDHI != 0 {
        let octets = octets.get(..octets.len() - text.len()).unwrap_or_default();
        told.push(field("user data header", hexadecimal(octets), in_words(&header)));
    }
    let alphabet = meaning::data_coding(coding.data_coding);
    let words = match text.len() {
        0 => "no text".to_owned(),
        count => format!("{}, {alphabet}", octets_of(count)),
    };
    let shown = match texts {
        Texts::Plain if is_octets(coding.data_coding) => hexadecimal(text),
        Texts::Plain => format!("{:?}", decoded(text, coding.data_coding, header.languages)),
        Texts::Redacted => format!("{:?}", printable(text, coding.data_coding)),
    };
    told.push(field(name, shown, words));
    told
}

fn in_words(header: &UserDataHeader) -> String {
    let mut words = Vec::new();
    if let Some((kind, place)) = header.place {
        let bits = match kind {
            ReferenceKind::EightBits => "8-bit reference",
            ReferenceKind::SixteenBits => "16-bit reference",
            ReferenceKind::Sar | ReferenceKind::Policy => "reference",
        };
        let (reference, number, total) = (place.reference, place.number, place.total);
        words.push(format!(
            "concatenation: {bits} {reference}, part {number} of {total}"
        ));
    }
    if let Some(ports) = header.ports {
        words.push(format!("ports: to {}, from {}", ports.destination, ports.source));
    }
    if let Some(table) = header.languages.single {
        words.push(format!("national language {table}, single shift"));
    }
    if let Some(table) = header.languages.locking {
        words.push(format!("national language {table}, locking shift"));
    }
    if header.is_broken {
        words.push("it claims more octets than there are".to_owned());
    }
    if words.is_empty() {
        words.push("no element that is read".to_owned());
    }
    words.join("; ")
}

/// As ASCII, `.` for the rest.
fn printable(text: &[u8], data_coding: u8) -> String {
    let ucs2 = meaning::data_coding(data_coding).starts_with("UCS2");
    let narrow = |octet: u8| match octet {
        b' '..=b'~' | b'\n' | b'\r' => char::from(octet),
        _ => '.',
    };
    if !ucs2 {
        return text.iter().map(|&octet| narrow(octet)).collect();
    }
    let units = text.chunks(2).map(|unit| match *unit {
        [0, octet] => narrow(octet),
        _ => '.',
    });
    units.collect()
}
