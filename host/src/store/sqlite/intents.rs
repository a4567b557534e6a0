//! Messages whose sending has begun, where a part may be written at most once.

use super::{Write, json, rows};
use crate::clock;
use async_trait::async_trait;
use smpp_domain::ids::MessageId;
use sqlx::SqliteConnection;
use uuid::Uuid;

const INSERT: &str = "\
    INSERT INTO intent (message_id, intended_at, owner) SELECT unhex(value), ?2, ?3 FROM json_each(?1) WHERE true \
    ON CONFLICT (message_id) DO NOTHING";

const OF_OTHERS: &str = "\
    SELECT message_id FROM intent WHERE owner <> ?2 AND message_id IN (SELECT unhex(value) FROM json_each(?1))";

const DELETE: &str =
    "DELETE FROM intent WHERE owner = ?2 AND message_id IN (SELECT unhex(value) FROM json_each(?1))";

/// Ends the intents of `?2`, outcomes whose first column is the message.
pub(super) const SETTLED: &str =
    "DELETE FROM intent WHERE message_id IN (SELECT unhex(value ->> 0) FROM json_each(?2))";

/// The positions of those messages that are intended.
pub(super) const READ: &str =
    "SELECT k.key FROM json_each(?1) AS k CROSS JOIN intent AS i ON i.message_id = unhex(k.value)";

/// [`crate::ports::CorrelationStore::intend`].
pub(super) struct Begin {
    messages: String,
    count: usize,
    owner: Uuid,
}

/// [`crate::ports::CorrelationStore::withdraw`].
pub(super) struct End {
    messages: String,
    count: usize,
    owner: Uuid,
}

impl Begin {
    pub(super) fn new(owner: Uuid, messages: &[MessageId]) -> Result<Self, sqlx::Error> {
        Ok(Self {
            messages: ids(messages)?,
            count: messages.len(),
            owner,
        })
    }
}

impl End {
    pub(super) fn new(owner: Uuid, messages: &[MessageId]) -> Result<Self, sqlx::Error> {
        Ok(Self {
            messages: ids(messages)?,
            count: messages.len(),
            owner,
        })
    }
}

fn ids(messages: &[MessageId]) -> Result<String, sqlx::Error> {
    json(
        &messages
            .iter()
            .map(|message| message.0.simple())
            .collect::<Vec<_>>(),
    )
}

#[async_trait]
impl Write for Begin {
    /// Those that others have begun.
    type Answer = Vec<MessageId>;
    const ACTION: &'static str = "noting what is being sent";

    fn rows(&self) -> usize {
        self.count
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<MessageId>, sqlx::Error> {
        let done = sqlx::query(INSERT)
            .bind(self.messages.as_str())
            .bind(clock::utc_now().timestamp_micros())
            .bind(self.owner.as_bytes().as_slice())
            .execute(&mut *connection)
            .await?;
        if done.rows_affected() == self.count as u64 {
            return Ok(Vec::new());
        }
        let others = sqlx::query(OF_OTHERS)
            .bind(self.messages.as_str())
            .bind(self.owner.as_bytes().as_slice())
            .fetch_all(connection)
            .await?;
        others
            .iter()
            .map(|row| rows::uuid(row, 0).map(MessageId))
            .collect()
    }
}

#[async_trait]
impl Write for End {
    type Answer = ();
    const ACTION: &'static str = "taking back what was not sent";

    fn rows(&self) -> usize {
        self.count
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let query = sqlx::query(DELETE)
            .bind(self.messages.as_str())
            .bind(self.owner.as_bytes().as_slice());
        query.execute(connection).await.map(drop)
    }
}
