//! PDUs that are refused again and again: an operator may send one for days, and hold back everything behind it.

use smpp_domain::pdu::DeliverSmPdu;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How often the same PDU may be refused.
const PATIENCE: u8 = 10;
/// PDUs remembered; when there are more, counting begins anew.
const REMEMBERED: usize = 4_096;

/// How often each PDU was refused, since the start.
#[derive(Default)]
pub(super) struct Refusals {
    counts: HashMap<u64, u8>,
}

impl Refusals {
    /// Counts one more refusal. False when it is one too many: then the PDU is to be taken, and is forgotten.
    pub(super) fn may_refuse(&mut self, pdu: &DeliverSmPdu) -> bool {
        let mut hasher = DefaultHasher::new();
        (&pdu.source, &pdu.destination, pdu.esm_class).hash(&mut hasher);
        (&pdu.short_message, &pdu.tlvs).hash(&mut hasher);
        let key = hasher.finish();
        if self.counts.len() >= REMEMBERED && !self.counts.contains_key(&key) {
            self.counts.clear();
        }
        let count = self.counts.entry(key).or_default();
        if *count < PATIENCE {
            *count += 1;
            return true;
        }
        self.counts.remove(&key);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pdu(number: usize) -> DeliverSmPdu {
        DeliverSmPdu {
            short_message: number.to_be_bytes().to_vec(),
            ..DeliverSmPdu::default()
        }
    }

    #[test]
    fn patience_ends_for_one_pdu_and_begins_anew() {
        let mut refusals = Refusals::default();
        for _ in 0..2 {
            for _ in 0..PATIENCE {
                assert!(refusals.may_refuse(&pdu(1)));
                assert!(refusals.may_refuse(&pdu(2)));
            }
            assert!(!refusals.may_refuse(&pdu(1)));
            assert!(!refusals.may_refuse(&pdu(2)));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut refusals = Refusals::default();
        for number in 0..3 * REMEMBERED {
            assert!(refusals.may_refuse(&pdu(number)));
            assert!(refusals.counts.len() <= REMEMBERED);
        }
    }
}
