//! The composition root: the only place that knows every adapter and puts them together.

mod backends;
mod forgetting;
mod housekeeping;
mod migrate;
mod operator;
mod policy_levels;
mod reach;
mod reload;

use crate::config::{Config, Effective, HostConfig};
use crate::http::{self, HttpState, LoadedOperators};
use crate::lifecycle::Lifecycle;
use crate::metrics::Metrics;
use crate::policy::{Limits, PolicyHost};
use crate::ports::{CommandQueue, EventLog};
use crate::preview::Previewer;
use crate::smpp;
use anyhow::Context;
use arc_swap::ArcSwap;
use backends::Backends;
pub(crate) use migrate::migrate;
use operator::Operators;
pub(crate) use reach::{Reach, reach};
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
        let metrics = Arc::new(Metrics::default());
        let policies = PolicyHost::open(Limits::default(), &config.host.data_dir)?;
        let levels = policies.clone();
        metrics.policies(move || policy_levels::policy_levels(&levels));
        let backends = Backends::open(&config.host, metrics.clone(), policies.clone(), life).await?;
        let effective = Arc::new(ArcSwap::from_pointee(config.effective.clone()));
        let loaded = LoadedOperators::default();
        life.spawn(http::serve(
            listener,
            http_state(&config.host, &backends, (&loaded, &effective), life),
        ));
        life.spawn(forgetting::forget(backends.clone(), life.stopping()));
        life.spawn(housekeeping::watch_backends(
            backends.clone(),
            loaded.clone(),
            life.stopping(),
        ));
        life.spawn(backends.stops.clone().follow(life.stopping()));
        let watching = policies.clone();
        let stopping = life.stopping();
        life.spawn(async move { watching.watch(stopping).await });
        life.spawn(housekeeping::count_reloads(
            policies.swaps(),
            policies.refusals(),
            metrics.clone(),
            life.stopping(),
        ));
        let (queue, events) = (backends.queue.clone(), backends.log.clone());
        let mut operators = Operators::new(backends.clone(), loaded);
        operators.apply(&config.operators).await;
        life.spawn(run_operators(
            operators,
            config,
            effective,
            backends,
            life.clone(),
        ));
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
async fn run_operators(
    mut operators: Operators,
    config: Config,
    effective: Arc<ArcSwap<Effective>>,
    backends: Backends,
    life: Lifecycle,
) {
    reload::follow(
        &mut operators,
        &config,
        &effective,
        &backends.metrics,
        life.stopping(),
    )
    .await;
    operators.shutdown().await;
    backends.close().await;
    tracing::info!("the gateway has ended");
}

fn http_state(
    host: &HostConfig,
    backends: &Backends,
    (operators, effective): (&LoadedOperators, &Arc<ArcSwap<Effective>>),
    life: &Lifecycle,
) -> HttpState {
    let loaded = operators.clone();
    let config_of = move |id| Some(loaded.load().get(&id)?.config.clone());
    HttpState {
        config: effective.clone(),
        token: host.http.token.clone(),
        queue: backends.queue.clone(),
        events: backends.log.clone(),
        probes: backends.probes.clone(),
        operators: operators.clone(),
        stops: backends.stops.clone(),
        stories: backends.stories.clone(),
        odd_pdus: backends.odd_pdus.clone(),
        pdu_fields: smpp::fields,
        asked_fields: smpp::asked,
        recordings: backends.recordings.as_ref().map(|recordings| http::Recordings {
            decisions: recordings.decisions.clone(),
            pdus: recordings.pdus.clone(),
        }),
        plugins: backends.policies.clone(),
        previews: Arc::new(Previewer::new(Box::new(config_of), backends.policies.clone())),
        metrics: backends.metrics.clone(),
        stopping: life.stopping(),
    }
}
