//! What a gateway of this project stands on: its folder and its servers, where one may begin with what another has left.

use super::cpu::Who;
use super::ours::Setup;
use crate::servers::{NatsServer, PostgresServer, RedisServer};
use anyhow::Result;
use smpp_connector::store::sqlite::FILE_NAME;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use uuid::Uuid;

/// A folder, servers if there are any, and an operator: one gateway at a time.
pub struct Ground {
    pub(super) dir: TempDir,
    pub(super) servers: Option<Servers>,
    /// The operator's id.
    pub operator: Uuid,
    /// The number of the next message.
    next: AtomicUsize,
}

impl Ground {
    /// Nothing is there yet.
    ///
    /// # Errors
    /// When there is no folder for it.
    pub fn new(setup: &Setup) -> Result<Self> {
        Ok(Self {
            dir: tempfile::tempdir_in(&setup.data_dir)?,
            servers: setup.platform.then(Servers::start),
            operator: Uuid::now_v7(),
            next: AtomicUsize::new(0),
        })
    }

    /// The embedded database, which is made by whoever needs it first.
    #[must_use]
    pub fn sqlite(&self) -> PathBuf {
        self.dir.path().join("data").join(FILE_NAME)
    }

    /// The PostgreSQL server, if there is one.
    #[must_use]
    pub fn postgres(&self) -> Option<&PostgresServer> {
        self.servers.as_ref().map(|servers| &servers.postgres)
    }

    /// Takes the next numbers; returns the first.
    pub(super) fn take(&self, messages: usize) -> usize {
        self.next.fetch_add(messages, Ordering::Relaxed)
    }

    /// The number of the last event in the embedded database.
    pub(super) async fn newest_event(&self) -> Result<i64> {
        let path = self.sqlite();
        if self.servers.is_some() || !path.exists() {
            return Ok(0);
        }
        let mut database = SqliteConnectOptions::new().filename(path).connect().await?;
        let newest = sqlx::query("SELECT coalesce(max(seq), 0) FROM event");
        Ok(newest.fetch_one(&mut database).await?.try_get(0)?)
    }
}

/// On the same machine.
pub(super) struct Servers {
    pub(super) nats: NatsServer,
    pub(super) postgres: PostgresServer,
    pub(super) redis: RedisServer,
}

impl Servers {
    fn start() -> Self {
        Self {
            nats: NatsServer::start(),
            postgres: PostgresServer::start(),
            redis: RedisServer::start(),
        }
    }

    pub(super) fn processes(&self) -> [(&'static str, Who); 3] {
        [
            ("NATS", Who::Family(self.nats.pid())),
            ("PostgreSQL", Who::Family(self.postgres.pid())),
            ("Redis", Who::Family(self.redis.pid())),
        ]
    }
}
