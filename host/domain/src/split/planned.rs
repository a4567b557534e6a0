//! Parts that a plugin cut itself: checked, then taken as they are.

use super::{MAX_PARTS, MAX_SHORT_MESSAGE, Part};
use crate::pdu::esm_class;
use crate::policy::PlannedPart;

/// How a plugin's parts break a rule. `part` counts from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlannedError {
    /// Nothing would be sent.
    #[error("there is none")]
    NoParts,
    /// Concatenation counts in one octet.
    #[error("{count} are more than 255")]
    TooMany {
        /// As many as it gave.
        count: usize,
    },
    /// sm_length would be above 254.
    #[error("part {part} has {octets} octets with its header, more than 254")]
    TooLong {
        /// Which.
        part: usize,
        /// Header, its length octet, and text.
        octets: usize,
    },
    /// Not a row of identifier, length and that many octets (3GPP TS 23.040 section 9.2.3.24).
    #[error("the header of part {part} is not a row of information elements")]
    BadHeader {
        /// Which.
        part: usize,
    },
}

/// The short messages of these parts. A header makes the UDHI bit; its length octet is written here.
pub(super) fn parts(planned: &[PlannedPart]) -> Result<Vec<Part>, PlannedError> {
    match planned.len() {
        0 => Err(PlannedError::NoParts),
        count if count > MAX_PARTS => Err(PlannedError::TooMany { count }),
        _ => (1..)
            .zip(planned)
            .map(|(number, part)| one(number, part))
            .collect(),
    }
}

fn one(number: usize, planned: &PlannedPart) -> Result<Part, PlannedError> {
    if planned.header.is_empty() {
        return match planned.octets.len() {
            octets if octets > MAX_SHORT_MESSAGE => Err(PlannedError::TooLong { part: number, octets }),
            _ => Ok(Part {
                short_message: planned.octets.clone(),
                ..Part::default()
            }),
        };
    }
    let octets = 1 + planned.header.len() + planned.octets.len();
    let length = match u8::try_from(planned.header.len()) {
        Ok(length) if octets <= MAX_SHORT_MESSAGE => length,
        _ => return Err(PlannedError::TooLong { part: number, octets }),
    };
    if !is_elements(&planned.header) {
        return Err(PlannedError::BadHeader { part: number });
    }
    let mut short_message = Vec::with_capacity(octets);
    short_message.push(length);
    short_message.extend_from_slice(&planned.header);
    short_message.extend_from_slice(&planned.octets);
    Ok(Part {
        esm_class: esm_class::UDHI,
        short_message,
        tlvs: Vec::new(),
    })
}

fn is_elements(mut header: &[u8]) -> bool {
    while let [_identifier, length, rest @ ..] = header {
        match rest.get(usize::from(*length)..) {
            Some(next) => header = next,
            None => return false,
        }
    }
    header.is_empty()
}
