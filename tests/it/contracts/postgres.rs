//! PostgreSQL: the place of its contract cases, and what only it can show.

mod days;
mod hosts;
mod outage;
mod segments;
mod start;

use super::{Place, SegmentPlace, StorePlace};
use smpp_connector::config::{PostgresConfig, Secret};
use smpp_connector::ports::{CorrelationStore, MessageStories, SegmentStore, StopStore};
use smpp_connector::store::postgres::PostgresStore;
use smpp_connector_tests::PATIENCE;
use smpp_connector_tests::servers::PostgresServer;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use std::sync::Arc;
use std::time::Duration;

/// A server of its own, without syncs of the disk.
pub(crate) struct PostgresPlace {
    pub(crate) server: PostgresServer,
    pub(crate) open: PostgresStore,
}

pub(crate) fn config(server: &PostgresServer) -> PostgresConfig {
    PostgresConfig {
        url: Secret::new(server.url()),
        connections: 8,
    }
}

/// One more host on the server.
pub(crate) async fn host(server: &PostgresServer) -> PostgresStore {
    PostgresStore::open(&config(server)).await.unwrap()
}

/// Asks the server itself for one number.
pub(crate) async fn number(server: &PostgresServer, sql: &str) -> i64 {
    let mut connection = connect(server).await;
    let row = sqlx::query(sql).fetch_one(&mut connection).await.unwrap();
    row.get(0)
}

/// Has the server itself do something.
pub(crate) async fn execute(server: &PostgresServer, sql: &str) {
    let mut connection = connect(server).await;
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

/// Its port is open before it lets anybody in.
async fn connect(server: &PostgresServer) -> PgConnection {
    let trying = async {
        loop {
            if let Ok(connection) = PgConnection::connect(&server.url()).await {
                return connection;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, trying).await.unwrap()
}

impl Place for PostgresPlace {
    async fn fresh() -> Self {
        let server = tokio::task::spawn_blocking(|| PostgresServer::with(&["fsync=off"]))
            .await
            .unwrap();
        Self {
            open: host(&server).await,
            server,
        }
    }

    async fn reopen(&mut self) {
        self.open.close().await;
        self.open = host(&self.server).await;
    }

    async fn end(self) {
        self.open.close().await;
    }
}

impl StorePlace for PostgresPlace {
    fn store(&self) -> Arc<dyn CorrelationStore> {
        Arc::new(self.open.clone())
    }

    fn stops(&self) -> Arc<dyn StopStore> {
        Arc::new(self.open.clone())
    }

    fn stories(&self) -> Arc<dyn MessageStories> {
        Arc::new(self.open.clone())
    }
}

impl SegmentPlace for PostgresPlace {
    fn segments(&self) -> Arc<dyn SegmentStore> {
        Arc::new(self.open.clone())
    }
}
