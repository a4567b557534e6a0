//! The story of one message.

use super::correlation::{ACCEPTED, OUTCOMES};
use super::rows::{self, instant, json};
use super::{SqliteDb, SqliteStore};
use crate::ports::{BackendError, MessageStories, MessageStory, ToldReceipt};
use async_trait::async_trait;
use smpp_domain::correlation::PartState;
use smpp_domain::ids::MessageId;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

const TOLD: &str = "\
    SELECT part_number, state, is_final, received_at FROM receipt \
    WHERE message_id IN (SELECT unhex(value) FROM json_each(?1)) ORDER BY received_at, seq";

#[async_trait]
impl MessageStories for SqliteStore {
    async fn story(&self, message: MessageId) -> Result<MessageStory, BackendError> {
        let action = "reading what became of a message";
        let db: &SqliteDb = self.db();
        let id = json(&[message.0.simple()]).map_err(|error| db.failed(action, error))?;
        let outcome = db.read(action, sqlx::query(OUTCOMES).bind(&id)).await?;
        let accepted = db.read(action, sqlx::query(ACCEPTED).bind(&id)).await?;
        let receipts = db.read(action, sqlx::query(TOLD).bind(&id)).await?;
        let read = || -> Result<_, sqlx::Error> {
            Ok(MessageStory {
                outcome: outcome.first().map(|row| rows::octets(row, 1)).transpose()?,
                accepted: accepted.iter().map(rows::correlation).collect::<Result<_, _>>()?,
                receipts: receipts.iter().map(told).collect::<Result<_, _>>()?,
            })
        };
        read().map_err(|error| db.failed(action, error))
    }
}

fn told(row: &SqliteRow) -> Result<ToldReceipt, sqlx::Error> {
    Ok(ToldReceipt {
        part: PartState {
            part_number: row.try_get(0)?,
            state: rows::state(row, 1)?,
            is_final: row.try_get(2)?,
        },
        received_at: instant(row, 3)?,
    })
}
