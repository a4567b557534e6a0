//! data_coding (SMPP 3.4 section 5.2.19, 3GPP TS 23.038 section 4).

use super::{Alphabet, Counting};
use crate::dispatch::MessageType;

/// The data_coding that goes with an alphabet unless the operator or its policy says otherwise.
///
/// A table is the operator's own reading of its default alphabet, so it has the codes of GSM 7-bit. A flash message
/// in ASCII or Latin-1 has no code in any standard: 0x14 (8-bit, class 0) keeps the octets as they are, where 0x10
/// would have `@` read as `¡`.
#[must_use]
pub fn data_coding(alphabet: &Alphabet, message_type: MessageType) -> u8 {
    match (alphabet, message_type) {
        (
            Alphabet::Gsm7Unpacked
            | Alphabet::Gsm7Packed
            | Alphabet::Gsm7National { .. }
            | Alphabet::Table(_),
            kind,
        ) => match kind {
            MessageType::Sms => 0x00,
            MessageType::Flash => 0x10,
        },
        (Alphabet::Ascii, MessageType::Sms) => 0x01,
        (Alphabet::Latin1, MessageType::Sms) => 0x03,
        (Alphabet::Ascii | Alphabet::Latin1, MessageType::Flash) => 0x14,
        (Alphabet::Ucs2, MessageType::Sms) => 0x08,
        (Alphabet::Ucs2, MessageType::Flash) => 0x18,
    }
}

/// The alphabet of a received text.
///
/// 0x00 is the operator's `default`. Codes that say GSM 7-bit (class 0x10.., waiting 0xC0.., class 0xF0..) are read in
/// the operator's own form of it where `default` is one. 8-bit data (0x02, 0x04, 0x14, 0xF4) and the scripts that are
/// not decoded here (JIS, ISO 8859-5, ISO 8859-8, ...) are read as Latin-1: a guess that loses no octet. Compressed
/// text (bit 0x20) is read as if it were not compressed.
#[must_use]
pub fn alphabet_for_data_coding(dcs: u8, default: &Alphabet) -> Alphabet {
    match dcs {
        0x00 => default.clone(),
        0x01 => Alphabet::Ascii,
        0x08 => Alphabet::Ucs2,
        0x02..=0x0F => Alphabet::Latin1,
        // General data coding, and the same with automatic deletion.
        0x10..=0x7F => match dcs & 0x0C {
            0x04 => Alphabet::Latin1,
            0x08 => Alphabet::Ucs2,
            _ => gsm7(default),
        },
        0x80..=0xBF => default.clone(),
        // Message waiting: discard, store, and store as UCS2.
        0xC0..=0xDF => gsm7(default),
        0xE0..=0xEF => Alphabet::Ucs2,
        0xF0..=0xFF if dcs & 0x04 != 0 => Alphabet::Latin1,
        0xF0..=0xFF => gsm7(default),
    }
}

fn gsm7(default: &Alphabet) -> Alphabet {
    match default {
        Alphabet::Gsm7Packed => Alphabet::Gsm7Packed,
        Alphabet::Table(table) if table.counting() == Counting::Septets => default.clone(),
        _ => Alphabet::Gsm7Unpacked,
    }
}
