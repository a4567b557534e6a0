//! Putting long messages from subscribers together.
//!
//! Segments come in any order, more than once, over any bind and to any host, and the reference that they share is soon
//! used again: 8 bits are few, and some devices never change theirs. An [`Assembly`] is one message; what a batch of
//! segments does to the assemblies that are known by its keys is decided by [`admit`]. A store calls it inside of one
//! transaction, so that two hosts never decide about one message at the same time.
//!
//! ```text
//! first segment --> Open --the last segment, its time is over, another message has its reference--> Closed --published--> Told
//! ```
//! What is Told is remembered for a while: the operator sends segments again whose answer it did not get.

use crate::mobile_originated::MoPart;
use crate::policy::Concatenation;
use crate::udh::ReferenceKind;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// How long a message that was told is remembered. An operator that got no answer sends a segment again within
/// minutes; and a device that never changes its reference may say the same thing again later.
pub const REMEMBERED: TimeDelta = TimeDelta::minutes(15);

/// Octets of a message, parameters included. Phones make 40,800 at most (255 segments of 160 septets); what an operator
/// numbers by parameters may be longer, but an event has to fit into the broker. A segment that would make it longer
/// begins a message.
pub const LONGEST: usize = 65_536;

/// One segment of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Minted when it came, time-ordered (UUID v7).
    pub id: Uuid,
    /// Who numbered it.
    pub kind: ReferenceKind,
    /// Which one it is.
    pub place: Concatenation,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// What it says.
    pub part: MoPart,
}

impl Segment {
    /// By which the segments of one message know each other, within their operator. Printable, whatever the addresses hold.
    #[must_use]
    pub fn key(&self) -> String {
        let Concatenation { reference, total, .. } = self.place;
        let (from, to) = (&self.part.source.digits, &self.part.destination.digits);
        // Text and numbers always have a JSON.
        serde_json::to_string(&(self.kind, reference, total, from, to)).unwrap_or_default()
    }
}

/// How far a message has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssemblyState {
    /// It waits for segments.
    Open,
    /// It takes no more segments, and is to be published.
    Closed,
    /// It has been published.
    Told,
}

/// A message that is, or was, put together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assembly {
    /// Of its first segment to come. It is the message's own from then on.
    pub id: Uuid,
    /// See [`Segment::key`].
    pub key: String,
    /// How many segments it has when it is complete.
    pub total: u8,
    /// When its first segment came.
    pub opened_at: DateTime<Utc>,
    /// How far it has come.
    pub state: AssemblyState,
    /// What is there, by number.
    pub segments: BTreeMap<u8, Segment>,
}

impl Assembly {
    fn open(first: &Segment) -> Self {
        Self {
            id: first.id,
            key: first.key(),
            total: first.place.total,
            opened_at: first.received_at,
            state: AssemblyState::Open,
            segments: BTreeMap::new(),
        }
    }

    /// Whether every segment is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.segments.len() == usize::from(self.total)
    }

    /// The numbers of the segments that are not there.
    #[must_use]
    pub fn missing(&self) -> Vec<u8> {
        (1..=self.total)
            .filter(|number| !self.segments.contains_key(number))
            .collect()
    }

    /// How many octets its segments hold, see [`MoPart::size`].
    #[must_use]
    pub fn octets(&self) -> usize {
        self.segments.values().map(|segment| segment.part.size()).sum()
    }

    fn holds(&self, segment: &Segment) -> bool {
        let same = self.segments.get(&segment.place.number);
        same.is_some_and(|same| same.part.says_the_same(&segment.part))
    }
}

/// What a batch of segments changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Admission {
    /// Assemblies that were not there before, with all of their segments.
    pub opened: Vec<Assembly>,
    /// Segments for assemblies that were there: whose, and which.
    pub added: Vec<(Uuid, Segment)>,
    /// Assemblies that were there and take no more segments.
    pub closed: Vec<Uuid>,
    /// What is to be published now, those included that should have been before.
    pub tell: Vec<Assembly>,
    /// Segments that were there already.
    pub duplicates: usize,
}

/// Decides what becomes of `segments`, in their order, where `known` are the assemblies of their keys.
#[must_use]
pub fn admit(known: Vec<Assembly>, segments: Vec<Segment>) -> Admission {
    let mut desk = Desk::default();
    for assembly in known {
        desk.put(assembly, false);
    }
    for segment in segments {
        desk.admit(segment);
    }
    desk.into_admission()
}

/// Everything that is known by the keys of a batch.
#[derive(Default)]
struct Desk {
    entries: Vec<Entry>,
    by_key: HashMap<String, Vec<usize>>,
    duplicates: usize,
}

struct Entry {
    assembly: Assembly,
    is_new: bool,
    added: Vec<u8>,
    closed_now: bool,
    /// It is closed, and this batch has touched it.
    tell: bool,
}

impl Desk {
    fn put(&mut self, assembly: Assembly, is_new: bool) -> usize {
        let index = self.entries.len();
        self.by_key.entry(assembly.key.clone()).or_default().push(index);
        self.entries.push(Entry {
            assembly,
            is_new,
            added: Vec::new(),
            closed_now: false,
            tell: false,
        });
        index
    }

    fn admit(&mut self, segment: Segment) {
        let key = segment.key();
        let of_key = self.by_key.get(&key).cloned().unwrap_or_default();
        let state = |index: &&usize| self.entries.get(**index).map(|entry| entry.assembly.state);
        let open = of_key
            .iter()
            .find(|index| state(index) == Some(AssemblyState::Open))
            .copied();
        if let Some(open) = open {
            self.join(open, segment);
        } else if let Some(ended) = of_key.into_iter().find(|index| self.holds(*index, &segment)) {
            self.repeat(ended);
        } else {
            self.begin(segment);
        }
    }

    fn holds(&self, index: usize, segment: &Segment) -> bool {
        let entry = self.entries.get(index);
        entry.is_some_and(|entry| entry.assembly.holds(segment))
    }

    /// The message waits for segments: this is one of them, or the beginning of another one under its reference.
    fn join(&mut self, index: usize, segment: Segment) {
        let Some(entry) = self.entries.get_mut(index) else {
            return;
        };
        let number = segment.place.number;
        if entry.assembly.holds(&segment) {
            self.duplicates += 1;
            return;
        }
        let assembly = &entry.assembly;
        let is_of_another = assembly.segments.contains_key(&number);
        let is_too_much = !assembly.segments.is_empty() && assembly.octets() + segment.part.size() > LONGEST;
        if is_of_another || is_too_much {
            entry.close();
            return self.begin(segment);
        }
        entry.assembly.segments.insert(number, segment);
        entry.added.push(number);
        if entry.assembly.is_complete() {
            entry.close();
        }
    }

    fn begin(&mut self, segment: Segment) {
        let index = self.put(Assembly::open(&segment), true);
        self.join(index, segment);
    }

    /// The operator sends again what it got no answer to. Neither may we know whether the event is out.
    fn repeat(&mut self, index: usize) {
        self.duplicates += 1;
        if let Some(entry) = self.entries.get_mut(index) {
            entry.tell |= entry.assembly.state == AssemblyState::Closed;
        }
    }

    fn into_admission(self) -> Admission {
        let mut admission = Admission {
            duplicates: self.duplicates,
            ..Admission::default()
        };
        for entry in self.entries {
            let assembly = entry.assembly;
            if entry.tell {
                admission.tell.push(assembly.clone());
            }
            if entry.is_new {
                admission.opened.push(assembly);
                continue;
            }
            if entry.closed_now {
                admission.closed.push(assembly.id);
            }
            let added = entry
                .added
                .iter()
                .filter_map(|number| assembly.segments.get(number));
            admission
                .added
                .extend(added.map(|segment| (assembly.id, segment.clone())));
        }
        admission
    }
}

impl Entry {
    fn close(&mut self) {
        self.assembly.state = AssemblyState::Closed;
        self.closed_now = true;
        self.tell = true;
    }
}

#[cfg(test)]
mod tests;
