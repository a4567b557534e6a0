//! Where a command is in the queue. There is no index of message ids, which every command would pay for: for a person who asks,
//! the bodies are looked through, page by page, so that others read in between.

use super::EmbeddedQueue;
use crate::ports::{BackendError, Queued, Searched};
use crate::store::sqlite::{instant, octets};
use smpp_domain::dispatch::DispatchCommand;
use smpp_domain::ids::{MessageId, OperatorId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::sync::atomic::Ordering;

const ACTION: &str = "searching the command queue";

/// Numbers of one page, and all that are looked through: two seconds' work or so.
const PAGE: i64 = 20_000;
const MOST: i64 = 1_000_000;

const ENDS: &str = "SELECT coalesce(min(seq), 0), coalesce(max(seq), -1) FROM dispatch";

/// Ids are written with and without hyphens, in either case; what else has the digits is sorted out when it is read.
const LOOK: &str = "\
    SELECT seq, operator_id, published_at, body FROM dispatch \
    WHERE seq BETWEEN ?1 AND ?2 AND (body LIKE ?3 OR body LIKE ?4) ORDER BY seq DESC";

const BEFORE: &str = "SELECT count(*) FROM dispatch WHERE operator_id = ?1 AND seq < ?2";

impl EmbeddedQueue {
    /// The newest first. Of several commands of one message the last one counts.
    pub(super) async fn find(&self, message: MessageId) -> Result<Searched, BackendError> {
        let _turn = self.searching.lock().await;
        let failed = |error| self.db.failed(ACTION, error);
        let ends = self.db.read(ACTION, sqlx::query(ENDS)).await?;
        let ends = ends.first().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let (oldest, newest): (i64, i64) = ends.transpose().map_err(failed)?.unwrap_or((0, -1));
        let (hyphens, digits) = (message.0.hyphenated(), message.0.simple());
        let last = oldest.max(newest.saturating_sub(MOST - 1));
        let mut to = newest;
        while to >= last {
            let from = last.max(to - PAGE + 1);
            let look = sqlx::query(LOOK).bind(from).bind(to);
            let look = look.bind(format!("%{hyphens}%")).bind(format!("%{digits}%"));
            for row in self.db.read(ACTION, look).await? {
                if let Some((seq, mut queued)) = read(&row, message).map_err(failed)? {
                    let lane = self.lanes.lane(queued.operator_id);
                    queued.taken = seq <= lane.handed_out.load(Ordering::Acquire);
                    let before = sqlx::query(BEFORE).bind(queued.operator_id.0.as_bytes().to_vec());
                    queued.before = self.db.number(ACTION, before.bind(seq)).await?;
                    return Ok(Searched::Found(queued));
                }
            }
            to = from - 1;
        }
        if last > oldest {
            return Ok(Searched::NotAmong(MOST.unsigned_abs()));
        }
        Ok(Searched::Absent)
    }
}

/// The command of the row, if it is this message's.
fn read(row: &SqliteRow, message: MessageId) -> Result<Option<(i64, Queued)>, sqlx::Error> {
    let command = DispatchCommand::parse(&octets(row, 3)?);
    if !command.is_ok_and(|command| command.message_id == message) {
        return Ok(None);
    }
    let operator = octets(row, 1)?;
    let operator = uuid::Uuid::from_slice(&operator).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let queued = Queued {
        operator_id: OperatorId(operator),
        published_at: instant(row, 2)?,
        taken: false,
        before: 0,
    };
    Ok(Some((row.try_get(0)?, queued)))
}
