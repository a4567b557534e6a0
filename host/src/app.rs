//! The composition root: the only place that knows every adapter and puts them together.

mod housekeeping;
mod operator;
mod reload;

use crate::config::{Config, HostConfig};
use crate::events::embedded::EmbeddedEvents;
use crate::http::{self, HttpState, LoadedOperators};
use crate::intake::embedded::EmbeddedQueue;
use crate::lifecycle::Lifecycle;
use crate::metrics::Metrics;
use crate::policy::{Limits, PolicyHost};
use crate::ports::{CommandQueue, EventLog};
use crate::store::sqlite::{FILE_NAME, SqliteDb, SqliteStore};
use anyhow::Context;
use operator::Operators;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A running gateway.
pub struct App {
    /// Where the HTTP side listens.
    pub http_addr: SocketAddr,
    /// Takes commands.
    pub queue: Arc<dyn CommandQueue>,
    /// Tells what happened.
    pub events: Arc<dyn EventLog>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Runs plugins.
    pub policies: Arc<PolicyHost>,
}

/// What every operator needs to run.
#[derive(Clone)]
pub(crate) struct Backends {
    embedded: Embedded,
    metrics: Arc<Metrics>,
    policies: Arc<PolicyHost>,
}

/// The embedded backends: all on one SQLite file.
#[derive(Clone)]
pub(crate) struct Embedded {
    db: SqliteDb,
    queue: EmbeddedQueue,
    events: EmbeddedEvents,
    store: SqliteStore,
}

impl Embedded {
    async fn open(host: &HostConfig, life: &Lifecycle) -> anyhow::Result<Self> {
        let db = SqliteDb::open(&host.data_dir.join(FILE_NAME), life.tracker()).await?;
        let queue = EmbeddedQueue::open(db.clone()).await?;
        let events = EmbeddedEvents::open(db.clone()).await?;
        let store = SqliteStore::new(db.clone());
        Ok(Self {
            db,
            queue,
            events,
            store,
        })
    }
}

impl App {
    /// Opens the backends, starts every operator and listens. Everything ends when `life` stops: operators drain and
    /// unbind, then the database closes.
    ///
    /// # Errors
    /// When a backend or the HTTP address cannot be had. An operator whose plugin is refused does not stop the others:
    /// its commands wait until a good plugin is there.
    pub async fn start(config: Config, life: &Lifecycle) -> anyhow::Result<Self> {
        let listen = config.host.http.listen;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("http.listen: {listen} cannot be had"))?;
        let http_addr = listener.local_addr()?;
        let embedded = Embedded::open(&config.host, life).await?;
        let metrics = Arc::new(Metrics::default());
        let policies = PolicyHost::new(Limits::default())?;
        let backends = Backends {
            embedded: embedded.clone(),
            metrics: metrics.clone(),
            policies: policies.clone(),
        };
        let loaded = LoadedOperators::default();
        let queue: Arc<dyn CommandQueue> = Arc::new(embedded.queue.clone());
        let events: Arc<dyn EventLog> = Arc::new(embedded.events.clone());
        life.spawn(http::serve(
            listener,
            http_state(&config.host, &queue, &events, &metrics, &loaded, life),
        ));
        life.spawn(housekeeping::housekeeping(embedded.clone(), life.stopping()));
        let watching = policies.clone();
        let stopping = life.stopping();
        life.spawn(async move { watching.watch(stopping).await });
        life.spawn(housekeeping::count_reloads(
            policies.swaps(),
            policies.refusals(),
            metrics.clone(),
            life.stopping(),
        ));
        let mut operators = Operators::new(backends, loaded);
        operators.apply(&config.operators).await;
        life.spawn(run_operators(operators, config, embedded.db, life.clone()));
        tracing::info!(http = %http_addr, "the gateway runs");
        Ok(Self {
            http_addr,
            queue,
            events,
            metrics,
            policies,
        })
    }
}

/// Follows the operator files until the shutdown, then ends everything in order.
async fn run_operators(mut operators: Operators, config: Config, db: SqliteDb, life: Lifecycle) {
    reload::follow(&mut operators, &config, life.stopping()).await;
    operators.shutdown().await;
    db.close().await;
    tracing::info!("the gateway has ended");
}

fn http_state(
    host: &HostConfig,
    queue: &Arc<dyn CommandQueue>,
    events: &Arc<dyn EventLog>,
    metrics: &Arc<Metrics>,
    operators: &LoadedOperators,
    life: &Lifecycle,
) -> HttpState {
    HttpState {
        token: host.http.token.clone(),
        queue: queue.clone(),
        events: events.clone(),
        operators: operators.clone(),
        metrics: metrics.clone(),
        stopping: life.stopping(),
    }
}
