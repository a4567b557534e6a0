//! The two paths of a message, for one operator: command to submit_sm, and receipt to event.
//!
//! ```text
//! intake -> dispatcher -> bind (SMPP link) -> dispatcher -> settler -> events, acknowledgement
//! bind -> receipts (and messages from subscribers) -> events, answer
//! ```
//! Each is one task; between them are bounded channels. What is taken from the intake is counted until its outcome is
//! durable, and that count bounds everything else.

mod dedupe;
mod dispatcher;
mod faults;
mod in_flight;
mod mobile_originated;
mod near_misses;
mod parked;
mod place;
mod plan;
mod publish;
mod reassembly;
mod receipts;
mod recorder;
mod reference;
mod rehearsal;
mod retry;
mod rewrite;
mod sessions;
mod settle;
mod stops;
mod tracer;

pub use dispatcher::Dispatcher;
pub(crate) use dispatcher::capacity as places;
pub use place::Place;
pub use plan::{Plan, PlanError, plan};
pub use publish::publish;
pub use receipts::Receipts;
pub use recorder::{Recorder, Sharing};
pub use rehearsal::{
    REFERENCE, Read, RehearsedCall, rehearse, rehearse_call, rehearse_inbound, rehearse_submit,
};
pub use sessions::publish_sessions;
pub use settle::{SettleItem, Settler};
pub use stops::Stops;
pub use tracer::Tracer;

use crate::config::OperatorConfig;
use crate::metrics::OperatorMetrics;
use crate::ports::{
    CorrelationStore, EventSink, Intake, OperatorStops, PolicySource, SeenIds, SegmentStore, ThrottleBoard,
    TpsLimiter,
};
use std::sync::Arc;

/// What the tasks of one operator share.
#[derive(Clone)]
pub struct OperatorContext {
    /// Its file.
    pub config: Arc<OperatorConfig>,
    /// Commands.
    pub intake: Arc<dyn Intake>,
    /// Correlation and receipts.
    pub store: Arc<dyn CorrelationStore>,
    /// Segments of messages from subscribers.
    pub segments: Arc<dyn SegmentStore>,
    /// Events.
    pub events: Arc<dyn EventSink>,
    /// The TPS promise.
    pub limiter: Arc<dyn TpsLimiter>,
    /// Where people see that it pauses, and why.
    pub throttle: Arc<ThrottleBoard>,
    /// What other hosts have taken lately; `None` where there are none.
    pub seen: Option<Arc<dyn SeenIds>>,
    /// Who is not to be sent to.
    pub stops: Arc<dyn OperatorStops>,
    /// The policy.
    pub policies: Arc<dyn PolicySource>,
    /// Counters.
    pub metrics: OperatorMetrics,
    /// Records what its policy decides.
    pub recorder: Arc<Recorder>,
    /// Tells its messages' traces.
    pub tracer: Arc<Tracer>,
}
