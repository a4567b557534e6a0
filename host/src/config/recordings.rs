//! `[recordings]` of the host's file.

use super::problem::Problems;
use super::section::Section;
use super::value;
use toml::Value;

const MIB: u64 = 1024 * 1024;

/// What is recorded of live traffic, for the engineer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingsConfig {
    /// `decisions`, default true: whether hook calls and their PDUs are recorded.
    pub decisions: bool,
    /// `room`, default 64 MiB: octets on disk for both.
    pub room: u64,
    /// `texts`, default `"masked"`: whether recorded calls hold messages' texts. Numbers are always masked, and so is
    /// everything in recorded PDUs.
    pub keeps_texts: bool,
}

impl Default for RecordingsConfig {
    fn default() -> Self {
        Self {
            decisions: true,
            room: 64 * MIB,
            keeps_texts: false,
        }
    }
}

impl RecordingsConfig {
    pub(super) fn read(mut section: Section<'_>, problems: &mut Problems) -> Self {
        let defaults = Self::default();
        let texts = &[("masked", false), ("kept", true)];
        let config = Self {
            decisions: section.or("decisions", defaults.decisions, value::boolean, problems),
            room: section.or("room", defaults.room, size(MIB, 1024 * 1024 * MIB), problems),
            keeps_texts: section.or("texts", defaults.keeps_texts, value::word(texts), problems),
        };
        section.finish(problems);
        config
    }
}

/// Octets, such as `"64MiB"`.
fn size(low: u64, high: u64) -> impl Fn(Value) -> Result<u64, String> {
    move |value| {
        let allowed = || {
            format!(
                "use a size such as \"64MiB\", from {} to {}",
                octets(low),
                octets(high)
            )
        };
        let Value::String(text) = &value else {
            return Err(format!("is {}; {}", value::kind(&value), allowed()));
        };
        parse_size(text)
            .filter(|size| (low..=high).contains(size))
            .ok_or_else(allowed)
    }
}

fn parse_size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == unit.trim_start())?;
    number.checked_mul(factor)
}

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

fn octets(size: u64) -> String {
    let unit = UNITS.into_iter().find(|(_, factor)| size.is_multiple_of(*factor));
    unit.map_or_else(String::new, |(name, factor)| format!("{}{name}", size / factor))
}
