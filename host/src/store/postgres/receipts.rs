//! What receipts have said.

use super::db::{Connection, Db};
use super::id::Id;
use super::partitions::Table;
use super::rows;
use crate::ports::{AppendedReceipt, BackendError, MessageHistory};
use crate::store::states;
use smpp_domain::correlation::PartState;
use smpp_domain::ids::MessageId;
use sqlx::Row;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

const ACTION: &str = "appending receipts";

/// `UNNEST` keeps the order of the batch, and `seq` follows it.
const APPEND: &str = "\
    WITH released AS (DELETE FROM parked WHERE id = ANY($7::uuid[])) \
    INSERT INTO receipt (message_id, received_at, expires_at, part_number, state, is_final) \
    SELECT * FROM UNNEST($1::uuid[], $2::int8[], $3::int8[], $4::int2[], $5::int2[], $6::bool[])";

const HISTORY: &str = "\
    SELECT message_id, part_number, state, is_final, received_at FROM receipt WHERE message_id = ANY($1) \
    ORDER BY received_at, seq";

/// [`crate::ports::CorrelationStore::append_receipts`].
///
/// The history is read after the commit: of several hosts that append to one message the last to commit sees all.
pub(super) async fn append(
    db: &Db,
    receipts: &[AppendedReceipt],
    release: &[Uuid],
) -> Result<Vec<MessageHistory>, BackendError> {
    if receipts.is_empty() && release.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = db.connection(ACTION).await?;
    let expiry = receipts.iter().map(|receipt| receipt.expires_at);
    db.partitions
        .ensure(&mut connection, Table::Receipt, expiry)
        .await?;
    let statement = sqlx::query(APPEND)
        .bind(column(receipts, |receipt| Id(receipt.message_id.0)))
        .bind(column(receipts, |receipt| receipt.received_at.timestamp_micros()))
        .bind(column(receipts, |receipt| receipt.expires_at.timestamp_micros()))
        .bind(column(receipts, |receipt| i16::from(receipt.part.part_number)))
        .bind(column(receipts, |receipt| {
            i16::from(states::number(receipt.part.state))
        }))
        .bind(column(receipts, |receipt| receipt.part.is_final))
        .bind(release.iter().copied().map(Id).collect::<Vec<_>>());
    connection.execute(statement).await?;
    let several = receipts.iter().filter(|receipt| receipt.part_count > 1);
    let several = several.map(|receipt| receipt.message_id.0).collect();
    let told = |(message, history)| MessageHistory {
        message_id: MessageId(message),
        history,
    };
    Ok(history(&mut connection, several)
        .await?
        .into_iter()
        .map(told)
        .collect())
}

/// What was appended to these messages, oldest first. What a batch that was sent again has left twice is there once.
pub(super) async fn history(
    connection: &mut Connection<'_>,
    mut messages: Vec<Uuid>,
) -> Result<HashMap<Uuid, Vec<PartState>>, BackendError> {
    let mut history: HashMap<Uuid, Vec<PartState>> = HashMap::new();
    messages.sort_unstable();
    messages.dedup();
    if messages.is_empty() {
        return Ok(history);
    }
    let ids: Vec<_> = messages.into_iter().map(Id).collect();
    let mut seen = HashSet::new();
    for row in connection.fetch(sqlx::query(HISTORY).bind(ids)).await? {
        let Id(message) = connection.read(row.try_get(0))?;
        let part = PartState {
            part_number: connection.read(rows::octet(&row, 1))?,
            state: connection.read(rows::state(&row, 2))?,
            is_final: connection.read(row.try_get(3))?,
        };
        let received_at: i64 = connection.read(row.try_get(4))?;
        if seen.insert((message, received_at, part.part_number, part.state, part.is_final)) {
            history.entry(message).or_default().push(part);
        }
    }
    Ok(history)
}

fn column<T>(receipts: &[AppendedReceipt], value: impl Fn(&AppendedReceipt) -> T) -> Vec<T> {
    receipts.iter().map(value).collect()
}
