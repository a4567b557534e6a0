//! The rows of receipts' keys.

use super::Lookup;
use super::rows::{self, json};
use crate::clock;
use async_trait::async_trait;
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::OperatorId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::sync::Arc;

/// The row of each key that lives longest, and whether receipts may have told of its message: of most nothing was told yet, and
/// then there is no second question.
const FIND: &str = "\
    SELECT k.key, c.id, c.message_id, c.operator_message_id, c.operator_id, c.recipient, c.submitted_at, \
        c.expires_at, c.message_key, c.account_id, c.part_number, c.part_count, c.reference, \
        c.part_count > 1 OR EXISTS (SELECT 1 FROM receipt WHERE receipt.message_id = c.message_id) \
    FROM json_each(?2) AS k CROSS JOIN correlation AS c ON c.rowid = ( \
        SELECT rowid FROM correlation \
        WHERE operator_id = ?1 AND message_key = k.value AND expires_at > ?3 \
        ORDER BY expires_at DESC, id DESC LIMIT 1)";

/// The same where each key comes with its operator.
const FIND_OF_SEVERAL: &str = "\
    WITH k AS MATERIALIZED ( \
        SELECT key, unhex(value ->> 0) AS operator_id, value ->> 1 AS message_key FROM json_each(?1)) \
    SELECT k.key, c.id, c.message_id, c.operator_message_id, c.operator_id, c.recipient, c.submitted_at, \
        c.expires_at, c.message_key, c.account_id, c.part_number, c.part_count, c.reference, \
        c.part_count > 1 OR EXISTS (SELECT 1 FROM receipt WHERE receipt.message_id = c.message_id) \
    FROM k CROSS JOIN correlation AS c ON c.rowid = ( \
        SELECT rowid FROM correlation \
        WHERE operator_id = k.operator_id AND message_key = k.message_key AND expires_at > ?2 \
        ORDER BY expires_at DESC, id DESC LIMIT 1)";

/// [`crate::ports::CorrelationStore::find`].
pub(super) struct Find {
    operator: OperatorId,
    keys: Vec<String>,
}

/// What a key leads to.
pub(super) struct Found {
    pub(super) row: MessageCorrelation,
    /// Receipts may have told of its message.
    pub(super) is_told: bool,
}

impl Find {
    pub(super) fn new(operator: OperatorId, keys: &[String]) -> Self {
        Self {
            operator,
            keys: keys.to_vec(),
        }
    }
}

#[async_trait]
impl Lookup for Find {
    /// One for each key.
    type Answer = Vec<Option<Found>>;
    const ACTION: &'static str = "looking up message ids";

    fn rows(&self) -> usize {
        self.keys.len()
    }

    async fn find_all(
        alike: &[Arc<Self>],
        connection: &mut SqliteConnection,
    ) -> Result<Vec<Self::Answer>, sqlx::Error> {
        let now = clock::utc_now().timestamp_micros();
        let rows = if let [alone] = alike {
            let query = sqlx::query(FIND).bind(alone.operator.0.as_bytes().as_slice());
            let query = query.bind(json(&alone.keys)?).bind(now);
            query.fetch_all(connection).await?
        } else {
            let keys = alike.iter().flat_map(|find| {
                let operator = find.operator.0.simple();
                find.keys.iter().map(move |key| (operator, key))
            });
            let query = sqlx::query(FIND_OF_SEVERAL).bind(json(&keys.collect::<Vec<_>>())?);
            query.bind(now).fetch_all(connection).await?
        };
        let count = alike.iter().map(|find| find.keys.len()).sum();
        let mut found: Vec<Option<Found>> = std::iter::repeat_with(|| None).take(count).collect();
        for row in &rows {
            let position = rows::position(row, 0)?;
            if let Some(entry) = found.get_mut(position) {
                *entry = Some(read(row)?);
            }
        }
        let mut found = found.into_iter();
        let share = |find: &Arc<Self>| found.by_ref().take(find.keys.len()).collect();
        Ok(alike.iter().map(share).collect())
    }
}

fn read(row: &SqliteRow) -> Result<Found, sqlx::Error> {
    Ok(Found {
        row: rows::correlation(row)?,
        is_told: row.try_get(13)?,
    })
}
