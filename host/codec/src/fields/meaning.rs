//! What the values of mandatory fields say (SMPP 3.4 section 5.2).

use smpp_domain::pdu::esm_class as bits;

/// Section 5.2.5.
pub(super) fn ton(octet: u8) -> &'static str {
    match octet {
        0 => "unknown",
        1 => "international",
        2 => "national",
        3 => "network specific",
        4 => "subscriber number",
        5 => "alphanumeric",
        6 => "abbreviated",
        _ => "reserved",
    }
}

/// Section 5.2.6.
pub(super) fn npi(octet: u8) -> &'static str {
    match octet {
        0 => "unknown",
        1 => "ISDN (E.163, E.164)",
        3 => "data (X.121)",
        4 => "telex (F.69)",
        6 => "land mobile (E.212)",
        8 => "national",
        9 => "private",
        10 => "ERMES",
        14 => "internet (IP)",
        18 => "WAP client id",
        _ => "reserved",
    }
}

/// Section 5.2.4, and what later versions made of it.
pub(super) fn version(octet: u8) -> &'static str {
    match octet {
        0x00..=0x33 => "SMPP 3.3 or earlier",
        0x34 => "SMPP 3.4",
        0x50 => "SMPP 5.0",
        _ => "reserved",
    }
}

/// Section 5.2.12. The mode is for the SMSC: in a `deliver_sm` it says nothing.
pub(super) fn esm_class(octet: u8, deliver_sm: bool) -> String {
    let mut words = Vec::new();
    match octet & 0x03 {
        _ if deliver_sm => {}
        0 => words.push("default mode"),
        1 => words.push("datagram mode"),
        2 => words.push("forward mode"),
        _ => words.push("store and forward mode"),
    }
    match octet & bits::TYPE_MASK {
        0x00 => words.push("message"),
        bits::DELIVERY_RECEIPT => words.push("delivery receipt"),
        0x08 => words.push("delivery acknowledgement"),
        0x10 => words.push("user acknowledgement"),
        0x18 => words.push("conversation abort"),
        bits::INTERMEDIATE_NOTIFICATION => words.push("intermediate notification"),
        _ => words.push("reserved type"),
    }
    if octet & bits::UDHI != 0 {
        words.push("user data header");
    }
    if octet & 0x80 != 0 {
        words.push("reply path");
    }
    words.join(", ")
}

/// 3GPP TS 23.040 section 9.2.3.9.
pub(super) fn protocol_id(octet: u8) -> &'static str {
    match octet {
        0x00 => "a plain short message",
        0x20..=0x3F => "for telematic devices",
        0x40 => "short message of type 0: acknowledged, and not shown",
        0x41..=0x47 => "takes the place of an earlier one of the same kind",
        0x5F => "return call",
        0x7C => "ANSI-136 R-data",
        0x7D => "ME data download",
        0x7E => "ME de-personalisation",
        0x7F => "(U)SIM data download",
        _ => "",
    }
}

/// Section 5.2.14, for GSM.
pub(super) fn priority(octet: u8) -> &'static str {
    match octet {
        0 => "none",
        1..=3 => "priority",
        _ => "reserved",
    }
}

/// Section 5.2.17.
pub(super) fn registered_delivery(octet: u8) -> String {
    let mut words = vec![match octet & 0x03 {
        0 => "no receipt",
        1 => "receipt of success and failure",
        2 => "receipt of failure",
        _ => "reserved",
    }];
    match octet & 0x0C {
        0x04 => words.push("delivery acknowledgement"),
        0x08 => words.push("user acknowledgement"),
        0x0C => words.push("delivery and user acknowledgement"),
        _ => {}
    }
    if octet & 0x10 != 0 {
        words.push("intermediate notification");
    }
    words.join(", ")
}

/// Section 5.2.18.
pub(super) fn replace_if_present(octet: u8) -> &'static str {
    match octet {
        0 => "no",
        1 => "replaces an earlier message",
        _ => "reserved",
    }
}

/// Section 5.2.19, and 3GPP TS 23.038 section 4 from 0x10 up.
pub(super) fn data_coding(octet: u8) -> String {
    let plain = |words: &str| words.to_owned();
    match octet {
        0x00 => plain("the SMSC's default alphabet"),
        0x01 => plain("ASCII (IA5)"),
        0x02 | 0x04 => plain("8-bit octets"),
        0x03 => plain("Latin 1 (ISO-8859-1)"),
        0x05 => plain("JIS"),
        0x06 => plain("Cyrillic (ISO-8859-5)"),
        0x07 => plain("Latin and Hebrew (ISO-8859-8)"),
        0x08 => plain("UCS2"),
        0x09 => plain("pictograms"),
        0x0A => plain("music codes (ISO-2022-JP)"),
        0x0D => plain("extended Kanji (JIS)"),
        0x0E => plain("Korean (KS C 5601)"),
        0x10..=0x7F => general(octet),
        0xC0..=0xCF => plain("GSM 7-bit, message waiting, to be discarded"),
        0xD0..=0xDF => plain("GSM 7-bit, message waiting, to be stored"),
        0xE0..=0xEF => plain("UCS2, message waiting, to be stored"),
        0xF0..=0xFF => {
            let alphabet = if octet & 0x04 == 0 {
                "GSM 7-bit"
            } else {
                "8-bit octets"
            };
            format!("{alphabet}, {}", class(octet))
        }
        _ => plain("reserved"),
    }
}

/// The general group: the alphabet in bits 3 and 2, a class where bit 4 is set.
fn general(octet: u8) -> String {
    let alphabet = match octet & 0x0C {
        0x00 => "GSM 7-bit",
        0x04 => "8-bit octets",
        0x08 => "UCS2",
        _ => "reserved alphabet",
    };
    let mut words = vec![alphabet];
    if octet & 0x10 != 0 {
        words.push(class(octet));
    }
    if octet & 0x20 != 0 {
        words.push("compressed");
    }
    if octet & 0x40 != 0 {
        words.push("deleted when read");
    }
    words.join(", ")
}

fn class(octet: u8) -> &'static str {
    match octet & 0x03 {
        0 => "class 0 (flash)",
        1 => "class 1 (phone)",
        2 => "class 2 (SIM)",
        _ => "class 3 (terminal equipment)",
    }
}

/// Section 7.1.1: `YYMMDDhhmmsstnnp`.
pub(super) fn time(name: &str, time: &[u8]) -> String {
    let (digits, sign) = match *time {
        [] if name == "validity_period" => return "the SMSC's default".to_owned(),
        [] => return "at once".to_owned(),
        [.., sign @ (b'R' | b'+' | b'-')] if time.len() == 16 => (time, sign),
        _ => return "no time of the standard: it has 16 characters".to_owned(),
    };
    let pairs: Vec<_> = digits
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair))
        .collect();
    let [year, month, day, hour, minute, second, ..] = pairs.as_slice() else {
        return String::new();
    };
    if sign == b'R' {
        let units = [year, month, day, hour, minute, second]
            .into_iter()
            .zip(["y", "mo", "d", "h", "min", "s"]);
        let counted = units.filter(|(count, _)| *count != "00");
        let counted: Vec<_> = counted
            .map(|(count, unit)| format!("{} {unit}", count.trim_start_matches('0')))
            .collect();
        return format!("in {}", counted.join(" "));
    }
    let quarters = digits
        .get(13..15)
        .map(String::from_utf8_lossy)
        .unwrap_or_default();
    let sign = char::from(sign);
    format!("20{year}-{month}-{day} {hour}:{minute}:{second}, {sign}{quarters} quarter hours from UTC")
}
