//! What an operator's file says of deliver_sm and data_sm.

use super::keys::DETECTION;
use super::{DAY, HOUR, SECOND};
use crate::config::problem::Problems;
use crate::config::section::Section;
use crate::config::value::{boolean, duration, text, word};
use chrono::FixedOffset;
use smpp_domain::receipt::Detection;
use std::time::Duration;

/// How what comes in is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InboundConfig {
    /// `receipt_detection`, default `esm_class`.
    pub receipt_detection: Detection,
    /// `receipt_time_zone`, default none: that of the dates in receipts' texts.
    pub receipt_time_zone: Option<FixedOffset>,
    /// `mo_reassembly`, default true: the segments of a long message are published as one.
    pub mo_reassembly: bool,
    /// `mo_reassembly_timeout`, default 1 h: then a message is published without the segments that have not come.
    pub mo_reassembly_timeout: Duration,
}

impl InboundConfig {
    /// Takes its keys out of the operator's.
    pub(super) fn read(section: &mut Section<'_>, problems: &mut Problems) -> Self {
        let detection = word(DETECTION);
        Self {
            receipt_detection: section.or("receipt_detection", Detection::EsmClass, detection, problems),
            receipt_time_zone: section.optional("receipt_time_zone", utc_offset, problems),
            mo_reassembly: section.or("mo_reassembly", true, boolean, problems),
            mo_reassembly_timeout: section.or(
                "mo_reassembly_timeout",
                HOUR,
                duration(SECOND, 7 * DAY),
                problems,
            ),
        }
    }
}

/// `+02:00`, `-03:30`.
fn utc_offset(value: toml::Value) -> Result<FixedOffset, String> {
    text(value)?
        .parse()
        .map_err(|_| "use an offset from UTC such as \"+02:00\"".to_owned())
}
