//! The plain pattern: one table with one index, `UNNEST` in, `UNNEST JOIN` out. With a partition a day, since a day is to be dropped, and
//! in one piece, which tells what the days cost.

use crate::sample::rows;
use anyhow::Result;
use chrono::{NaiveTime, TimeDelta, Utc};
use smpp_connector::ports::Settlement;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use std::ops::RangeInclusive;

/// Days that rows live on: 72 hours touch four, and one is made ahead.
pub(crate) const DAYS: RangeInclusive<i64> = -3..=1;

const CREATE: &str = "\
    CREATE TABLE plain (operator_id int NOT NULL, operator_message_id text NOT NULL, message_id text NOT NULL, \
        client_id text NOT NULL, destination text NOT NULL, part int2 NOT NULL, parts int2 NOT NULL, \
        submitted_at int8 NOT NULL) PARTITION BY RANGE (submitted_at); \
    CREATE INDEX ON plain (operator_id, operator_message_id); \
    CREATE TABLE plain_outcome (message_id text PRIMARY KEY, event bytea NOT NULL)";

const INSERT: &str = "INSERT INTO plain SELECT * FROM UNNEST($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], \
    $6::int2[], $7::int2[], $8::int8[])";

const INSERT_OUTCOMES: &str = "INSERT INTO plain_outcome SELECT * FROM UNNEST($1::text[], $2::bytea[])";

const FIND: &str = "\
    SELECT k.n, c.message_id, c.client_id FROM UNNEST($1::int[], $2::text[]) WITH ORDINALITY AS k (op, mid, n) \
    JOIN plain c ON c.operator_id = k.op AND c.operator_message_id = k.mid";

/// How a plain table is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept {
    ByDay,
    InOnePiece,
}

/// A connection with plain tables of its own.
pub(crate) struct Raw {
    connection: PgConnection,
}

impl Raw {
    pub(crate) async fn open(url: &str, kept: Kept) -> Result<Self> {
        let connection = PgConnection::connect(url).await?;
        let mut raw = Self { connection };
        let schema = format!("{kept:?}");
        raw.execute(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path = {schema}, public"
        ))
        .await?;
        raw.execute(CREATE).await?;
        match kept {
            Kept::InOnePiece => {
                raw.execute("CREATE TABLE plain_all PARTITION OF plain DEFAULT")
                    .await?
            }
            Kept::ByDay => {
                for n in DAYS {
                    raw.day(n).await?;
                }
            }
        }
        Ok(raw)
    }

    async fn day(&mut self, n: i64) -> Result<(), sqlx::Error> {
        let start = |n| {
            let day = Utc::now().date_naive() + TimeDelta::days(n);
            day.and_time(NaiveTime::MIN).and_utc().timestamp_micros()
        };
        let (name, from, to) = (n - DAYS.start(), start(n), start(n + 1));
        let sql = format!("CREATE TABLE plain_{name} PARTITION OF plain FOR VALUES FROM ({from}) TO ({to})");
        self.execute(&sql).await
    }

    pub(crate) async fn insert(&mut self, batch: &[Settlement]) -> Result<(), sqlx::Error> {
        let all: Vec<_> = rows(batch).collect();
        let messages: Vec<_> = all.iter().map(|row| row.message_id.0.to_string()).collect();
        let accounts: Vec<_> = all.iter().map(|row| row.account_id.0.to_string()).collect();
        let query = sqlx::query(INSERT)
            .bind(vec![1_i32; all.len()])
            .bind(
                all.iter()
                    .map(|row| row.operator_message_id.as_str())
                    .collect::<Vec<_>>(),
            )
            .bind(messages)
            .bind(accounts)
            .bind(all.iter().map(|row| row.to.as_str()).collect::<Vec<_>>())
            .bind(vec![1_i16; all.len()])
            .bind(vec![1_i16; all.len()])
            .bind(
                all.iter()
                    .map(|row| row.submitted_at.timestamp_micros())
                    .collect::<Vec<_>>(),
            );
        query.execute(&mut self.connection).await?;
        let outcomes: Vec<_> = batch
            .iter()
            .filter_map(|settlement| settlement.outcome.as_ref())
            .collect();
        if outcomes.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(INSERT_OUTCOMES)
            .bind(
                outcomes
                    .iter()
                    .map(|outcome| outcome.message_id.0.to_string())
                    .collect::<Vec<_>>(),
            )
            .bind(outcomes.iter().map(|outcome| &*outcome.event).collect::<Vec<_>>());
        query.execute(&mut self.connection).await.map(drop)
    }

    pub(crate) async fn find(&mut self, keys: &[String]) -> Result<(), sqlx::Error> {
        let query = sqlx::query(FIND).bind(vec![1_i32; keys.len()]).bind(keys);
        let found = query.fetch_all(&mut self.connection).await?;
        for row in &found {
            let read: (i64, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            std::hint::black_box(read);
        }
        if found.len() < keys.len() {
            return Err(sqlx::Error::RowNotFound);
        }
        Ok(())
    }

    pub(crate) async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(&mut self.connection).await.map(drop)
    }

    pub(crate) async fn number(&mut self, sql: &str) -> Result<i64, sqlx::Error> {
        sqlx::query(sql).fetch_one(&mut self.connection).await?.try_get(0)
    }
}
