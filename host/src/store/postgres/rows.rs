//! Values on their way into statements and out of rows.
//!
//! A batch is one array a column, and `UNNEST` gives its rows: the statement's text is always the same, so that it is
//! prepared once, and there is no limit on the number of parameters.

use super::id::Id;
use crate::store::states;
use chrono::{DateTime, Utc};
use smpp_domain::correlation::{DlrMessageState, MessageCorrelation};
use smpp_domain::ids::{AccountId, MessageId, OperatorId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// A LIMIT.
pub(super) fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn broken(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

pub(super) fn id(row: &PgRow, index: usize) -> Result<Uuid, sqlx::Error> {
    row.try_get(index).map(|Id(id)| id)
}

/// A position that `WITH ORDINALITY` gave, from 0.
pub(super) fn position(row: &PgRow, index: usize) -> Result<usize, sqlx::Error> {
    let from_one: i64 = row.try_get(index)?;
    usize::try_from(from_one - 1).map_err(|_| broken("a position is not positive"))
}

/// Which of so many positions these rows name.
pub(super) fn marked(rows: &[PgRow], positions: usize) -> Result<Vec<bool>, sqlx::Error> {
    let mut marked = vec![false; positions];
    for row in rows {
        if let Some(mark) = marked.get_mut(position(row, 0)?) {
            *mark = true;
        }
    }
    Ok(marked)
}

pub(super) fn octet(row: &PgRow, index: usize) -> Result<u8, sqlx::Error> {
    u8::try_from(row.try_get::<i16, _>(index)?).map_err(|_| broken("a number is no octet"))
}

pub(super) fn instant(row: &PgRow, index: usize) -> Result<DateTime<Utc>, sqlx::Error> {
    DateTime::from_timestamp_micros(row.try_get(index)?).ok_or_else(|| broken("a time is out of range"))
}

/// Text that is kept as octets.
pub(super) fn text(row: &PgRow, index: usize) -> Result<String, sqlx::Error> {
    String::from_utf8(row.try_get(index)?).map_err(|_| broken("a text is not UTF-8"))
}

pub(super) fn state(row: &PgRow, index: usize) -> Result<DlrMessageState, sqlx::Error> {
    states::state(octet(row, index)?).ok_or_else(|| broken("a message state is none of SMPP's"))
}

/// Reads a row whose columns, after the first, are those of the statements in [`super::lookup`]: of the operator's, by the key
/// that it was looked up by.
pub(super) fn found(
    row: &PgRow,
    operator_id: OperatorId,
    message_key: String,
) -> Result<MessageCorrelation, sqlx::Error> {
    let reference: Option<i32> = row.try_get(6)?;
    Ok(MessageCorrelation {
        id: id(row, 1)?,
        message_id: MessageId(id(row, 2)?),
        operator_id,
        account_id: AccountId(id(row, 3)?),
        submitted_at: instant(row, 4)?,
        expires_at: instant(row, 5)?,
        reference: reference
            .map(u16::try_from)
            .transpose()
            .map_err(|_| broken("a reference is out of range"))?,
        part_number: octet(row, 7)?,
        part_count: octet(row, 8)?,
        operator_message_id: text(row, 9)?,
        message_key,
        to: row.try_get(10)?,
    })
}

/// Reads a row that tells its operator and its key in two more columns.
pub(super) fn correlation(row: &PgRow) -> Result<MessageCorrelation, sqlx::Error> {
    found(row, OperatorId(id(row, 11)?), text(row, 12)?)
}
