//! The age of the oldest of some things that come and go.

use crate::clock;
use chrono::{DateTime, TimeDelta, Utc};
use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Knows when each thing that is there began; a scrape gets the age of the oldest, so that it grows while everything stands
/// still. Clones are the same.
#[derive(Clone, Default, Debug)]
pub struct Oldest(Arc<Mutex<Book>>);

#[derive(Default, Debug)]
struct Book {
    /// By its beginning and, for those that began together, by its number.
    there: BTreeSet<(DateTime<Utc>, u64)>,
    next: u64,
}

/// Something that is there until this is dropped.
#[derive(Debug)]
pub struct Stay {
    of: Oldest,
    entry: (DateTime<Utc>, u64),
}

impl Oldest {
    /// Something that began then is there.
    #[must_use]
    pub fn enter(&self, since: DateTime<Utc>) -> Stay {
        let mut book = self.lock();
        let entry = (since, book.next);
        book.next += 1;
        book.there.insert(entry);
        Stay {
            of: self.clone(),
            entry,
        }
    }

    /// The age of the oldest; zero when nothing is there.
    #[must_use]
    pub fn age(&self, now: DateTime<Utc>) -> TimeDelta {
        let oldest = self.lock().there.first().map(|(since, _)| *since);
        oldest.map_or(TimeDelta::zero(), |since| (now - since).max(TimeDelta::zero()))
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.of.lock().there.remove(&self.entry);
    }
}

impl TypedMetric for Oldest {
    const TYPE: MetricType = MetricType::Gauge;
}

impl EncodeMetric for Oldest {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.encode_gauge(&self.age(clock::utc_now()).as_seconds_f64())
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_that_of_the_oldest_that_is_still_there() {
        let (oldest, now) = (Oldest::default(), clock::utc_now());
        let seconds = TimeDelta::seconds;
        assert_eq!(oldest.age(now), seconds(0));
        let young = oldest.enter(now - seconds(1));
        let old = oldest.enter(now - seconds(90));
        let as_old = oldest.enter(now - seconds(90));
        assert_eq!(oldest.age(now), seconds(90));
        drop(old);
        assert_eq!(oldest.age(now), seconds(90), "another one is as old");
        drop(as_old);
        assert_eq!(oldest.age(now), seconds(1));
        assert_eq!(
            oldest.age(now - seconds(5)),
            seconds(0),
            "a clock that was set back"
        );
        drop(young);
        assert_eq!(oldest.age(now + seconds(9)), seconds(0));
    }
}
