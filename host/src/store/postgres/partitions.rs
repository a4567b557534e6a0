//! The days of the partitioned tables.
//!
//! A day is made before the first row that needs it is written, so that no insert ever fails for want of one: the day after
//! each day in use by [`super::expire`], ahead; any other by the batch that needs it, in a few milliseconds. `ATTACH` keeps
//! nobody from writing into the other days.

use super::db::Connection;
use crate::ports::BackendError;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The first half of our advisory locks' numbers, which all programs on a database share: `SMPP`.
pub(super) const LOCK_CLASS: i32 = 0x534D_5050;
/// Held by whoever makes a day.
const MAKE_LOCK: i32 = 2;

/// A partitioned table, by the time that says its day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Table {
    /// `expires_at`.
    Correlation,
    /// `expires_at`.
    Receipt,
    /// `published_day`.
    Outcome,
    /// `received_at`.
    Parked,
}

impl Table {
    pub(super) const ALL: [Self; 4] = [Self::Correlation, Self::Receipt, Self::Outcome, Self::Parked];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Correlation => "correlation",
            Self::Receipt => "receipt",
            Self::Outcome => "outcome",
            Self::Parked => "parked",
        }
    }

    /// The name of a day's partition: `correlation_2026_11_23`.
    pub(super) fn partition(self, day: NaiveDate) -> String {
        format!("{}_{}", self.name(), day.format("%Y_%m_%d"))
    }

    /// The table and the day that a partition's name says.
    pub(super) fn of_partition(name: &str) -> Option<(Self, NaiveDate)> {
        let (table, day) = name.split_once('_')?;
        let table = Self::ALL.into_iter().find(|known| known.name() == table)?;
        Some((table, NaiveDate::parse_from_str(day, "%Y_%m_%d").ok()?))
    }
}

/// The first microsecond of a day.
pub(super) fn start(day: NaiveDate) -> i64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp_micros()
}

/// The first microsecond after a day.
pub(super) fn end(day: NaiveDate) -> i64 {
    start(after(day))
}

/// The following day. The end of time has none.
pub(super) fn after(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// The days that are known to have a partition.
#[derive(Default)]
pub(super) struct Partitions {
    days: Mutex<BTreeMap<Table, Known>>,
}

#[derive(Default)]
struct Known {
    there: BTreeSet<NaiveDate>,
    /// Needed by a batch since [`Partitions::ahead`].
    used: BTreeSet<NaiveDate>,
}

impl Partitions {
    /// Makes those days that a batch needs and that are not known to be there.
    pub(super) async fn ensure(
        &self,
        connection: &mut Connection<'_>,
        table: Table,
        times: impl IntoIterator<Item = DateTime<Utc>>,
    ) -> Result<(), BackendError> {
        let mut missing = BTreeSet::new();
        {
            let mut days = self.lock();
            let known = days.entry(table).or_default();
            let mut last = None;
            for time in times {
                let day = time.date_naive();
                // Most of a batch is of one day.
                if last.replace(day) != Some(day) {
                    known.used.insert(day);
                    if !known.there.contains(&day) {
                        missing.insert(day);
                    }
                }
            }
        }
        for day in missing {
            self.make(connection, table, day).await?;
        }
        Ok(())
    }

    /// Makes the day after each one that was used since the last time, unless it is past.
    pub(super) async fn ahead(
        &self,
        connection: &mut Connection<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), BackendError> {
        for (table, day) in self.take_coming() {
            if day >= now.date_naive() {
                self.make(connection, table, day).await?;
            }
        }
        Ok(())
    }

    fn take_coming(&self) -> Vec<(Table, NaiveDate)> {
        let mut coming = Vec::new();
        for (table, known) in self.lock().iter_mut() {
            let used = std::mem::take(&mut known.used);
            let following = used.into_iter().map(after);
            let new = following.filter(|day| !known.there.contains(day));
            coming.extend(new.map(|day| (*table, day)));
        }
        coming
    }

    /// Nothing happens if the day is there. Hosts that come at once do it one after the other.
    async fn make(
        &self,
        connection: &mut Connection<'_>,
        table: Table,
        day: NaiveDate,
    ) -> Result<(), BackendError> {
        let (parent, partition) = (table.name(), table.partition(day));
        let (from, to) = (start(day), end(day));
        // The catalogue is read by a query of its own, which sees what was committed while we waited for the lock.
        let sql = format!(
            "DO $$ BEGIN \
                PERFORM pg_advisory_xact_lock({LOCK_CLASS}, {MAKE_LOCK}); \
                IF NOT EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid \
                    WHERE inhparent = '{parent}'::regclass AND relname = '{partition}') THEN \
                    CREATE TABLE {partition} (LIKE {parent} INCLUDING DEFAULTS); \
                    ALTER TABLE {parent} ATTACH PARTITION {partition} FOR VALUES FROM ({from}) TO ({to}); \
                END IF; \
            END $$"
        );
        connection.run(&sql).await?;
        self.lock().entry(table).or_default().there.insert(day);
        Ok(())
    }

    /// Takes over which days there are.
    pub(super) fn found(&self, there: &BTreeSet<(Table, NaiveDate)>) {
        for (table, known) in self.lock().iter_mut() {
            known.there.retain(|day| there.contains(&(*table, *day)));
        }
    }

    /// Takes no day for there any more.
    pub(super) fn forget(&self) {
        for known in self.lock().values_mut() {
            known.there.clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Table, Known>> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
