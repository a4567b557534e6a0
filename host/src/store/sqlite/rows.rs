//! Values on their way into statements and out of rows.
//!
//! A batch is one bind: `json_each(?1)` gives its rows, each a JSON array. The statement's text is always the same, so that
//! it is prepared once, and there is no limit on the number of parameters. JSON cannot carry octets: ids go in hex, and
//! bodies lie end to end in a second bind, from which `substr(?2, start, length)` cuts them.

use crate::store::states;
use chrono::{DateTime, Utc};
use serde::Serialize;
use smpp_domain::correlation::{DlrMessageState, MessageCorrelation};
use smpp_domain::ids::{AccountId, MessageId, OperatorId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

/// The rows of a batch as JSON.
pub(crate) fn json(rows: &impl Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// The same without the brackets around them, for [`outer_json`]; empty if there are none.
pub(super) fn inner_json(rows: &impl Serialize) -> Result<String, sqlx::Error> {
    let mut json = json(rows)?;
    json.pop();
    json.remove(0);
    Ok(json)
}

/// The rows of several batches as JSON.
pub(super) fn outer_json<'a>(batches: impl Iterator<Item = &'a str>) -> String {
    let batches: Vec<_> = batches.filter(|batch| !batch.is_empty()).collect();
    format!("[{}]", batches.join(","))
}

/// The octets of a batch, end to end.
#[derive(Default)]
pub(crate) struct Octets {
    all: Vec<u8>,
}

impl Octets {
    /// Adds `octets`; returns what `substr` needs: where they start, from 1, and how many they are.
    pub(crate) fn push(&mut self, octets: &[u8]) -> (usize, usize) {
        let start = self.all.len() + 1;
        self.all.extend_from_slice(octets);
        (start, octets.len())
    }

    pub(crate) fn into_inner(self) -> Vec<u8> {
        self.all
    }
}

/// A LIMIT.
pub(crate) fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn broken(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

pub(super) fn unsigned(row: &SqliteRow, index: usize) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get::<i64, _>(index)?).map_err(|_| broken("a number is negative"))
}

pub(super) fn position(row: &SqliteRow, index: usize) -> Result<usize, sqlx::Error> {
    usize::try_from(row.try_get::<i64, _>(index)?).map_err(|_| broken("a position is negative"))
}

pub(super) fn uuid(row: &SqliteRow, index: usize) -> Result<Uuid, sqlx::Error> {
    Uuid::from_slice(row.try_get(index)?).map_err(|_| broken("an id is not 16 octets long"))
}

pub(crate) fn octets(row: &SqliteRow, index: usize) -> Result<Vec<u8>, sqlx::Error> {
    row.try_get(index)
}

pub(crate) fn instant(row: &SqliteRow, index: usize) -> Result<DateTime<Utc>, sqlx::Error> {
    DateTime::from_timestamp_micros(row.try_get(index)?).ok_or_else(|| broken("a time is out of range"))
}

pub(super) fn state(row: &SqliteRow, index: usize) -> Result<DlrMessageState, sqlx::Error> {
    states::state(row.try_get(index)?).ok_or_else(|| broken("a message state is none of SMPP's"))
}

/// Reads a row whose columns, after the first (the position in the request), are those of `CORRELATION` in
/// [`super::correlation`].
pub(super) fn correlation(row: &SqliteRow) -> Result<MessageCorrelation, sqlx::Error> {
    Ok(MessageCorrelation {
        id: uuid(row, 1)?,
        message_id: MessageId(uuid(row, 2)?),
        operator_message_id: row.try_get(3)?,
        operator_id: OperatorId(uuid(row, 4)?),
        to: row.try_get(5)?,
        submitted_at: instant(row, 6)?,
        expires_at: instant(row, 7)?,
        message_key: row.try_get(8)?,
        account_id: AccountId(uuid(row, 9)?),
        part_number: row.try_get(10)?,
        part_count: row.try_get(11)?,
        reference: row.try_get(12)?,
    })
}
