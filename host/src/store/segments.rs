//! The segments of messages as both databases keep them: some columns, and the rest as JSON.

use chrono::{DateTime, Utc};
use smpp_domain::mobile_originated::MoPart;
use smpp_domain::policy::Concatenation;
use smpp_domain::reassembly::{Admission, Assembly, AssemblyState, Segment};
use smpp_domain::udh::ReferenceKind;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The keys of a batch, each once.
pub(super) fn keys(segments: &[Segment]) -> Vec<String> {
    let keys: BTreeSet<_> = segments.iter().map(Segment::key).collect();
    keys.into_iter().collect()
}

/// What of a segment has no column.
pub(super) fn about(segment: &Segment) -> Result<String, serde_json::Error> {
    serde_json::to_string(&(segment.kind, segment.place.reference, &segment.part))
}

/// One row: a segment with its message.
pub(super) struct SegmentRow {
    pub(super) message: Uuid,
    pub(super) key: String,
    pub(super) total: u8,
    pub(super) opened_at: DateTime<Utc>,
    pub(super) is_closed: bool,
    pub(super) is_told: bool,
    pub(super) number: u8,
    pub(super) id: Uuid,
    pub(super) received_at: DateTime<Utc>,
    pub(super) about: String,
    pub(super) octets: Vec<u8>,
}

impl SegmentRow {
    fn segment(&self) -> Result<Segment, serde_json::Error> {
        let (kind, reference, part): (ReferenceKind, u16, MoPart) = serde_json::from_str(&self.about)?;
        Ok(Segment {
            id: self.id,
            kind,
            place: Concatenation {
                reference,
                total: self.total,
                number: self.number,
            },
            received_at: self.received_at,
            part: MoPart {
                octets: self.octets.clone(),
                ..part
            },
        })
    }
}

/// The messages of rows that are ordered by message.
pub(super) fn assemblies(rows: Vec<SegmentRow>) -> Result<Vec<Assembly>, serde_json::Error> {
    let mut assemblies: Vec<Assembly> = Vec::new();
    for row in rows {
        let segment = row.segment()?;
        if assemblies.last().is_none_or(|last| last.id != row.message) {
            assemblies.push(Assembly {
                id: row.message,
                key: row.key,
                total: row.total,
                opened_at: row.opened_at,
                state: match (row.is_closed, row.is_told) {
                    (_, true) => AssemblyState::Told,
                    (true, false) => AssemblyState::Closed,
                    (false, false) => AssemblyState::Open,
                },
                segments: BTreeMap::new(),
            });
        }
        if let Some(assembly) = assemblies.last_mut() {
            assembly.segments.insert(row.number, segment);
        }
    }
    Ok(assemblies)
}

/// All segments that an admission writes, each with its message.
pub(super) fn written(admission: &Admission) -> impl Iterator<Item = (Uuid, &Segment)> {
    let opened = admission.opened.iter();
    let of_opened =
        opened.flat_map(|assembly| assembly.segments.values().map(|segment| (assembly.id, segment)));
    of_opened.chain(
        admission
            .added
            .iter()
            .map(|(message, segment)| (*message, segment)),
    )
}

/// How many octets the messages that were there have got.
pub(super) fn growth(admission: &Admission) -> BTreeMap<Uuid, i64> {
    let mut growth = BTreeMap::new();
    for (message, segment) in &admission.added {
        *growth.entry(*message).or_default() += count(segment.part.size());
    }
    growth
}

/// A number of octets for a column.
pub(super) fn count(octets: usize) -> i64 {
    i64::try_from(octets).unwrap_or(i64::MAX)
}
