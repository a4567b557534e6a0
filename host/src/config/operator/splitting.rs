//! `[splitting]`: what becomes of texts that do not fit one short message.

use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{boolean, number, word};
use smpp_domain::split::{Cut, LongText, MAX_PAYLOAD, Splitting};

const MODES: &[(&str, LongText)] = &[
    ("udh8", LongText::Cut(Cut::Udh8)),
    ("udh16", LongText::Cut(Cut::Udh16)),
    ("sar", LongText::Cut(Cut::Sar)),
    ("payload", LongText::Payload),
    ("reject", LongText::Reject),
];

const FALLBACKS: &[(&str, Option<Cut>)] = &[
    ("reject", None),
    ("udh8", Some(Cut::Udh8)),
    ("udh16", Some(Cut::Udh16)),
    ("sar", Some(Cut::Sar)),
];

/// A header of seven octets and a few characters.
const LEAST_OCTETS: u16 = 20;

pub(super) fn read(section: Option<Section<'_>>, problems: &mut Problems) -> Splitting {
    let default = Splitting::default();
    let Some(mut section) = section else {
        return default;
    };
    let largest_payload = u32::try_from(MAX_PAYLOAD).unwrap_or(u32::MAX);
    let splitting = Splitting {
        mode: section.or("mode", default.mode, word(MODES), problems),
        takes_payload: section.or("takes_payload", default.takes_payload, boolean, problems),
        max_parts: section.optional("max_parts", number(1, u8::MAX), problems),
        max_octets: section.optional("max_octets", number(LEAST_OCTETS, 254), problems),
        payload_max_octets: section.optional("payload_max_octets", number(1, largest_payload), problems),
        payload_fallback: section.or("payload_fallback", None, word(FALLBACKS), problems),
    };
    if splitting.mode == LongText::Payload && !splitting.takes_payload {
        let message = "contradicts mode = \"payload\": use true, or another mode";
        section.problem(
            "takes_payload",
            Some("false".to_owned()),
            message.to_owned(),
            problems,
        );
    }
    section.finish(problems);
    splitting
}
