//! The host's alphabet tables, so that a plugin agrees with it.

use crate::host;

/// Length in GSM 7 bit septets (3GPP TS 23.038, default alphabet and its extension table; an extended character counts
/// 2), or `None` if a character is in neither.
#[must_use]
pub fn gsm7_septets(text: &str) -> Option<u32> {
    host::gsm7_septets(text)
}
