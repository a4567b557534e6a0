//! `[[submit.tlv]]`: vendor parameters. Each declares its kind, because one tag is a C-octet string here, an octet string there
//! and a number elsewhere, and a wrong one is refused with ESME_RINVOPTPARAMVAL.

use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{boolean, number, text};
use smpp_domain::pdu::Tlv;
use smpp_domain::submit::is_reserved;

/// Octets. A longer value is none of the parameters that operators ask for.
const LONGEST: usize = 255;

pub(super) fn read(sections: Vec<Section<'_>>, problems: &mut Problems) -> Vec<Tlv> {
    sections
        .into_iter()
        .filter_map(|section| one(section, problems))
        .collect()
}

/// What stands in the entry: one of `text`, `hex` and `number`, and what that one needs besides.
fn one(mut section: Section<'_>, problems: &mut Problems) -> Option<Tlv> {
    let tag = section.required("tag", tag, "give the operator's number, such as 0x1400", problems);
    let kinds = ["text", "hex", "number"].map(|kind| section.has(kind));
    let value = match kinds {
        [true, false, false] => characters(&mut section, problems),
        [false, true, false] => section.optional("hex", hex, problems),
        [false, false, true] => whole_number(&mut section, problems),
        _ => {
            let message = "give one of text (with nul), hex, and number (with octets)";
            section.problem("", None, message.to_owned(), problems);
            for key in ["text", "nul", "hex", "number", "octets"] {
                section.take(key);
            }
            None
        }
    };
    section.finish(problems);
    tag.zip(value).map(|(tag, value)| Tlv { tag, value })
}

fn characters(section: &mut Section<'_>, problems: &mut Problems) -> Option<Vec<u8>> {
    let text = section.optional("text", ascii, problems);
    let wanted = "say whether a NUL ends it: true for a C-octet string, false for an octet string";
    let nul = section.required("nul", boolean, wanted, problems);
    text.zip(nul).map(|(mut octets, nul)| {
        octets.extend(nul.then_some(0));
        octets
    })
}

fn whole_number(section: &mut Section<'_>, problems: &mut Problems) -> Option<Vec<u8>> {
    let value = section.optional("number", number(0, i64::from(u32::MAX)), problems);
    let width = section.required("octets", width, "give its width: 1, 2 or 4", problems);
    let (value, width) = value.zip(width)?;
    let octets = value.to_be_bytes();
    let (unsent, sent) = octets.split_at_checked(octets.len() - width)?;
    if unsent.iter().any(|octet| *octet != 0) {
        let message = format!("does not fit octets = {width}");
        section.problem("number", Some(value.to_string()), message, problems);
        return None;
    }
    Some(sent.to_vec())
}

fn tag(value: toml::Value) -> Result<u16, String> {
    match number(1, u16::MAX)(value)? {
        tag if is_reserved(tag) => Err(format!(
            "0x{tag:04X} is set by the gateway itself: see [splitting]"
        )),
        tag => Ok(tag),
    }
}

fn ascii(value: toml::Value) -> Result<Vec<u8>, String> {
    let text = text(value)?;
    if text.len() < LONGEST && text.chars().all(|c| c.is_ascii() && c != '\0') {
        return Ok(text.into_bytes());
    }
    Err(format!("use at most {} ASCII characters, or hex", LONGEST - 1))
}

fn hex(value: toml::Value) -> Result<Vec<u8>, String> {
    let digits = text(value)?;
    let octet = |pair: &[u8; 2]| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| !pair.contains('+'))?;
        u8::from_str_radix(pair, 16).ok()
    };
    let (pairs, odd) = digits.as_bytes().as_chunks();
    let octets: Option<Vec<u8>> = pairs.iter().map(octet).collect();
    octets
        .filter(|octets| odd.is_empty() && octets.len() <= LONGEST)
        .ok_or_else(|| format!("use two hex digits an octet, of at most {LONGEST} octets"))
}

fn width(value: toml::Value) -> Result<usize, String> {
    match value.as_integer() {
        Some(1) => Ok(1),
        Some(2) => Ok(2),
        Some(4) => Ok(4),
        _ => Err("use 1, 2 or 4".to_owned()),
    }
}
