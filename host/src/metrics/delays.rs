//! How long the steps of a message take, and the round trip of a link, by operator.

use super::OperatorLabel;
use super::histogram::Histogram;
use chrono::{DateTime, Utc};
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// In milliseconds, up to the ten seconds after which an operator is slow by any standard, and a few beyond for backlogs.
const STEPS: [u64; 17] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 600_000, 3_600_000,
];

/// In milliseconds, up to the three days that receipts are waited for by default.
const RECEIPTS: [u64; 17] = [
    50,
    100,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    30_000,
    60_000,
    300_000,
    900_000,
    3_600_000,
    14_400_000,
    43_200_000,
    86_400_000,
    172_800_000,
    259_200_000,
];

type Delay = Family<OperatorLabel, Histogram, fn() -> Histogram>;

/// The families.
#[derive(Clone, Debug)]
pub(super) struct Delays {
    submit: Delay,
    response: Delay,
    receipt: Delay,
    link: Delay,
}

impl Default for Delays {
    fn default() -> Self {
        let steps: fn() -> Histogram = || Histogram::new(&STEPS);
        let receipts: fn() -> Histogram = || Histogram::new(&RECEIPTS);
        Self {
            submit: Family::new_with_constructor(steps),
            response: Family::new_with_constructor(steps),
            receipt: Family::new_with_constructor(receipts),
            link: Family::new_with_constructor(steps),
        }
    }
}

impl Delays {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "submit_delay_seconds",
            "From the publishing of a command to its first submit_sm",
            self.submit.clone(),
        );
        registry.register(
            "response_seconds",
            "From a submit_sm to its answer",
            self.response.clone(),
        );
        registry.register(
            "receipt_delay_seconds",
            "From the answer to a submit_sm to the receipt that ends its part",
            self.receipt.clone(),
        );
        registry.register(
            "enquire_link_seconds",
            "From an enquire_link to its answer",
            self.link.clone(),
        );
    }

    pub(super) fn of(&self, operator: &OperatorLabel) -> OperatorDelays {
        OperatorDelays {
            submit: self.submit.get_or_create(operator).clone(),
            response: self.response.get_or_create(operator).clone(),
            receipt: self.receipt.get_or_create(operator).clone(),
            link: self.link.get_or_create(operator).clone(),
        }
    }
}

/// The delays of one operator.
#[derive(Clone, Debug)]
pub struct OperatorDelays {
    submit: Histogram,
    response: Histogram,
    receipt: Histogram,
    link: Histogram,
}

impl OperatorDelays {
    /// The first submit_sm of a command was written.
    pub fn submitted(&self, published_at: DateTime<Utc>, written_at: DateTime<Utc>) {
        self.submit.observe(between(published_at, written_at));
    }

    /// A submit_sm was answered, in time or late.
    pub fn answered(&self, took: Duration) {
        self.response.observe(took);
    }

    /// An enquire_link was answered.
    pub fn link_answered(&self, took: Duration) {
        self.link.observe(took);
    }

    /// A receipt ended a part that was answered then.
    pub fn receipt(&self, answered_at: DateTime<Utc>, received_at: DateTime<Utc>) {
        self.receipt.observe(between(answered_at, received_at));
    }
}

/// Zero where a receipt has overtaken its answer, or the clocks of two hosts disagree.
fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    (to - from).to_std().unwrap_or_default()
}
