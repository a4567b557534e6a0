//! Messages whose sending has begun, where a part may be written at most once.

use super::{Write, json};
use crate::clock;
use async_trait::async_trait;
use smpp_domain::ids::MessageId;
use sqlx::SqliteConnection;

const INSERT: &str = "\
    INSERT INTO intent (message_id, intended_at) SELECT unhex(value), ?2 FROM json_each(?1) WHERE true \
    ON CONFLICT (message_id) DO NOTHING";

const DELETE: &str = "DELETE FROM intent WHERE message_id IN (SELECT unhex(value) FROM json_each(?1))";

/// Ends the intents of a batch of outcomes, whose first column is the message.
pub(super) const SETTLED: &str =
    "DELETE FROM intent WHERE message_id IN (SELECT unhex(value ->> 0) FROM json_each(?1))";

/// The positions of those messages that are intended.
pub(super) const READ: &str =
    "SELECT k.key FROM json_each(?1) AS k CROSS JOIN intent AS i ON i.message_id = unhex(k.value)";

/// Begins or ends intents.
pub(super) struct Intents {
    statement: &'static str,
    messages: String,
    count: usize,
}

impl Intents {
    pub(super) fn begin(messages: &[MessageId]) -> Result<Self, sqlx::Error> {
        Self::new(INSERT, messages)
    }

    pub(super) fn end(messages: &[MessageId]) -> Result<Self, sqlx::Error> {
        Self::new(DELETE, messages)
    }

    fn new(statement: &'static str, messages: &[MessageId]) -> Result<Self, sqlx::Error> {
        let ids: Vec<_> = messages.iter().map(|message| message.0.simple()).collect();
        Ok(Self { statement, messages: json(&ids)?, count: messages.len() })
    }
}

#[async_trait]
impl Write for Intents {
    type Answer = ();
    const ACTION: &'static str = "noting what is being sent";

    fn rows(&self) -> usize {
        self.count
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let query = sqlx::query(self.statement).bind(self.messages.as_str());
        // DELETE has no second parameter.
        let query = if self.statement == INSERT { query.bind(clock::utc_now().timestamp_micros()) } else { query };
        query.execute(connection).await.map(drop)
    }
}
