//! Prometheus metrics: registered once, passed in, labels bounded. Never a number, a text or an id in a label.

mod delays;
mod histogram;
mod levels;
mod oldest;
mod policies;
mod process;
mod spans;
mod words;

pub use delays::OperatorDelays;
pub use histogram::Histogram;
pub use levels::BindLevels;
pub use oldest::{Oldest, Stay};
pub use policies::{HookLevels, PolicyLevels};
pub use spans::SpanCounts;

use delays::Delays;
use levels::Levels;
use policies::Policies;
use process::Process;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

/// The label of most families.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct OperatorLabel {
    /// The operator's name.
    pub operator: String,
}

/// An operator and one word of a closed set.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct ResultLabels {
    /// The operator's name.
    pub operator: String,
    /// What happened.
    pub result: Word,
}

/// An operator and the kind of something odd.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct KindLabels {
    /// The operator's name.
    pub operator: String,
    /// What was odd.
    pub kind: Word,
}

/// An operator, a hook and what came of the call.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct HookLabels {
    /// The operator's name.
    pub operator: String,
    /// The hook.
    pub hook: Word,
    /// `answered` or a fault cause.
    pub result: Word,
}

/// An operator and a word of its policy.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct CodeLabels {
    /// The operator's name.
    pub operator: String,
    /// The policy's word: see [`OperatorMetrics::rejection`].
    pub code: String,
}

/// The most words of one policy that are told apart.
const MAX_CODES: usize = 32;

/// A label value from a closed set in the code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Word(pub &'static str);

impl EncodeLabelValue for Word {
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>,
    ) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.0, encoder)
    }
}

/// What the names of the gateway's own families begin with.
const PREFIX: &str = "smpp_connector";

/// All families.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    delays: Delays,
    levels: Levels,
    messages: Family<ResultLabels, Counter>,
    parts: Family<ResultLabels, Counter>,
    inbound: Family<ResultLabels, Counter>,
    odd_pdus: Family<KindLabels, Counter>,
    near_misses: Family<KindLabels, Counter>,
    binds: Family<ResultLabels, Counter>,
    binds_up: Family<OperatorLabel, Gauge>,
    in_flight: Family<OperatorLabel, Gauge>,
    tps_rate: Family<OperatorLabel, Gauge<f64, AtomicU64>>,
    stopped: Family<OperatorLabel, Gauge>,
    rejections: Family<CodeLabels, Counter>,
    policy_faults: Family<HookLabels, Counter>,
    policy_reloads: Family<ResultLabels, Counter>,
    /// The spans of traces.
    pub spans: SpanCounts,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut all = Registry::default();
        all.register_collector(Box::new(Process::new()));
        let registry = all.sub_registry_with_prefix(PREFIX);
        let metrics = Self {
            delays: Delays::default(),
            levels: Levels::default(),
            messages: Family::default(),
            parts: Family::default(),
            inbound: Family::default(),
            odd_pdus: Family::default(),
            near_misses: Family::default(),
            binds: Family::default(),
            binds_up: Family::default(),
            in_flight: Family::default(),
            tps_rate: Family::default(),
            stopped: Family::default(),
            rejections: Family::default(),
            policy_faults: Family::default(),
            policy_reloads: Family::default(),
            spans: SpanCounts::default(),
            registry: Mutex::new(Registry::default()),
        };
        registry.register("messages", "Commands by outcome", metrics.messages.clone());
        registry.register("parts", "submit_sm by what became of them", metrics.parts.clone());
        registry.register(
            "inbound",
            "deliver_sm and data_sm by what they were",
            metrics.inbound.clone(),
        );
        registry.register(
            "odd_pdus",
            "PDUs that broke the standard and were survived",
            metrics.odd_pdus.clone(),
        );
        registry.register(
            "near_misses",
            "Unmatched receipts whose message another reading of the id finds",
            metrics.near_misses.clone(),
        );
        registry.register(
            "binds",
            "Attempts to bind and ends of binds",
            metrics.binds.clone(),
        );
        registry.register("binds_up", "Binds that take traffic", metrics.binds_up.clone());
        registry.register(
            "in_flight_messages",
            "Commands taken and not yet settled",
            metrics.in_flight.clone(),
        );
        registry.register(
            "tps_rate",
            "submit_sm a second that are allowed at present, over all hosts",
            metrics.tps_rate.clone(),
        );
        registry.register(
            "stopped",
            "1 while nothing is sent to the operator until a person says so",
            metrics.stopped.clone(),
        );
        registry.register(
            "rejections",
            "Messages that the policy rejected for an answer, by its word for it",
            metrics.rejections.clone(),
        );
        registry.register(
            "policy_faults",
            "Plugin calls without a usable answer",
            metrics.policy_faults.clone(),
        );
        registry.register(
            "policy_reloads",
            "Plugin candidates by verdict",
            metrics.policy_reloads.clone(),
        );
        metrics.delays.register(registry);
        metrics.levels.register(registry);
        metrics.spans.register(registry);
        Self {
            registry: Mutex::new(all),
            ..metrics
        }
    }
}

impl Metrics {
    /// The text that Prometheus scrapes.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing into a String cannot fail.
        encode(&mut text, &registry).unwrap_or_default();
        text
    }

    /// Tells of policies what this says of them at each scrape.
    pub fn policies(&self, look: impl Fn() -> Vec<PolicyLevels> + Send + Sync + 'static) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry
            .sub_registry_with_prefix(PREFIX)
            .register_collector(Box::new(Policies(Box::new(look))));
    }

    /// Whether a backend was there when it was asked last; `kind` is a word of the code.
    pub fn backend(&self, kind: &'static str, is_up: bool) {
        self.levels.backend(kind, is_up);
    }

    /// So many operators run, and so many wait for a usable plugin.
    pub fn operators(&self, running: usize, waiting: usize) {
        self.levels.operators(running, waiting);
    }

    /// What is wrong with the files of the configuration as they are now; what runs is older then.
    pub fn configuration_problems(&self, count: usize) {
        self.levels.configuration_problems(count);
    }

    /// The counters of one operator, looked up once.
    #[must_use]
    pub fn operator(&self, name: &str) -> OperatorMetrics {
        let operator = || OperatorLabel {
            operator: name.to_owned(),
        };
        self.begin(name);
        OperatorMetrics {
            name: name.to_owned(),
            messages: self.messages.clone(),
            parts: self.parts.clone(),
            inbound: self.inbound.clone(),
            binds: self.binds.clone(),
            policy_faults: self.policy_faults.clone(),
            policy_reloads: self.policy_reloads.clone(),
            odd_pdus: self.odd_pdus.clone(),
            near_misses: self.near_misses.clone(),
            binds_up: self.binds_up.get_or_create(&operator()).clone(),
            in_flight: self.in_flight.get_or_create(&operator()).clone(),
            tps_rate: self.tps_rate.get_or_create(&operator()).clone(),
            stopped: self.stopped.get_or_create(&operator()).clone(),
            rejections: self.rejections.clone(),
            codes: Arc::default(),
            delays: self.delays.of(&operator()),
            unsettled: self.levels.unsettled(&operator()),
            levels: self.levels.clone(),
        }
    }

    /// Commands in the operator's queue that are not settled; `None` when the queue cannot tell.
    pub fn queued(&self, operator: &str, commands: Option<u64>) {
        self.levels.queued(operator, commands);
    }

    /// The operator runs no more: what it has counted stays, what only was so is left out.
    pub fn forget(&self, operator: &str) {
        let label = OperatorLabel {
            operator: operator.to_owned(),
        };
        for gauge in [&self.binds_up, &self.in_flight, &self.stopped] {
            gauge.remove(&label);
        }
        self.tps_rate.remove(&label);
        self.levels.forget(&label);
    }
}

/// The metrics of one operator.
#[derive(Clone, Debug)]
pub struct OperatorMetrics {
    name: String,
    messages: Family<ResultLabels, Counter>,
    parts: Family<ResultLabels, Counter>,
    inbound: Family<ResultLabels, Counter>,
    binds: Family<ResultLabels, Counter>,
    policy_faults: Family<HookLabels, Counter>,
    policy_reloads: Family<ResultLabels, Counter>,
    odd_pdus: Family<KindLabels, Counter>,
    near_misses: Family<KindLabels, Counter>,
    /// Binds that take traffic.
    pub binds_up: Gauge,
    /// Commands taken and not yet settled.
    pub in_flight: Gauge,
    /// submit_sm a second that are allowed at present: the limit, or less after the operator has throttled.
    pub tps_rate: Gauge<f64, AtomicU64>,
    /// 1 while nothing is sent until a person says so.
    pub stopped: Gauge,
    rejections: Family<CodeLabels, Counter>,
    /// The policy's words so far.
    codes: Arc<Mutex<BTreeSet<String>>>,
    /// How long the steps of a message take.
    pub delays: OperatorDelays,
    /// Commands taken and not yet settled, by when they were published.
    pub unsettled: Oldest,
    levels: Levels,
}

impl OperatorMetrics {
    /// A message was rejected, in the policy's own word. Beyond 32 words it counts as `other`.
    pub fn rejection(&self, code: &str) {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() < MAX_CODES {
            codes.insert(code.to_owned());
        }
        let code = if codes.contains(code) { code } else { "other" };
        let labels = CodeLabels {
            operator: self.name.clone(),
            code: code.to_owned(),
        };
        self.rejections.get_or_create(&labels).inc();
    }

    /// A command ended: `accepted`, `rejected`, `expired`, `unknown`, `dead` or `repeated`.
    pub fn message(&self, result: &'static str) {
        self.messages.get_or_create(&self.labels(result)).inc();
    }

    /// A part ended: `accepted`, `refused`, `throttled`, `retried`, `stopped` or `unanswered`.
    pub fn part(&self, result: &'static str) {
        self.parts.get_or_create(&self.labels(result)).inc();
    }

    /// An inbound PDU: `receipt`, `duplicate`, `parked`, `by_number`, `recognised`, `unmatched`, `mo`, `segment`, `incomplete`, `alert`,
    /// `unreadable`, `ignored`, `refused` or `unknown_word`.
    pub fn inbound(&self, result: &'static str) {
        self.inbound.get_or_create(&self.labels(result)).inc();
    }

    /// A PDU that broke the standard, by what was odd about it.
    pub fn odd_pdu(&self, kind: &'static str) {
        let labels = KindLabels {
            operator: self.name.clone(),
            kind: Word(kind),
        };
        self.odd_pdus.get_or_create(&labels).inc();
    }

    /// A receipt that matches nothing, and would if its id were read in this form.
    pub fn near_miss(&self, form: &'static str) {
        let labels = KindLabels {
            operator: self.name.clone(),
            kind: Word(form),
        };
        self.near_misses.get_or_create(&labels).inc();
    }

    /// An attempt to bind or a bind ended: `bound`, `failed`, `refused`, `already_bound`, `credentials`, `lost` or `unbound`.
    pub fn bind(&self, result: &'static str) {
        self.binds.get_or_create(&self.labels(result)).inc();
    }

    /// How full a bind is: `session` and `bind` count from 1, in the order of the operator's file.
    #[must_use]
    pub fn bind_levels(&self, session: usize, bind: usize) -> BindLevels {
        self.levels.bind(&self.name, session, bind)
    }

    /// A plugin call that gave no usable answer.
    pub fn policy_fault(&self, hook: &'static str, cause: &'static str) {
        let labels = HookLabels {
            operator: self.name.clone(),
            hook: Word(hook),
            result: Word(cause),
        };
        self.policy_faults.get_or_create(&labels).inc();
    }

    /// A plugin candidate: `active` or `refused`.
    pub fn policy_reload(&self, verdict: &'static str) {
        self.policy_reloads.get_or_create(&self.labels(verdict)).inc();
    }

    fn labels(&self, result: &'static str) -> ResultLabels {
        ResultLabels {
            operator: self.name.clone(),
            result: Word(result),
        }
    }
}
