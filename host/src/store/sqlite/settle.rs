//! What is recorded of messages and their receipts, as writes.

use super::Write;
use super::correlation::{HISTORY, by_message};
use super::intents;
use super::parked;
use super::rows::{self, Octets, json};
use crate::clock;
use crate::ports::{AppendedReceipt, MessageHistory, Settled, Settlement};
use crate::store::states;
use async_trait::async_trait;
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::MessageId;
use sqlx::SqliteConnection;
use uuid::Uuid;

/// Materialised, here and below, because `json_each` writes out `value` each time that a column asks for it: a quarter of the
/// time here.
const INSERT_CORRELATIONS: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO correlation (id, message_id, operator_message_id, operator_id, recipient, submitted_at, expires_at, \
        message_key, account_id, part_number, part_count, reference) \
    SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5, \
        value ->> 6, value ->> 7, unhex(value ->> 8), value ->> 9, value ->> 10, value ->> 11 \
    FROM r WHERE true \
    ON CONFLICT (message_id, part_number, operator_message_id) DO NOTHING";

const INSERT_OUTCOMES: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO outcome (message_id, operator_id, settled_at, event) \
    SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, substr(?2, value ->> 3, value ->> 4) \
    FROM r WHERE true \
    ON CONFLICT (message_id) DO NOTHING";

/// What was settled before with another event: `?1` and `?2` as above.
const STANDING: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    SELECT o.message_id, o.event FROM r CROSS JOIN outcome AS o ON o.message_id = unhex(r.value ->> 0) \
    WHERE o.event <> substr(?2, r.value ->> 3, r.value ->> 4)";

const APPEND: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO receipt (message_id, received_at, part_number, state, is_final, expires_at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 \
    FROM r WHERE true \
    ON CONFLICT (message_id, received_at, part_number, state, is_final) DO NOTHING";

/// [`crate::ports::CorrelationStore::settle`].
pub(super) struct Settle {
    correlations: String,
    outcomes: String,
    events: Vec<u8>,
    rows: usize,
    outcome_count: u64,
    now: i64,
}

impl Settle {
    pub(super) fn new(batch: &[Settlement]) -> Result<Self, sqlx::Error> {
        let correlations: Vec<_> = batch
            .iter()
            .flat_map(|settlement| &settlement.correlations)
            .map(row_of)
            .collect();
        let mut events = Octets::default();
        let outcomes: Vec<_> = batch
            .iter()
            .filter_map(|settlement| settlement.outcome.as_ref())
            .map(|outcome| {
                let (start, length) = events.push(&outcome.event);
                let ids = (outcome.message_id.0.simple(), outcome.operator_id.0.simple());
                (ids.0, ids.1, outcome.settled_at.timestamp_micros(), start, length)
            })
            .collect();
        Ok(Self {
            rows: correlations.len() + outcomes.len(),
            outcome_count: outcomes.len() as u64,
            correlations: json(&correlations)?,
            outcomes: json(&outcomes)?,
            events: events.into_inner(),
            now: clock::utc_now().timestamp_micros(),
        })
    }
}

impl Settle {
    async fn standing(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<Vec<(MessageId, Vec<u8>)>, sqlx::Error> {
        let found = sqlx::query(STANDING)
            .bind(self.outcomes.as_str())
            .bind(self.events.as_slice())
            .fetch_all(connection)
            .await?;
        let read = |row| Ok((MessageId(rows::uuid(row, 0)?), rows::octets(row, 1)?));
        found.iter().map(read).collect()
    }
}

fn row_of(row: &MessageCorrelation) -> impl serde::Serialize + '_ {
    (
        row.id.simple(),
        row.message_id.0.simple(),
        &row.operator_message_id,
        row.operator_id.0.simple(),
        &row.to,
        row.submitted_at.timestamp_micros(),
        row.expires_at.timestamp_micros(),
        &row.message_key,
        row.account_id.0.simple(),
        row.part_number,
        row.part_count,
        row.reference,
    )
}

#[async_trait]
impl Write for Settle {
    type Answer = Settled;
    const ACTION: &'static str = "settling messages";

    fn rows(&self) -> usize {
        self.rows
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, sqlx::Error> {
        sqlx::query(INSERT_CORRELATIONS)
            .bind(self.correlations.as_str())
            .execute(&mut *connection)
            .await?;
        let new = sqlx::query(INSERT_OUTCOMES)
            .bind(self.outcomes.as_str())
            .bind(self.events.as_slice())
            .execute(&mut *connection)
            .await?
            .rows_affected();
        sqlx::query(intents::SETTLED)
            .bind(self.outcomes.as_str())
            .execute(&mut *connection)
            .await?;
        let standing = if new < self.outcome_count {
            self.standing(connection).await?
        } else {
            Vec::new()
        };
        Ok(Settled {
            matched: parked::claim(connection, &self.correlations, self.now).await?,
            standing,
        })
    }
}

/// [`crate::ports::CorrelationStore::append_receipts`].
pub(super) struct Append {
    receipts: String,
    release: String,
    rows: usize,
    /// Messages of several parts.
    of_several: Vec<Uuid>,
}

impl Append {
    pub(super) fn new(receipts: &[AppendedReceipt], release: &[Uuid]) -> Result<Self, sqlx::Error> {
        let states: Vec<_> = receipts
            .iter()
            .map(|receipt| {
                (
                    receipt.message_id.0.simple(),
                    receipt.received_at.timestamp_micros(),
                    receipt.part.part_number,
                    states::number(receipt.part.state),
                    u8::from(receipt.part.is_final),
                    receipt.expires_at.timestamp_micros(),
                )
            })
            .collect();
        let rows = receipts.len() + release.len();
        let several = receipts.iter().filter(|receipt| receipt.part_count > 1);
        let mut of_several: Vec<_> = several.map(|receipt| receipt.message_id.0).collect();
        of_several.sort_unstable();
        of_several.dedup();
        Ok(Self {
            of_several,
            receipts: json(&states)?,
            release: parked::ids(release)?,
            rows,
        })
    }
}

#[async_trait]
impl Write for Append {
    type Answer = Vec<MessageHistory>;
    const ACTION: &'static str = "appending receipts";

    fn rows(&self) -> usize {
        self.rows
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, sqlx::Error> {
        sqlx::query(APPEND)
            .bind(self.receipts.as_str())
            .execute(&mut *connection)
            .await?;
        parked::release(connection, &self.release).await?;
        if self.of_several.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = self.of_several.iter().map(|message| message.simple()).collect();
        let found = sqlx::query(HISTORY)
            .bind(json(&ids)?)
            .fetch_all(connection)
            .await?;
        let told = |(message, history)| MessageHistory {
            message_id: MessageId(message),
            history,
        };
        Ok(by_message(&found)?.into_iter().map(told).collect())
    }
}
