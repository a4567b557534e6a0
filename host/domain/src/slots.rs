//! How hosts share the numbered bind slots of a session: each decides for itself, from what all of them see.
//!
//! With `slots` slots and `h` hosts, a host is due the whole part of `slots / h`; what remains goes to whoever takes it
//! first, one each. A host takes free slots only as far as those who have less than they are due do not need them. It gives
//! back what it has beyond that, and more when somebody has less than he is due and no free slot covers it: the one with
//! the most slots gives then, and of several the one whose name comes first. Nothing moves once everybody has his due.

use std::collections::BTreeMap;

/// Who has how many of the slots.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SlotTable {
    /// All slots.
    pub slots: u16,
    /// The living hosts by name, with how many slots each has.
    pub held: BTreeMap<String, u16>,
}

/// What a host does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SlotDecision {
    /// So many free slots are taken.
    pub take: u16,
    /// So many slots are given back, those included that are on their way.
    pub give: u16,
}

impl SlotTable {
    /// What the host `me` does. A host that is not in the table does nothing.
    #[must_use]
    pub fn decide(&self, me: &str) -> SlotDecision {
        let (Some(&mine), Ok(hosts)) = (self.held.get(me), u16::try_from(self.held.len())) else {
            return SlotDecision::default();
        };
        let due = self.slots / hosts.max(1);
        let taken: u32 = self.held.values().copied().map(u32::from).sum();
        let free = u32::from(self.slots).saturating_sub(taken);
        let missing = |held: &u16| u32::from(due.saturating_sub(*held));
        let others = self.held.iter().filter(|(name, _)| *name != me);
        let needed: u32 = others.map(|(_, held)| missing(held)).sum();
        if mine < due {
            return SlotDecision {
                take: small(u32::from(due - mine).min(free)),
                give: 0,
            };
        }
        let one_more = u16::from(!self.slots.is_multiple_of(hosts.max(1)));
        SlotDecision {
            take: u16::from(mine < due + one_more && free > needed),
            give: mine
                .saturating_sub(due + one_more)
                .max(self.to_give(me, due, needed.saturating_sub(free))),
        }
    }

    /// How many of the `wanted` slots the host `me` gives: always the one with the most gives the next.
    fn to_give(&self, me: &str, due: u16, wanted: u32) -> u16 {
        let mut held = self.held.clone();
        let mut given = 0;
        for _ in 0..wanted {
            let most = held
                .iter_mut()
                .max_by(|(name, held), (other, its)| (&**held, *other).cmp(&(&**its, *name)));
            match most {
                Some((name, held)) if *held > due => {
                    *held -= 1;
                    given += u16::from(name == me);
                }
                Some(_) | None => break,
            }
        }
        given
    }
}

fn small(number: u32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(slots: u16, held: &[u16]) -> SlotTable {
        let names = (b'a'..).map(|name| char::from(name).to_string());
        SlotTable {
            slots,
            held: names.zip(held.iter().copied()).collect(),
        }
    }

    #[test]
    fn decides_as_the_table_says() {
        for (slots, held, me, take, give) in [
            (2, &[0][..], "a", 2, 0),
            (2, &[2, 0], "a", 0, 1),
            (2, &[2, 0], "b", 0, 0),
            (2, &[1, 0], "b", 1, 0),
            (2, &[1, 0], "a", 0, 0),
            (3, &[2, 1], "b", 0, 0),
            (3, &[1, 1], "b", 1, 0),
            (4, &[2, 2, 0], "a", 0, 1),
            (4, &[2, 2, 0], "b", 0, 0),
            (4, &[1, 2, 0], "a", 0, 0),
            (4, &[1, 2, 0], "c", 1, 0),
            (5, &[5, 0], "a", 0, 2),
            (1, &[1, 0], "a", 0, 0),
            (1, &[0, 0, 0], "c", 1, 0),
            (6, &[3, 3, 0], "a", 0, 1),
            (6, &[3, 3, 0], "b", 0, 1),
            (2, &[1, 1], "stranger", 0, 0),
        ] {
            let decided = table(slots, held).decide(me);
            assert_eq!(
                decided,
                SlotDecision { take, give },
                "{slots} slots, {held:?}, {me}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the order in which hosts act, the slots are never too few, soon nobody moves, all slots are taken,
        /// and nobody has two more than another.
        #[test]
        fn it_settles_and_is_even(slots in 1..40_u16, start in prop::collection::vec(0..12_u16, 1..7), order in prop::collection::vec(0..7_usize, 400)) {
            let mut left = slots;
            let start: Vec<_> = start.iter().map(|held| { let held = (*held).min(left); left -= held; held }).collect();
            let mut table = table(slots, &start);
            let names: Vec<_> = table.held.keys().cloned().collect();
            for who in order {
                let name = &names[who % names.len()];
                let decided = table.decide(name);
                let held = table.held.get_mut(name).unwrap();
                *held = *held + decided.take - decided.give;
                prop_assert!(table.held.values().sum::<u16>() <= slots);
            }
            let idle = names.iter().all(|name| table.decide(name) == SlotDecision::default());
            let (least, most) = (table.held.values().min().unwrap(), table.held.values().max().unwrap());
            prop_assert!(idle && most - least <= 1, "{table:?}");
            prop_assert_eq!(table.held.values().sum::<u16>(), slots);
        }
    }
}
