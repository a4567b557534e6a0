//! How full things are, and whether what they stand on is there.

use super::oldest::Oldest;
use super::{OperatorLabel, Word};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// One bind of an operator.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct BindLabels {
    operator: String,
    /// The session's place in the operator's file, from 1.
    session: u64,
    /// The bind's among those of its session, from 1.
    bind: u64,
}

/// A kind of backend.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct BackendLabel {
    backend: Word,
}

/// How an operator is.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct StateLabel {
    state: Word,
}

/// The gateway's own version.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct BuildLabels {
    version: Word,
}

/// The families.
#[derive(Clone, Default, Debug)]
pub(super) struct Levels {
    unsettled: Family<OperatorLabel, Oldest>,
    queued: Family<OperatorLabel, Gauge>,
    bind_window: Family<BindLabels, Gauge>,
    bind_in_flight: Family<BindLabels, Gauge>,
    backend_up: Family<BackendLabel, Gauge>,
    configuration_problems: Gauge,
    operators: Family<StateLabel, Gauge>,
}

impl Levels {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "oldest_command_seconds",
            "Age, since its publishing, of the oldest command taken and not yet settled",
            self.unsettled.clone(),
        );
        registry.register(
            "queued_commands",
            "Commands in the queue that are not settled",
            self.queued.clone(),
        );
        registry.register(
            "bind_window",
            "submit_sm that may be unanswered on a bind",
            self.bind_window.clone(),
        );
        registry.register(
            "bind_in_flight",
            "submit_sm that are unanswered on a bind",
            self.bind_in_flight.clone(),
        );
        registry.register(
            "backend_up",
            "1 if the backend answered when it was asked last",
            self.backend_up.clone(),
        );
        registry.register(
            "configuration_problems",
            "What is wrong with the files of the operators as they are now",
            self.configuration_problems.clone(),
        );
        registry.register(
            "operators",
            "Operators that run, and those that wait for a usable plugin",
            self.operators.clone(),
        );
        let version = Word(env!("CARGO_PKG_VERSION"));
        registry.register("build", "The version", Info::new(BuildLabels { version }));
    }

    pub(super) fn unsettled(&self, operator: &OperatorLabel) -> Oldest {
        self.unsettled.get_or_create(operator).clone()
    }

    pub(super) fn forget(&self, operator: &OperatorLabel) {
        self.unsettled.remove(operator);
    }

    pub(super) fn queued(&self, operator: &str, commands: Option<u64>) {
        let operator = OperatorLabel {
            operator: operator.to_owned(),
        };
        match commands {
            Some(commands) => {
                let commands = i64::try_from(commands).unwrap_or(i64::MAX);
                self.queued.get_or_create(&operator).set(commands);
            }
            None => drop(self.queued.remove(&operator)),
        }
    }

    pub(super) fn backend(&self, kind: &'static str, is_up: bool) {
        let label = BackendLabel { backend: Word(kind) };
        self.backend_up.get_or_create(&label).set(i64::from(is_up));
    }

    pub(super) fn configuration_problems(&self, count: usize) {
        self.configuration_problems.set(gauge(count));
    }

    pub(super) fn operators(&self, running: usize, waiting: usize) {
        for (state, count) in [("running", running), ("waiting", waiting)] {
            let label = StateLabel { state: Word(state) };
            self.operators.get_or_create(&label).set(gauge(count));
        }
    }

    pub(super) fn bind(&self, operator: &str, session: usize, bind: usize) -> BindLevels {
        let number = |place| u64::try_from(place).unwrap_or(u64::MAX);
        let labels = BindLabels {
            operator: operator.to_owned(),
            session: number(session),
            bind: number(bind),
        };
        BindLevels {
            levels: self.clone(),
            in_flight: self.bind_in_flight.get_or_create(&labels).clone(),
            labels,
        }
    }
}

/// How full one bind is, for as long as it is there: its series go when this is dropped.
#[derive(Debug)]
pub struct BindLevels {
    levels: Levels,
    labels: BindLabels,
    in_flight: Gauge,
}

impl BindLevels {
    /// So many submit_sm may be unanswered.
    pub fn set_window(&self, window: usize) {
        self.levels
            .bind_window
            .get_or_create(&self.labels)
            .set(gauge(window));
    }

    /// So many are unanswered.
    pub fn set_in_flight(&self, count: usize) {
        self.in_flight.set(gauge(count));
    }
}

impl Drop for BindLevels {
    fn drop(&mut self) {
        self.levels.bind_window.remove(&self.labels);
        self.levels.bind_in_flight.remove(&self.labels);
    }
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
