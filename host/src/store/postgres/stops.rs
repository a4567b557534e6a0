//! Operators that are stopped.

use super::PostgresStore;
use super::id::Id;
use super::rows::{broken, instant};
use crate::ports::{BackendError, OperatorStop, StopStore};
use async_trait::async_trait;
use smpp_domain::ids::OperatorId;
use smpp_domain::pdu::CommandStatus;
use sqlx::Row;
use sqlx::postgres::PgRow;

const STOP: &str = "\
    INSERT INTO operator_stop (operator_id, since, command_status, reason) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (operator_id) DO NOTHING";

const RESUME: &str =
    "DELETE FROM operator_stop WHERE operator_id = $1 RETURNING operator_id, since, command_status, reason";

const STOPPED: &str = "SELECT operator_id, since, command_status, reason FROM operator_stop";

#[async_trait]
impl StopStore for PostgresStore {
    async fn stop(&self, stop: &OperatorStop) -> Result<bool, BackendError> {
        let mut connection = self.db.connection("noting that an operator is stopped").await?;
        let statement = sqlx::query(STOP)
            .bind(Id(stop.operator_id.0))
            .bind(stop.since.timestamp_micros())
            .bind(i64::from(stop.command_status.0))
            .bind(stop.reason.as_str());
        Ok(connection.execute(statement).await? > 0)
    }

    async fn resume(&self, operator: OperatorId) -> Result<Option<OperatorStop>, BackendError> {
        let mut connection = self.db.connection("noting that an operator goes on").await?;
        let found = connection.fetch(sqlx::query(RESUME).bind(Id(operator.0))).await?;
        connection.read(found.first().map(read).transpose())
    }

    async fn stopped(&self) -> Result<Vec<OperatorStop>, BackendError> {
        let mut connection = self.db.connection("reading what is stopped").await?;
        let found = connection.fetch(sqlx::query(STOPPED)).await?;
        connection.read(found.iter().map(read).collect())
    }
}

fn read(row: &PgRow) -> Result<OperatorStop, sqlx::Error> {
    let Id(operator) = row.try_get(0)?;
    let status: i64 = row.try_get(2)?;
    Ok(OperatorStop {
        operator_id: OperatorId(operator),
        since: instant(row, 1)?,
        command_status: CommandStatus(u32::try_from(status).map_err(|_| broken("a status is no status"))?),
        reason: row.try_get(3)?,
    })
}
