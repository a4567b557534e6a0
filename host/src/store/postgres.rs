//! [`CorrelationStore`] on PostgreSQL, which several hosts share.
//!
//! ```text
//!  PostgresStore ─► Db: a pool ─► correlation, receipt, outcome, parked (one partition a day), intent, mo_message, mo_segment
//!                  └─ Partitions: which days there are, made before a batch needs them
//! ```
//! A batch is one statement that commits by itself: it is there whole or not at all, and no transaction stays open while a
//! host thinks; only the segments of long messages take a short one. Batches that wait at the same time share a statement
//! (`together`). Hosts meet in four places, each explained where it
//! happens: outcomes (`settle`), receipts that overtake their row (`parked`), segments (`segments`), days (`partitions`).

mod db;
mod error;
mod expire;
mod id;
mod intents;
mod lookup;
mod migrate;
mod parked;
mod partitions;
mod receipts;
mod rows;
mod segments;
mod settle;
mod stops;
mod story;
mod together;

pub use error::OpenError;

use crate::config::PostgresConfig;
use crate::ports::{
    AppendedReceipt, BackendError, CorrelationStore, MessageHistory, ParkedReceipt, ParkedWork, Probe,
    Progress, Settled, Settlement, Tracked,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use db::Db;
use lookup::{Find, Key, Known};
use parked::Park;
use receipts::{Append, Appended};
use settle::Settle;
use smpp_domain::ids::{MessageId, OperatorId};
use std::sync::Arc;
use together::Calls;
use uuid::Uuid;

/// The correlation store on PostgreSQL. Cheap to clone. Times are kept to the microsecond.
///
/// Every call ends within some 25 s: 5 s to get a connection, 10 s a statement, of which there are two at most in nearly all;
/// within twice that where it waits for others of its kind.
/// A connection that has failed is not used again, and the pool opens another one: the store heals by itself.
#[derive(Clone)]
pub struct PostgresStore {
    db: Arc<Db>,
    shared: Arc<Shared>,
}

/// Calls that share statements, by kind.
#[derive(Default)]
struct Shared {
    settles: Calls<Settle>,
    finds: Calls<Find>,
    appends: Calls<Append>,
    parks: Calls<Park>,
    progress: Calls<Known>,
    busy: Calls<parked::Busy>,
    dues: Calls<segments::Due>,
}

impl PostgresStore {
    /// Connects, within about 10 s, and brings the tables up to what this version needs.
    ///
    /// # Errors
    /// When the server cannot be used; the text says how to mend it.
    pub async fn open(config: &PostgresConfig) -> Result<Self, OpenError> {
        let server = db::Server::new(config.url.expose())?;
        migrate::up(&server).await?;
        Ok(Self {
            db: Arc::new(Db::new(server, config.connections)),
            shared: Arc::default(),
        })
    }

    /// Brings the tables up to what this version needs, and nothing else. Returns the server's name and the migrations that it
    /// lacked. Hosts that do it at once wait for each other.
    ///
    /// # Errors
    /// When the server cannot be used; the text says how to mend it.
    pub async fn migrate(config: &PostgresConfig) -> Result<(String, Vec<&'static str>), OpenError> {
        let server = db::Server::new(config.url.expose())?;
        let applied = migrate::up(&server).await?;
        Ok((server.name, applied))
    }

    /// Looks whether the server can be used, and says what a start would do to its tables. Returns the server's name beside it.
    ///
    /// # Errors
    /// When the server cannot be used; the text says how to mend it.
    pub async fn look(config: &PostgresConfig) -> Result<(String, String), OpenError> {
        let server = db::Server::new(config.url.expose())?;
        let told = migrate::look(&server).await?;
        Ok((server.name, told))
    }

    /// Closes the connections. Calls of afterwards fail.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

#[async_trait]
impl CorrelationStore for PostgresStore {
    async fn settle(&self, batch: &[Settlement]) -> Result<Settled, BackendError> {
        self.shared.settles.call(&self.db, batch).await
    }

    async fn intend(&self, owner: Uuid, messages: &[MessageId]) -> Result<Vec<MessageId>, BackendError> {
        intents::begin(&self.db, owner, messages).await
    }

    async fn withdraw(&self, owner: Uuid, messages: &[MessageId]) -> Result<(), BackendError> {
        intents::end(&self.db, owner, messages).await
    }

    async fn progress(&self, messages: &[MessageId]) -> Result<Vec<Progress>, BackendError> {
        self.shared.progress.call(&self.db, messages).await
    }

    async fn settled_since(
        &self,
        operator: OperatorId,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<MessageId>, BackendError> {
        lookup::settled_since(&self.db, operator, since, limit).await
    }

    async fn find(
        &self,
        operator: OperatorId,
        keys: &[String],
    ) -> Result<Vec<Option<Tracked>>, BackendError> {
        self.shared.finds.call(&self.db, &Key::all(operator, keys)).await
    }

    async fn find_all(
        &self,
        operator: OperatorId,
        keys: &[String],
    ) -> Result<Vec<Vec<Tracked>>, BackendError> {
        lookup::find_all(&self.db, operator, keys).await
    }

    async fn park(&self, receipts: &[ParkedReceipt]) -> Result<Vec<Uuid>, BackendError> {
        self.shared.parks.call(&self.db, receipts).await
    }

    async fn append_receipts(
        &self,
        receipts: &[AppendedReceipt],
        release: &[Uuid],
    ) -> Result<Vec<MessageHistory>, BackendError> {
        self.shared
            .appends
            .call(&self.db, &Appended::all(receipts, release))
            .await
    }

    async fn parked_work(
        &self,
        operator: OperatorId,
        overdue_before: DateTime<Utc>,
        limit: usize,
    ) -> Result<ParkedWork, BackendError> {
        let look = parked::Look {
            operator,
            overdue_before,
        };
        if !self.shared.busy.call(&self.db, &[look]).await? {
            return Ok(ParkedWork::default());
        }
        parked::work(&self.db, operator, overdue_before, limit).await
    }

    async fn unmatched(
        &self,
        operator: OperatorId,
        after: Uuid,
        limit: usize,
    ) -> Result<Vec<ParkedReceipt>, BackendError> {
        parked::unmatched(&self.db, operator, after, limit).await
    }

    async fn mark_unmatched(&self, receipts: &[Uuid]) -> Result<(), BackendError> {
        parked::mark(&self.db, receipts).await
    }

    /// Drops the days that are over, whatever `limit` says, since a day costs what a row costs; makes the days to come.
    async fn expire(
        &self,
        now: DateTime<Utc>,
        parked_before: DateTime<Utc>,
        outcomes_before: DateTime<Utc>,
        _limit: usize,
    ) -> Result<u64, BackendError> {
        let ends = expire::Ends {
            now,
            parked_before,
            outcomes_before,
        };
        expire::expire(&self.db, ends).await
    }
}

#[async_trait]
impl Probe for PostgresStore {
    fn name(&self) -> String {
        self.db.name().to_owned()
    }

    fn kind(&self) -> &'static str {
        "postgres"
    }

    async fn probe(&self) -> Result<String, BackendError> {
        migrate::probe(&self.db).await
    }
}
