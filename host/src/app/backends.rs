//! Which backends this host runs on: servers where its file names them, else the embedded database.

use crate::config::{HostConfig, NatsConfig, OperatorConfig, RecordingsConfig};
use crate::errors;
use crate::events::embedded::EmbeddedEvents;
use crate::events::nats::NatsEvents;
use crate::intake::embedded::EmbeddedQueue;
use crate::intake::nats::NatsQueue;
use crate::lifecycle::Lifecycle;
use crate::limiter::in_process::InProcessLimiter;
use crate::limiter::redis::{Promise, RedisLimits};
use crate::metrics::Metrics;
use crate::pipeline::{Sharing, Stops};
use crate::policy::PolicyHost;
use crate::ports::{
    BindSlots, CommandQueue, CorrelationStore, EventLog, EventSink, MessageStories, Probe, SeenIds,
    SegmentStore, StopStore, TpsLimiter,
};
use crate::recordings::{DecisionFiles, OddPduFiles, PduFiles};
use crate::seen::redis::RedisSeen;
use crate::servers::nats::NatsServer;
use crate::servers::redis::RedisServer;
use crate::slots::redis::RedisSlots;
use crate::slots::unshared::Unshared;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::{FILE_NAME, SqliteDb, SqliteStore};
use crate::traces::Traces;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// What every operator needs to run.
#[derive(Clone)]
pub(crate) struct Backends {
    pub(super) queue: Arc<dyn CommandQueue>,
    pub(super) events: Arc<dyn EventSink>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) store: Arc<dyn CorrelationStore>,
    pub(super) stops: Arc<Stops>,
    pub(super) segments: Arc<dyn SegmentStore>,
    pub(super) stories: Arc<dyn MessageStories>,
    pub(super) slots: Arc<dyn BindSlots>,
    pub(super) odd_pdus: Arc<OddPduFiles>,
    pub(super) recordings: Option<Recordings>,
    pub(super) traces: Option<Arc<Traces>>,
    /// The servers, to be asked how they are.
    pub(super) probes: Vec<Arc<dyn Probe>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) policies: Arc<PolicyHost>,
    embedded: Option<SqliteDb>,
    postgres: Option<PostgresStore>,
    redis: Option<RedisServer>,
    limits: Option<RedisLimits>,
}

/// Where hook calls and their PDUs are recorded.
#[derive(Clone)]
pub(super) struct Recordings {
    pub(super) decisions: Arc<DecisionFiles>,
    pub(super) pdus: Arc<PduFiles>,
    pub(super) config: RecordingsConfig,
    /// The operators whose calls are recorded there.
    pub(super) sharing: Sharing,
}

impl Recordings {
    /// `None` where the host's file has none.
    fn open(host: &HostConfig, tasks: &TaskTracker) -> Option<Self> {
        let config = host.recordings.decisions.then_some(&host.recordings)?;
        // A quarter for the PDUs: each is in many a call.
        let pdus = config.room / 4;
        Some(Self {
            decisions: Arc::new(DecisionFiles::open(&host.data_dir, config.room - pdus, tasks)),
            pdus: Arc::new(PduFiles::open(&host.data_dir, pdus, tasks)),
            config: config.clone(),
            sharing: Sharing::default(),
        })
    }
}

/// Where commands come from and events go.
struct Bus {
    queue: Arc<dyn CommandQueue>,
    events: Arc<dyn EventSink>,
    log: Arc<dyn EventLog>,
}

impl Bus {
    async fn on_nats(
        config: &NatsConfig,
        lease: Duration,
        life: &Lifecycle,
        probes: &mut Vec<Arc<dyn Probe>>,
    ) -> anyhow::Result<Self> {
        let server = NatsServer::connect(config).await?;
        probes.push(Arc::new(server.clone()));
        let events = Arc::new(NatsEvents::open(server.clone(), life.tracker(), life.stopping()).await?);
        let queue = NatsQueue::open(server, life.tracker()).await?;
        Ok(Self {
            queue: Arc::new(queue.with_ack_wait(lease)),
            events: events.clone(),
            log: events,
        })
    }

    async fn embedded(db: &SqliteDb) -> anyhow::Result<Self> {
        let events = Arc::new(EmbeddedEvents::open(db.clone()).await?);
        Ok(Self {
            queue: Arc::new(EmbeddedQueue::open(db.clone()).await?),
            events: events.clone(),
            log: events,
        })
    }
}

/// Traces are never worth a start: where they cannot be had, that is told.
fn traces(host: &HostConfig, metrics: &Metrics) -> Option<Arc<Traces>> {
    let config = host.traces.as_ref()?;
    let opened = Traces::open(config, &host.host_name, metrics.spans.clone());
    opened
        .map(Arc::new)
        .map_err(|error| {
            let error = errors::chain(&error);
            tracing::error!(error, "there are no traces");
        })
        .ok()
}

type Kept = (
    Arc<dyn CorrelationStore>,
    Arc<dyn SegmentStore>,
    Arc<dyn StopStore>,
    Arc<dyn MessageStories>,
);

/// One database for all that is kept.
fn kept_in<S>(store: &S) -> Kept
where
    S: CorrelationStore + SegmentStore + StopStore + MessageStories + Clone + 'static,
{
    let store = Arc::new(store.clone());
    (store.clone(), store.clone(), store.clone(), store)
}

impl Backends {
    /// Connects to what the file names and opens the embedded database for the rest.
    pub(super) async fn open(
        host: &HostConfig,
        metrics: Arc<Metrics>,
        policies: Arc<PolicyHost>,
        life: &Lifecycle,
    ) -> anyhow::Result<Self> {
        let mut probes: Vec<Arc<dyn Probe>> = Vec::new();
        let embedded = if host.nats.is_none() || host.postgres.is_none() {
            let db = SqliteDb::open(&host.data_dir.join(FILE_NAME), life.tracker()).await?;
            probes.push(Arc::new(db.clone()));
            Some(db)
        } else {
            None
        };
        let bus = match (&host.nats, &embedded) {
            (Some(nats), _) => Bus::on_nats(nats, host.lease, life, &mut probes).await?,
            (None, Some(db)) => Bus::embedded(db).await?,
            (None, None) => anyhow::bail!("the embedded database is not open"),
        };
        let postgres = match &host.postgres {
            Some(config) => Some(PostgresStore::open(config).await?),
            None => None,
        };
        let (store, segments, stops, stories) = match (&postgres, &embedded) {
            (Some(store), _) => {
                probes.push(Arc::new(store.clone()));
                kept_in(store)
            }
            (None, Some(db)) => kept_in(&SqliteStore::new(db.clone())),
            (None, None) => anyhow::bail!("the embedded database is not open"),
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
        let stops = Arc::new(Stops::new(stops, bus.events.clone()));
        stops.look().await?;
        Ok(Self {
            queue: bus.queue,
            events: bus.events,
            log: bus.log,
            store,
            stops,
            segments,
            stories,
            slots,
            odd_pdus: Arc::new(OddPduFiles::open(&host.data_dir, life.tracker())),
            recordings: Recordings::open(host, life.tracker()),
            traces: traces(host, &metrics),
            probes,
            metrics,
            policies,
            embedded,
            postgres,
            limits: redis
                .clone()
                .map(|server| RedisLimits::new(server, life.tracker())),
            redis,
        })
    }

    /// The keeper of an operator's TPS promise.
    pub(super) fn limiter(&self, operator: &OperatorConfig) -> Arc<dyn TpsLimiter> {
        let Some(limits) = &self.limits else {
            return Arc::new(InProcessLimiter::new(operator.operator_id, operator.tps_limit));
        };
        let promise = Promise {
            operator_id: operator.operator_id,
            limit: operator.tps_limit,
            fallback_share: operator.tps_fallback_share,
        };
        Arc::new(limits.join(promise))
    }

    /// What the hosts have taken of an operator's commands lately.
    pub(super) fn seen(&self, operator: &OperatorConfig) -> Option<Arc<dyn SeenIds>> {
        let server = self.redis.clone()?;
        let window = operator.dedupe_window.remembered();
        Some(Arc::new(RedisSeen::new(server, operator.operator_id, window)))
    }

    /// Ends what must end last, when every operator has.
    pub(super) async fn close(&self) {
        self.odd_pdus.close().await;
        if let Some(recordings) = &self.recordings {
            recordings.decisions.close().await;
            recordings.pdus.close().await;
        }
        if let Some(db) = &self.embedded {
            db.close().await;
        }
        if let Some(store) = &self.postgres {
            store.close().await;
        }
        // The last, for a collector may be slow, and is worth less than all of these.
        if let Some(traces) = &self.traces {
            traces.close().await;
        }
    }
}
