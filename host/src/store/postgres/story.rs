//! The story of one message.

use super::PostgresStore;
use super::id::Id;
use super::lookup::{OUTCOMES, accepted};
use super::rows;
use crate::ports::{BackendError, MessageStories, MessageStory, ToldReceipt};
use async_trait::async_trait;
use smpp_domain::correlation::PartState;
use smpp_domain::ids::MessageId;
use sqlx::Row;
use sqlx::postgres::PgRow;

const TOLD: &str = "\
    SELECT part_number, state, is_final, received_at FROM receipt WHERE message_id = $1 ORDER BY received_at, seq";

#[async_trait]
impl MessageStories for PostgresStore {
    async fn story(&self, message: MessageId) -> Result<MessageStory, BackendError> {
        let mut connection = self.db.connection("reading what became of a message").await?;
        let id = Id(message.0);
        let outcome = connection.fetch(sqlx::query(OUTCOMES).bind(vec![id])).await?;
        let outcome = outcome.first().map(|row| row.try_get(1)).transpose();
        let outcome = connection.read(outcome)?;
        let accepted = accepted(&mut connection, &[id]).await?;
        let found = connection.fetch(sqlx::query(TOLD).bind(id)).await?;
        let mut receipts: Vec<ToldReceipt> = connection.read(found.iter().map(told).collect())?;
        // A batch that was sent again has left its rows twice.
        receipts.dedup();
        Ok(MessageStory {
            outcome,
            accepted,
            receipts,
        })
    }
}

fn told(row: &PgRow) -> Result<ToldReceipt, sqlx::Error> {
    Ok(ToldReceipt {
        part: PartState {
            part_number: rows::octet(row, 0)?,
            state: rows::state(row, 1)?,
            is_final: row.try_get(2)?,
        },
        received_at: rows::instant(row, 3)?,
    })
}
