//! What is recorded of messages and their receipts, as writes.

use super::Write;
use super::correlation::{HISTORY, by_message};
use super::intents;
use super::parked;
use super::rows::{self, Octets, json};
use crate::clock;
use crate::ports::{AppendedReceipt, MessageHistory, ParkedReceipt, Settled, Settlement};
use crate::store::states;
use async_trait::async_trait;
use futures_util::TryStreamExt;
use smpp_domain::correlation::MessageCorrelation;
use smpp_domain::ids::{MessageId, OperatorId};
use sqlx::{Either, Executor, SqliteConnection};
use std::sync::LazyLock;
use uuid::Uuid;
use uuid::fmt::Simple;

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
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?2)) \
    INSERT INTO outcome (message_id, operator_id, settled_at, event) \
    SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, substr(?3, value ->> 3, value ->> 4) \
    FROM r WHERE true \
    ON CONFLICT (message_id) DO NOTHING";

/// One hand-over to SQLite's thread instead of four. `?1` are the rows, `?2` the outcomes, `?3` their events, `?4` is now.
static SETTLE: LazyLock<String> = LazyLock::new(|| {
    [
        INSERT_CORRELATIONS,
        INSERT_OUTCOMES,
        intents::SETTLED,
        parked::CLAIM,
    ]
    .join(";")
});

/// What was settled before with another event: `?1` are the outcomes, `?2` their events.
const STANDING: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    SELECT DISTINCT o.message_id, o.event FROM r CROSS JOIN outcome AS o ON o.message_id = unhex(r.value ->> 0) \
    WHERE o.event <> substr(?2, r.value ->> 3, r.value ->> 4)";

const APPEND: &str = "\
    WITH r AS MATERIALIZED (SELECT value FROM json_each(?1)) \
    INSERT INTO receipt (message_id, received_at, part_number, state, is_final, expires_at) \
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 \
    FROM r WHERE true \
    ON CONFLICT (message_id, received_at, part_number, state, is_final) DO NOTHING";

/// [`crate::ports::CorrelationStore::settle`].
pub(super) struct Settle {
    /// Rows of `json_each`, without the brackets around them.
    correlations: String,
    outcomes: Vec<Outcome>,
    events: Vec<u8>,
    rows: usize,
    /// Who waits for what was parked.
    operators: Vec<OperatorId>,
}

/// Message, operator, time, and where in the events its event starts, from 1, and how long it is.
type Outcome = (Simple, Simple, i64, usize, usize);

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
        let accepted = batch.iter().flat_map(|settlement| &settlement.correlations);
        let mut operators: Vec<_> = accepted.map(|row| row.operator_id).collect();
        operators.sort_unstable();
        operators.dedup();
        Ok(Self {
            rows: correlations.len() + outcomes.len(),
            correlations: rows::inner_json(&correlations)?,
            outcomes,
            events: events.into_inner(),
            operators,
        })
    }
}

async fn standing(
    outcomes: &str,
    events: &[u8],
    connection: &mut SqliteConnection,
) -> Result<Vec<(MessageId, Vec<u8>)>, sqlx::Error> {
    let query = sqlx::query(STANDING).bind(outcomes).bind(events);
    let found = query.fetch_all(connection).await?;
    let read = |row| Ok((MessageId(rows::uuid(row, 0)?), rows::octets(row, 1)?));
    found.iter().map(read).collect()
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

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Settled, sqlx::Error> {
        let answers = Self::apply_all(&[self], connection).await?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }

    async fn apply_all(
        alike: &[&Self],
        connection: &mut SqliteConnection,
    ) -> Result<Vec<Settled>, sqlx::Error> {
        let correlations = rows::outer_json(alike.iter().map(|settle| settle.correlations.as_str()));
        let (mut outcomes, mut events) = (Vec::new(), Vec::new());
        for settle in alike {
            let before = events.len();
            events.extend_from_slice(&settle.events);
            let own = settle.outcomes.iter().copied();
            outcomes.extend(own.map(|(message, operator, at, start, length)| {
                (message, operator, at, before + start, length)
            }));
        }
        let (count, outcomes) = (outcomes.len() as u64, json(&outcomes)?);
        let settle = sqlx::query(&SETTLE)
            .bind(correlations)
            .bind(outcomes.as_str())
            .bind(events.as_slice())
            .bind(clock::utc_now().timestamp_micros());
        let (mut changed, mut matched) = (Vec::new(), Vec::new());
        let mut done = (&mut *connection).fetch_many(settle);
        while let Some(next) = done.try_next().await? {
            match next {
                Either::Left(statement) => changed.push(statement.rows_affected()),
                Either::Right(receipt) => matched.push(parked::read(&receipt)?),
            }
        }
        drop(done);
        matched.sort_unstable_by_key(|receipt| (receipt.received_at, receipt.id));
        // The second statement's.
        let new = changed.get(1).copied().unwrap_or_default();
        let standing = if new < count {
            standing(&outcomes, &events, connection).await?
        } else {
            Vec::new()
        };
        Ok(share_out(alike, matched, &standing))
    }
}

/// To each what belongs to it: nothing, nearly always.
fn share_out(
    alike: &[&Settle],
    mut matched: Vec<ParkedReceipt>,
    standing: &[(MessageId, Vec<u8>)],
) -> Vec<Settled> {
    let each = alike.iter().map(|settle| {
        let is_theirs = |receipt: &mut ParkedReceipt| settle.operators.contains(&receipt.operator_id);
        let has = |message: MessageId| settle.outcomes.iter().any(|own| own.0 == message.0.simple());
        Settled {
            matched: matched.extract_if(.., is_theirs).collect(),
            // Two may have settled one message: both are told what stands.
            standing: standing
                .iter()
                .filter(|(message, _)| has(*message))
                .cloned()
                .collect(),
        }
    });
    each.collect()
}

/// [`crate::ports::CorrelationStore::append_receipts`].
pub(super) struct Append {
    /// Rows of `json_each`, without the brackets around them.
    receipts: String,
    release: Vec<Uuid>,
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
            receipts: rows::inner_json(&states)?,
            release: release.to_vec(),
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

    fn is_one_statement(&self) -> bool {
        self.release.is_empty() && self.of_several.is_empty()
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<MessageHistory>, sqlx::Error> {
        let answers = Self::apply_all(&[self], connection).await?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }

    async fn apply_all(
        alike: &[&Self],
        connection: &mut SqliteConnection,
    ) -> Result<Vec<Vec<MessageHistory>>, sqlx::Error> {
        let receipts = rows::outer_json(alike.iter().map(|append| append.receipts.as_str()));
        sqlx::query(APPEND)
            .bind(receipts)
            .execute(&mut *connection)
            .await?;
        let release: Vec<_> = alike.iter().flat_map(|append| &append.release).copied().collect();
        if !release.is_empty() {
            parked::release(connection, &parked::ids(&release)?).await?;
        }
        let several = alike.iter().flat_map(|append| &append.of_several);
        let ids: Vec<_> = several.map(|message| message.simple()).collect();
        if ids.is_empty() {
            return Ok(vec![Vec::new(); alike.len()]);
        }
        let found = sqlx::query(HISTORY)
            .bind(json(&ids)?)
            .fetch_all(connection)
            .await?;
        let histories = by_message(&found)?;
        let each = alike.iter().map(|append| {
            let own = append.of_several.iter().filter_map(|message| {
                let history = histories.get(message)?.clone();
                Some(MessageHistory {
                    message_id: MessageId(*message),
                    history,
                })
            });
            own.collect()
        });
        Ok(each.collect())
    }
}
