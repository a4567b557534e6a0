//! One operator as a set of running tasks, and all of them by id.

use super::backends::Backends;
use crate::config::OperatorConfig;
use crate::errors;
use crate::http::{LoadedOperator, LoadedOperators};
use crate::pipeline::{
    Dispatcher, OperatorContext, Receipts, Recorder, Settler, Tracer, places, publish_sessions,
};
use crate::policy::{LimitsAsked, OperatorPolicy, OperatorPolicyConfig, ShadowRule};
use crate::ports::{BindSlots, Inquiries, IntakeOrder, PduLog, PolicySource, Seat, SlotPool, ThrottleBoard};
use crate::smpp::{Binds, LinkContext, capacity, spawn_binds};
use smpp_domain::ids::OperatorId;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// deliver_sm of one operator that may wait for their events; more are left with the operator.
const INBOUND: usize = 2_048;

/// A running operator.
struct Running {
    config: OperatorConfig,
    policy: Arc<OperatorPolicy>,
    throttle: Arc<ThrottleBoard>,
    stop: CancellationToken,
    dispatcher: JoinHandle<()>,
    settler: JoinHandle<()>,
    receipts: JoinHandle<()>,
    sessions: JoinHandle<()>,
    binds: Binds,
    inquiries: Inquiries,
}

/// All operators of the host.
pub(super) struct Operators {
    backends: Backends,
    loaded: LoadedOperators,
    running: BTreeMap<OperatorId, Running>,
    /// Could not start: their plugin was refused.
    waiting: Vec<(OperatorConfig, Arc<OperatorPolicy>)>,
}

impl Operators {
    pub(super) fn new(backends: Backends, loaded: LoadedOperators) -> Self {
        Self {
            backends,
            loaded,
            running: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    /// Makes what runs equal to what is wanted: stops what is gone or changed, starts what is new.
    pub(super) async fn apply(&mut self, wanted: &[OperatorConfig]) {
        for config in wanted {
            self.change_policy(config).await;
        }
        let keep = |running: &Running| wanted.contains(&running.config);
        let leaving: Vec<_> = self
            .running
            .iter()
            .filter(|(_, r)| !keep(r))
            .map(|(id, _)| *id)
            .collect();
        for id in leaving {
            if let Some(running) = self.running.remove(&id) {
                tracing::info!(operator = %running.config.name, "operator stops: its file is gone or changed");
                self.stop(running).await;
            }
        }
        let waiting = std::mem::take(&mut self.waiting);
        let (staying, going): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(config, _)| wanted.contains(config));
        self.waiting = staying;
        for (config, _) in going {
            self.backends.policies.unload_operator(config.operator_id);
        }
        for config in wanted {
            let is_waiting = self.waiting.iter().any(|(waiting, _)| waiting == config);
            if !is_waiting && !self.running.contains_key(&config.operator_id) {
                self.start(config.clone()).await;
            }
        }
        self.publish_loaded();
    }

    /// Starts those whose plugin has become good. The policy host watches their files.
    pub(super) fn start_ready(&mut self) {
        for (config, policy) in std::mem::take(&mut self.waiting) {
            if policy.active().is_some() {
                self.run(config, policy);
            } else {
                self.waiting.push((config, policy));
            }
        }
        self.publish_loaded();
    }

    /// Drains and unbinds all of them, at the same time.
    pub(super) async fn shutdown(mut self) {
        for running in self.running.values() {
            running.stop.cancel();
        }
        let all = std::mem::take(&mut self.running);
        futures_util::future::join_all(all.into_values().map(|running| self.stop(running))).await;
    }

    /// Where `[policy]` alone is another one, it comes into force while the sessions stay as they are. What is refused leaves
    /// everything as it is; what the file wants is tried again when its plugin's file is another one.
    async fn change_policy(&mut self, config: &OperatorConfig) {
        let Some(running) = self.running.get_mut(&config.operator_id) else {
            return;
        };
        let before = std::mem::replace(&mut running.config.policy, config.policy.clone());
        if running.config != *config || before == config.policy {
            running.config.policy = before;
            return;
        }
        let name = &config.name;
        let policy = Arc::clone(&running.policy);
        let policies = &self.backends.policies;
        let changed = policies
            .reconfigure(Arc::clone(&policy), policy_config(config))
            .await;
        match changed {
            Ok(()) => {
                policy.fails_by(config.policy.on_failure.clone());
                tracing::info!(operator = %name, "operator's [policy] changed; its sessions stay");
            }
            Err(error) => {
                let error = errors::chain(&error);
                tracing::error!(operator = %name, error, "operator's [policy] changed and is refused: what ran goes on");
            }
        }
    }

    async fn start(&mut self, config: OperatorConfig) {
        let wanted = policy_config(&config);
        let policies = self.backends.policies.clone();
        let loaded = tokio::task::spawn_blocking(move || policies.load_or_wait(wanted)).await;
        match loaded {
            // Refused, but what ran before the restart goes on.
            Ok(Ok((policy, error))) if error.is_none() || policy.active().is_some() => {
                self.run(config, policy);
            }
            Ok(Ok((policy, error))) => {
                let error = error.as_ref().map(|error| errors::chain(error));
                tracing::error!(operator = %config.name, error, "operator waits: its plugin was refused");
                self.waiting.push((config, policy));
            }
            Ok(Err(error)) => {
                tracing::error!(operator = %config.name, error = errors::chain(&error), "operator cannot start");
            }
            Err(error) => {
                let error = errors::of_task(&error);
                tracing::error!(operator = %config.name, error, "operator cannot start");
            }
        }
    }

    fn run(&mut self, config: OperatorConfig, policy: Arc<OperatorPolicy>) {
        tracing::info!(operator = %config.name, "operator starts");
        self.running
            .insert(config.operator_id, run(config, &self.backends, policy));
    }

    /// Ends one operator: no new work, windows drained, unbound, everything settled.
    async fn stop(&self, running: Running) {
        running.stop.cancel();
        let name = &running.config.name;
        ended(name, "dispatcher", running.dispatcher).await;
        ended(name, "settler", running.settler).await;
        running.binds.unbind().await;
        ended(name, "receipts", running.receipts).await;
        ended(name, "session events", running.sessions).await;
        self.backends.metrics.forget(name);
        self.backends.policies.unload_operator(running.config.operator_id);
    }

    fn publish_loaded(&self) {
        self.backends
            .metrics
            .operators(self.running.len(), self.waiting.len());
        let running = self.running.values().map(|running| {
            (
                &running.config,
                running.throttle.clone(),
                running.binds.panels.clone(),
                Some(running.inquiries.clone()),
            )
        });
        let waiting = self.waiting.iter();
        let waiting = waiting.map(|(config, _)| (config, Arc::default(), Vec::new(), None));
        let loaded = running
            .chain(waiting)
            .map(|(config, throttle, sessions, inquiries)| {
                let loaded = LoadedOperator {
                    config: Arc::new(config.clone()),
                    throttle,
                    sessions,
                    inquiries,
                };
                (config.operator_id, loaded)
            });
        self.loaded.store(Arc::new(loaded.collect()));
    }
}

/// What the policy host is to know of an operator's file.
fn policy_config(config: &OperatorConfig) -> OperatorPolicyConfig {
    let (policy, versions) = (&config.policy, &config.policy.versions);
    OperatorPolicyConfig {
        settings: policy.settings.clone(),
        sha256_pin: policy.sha256.clone(),
        limits: LimitsAsked {
            call_deadline: versions.call_deadline,
            memory_bytes: versions.memory,
        },
        shadow: ShadowRule {
            time: versions.shadow,
            calls: versions.shadow_calls,
        },
        budget: versions.budget.clone(),
        ..OperatorPolicyConfig::new(config.operator_id, &config.name, policy.plugin.clone())
    }
}

async fn ended(operator: &str, task: &str, handle: JoinHandle<()>) {
    if let Err(error) = handle.await {
        let error = errors::of_task(&error);
        tracing::error!(operator, task, error, "a task ended badly");
    }
}

fn intake_order(config: &OperatorConfig, windows: usize) -> IntakeOrder {
    let timeouts = config.sessions.iter().map(|session| session.response_timeout);
    IntakeOrder {
        operator_id: config.operator_id,
        tps_limit: config.tps_limit,
        places: places(windows, config.tps_limit),
        response_timeout: timeouts.max().unwrap_or_default(),
    }
}

/// The right to each bind of the operator, in the order of its file.
fn seats(config: &OperatorConfig, slots: &dyn BindSlots) -> Vec<Seat> {
    let mut pools: Vec<SlotPool> = Vec::new();
    for session in &config.sessions {
        let (user, host, port) = (&session.system_id, &session.host, session.port);
        let mode = session.bind_mode.name();
        let name = format!("{user}@{host}:{port}/{mode}");
        // Two sessions of one file may be alike.
        let alike = |pool: &&SlotPool| pool.session.split('#').next() == Some(&name);
        let alike = pools.iter().filter(alike).count();
        pools.push(SlotPool {
            operator_id: config.operator_id,
            session: if alike == 0 {
                name
            } else {
                format!("{name}#{alike}")
            },
            binds: session.binds,
        });
    }
    pools.into_iter().flat_map(|pool| slots.join(pool)).collect()
}

fn tracer(config: &OperatorConfig, backends: &Backends) -> Tracer {
    match &backends.traces {
        Some(traces) => Tracer::new(traces.clone(), &config.name),
        None => Tracer::off(),
    }
}

fn recorder(config: &OperatorConfig, backends: &Backends) -> Recorder {
    match &backends.recordings {
        Some(recordings) => {
            let log = recordings.decisions.clone();
            Recorder::new(log, config, &recordings.config, &recordings.sharing)
        }
        None => Recorder::off(),
    }
}

fn run(config: OperatorConfig, backends: &Backends, policy: Arc<OperatorPolicy>) -> Running {
    let (bind_count, windows) = capacity(&config);
    let metrics = backends.metrics.operator(&config.name);
    let limiter = backends.limiter(&config);
    let throttle = Arc::<ThrottleBoard>::default();
    let context = OperatorContext {
        config: Arc::new(config.clone()),
        intake: backends.queue.intake(intake_order(&config, windows)),
        store: backends.store.clone(),
        segments: backends.segments.clone(),
        events: backends.events.clone(),
        limiter: limiter.clone(),
        throttle: throttle.clone(),
        seen: backends.seen(&config),
        stops: backends.stops.clone(),
        policies: Arc::clone(&policy) as Arc<dyn PolicySource>,
        metrics: metrics.clone(),
        recorder: Arc::new(recorder(&config, backends)),
        tracer: Arc::new(tracer(&config, backends)),
    };
    let (outcomes_in, outcomes) = mpsc::channel(2 * windows + 8 * bind_count + 64);
    let (inbound_in, inbound) = mpsc::channel(INBOUND);
    let (notices_in, notices) = mpsc::channel(256);
    let (settle_in, settle) = mpsc::channel(1_024);
    let (matched_in, matched) = mpsc::channel(64);
    let bell = Arc::new(Notify::new());
    let link = LinkContext {
        operator_id: config.operator_id,
        operator_name: config.name.clone(),
        limiter,
        throttle: throttle.clone(),
        outcomes: outcomes_in,
        inbound: inbound_in,
        inbound_limit: INBOUND,
        notices: notices_in,
        metrics,
        odd_pdus: backends.odd_pdus.clone(),
        pdus: backends
            .recordings
            .as_ref()
            .map(|recordings| recordings.pdus.clone() as Arc<dyn PduLog>),
    };
    let binds = spawn_binds(&config, &link, &bell, seats(&config, &*backends.slots));
    drop(link);
    let stop = CancellationToken::new();
    let dispatcher = Dispatcher::new(
        context.clone(),
        binds.handles.clone(),
        binds.backup_in_use.clone(),
        outcomes,
        settle_in,
        bell,
        stop.clone(),
    );
    let (inquiries, asked) = Inquiries::new();
    let settler = Settler::new(context.clone(), settle, matched_in);
    let receipts = Receipts::new(context.clone(), inbound, matched);
    Running {
        config,
        policy,
        throttle,
        stop,
        dispatcher: tokio::spawn(dispatcher.answering(asked).run()),
        settler: tokio::spawn(settler.run()),
        receipts: tokio::spawn(receipts.run()),
        sessions: tokio::spawn(publish_sessions(context, binds.settings.clone(), notices)),
        binds,
        inquiries,
    }
}
