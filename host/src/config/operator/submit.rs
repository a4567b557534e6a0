//! `[submit]`: the fields of submit_sm besides addresses and text.

use super::SECOND;
use super::keys::octets;
use super::tlvs;
use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{boolean, duration, number, text, word};
use smpp_domain::correlation::AggregateRule;
use smpp_domain::pdu::esm_class::UDHI;
use smpp_domain::submit::{Flash, ReceiptParts, Receipts, SubmitSettings, Validity, ValidityForm};
use std::time::Duration;

const RECEIPT_PARTS: &[(&str, ReceiptParts)] = &[
    ("all", ReceiptParts::All),
    ("first", ReceiptParts::First),
    ("last", ReceiptParts::Last),
];

const ORDERS: &[(&str, bool)] = &[("first-to-last", false), ("last-to-first", true)];

#[derive(Clone, Copy)]
enum Form {
    Relative,
    Absolute,
    Never,
}

const FORMS: &[(&str, Form)] = &[
    ("relative", Form::Relative),
    ("absolute", Form::Absolute),
    ("never", Form::Never),
];

#[derive(Clone, Copy, PartialEq)]
enum FlashBy {
    DataCoding,
    Tlv,
}

const FLASH: &[(&str, FlashBy)] = &[("data_coding", FlashBy::DataCoding), ("tlv", FlashBy::Tlv)];

/// Longer than any SMSC tries: 3GPP TS 23.040 section 9.2.3.12.1 ends at 63 weeks.
const LONGEST_VALIDITY: Duration = Duration::from_secs(63 * 7 * 86_400);

pub(super) fn read(section: Option<Section<'_>>, problems: &mut Problems) -> SubmitSettings {
    let default = SubmitSettings::default();
    let Some(mut section) = section else {
        return default;
    };
    let settings = SubmitSettings {
        service_type: section.or("service_type", default.service_type, octets(5), problems),
        protocol_id: section.or("protocol_id", 0, number(0, u8::MAX), problems),
        esm_class: section.or("esm_class", 0, esm_class, problems),
        priority: section.or("priority", 0, number(0, 3), problems),
        priority_is_fixed: section.or("priority_is_fixed", false, boolean, problems),
        validity: validity(&mut section, problems),
        receipts: Receipts {
            registered_delivery: section.or(
                "registered_delivery",
                default.receipts.registered_delivery,
                number(1, 0x1F),
                problems,
            ),
            parts: section.or("receipts_on", ReceiptParts::All, word(RECEIPT_PARTS), problems),
        },
        replace_if_present: section.or("replace_if_present", false, boolean, problems),
        flash: flash(&mut section, problems),
        more_messages_to_send: section.or("more_messages_to_send", false, boolean, problems),
        reverse_order: section.or("part_order", false, word(ORDERS), problems),
        nul_terminated: section.or("nul_terminated", false, boolean, problems),
        tlvs: tlvs::read(section.tables("tlv", problems), problems),
    };
    section.finish(problems);
    settings
}

fn validity(section: &mut Section<'_>, problems: &mut Problems) -> Validity {
    let form = section.or("validity", Form::Relative, word(FORMS), problems);
    let ahead = section.optional("utc_offset", quarter_hours, problems);
    if ahead.is_some() && !matches!(form, Form::Absolute) {
        let message = "says nothing without validity = \"absolute\"";
        section.problem("utc_offset", None, message.to_owned(), problems);
    }
    let seconds = |value| {
        let length = duration(SECOND, LONGEST_VALIDITY)(value)?;
        u32::try_from(length.as_secs()).map_err(|error| error.to_string())
    };
    Validity {
        form: match form {
            Form::Relative => ValidityForm::Relative,
            Form::Absolute => ValidityForm::Absolute {
                ahead: ahead.unwrap_or(0),
            },
            Form::Never => ValidityForm::Never,
        },
        default: section.optional("default_validity", seconds, problems),
        max: section.optional("max_validity", seconds, problems),
    }
}

fn flash(section: &mut Section<'_>, problems: &mut Problems) -> Flash {
    let by = section.or("flash", FlashBy::DataCoding, word(FLASH), problems);
    let mut codes = Vec::new();
    for (key, default) in [("flash_gsm7", 0x10), ("flash_ucs2", 0x18)] {
        let code = section.optional(key, number(0, u8::MAX), problems);
        if code.is_some() && by == FlashBy::Tlv {
            let message = "says nothing beside flash = \"tlv\"";
            section.problem(key, None, message.to_owned(), problems);
        }
        codes.push(code.unwrap_or(default));
    }
    match (by, codes.as_slice()) {
        (FlashBy::DataCoding, &[gsm7, ucs2]) => Flash::DataCoding { gsm7, ucs2 },
        _ => Flash::DestAddrSubunit,
    }
}

fn esm_class(value: toml::Value) -> Result<u8, String> {
    match number(0, u8::MAX)(value)? {
        class if class & UDHI != 0 => {
            Err("the gateway itself sets 0x40, where a part has a header".to_owned())
        }
        class => Ok(class),
    }
}

/// `"+05:30"` in quarter hours.
fn quarter_hours(value: toml::Value) -> Result<i8, String> {
    let allowed =
        || "use an offset in quarter hours from \"-12:00\" to \"+12:00\", such as \"+05:30\"".to_owned();
    let written = text(value)?;
    let (sign, digits) = match written.split_at_checked(1) {
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        _ => return Err(allowed()),
    };
    let (hours, minutes) = digits.split_once(':').ok_or_else(allowed)?;
    let two_digits = |part: &str| {
        let plain = part.len() == 2 && part.bytes().all(|octet| octet.is_ascii_digit());
        part.parse::<i8>().ok().filter(|_| plain)
    };
    match (two_digits(hours), two_digits(minutes)) {
        (Some(hours), Some(minutes @ (0 | 15 | 30 | 45))) if hours < 12 || (hours == 12 && minutes == 0) => {
            Ok(sign * (hours * 4 + minutes / 15))
        }
        _ => Err(allowed()),
    }
}

/// The rule under which a message whose parts do not all have receipts gets its state, and what is wrong with another.
pub(super) fn message_state(
    section: &Section<'_>,
    asked: Option<AggregateRule>,
    parts: ReceiptParts,
    problems: &mut Problems,
) -> AggregateRule {
    let (natural, word) = match parts {
        ReceiptParts::All => return asked.unwrap_or(AggregateRule::AllDelivered),
        ReceiptParts::First => (AggregateRule::First, "first"),
        ReceiptParts::Last => (AggregateRule::Last, "last"),
    };
    if asked.is_some_and(|rule| rule != natural && rule != AggregateRule::AnyFinal) {
        let message = format!(
            "waits for receipts that submit.receipts_on = \"{word}\" does not ask for: use \"{word}\" or \"any-final\""
        );
        section.problem("message_state", None, message, problems);
    }
    asked.unwrap_or(natural)
}
