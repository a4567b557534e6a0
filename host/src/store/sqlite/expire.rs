//! Forgetting what is over, a bounded number of rows at a time.

use super::Write;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

/// Each takes its end and a limit, oldest first.
const EXPIRE_CORRELATIONS: &str = "DELETE FROM correlation WHERE rowid IN \
    (SELECT rowid FROM correlation WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
const EXPIRE_RECEIPTS: &str = "DELETE FROM receipt WHERE rowid IN \
    (SELECT rowid FROM receipt WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
const EXPIRE_PARKED: &str = "DELETE FROM parked WHERE rowid IN \
    (SELECT rowid FROM parked WHERE received_at < ?1 ORDER BY received_at LIMIT ?2)";
/// From one operator to the next, the oldest of each first.
const EXPIRE_OUTCOMES: &str = "\
    WITH RECURSIVE o (id) AS ( \
        SELECT min(operator_id) FROM outcome \
        UNION ALL \
        SELECT (SELECT min(operator_id) FROM outcome WHERE operator_id > o.id) FROM o WHERE o.id IS NOT NULL) \
    DELETE FROM outcome WHERE rowid IN ( \
        SELECT outcome.rowid FROM o CROSS JOIN outcome ON outcome.operator_id = o.id AND outcome.settled_at < ?1 LIMIT ?2)";

pub(super) struct Expire {
    pub(super) now: DateTime<Utc>,
    pub(super) parked_before: DateTime<Utc>,
    pub(super) outcomes_before: DateTime<Utc>,
    pub(super) limit: i64,
}

#[async_trait]
impl Write for Expire {
    type Answer = u64;
    const ACTION: &'static str = "forgetting what is over";

    fn rows(&self) -> usize {
        usize::try_from(self.limit)
            .unwrap_or(usize::MAX)
            .saturating_mul(4)
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
        let steps = [
            (EXPIRE_CORRELATIONS, self.now),
            (EXPIRE_RECEIPTS, self.now),
            (EXPIRE_PARKED, self.parked_before),
            (EXPIRE_OUTCOMES, self.outcomes_before),
        ];
        let mut gone = 0;
        for (sql, end) in steps {
            let query = sqlx::query(sql).bind(end.timestamp_micros()).bind(self.limit);
            gone += query.execute(&mut *connection).await?.rows_affected();
        }
        Ok(gone)
    }
}
