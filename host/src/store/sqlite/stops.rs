//! Operators that are stopped.

use super::rows::{self, instant};
use super::{SqliteDb, SqliteStore, Write};
use crate::ports::{BackendError, OperatorStop, StopStore};
use async_trait::async_trait;
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::CommandStatus;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

const STOP: &str = "\
    INSERT INTO operator_stop (operator_id, since, command_status, reason) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (operator_id) DO NOTHING";

const RESUME: &str =
    "DELETE FROM operator_stop WHERE operator_id = ?1 RETURNING operator_id, since, command_status, reason";

const STOPPED: &str = "SELECT operator_id, since, command_status, reason FROM operator_stop";

#[async_trait]
impl StopStore for SqliteStore {
    async fn stop(&self, stop: &OperatorStop) -> Result<bool, BackendError> {
        self.db().write(Stop(stop.clone())).await
    }

    async fn resume(&self, operator: OperatorId) -> Result<Option<OperatorStop>, BackendError> {
        self.db().write(Resume(operator)).await
    }

    async fn stopped(&self) -> Result<Vec<OperatorStop>, BackendError> {
        let action = "reading what is stopped";
        let db: &SqliteDb = self.db();
        let found = db.read(action, sqlx::query(STOPPED)).await?;
        let stops: Result<_, _> = found.iter().map(read).collect();
        stops.map_err(|error| db.failed(action, error))
    }
}

fn read(row: &SqliteRow) -> Result<OperatorStop, sqlx::Error> {
    Ok(OperatorStop {
        operator_id: OperatorId(rows::uuid(row, 0)?),
        since: instant(row, 1)?,
        command_status: CommandStatus(row.try_get(2)?),
        reason: row.try_get(3)?,
    })
}

/// [`StopStore::stop`].
struct Stop(OperatorStop);

#[async_trait]
impl Write for Stop {
    /// Whether it was not stopped before.
    type Answer = bool;
    const ACTION: &'static str = "noting that an operator is stopped";

    fn rows(&self) -> usize {
        1
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        let stop = &self.0;
        let query = sqlx::query(STOP)
            .bind(stop.operator_id.0.as_bytes().as_slice())
            .bind(stop.since.timestamp_micros())
            .bind(i64::from(stop.command_status.0))
            .bind(stop.reason.as_str());
        query
            .execute(connection)
            .await
            .map(|done| done.rows_affected() > 0)
    }
}

/// [`StopStore::resume`].
struct Resume(OperatorId);

#[async_trait]
impl Write for Resume {
    type Answer = Option<OperatorStop>;
    const ACTION: &'static str = "noting that an operator goes on";

    fn rows(&self) -> usize {
        1
    }

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Option<OperatorStop>, sqlx::Error> {
        let query = sqlx::query(RESUME).bind(self.0.0.as_bytes().as_slice());
        let found = query.fetch_optional(connection).await?;
        found.as_ref().map(read).transpose()
    }
}
