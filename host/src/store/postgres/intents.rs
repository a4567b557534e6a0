//! Messages whose sending has begun, where a part may be written at most once.

use super::db::Db;
use super::id::Id;
use crate::clock;
use crate::ports::BackendError;
use smpp_domain::ids::MessageId;
use sqlx::Row;
use uuid::Uuid;

/// The update changes nothing, but it makes the row that stands come back, held until this commits: an owner that takes its
/// note back meanwhile comes before, and then ours is written, or after.
const BEGIN: &str = "\
    INSERT INTO intent (message_id, intended_at, owner) SELECT id, $2, $3 FROM UNNEST($1::uuid[]) AS r (id) \
    ON CONFLICT (message_id) DO UPDATE SET owner = intent.owner RETURNING message_id, owner";

const END: &str = "\
    DELETE FROM intent WHERE message_id IN ( \
        SELECT message_id FROM intent WHERE message_id = ANY($1) AND owner = $2 ORDER BY message_id FOR UPDATE)";

/// [`crate::ports::CorrelationStore::intend`].
pub(super) async fn begin(
    db: &Db,
    owner: Uuid,
    messages: &[MessageId],
) -> Result<Vec<MessageId>, BackendError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = db.connection("noting what is being sent").await?;
    let statement = sqlx::query(BEGIN)
        .bind(ids(messages))
        .bind(clock::utc_now().timestamp_micros())
        .bind(Id(owner));
    let mut of_others = Vec::new();
    for row in connection.fetch(statement).await? {
        let Id(standing) = connection.read(row.try_get(1))?;
        if standing != owner {
            let Id(message) = connection.read(row.try_get(0))?;
            of_others.push(MessageId(message));
        }
    }
    Ok(of_others)
}

/// [`crate::ports::CorrelationStore::withdraw`].
pub(super) async fn end(db: &Db, owner: Uuid, messages: &[MessageId]) -> Result<(), BackendError> {
    if messages.is_empty() {
        return Ok(());
    }
    let mut connection = db.connection("taking back what was not sent").await?;
    let statement = sqlx::query(END).bind(ids(messages)).bind(Id(owner));
    connection.execute(statement).await.map(drop)
}

/// Each once, in one order for all hosts, so that they do not wait for each other in a circle.
fn ids(messages: &[MessageId]) -> Vec<Id> {
    let mut ids: Vec<_> = messages.iter().map(|message| Id(message.0)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
