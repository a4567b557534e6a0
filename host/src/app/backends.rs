//! Which backends this host runs on: servers where its file names them, else the embedded database.

use crate::config::{HostConfig, OperatorConfig};
use crate::events::embedded::EmbeddedEvents;
use crate::events::nats::NatsEvents;
use crate::intake::embedded::EmbeddedQueue;
use crate::intake::nats::NatsQueue;
use crate::lifecycle::Lifecycle;
use crate::limiter::in_process::InProcessLimiter;
use crate::limiter::redis::{Promise, RedisLimiter};
use crate::metrics::Metrics;
use crate::policy::PolicyHost;
use crate::ports::{
    BindSlots, CommandQueue, CorrelationStore, EventLog, EventSink, Probe, SeenIds, TpsLimiter,
};
use crate::seen::redis::RedisSeen;
use crate::servers::nats::NatsServer;
use crate::servers::redis::RedisServer;
use crate::slots::redis::RedisSlots;
use crate::slots::unshared::Unshared;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::{FILE_NAME, SqliteDb, SqliteStore};
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// What every operator needs to run.
#[derive(Clone)]
pub(crate) struct Backends {
    pub(super) queue: Arc<dyn CommandQueue>,
    pub(super) events: Arc<dyn EventSink>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) store: Arc<dyn CorrelationStore>,
    pub(super) slots: Arc<dyn BindSlots>,
    /// The servers, to be asked how they are.
    pub(super) probes: Vec<Arc<dyn Probe>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) policies: Arc<PolicyHost>,
    embedded: Option<SqliteDb>,
    postgres: Option<PostgresStore>,
    redis: Option<RedisServer>,
    tasks: TaskTracker,
}

impl Backends {
    /// Connects to what the file names and opens the embedded database for the rest.
    pub(super) async fn open(
        host: &HostConfig,
        metrics: Arc<Metrics>,
        policies: Arc<PolicyHost>,
        life: &Lifecycle,
    ) -> anyhow::Result<Self> {
        let needs_file = host.nats.is_none() || host.postgres.is_none();
        let embedded = if needs_file {
            Some(SqliteDb::open(&host.data_dir.join(FILE_NAME), life.tracker()).await?)
        } else {
            None
        };
        let mut probes: Vec<Arc<dyn Probe>> = Vec::new();
        if let Some(db) = &embedded {
            probes.push(Arc::new(db.clone()));
        }
        let missing = || anyhow::anyhow!("the embedded database is not open");
        let (queue, events, log): (Arc<dyn CommandQueue>, Arc<dyn EventSink>, Arc<dyn EventLog>) =
            match &host.nats {
                Some(config) => {
                    let server = NatsServer::connect(config).await?;
                    probes.push(Arc::new(server.clone()));
                    let events = NatsEvents::open(server.clone(), life.tracker(), life.stopping()).await?;
                    let queue = NatsQueue::open(server, life.tracker())
                        .await?
                        .with_ack_wait(host.lease);
                    (Arc::new(queue), Arc::new(events.clone()), Arc::new(events))
                }
                None => {
                    let db = embedded.clone().ok_or_else(missing)?;
                    let events = Arc::new(EmbeddedEvents::open(db.clone()).await?);
                    (Arc::new(EmbeddedQueue::open(db).await?), events.clone(), events)
                }
            };
        let mut postgres = None;
        let store: Arc<dyn CorrelationStore> = match &host.postgres {
            Some(server) => {
                let store = PostgresStore::open(server).await?;
                probes.push(Arc::new(store.clone()));
                postgres = Some(store.clone());
                Arc::new(store)
            }
            None => Arc::new(SqliteStore::new(embedded.clone().ok_or_else(missing)?)),
        };
        let redis = match &host.redis {
            Some(config) => Some(RedisServer::connect(config, life.tracker()).await?),
            None => None,
        };
        let slots: Arc<dyn BindSlots> = match &redis {
            Some(server) => {
                probes.push(Arc::new(server.clone()));
                Arc::new(RedisSlots::new(server.clone(), life.tracker().clone()))
            }
            None => Arc::new(Unshared),
        };
        Ok(Self {
            queue,
            events,
            log,
            store,
            slots,
            probes,
            metrics,
            policies,
            embedded,
            postgres,
            redis,
            tasks: life.tracker().clone(),
        })
    }

    /// The keeper of an operator's TPS promise.
    pub(super) fn limiter(&self, operator: &OperatorConfig) -> Arc<dyn TpsLimiter> {
        let Some(server) = &self.redis else {
            return Arc::new(InProcessLimiter::new(operator.operator_id, operator.tps_limit));
        };
        let promise = Promise {
            operator_id: operator.operator_id,
            limit: operator.tps_limit,
            fallback_share: operator.tps_fallback_share,
        };
        Arc::new(RedisLimiter::join(server.clone(), promise, &self.tasks))
    }

    /// What the hosts have taken of an operator's commands lately.
    pub(super) fn seen(&self, operator: &OperatorConfig) -> Option<Arc<dyn SeenIds>> {
        let server = self.redis.clone()?;
        let window = operator.dedupe_window.remembered();
        Some(Arc::new(RedisSeen::new(server, operator.operator_id, window)))
    }

    /// Ends what must end last, when every operator has.
    pub(super) async fn close(&self) {
        if let Some(db) = &self.embedded {
            db.close().await;
        }
        if let Some(store) = &self.postgres {
            store.close().await;
        }
    }
}
