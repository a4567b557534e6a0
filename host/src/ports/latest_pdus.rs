//! The last PDUs of a bind, in memory: what an engineer looks at when it flaps, binds and enquire_links included.

use chrono::{DateTime, Utc};
use smpp_domain::pdu::PduFields;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// PDUs that are kept of a bind.
const KEPT: usize = 50;
/// Of a longer one the header alone is kept: half of a PDU would be none.
const LONGEST: usize = 4 * 1024;
const HEADER: usize = 16;

/// A PDU as people see it: redacted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownPdu {
    /// In words.
    pub told: String,
    /// The first departure from the standard, of what the operator sent.
    pub oddity: Option<String>,
    /// In hexadecimal, private parts replaced.
    pub octets: String,
    /// Field by field, as these octets are.
    pub pdu: PduFields,
}

/// Makes a PDU fit to be seen.
pub type ShowPdu = fn(octets: &[u8], sent: bool) -> ShownPdu;

/// Octets that went or came.
#[derive(Debug)]
struct Passed {
    at: DateTime<Utc>,
    sent: bool,
    octets: Vec<u8>,
}

/// A ring of at most 50 PDUs of at most 4 KiB. Whoever keeps one pays for a copy; it is decoded for whoever asks.
#[derive(Debug)]
pub struct LatestPdus {
    ring: Mutex<VecDeque<Passed>>,
    show: ShowPdu,
}

impl LatestPdus {
    pub(super) fn new(show: ShowPdu) -> Self {
        Self {
            ring: Mutex::default(),
            show,
        }
    }

    /// A whole PDU went (`sent`) or came. Passwords are not to be in it.
    pub fn keep(&self, at: DateTime<Utc>, sent: bool, octets: &[u8]) {
        let kept = if octets.len() > LONGEST {
            octets.get(..HEADER).unwrap_or_default()
        } else {
            octets
        };
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = if ring.len() < KEPT { None } else { ring.pop_front() };
        let mut room = oldest.map_or_else(Vec::new, |oldest| oldest.octets);
        room.clear();
        room.extend_from_slice(kept);
        ring.push_back(Passed {
            at,
            sent,
            octets: room,
        });
    }

    /// The latest after `since`, newest first: when, whether it was sent, and what it was.
    #[must_use]
    pub fn latest(&self, since: Option<DateTime<Utc>>, limit: usize) -> Vec<(DateTime<Utc>, bool, ShownPdu)> {
        let taken: Vec<_> = {
            let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
            let after = |pdu: &&Passed| since.is_none_or(|since| pdu.at > since);
            let newest = ring.iter().rev().take_while(after).take(limit);
            newest.map(|pdu| (pdu.at, pdu.sent, pdu.octets.clone())).collect()
        };
        taken
            .into_iter()
            .map(|(at, sent, octets)| (at, sent, (self.show)(&octets, sent)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn plain(octets: &[u8], _: bool) -> ShownPdu {
        ShownPdu {
            told: octets.len().to_string(),
            oddity: None,
            octets: hex::encode(octets),
            pdu: PduFields::default(),
        }
    }

    #[test]
    fn the_latest_are_kept_and_of_long_ones_the_header() {
        let pdus = LatestPdus::new(plain);
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        for n in 0..70_u8 {
            pdus.keep(at(n.into()), n % 2 == 0, &[n; 20]);
        }
        let latest = pdus.latest(None, usize::MAX);
        assert_eq!(latest.len(), KEPT);
        assert_eq!(
            (latest[0].1, latest[0].2.octets.as_str()),
            (false, "45".repeat(20).as_str())
        );
        assert_eq!(latest[KEPT - 1].2.octets, "14".repeat(20));
        assert_eq!(pdus.latest(Some(at(67)), usize::MAX).len(), 2);
        pdus.keep(at(70), true, &[7; LONGEST + 1]);
        assert_eq!(pdus.latest(None, 1)[0].2.told, HEADER.to_string());
    }
}
