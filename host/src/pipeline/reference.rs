//! Concatenation references: different for messages that reach one handset close together.

use smpp_domain::ids::MessageId;
use std::collections::HashMap;

/// Destinations remembered in one generation. Two generations live, so memory is bounded and what is forgotten is old.
const GENERATION: usize = 50_000;

/// Hands out references per destination, counting up from a number that depends on the message.
#[derive(Debug, Default)]
pub(super) struct References {
    young: HashMap<String, u16>,
    old: HashMap<String, u16>,
}

impl References {
    /// The next reference for the destination, 1..=65535. With 8-bit references the splitter maps it to 1..=255, and
    /// neighbours stay different there too. A leading `+` makes no other handset of it.
    pub(super) fn next(&mut self, destination: &str, message: MessageId) -> u16 {
        let destination = destination.strip_prefix('+').unwrap_or(destination);
        let last = self
            .young
            .get(destination)
            .or_else(|| self.old.get(destination))
            .copied();
        let reference = match last {
            Some(last) => last.checked_add(1).unwrap_or(1),
            None => Self::first(message),
        };
        if self.young.len() >= GENERATION && !self.young.contains_key(destination) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(destination.to_owned(), reference);
        reference
    }

    /// Scattered, so that a restart does not repeat what went before it.
    fn first(message: MessageId) -> u16 {
        let folded = message.0.as_bytes().chunks(2).fold(0_u16, |sum, pair| {
            let pair = pair
                .iter()
                .fold(0_u16, |value, &octet| (value << 8) | u16::from(octet));
            sum.rotate_left(5) ^ pair
        });
        folded.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_domain::encoding::{Alphabet, UnencodableRule, encode};
    use smpp_domain::policy::ReferenceWidth;
    use smpp_domain::split::{Plan, split};
    use std::collections::HashSet;
    use uuid::Uuid;

    /// As many messages to one handset, written with a plus sign or without, have as many references on the wire.
    #[test]
    fn references_come_again_only_when_all_were_used() {
        let long = encode(
            &"a".repeat(161),
            &Alphabet::Gsm7Unpacked,
            &UnencodableRule::Reject,
        )
        .unwrap();
        let udh = |width| Plan::Udh {
            width,
            max_octets: None,
            max_parts: None,
        };
        let sar = Plan::Sar {
            max_octets: None,
            max_parts: None,
        };
        for (plan, different) in [
            (udh(ReferenceWidth::EightBits), 255),
            (udh(ReferenceWidth::SixteenBits), 65_535),
            (sar, 65_535),
        ] {
            let mut references = References::default();
            let seen: HashSet<Vec<u8>> = (0..different)
                .map(|n| {
                    let destination = if n % 2 == 0 { "49151" } else { "+49151" };
                    let reference = references.next(destination, MessageId(Uuid::from_u128(n)));
                    let part = split(&long, &plan, reference).unwrap().remove(0);
                    match part.tlvs.first() {
                        Some(sar) => sar.value.clone(),
                        None => part.short_message[3..=usize::from(part.short_message[2])].to_vec(),
                    }
                })
                .collect();
            assert_eq!(seen.len() as u128, different, "{plan:?}");
        }
    }

    #[test]
    fn memory_is_bounded_and_recent_destinations_are_kept() {
        let mut references = References::default();
        for n in 0..3 * GENERATION {
            references.next(&n.to_string(), MessageId(Uuid::from_u128(1)));
        }
        assert!(references.young.len() + references.old.len() <= 2 * GENERATION);
        let last = (3 * GENERATION - 1).to_string();
        let first = References::first(MessageId(Uuid::from_u128(1)));
        assert_eq!(references.next(&last, MessageId(Uuid::from_u128(9))), first + 1);
    }
}
