//! What receipts have said.

use super::db::{Connection, Db};
use super::id::Id;
use super::partitions::Table;
use super::rows;
use super::together::Call;
use crate::ports::{AppendedReceipt, BackendError, MessageHistory};
use crate::store::states;
use async_trait::async_trait;
use smpp_domain::correlation::PartState;
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
pub(super) struct Append;

/// Part of a batch.
#[derive(Clone)]
pub(super) enum Appended {
    Receipt(AppendedReceipt),
    /// A parked receipt that leaves the parking lot.
    Released(Uuid),
}

impl Appended {
    pub(super) fn all(receipts: &[AppendedReceipt], release: &[Uuid]) -> Vec<Self> {
        let receipts = receipts.iter().cloned().map(Self::Receipt);
        receipts
            .chain(release.iter().copied().map(Self::Released))
            .collect()
    }

    fn receipt(&self) -> Option<&AppendedReceipt> {
        match self {
            Self::Receipt(receipt) => Some(receipt),
            Self::Released(_) => None,
        }
    }

    fn released(&self) -> Option<Id> {
        match self {
            Self::Receipt(_) => None,
            Self::Released(id) => Some(Id(*id)),
        }
    }
}

#[async_trait]
impl Call for Append {
    type Item = Appended;
    type Answer = Vec<MessageHistory>;

    async fn carry_out(db: &Db, calls: &[&[Appended]]) -> Result<Vec<Self::Answer>, BackendError> {
        let items = || calls.iter().copied().flatten();
        let receipts: Vec<_> = items().filter_map(Appended::receipt).collect();
        let release: Vec<_> = items().filter_map(Appended::released).collect();
        if receipts.is_empty() && release.is_empty() {
            return Ok(vec![Vec::new(); calls.len()]);
        }
        let mut connection = db.connection(ACTION).await?;
        append(db, &mut connection, &receipts, release).await?;
        let told = receipts.iter().filter(|receipt| receipt.part_count > 1);
        let told = told.map(|receipt| receipt.message_id.0).collect();
        let histories = history(&mut connection, told).await?;
        Ok(calls.iter().map(|call| of_call(call, &histories)).collect())
    }
}

async fn append(
    db: &Db,
    connection: &mut Connection<'_>,
    receipts: &[&AppendedReceipt],
    release: Vec<Id>,
) -> Result<(), BackendError> {
    let expiry = receipts.iter().map(|receipt| receipt.expires_at);
    db.partitions.ensure(connection, Table::Receipt, expiry).await?;
    let statement = sqlx::query(APPEND)
        .bind(column(receipts, |receipt| Id(receipt.message_id.0)))
        .bind(column(receipts, |receipt| receipt.received_at.timestamp_micros()))
        .bind(column(receipts, |receipt| receipt.expires_at.timestamp_micros()))
        .bind(column(receipts, |receipt| i16::from(receipt.part.part_number)))
        .bind(column(receipts, |receipt| {
            i16::from(states::number(receipt.part.state))
        }))
        .bind(column(receipts, |receipt| receipt.part.is_final))
        .bind(release);
    connection.execute(statement).await.map(drop)
}

/// What is known of a batch's messages, each once.
fn of_call(call: &[Appended], histories: &HashMap<Uuid, Vec<PartState>>) -> Vec<MessageHistory> {
    if histories.is_empty() {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let receipts = call.iter().filter_map(Appended::receipt);
    let messages = receipts.map(|receipt| receipt.message_id);
    let told = messages
        .filter(|message| seen.insert(*message))
        .filter_map(|message_id| {
            let history = histories.get(&message_id.0)?.clone();
            Some(MessageHistory { message_id, history })
        });
    told.collect()
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

fn column<T>(receipts: &[&AppendedReceipt], value: impl Fn(&AppendedReceipt) -> T) -> Vec<T> {
    receipts.iter().map(|receipt| value(receipt)).collect()
}
