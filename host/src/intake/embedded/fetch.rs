//! The next commands of an operator.

use crate::store::sqlite::{Lookup, json, row_limit};
use async_trait::async_trait;
use smpp_domain::ids::OperatorId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::sync::Arc;

/// Of several operators; as many of each as the one wants that wants most.
const FETCH: &str = "\
    SELECT r.key, d.seq, d.body, d.published_at \
    FROM json_each(?1) AS r CROSS JOIN dispatch AS d ON d.seq IN ( \
        SELECT seq FROM dispatch WHERE operator_id = unhex(r.value ->> 0) AND seq > r.value ->> 1 ORDER BY seq LIMIT ?2)";

/// [`crate::ports::Intake::fetch`].
pub(super) struct Fetch {
    pub(super) operator: OperatorId,
    /// The cursor: the number before the first that is wanted.
    pub(super) from: i64,
    pub(super) max: usize,
}

#[async_trait]
impl Lookup for Fetch {
    /// In the order of their numbers.
    type Answer = Vec<SqliteRow>;
    const ACTION: &'static str = super::EmbeddedIntake::ACTION;

    fn rows(&self) -> usize {
        self.max
    }

    async fn find_all(
        alike: &[Arc<Self>],
        connection: &mut SqliteConnection,
    ) -> Result<Vec<Self::Answer>, sqlx::Error> {
        let asked = alike.iter().map(|fetch| (fetch.operator.0.simple(), fetch.from));
        let most = alike.iter().map(|fetch| fetch.max).max().unwrap_or_default();
        let query = sqlx::query(FETCH).bind(json(&asked.collect::<Vec<_>>())?);
        let found = query.bind(row_limit(most)).fetch_all(connection).await?;
        let mut answers: Vec<Vec<(i64, SqliteRow)>> = alike.iter().map(|_| Vec::new()).collect();
        for row in found {
            let (position, seq): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let position = usize::try_from(position).unwrap_or(usize::MAX);
            if let Some(answer) = answers.get_mut(position) {
                answer.push((seq, row));
            }
        }
        let first = |(fetch, mut rows): (&Arc<Self>, Vec<(i64, SqliteRow)>)| {
            rows.sort_by_key(|(seq, _)| *seq);
            rows.truncate(fetch.max);
            rows.into_iter().map(|(_, row)| row).collect()
        };
        Ok(alike.iter().zip(answers).map(first).collect())
    }
}
