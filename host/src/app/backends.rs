//! Which backends this host runs on: servers where its file names them, else the embedded database.

use crate::config::{HostConfig, OperatorConfig};
use crate::events::embedded::EmbeddedEvents;
use crate::intake::embedded::EmbeddedQueue;
use crate::lifecycle::Lifecycle;
use crate::limiter::in_process::InProcessLimiter;
use crate::limiter::redis::{Promise, RedisLimiter};
use crate::metrics::Metrics;
use crate::policy::PolicyHost;
use crate::ports::{BindSlots, CommandQueue, CorrelationStore, EventLog, EventSink, Probe, TpsLimiter};
use crate::servers::redis::RedisServer;
use crate::slots::redis::RedisSlots;
use crate::slots::unshared::Unshared;
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
        let missing = || anyhow::anyhow!("the embedded database is not open");
        let (queue, events, log): (Arc<dyn CommandQueue>, Arc<dyn EventSink>, Arc<dyn EventLog>) =
            match &host.nats {
                Some(_) => anyhow::bail!("[nats] is not wired yet"),
                None => {
                    let db = embedded.clone().ok_or_else(missing)?;
                    let events = Arc::new(EmbeddedEvents::open(db.clone()).await?);
                    (Arc::new(EmbeddedQueue::open(db).await?), events.clone(), events)
                }
            };
        let store: Arc<dyn CorrelationStore> = match &host.postgres {
            Some(_) => anyhow::bail!("[postgres] is not wired yet"),
            None => Arc::new(SqliteStore::new(embedded.clone().ok_or_else(missing)?)),
        };
        let mut probes: Vec<Arc<dyn Probe>> = Vec::new();
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

    /// Ends what must end last, when every operator has.
    pub(super) async fn close(&self) {
        if let Some(db) = &self.embedded {
            db.close().await;
        }
    }
}
