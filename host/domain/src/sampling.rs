//! Which messages are recorded: all of one message or nothing of it, and not more of them than somebody can use.
//!
//! A message is taken by a hash of its id, so that every place and every host that has to do with it comes to the same
//! verdict. What share of the hashes is taken follows the traffic.

use crate::ids::MessageId;
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

/// The span in which messages are counted.
const SPAN: Duration = Duration::from_secs(1);

/// Shares are halves of halves: this many times at most.
const SMALLEST: u32 = 16;

/// Messages whose receipts are recorded because they were.
const REMEMBERED: usize = 65_536;

/// How long the smallest share counts for messages that are not remembered.
const FLOOR_SPAN: Duration = Duration::from_secs(3_600);

/// A message as the sampling sees it.
#[must_use]
pub fn hash(message: MessageId) -> u32 {
    // The finaliser of splitmix64: ids that count upwards must not fall into one share.
    let id = message.0.as_u128();
    #[expect(clippy::cast_possible_truncation, reason = "both halves go in")]
    let mut mixed = (id as u64) ^ ((id >> 64) as u64).rotate_left(32);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    u32::try_from(mixed >> 32).unwrap_or_default()
}

/// A fixed share of all messages, which are the same ones everywhere and for ever.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Share(f64);

impl Share {
    /// From 0 to 1; what is beyond counts as the end that it is beyond.
    #[must_use]
    pub fn new(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn takes(self, message: MessageId) -> bool {
        // The range of hashes is [0, 2^32): 1 takes them all, and 0 none.
        f64::from(hash(message)) < self.0 * 4_294_967_296.0
    }
}

/// The messages of one operator that are recorded.
#[derive(Debug)]
pub struct Sampling {
    /// Messages in one span at most, about, of all who share it.
    wanted: u32,
    /// So many operators share it, and the budget: this is one of them.
    among: u32,
    /// The share is one over two to this.
    halved: u32,
    since: Instant,
    taken: u32,
    budget: Budget,
    remembered: HashSet<u32>,
    order: VecDeque<u32>,
    floor: Floor,
}

/// How many messages may be taken in the long run, so that what is kept reaches back far enough.
#[derive(Clone, Debug)]
pub struct Budget {
    most: f64,
    each_second: f64,
    left: f64,
    since: Instant,
}

impl Budget {
    /// `most` at once, and as many again in an hour.
    #[must_use]
    pub fn of_an_hour(most: u32, now: Instant) -> Self {
        let most = f64::from(most);
        Self {
            most,
            each_second: most / 3_600.0,
            left: most,
            since: now,
        }
    }

    /// One share of it, of so many.
    fn takes(&mut self, among: u32, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        let among = f64::from(among);
        self.left = (self.left + passed * self.each_second / among).min((self.most / among).max(1.0));
        self.since = now;
        let takes = self.left >= 1.0;
        if takes {
            self.left -= 1.0;
        }
        takes
    }
}

/// The smallest share of late.
#[derive(Debug)]
struct Floor {
    since: Instant,
    now: u32,
    before: u32,
}

impl Sampling {
    /// About `wanted` messages a second, as long as the budget lasts.
    #[must_use]
    pub fn new(wanted: u32, budget: Budget, now: Instant) -> Self {
        Self {
            wanted: wanted.max(1),
            among: 1,
            halved: 0,
            since: now,
            taken: 0,
            budget,
            remembered: HashSet::new(),
            order: VecDeque::new(),
            floor: Floor {
                since: now,
                now: 0,
                before: 0,
            },
        }
    }

    /// From now on so many operators share what is wanted and the budget, equally: however many there are, all of them together
    /// record no more than one would.
    pub fn share_among(&mut self, operators: u32) {
        self.among = operators.max(1);
    }

    /// Messages in one span at most, about.
    fn wanted(&self) -> u32 {
        (self.wanted / self.among).max(1)
    }

    /// Whether a message that begins now is recorded.
    pub fn takes(&mut self, message: MessageId, now: Instant) -> bool {
        self.turn(now);
        let hash = hash(message);
        if !within(hash, self.halved) {
            return false;
        }
        if self.taken >= self.wanted() && self.halved < SMALLEST {
            // At once: at the end of the span it would be too late.
            self.halve();
            self.taken = 0;
            if !within(hash, self.halved) {
                return false;
            }
        }
        if !self.budget.takes(self.among, now) {
            self.halve();
            return false;
        }
        self.taken = self.taken.saturating_add(1);
        self.remember(hash);
        true
    }

    /// Whether a message that began before is recorded: it was, or every host that had it has recorded it.
    pub fn took(&mut self, message: MessageId, now: Instant) -> bool {
        self.turn(now);
        let hash = hash(message);
        self.remembered.contains(&hash) || within(hash, self.floor.now.max(self.floor.before))
    }

    /// The share that is taken now, from 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        0.5_f64.powi(i32::try_from(self.halved).unwrap_or(i32::MAX))
    }

    fn halve(&mut self) {
        self.halved = (self.halved + 1).min(SMALLEST);
        self.floor.now = self.floor.now.max(self.halved);
    }

    fn turn(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since);
        if passed >= SPAN {
            // Twice the share would still leave room for half as much again.
            let quiet = u64::from(self.taken) * 3 < u64::from(self.wanted());
            if quiet || passed >= 2 * SPAN {
                self.halved = self.halved.saturating_sub(1);
            }
            self.since = now;
            self.taken = 0;
        }
        if now.saturating_duration_since(self.floor.since) >= FLOOR_SPAN {
            self.floor = Floor {
                since: now,
                now: self.halved,
                before: self.floor.now,
            };
        }
    }

    fn remember(&mut self, hash: u32) {
        if !self.remembered.insert(hash) {
            return;
        }
        self.order.push_back(hash);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.remembered.remove(&oldest);
        }
    }
}

fn within(hash: u32, halved: u32) -> bool {
    hash <= u32::MAX.checked_shr(halved).unwrap_or(0)
}

/// So many things a second, for what is recorded whatever its message.
#[derive(Debug)]
pub struct Allowance {
    each_span: u32,
    since: Instant,
    taken: u32,
}

impl Allowance {
    /// `each_span` of them a second.
    #[must_use]
    pub fn new(each_span: u32, now: Instant) -> Self {
        Self {
            each_span,
            since: now,
            taken: 0,
        }
    }

    /// Whether there is room for one more.
    pub fn takes(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= SPAN {
            self.since = now;
            self.taken = 0;
        }
        let takes = self.taken < self.each_span;
        self.taken += u32::from(takes);
        takes
    }
}
