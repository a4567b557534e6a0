//! What the pipeline needs from the outside world, written for its caller. Adapters implement these traits; the
//! pipeline never names an adapter or its third-party crate.

mod decisions;
mod events;
mod intake;
mod latest_pdus;
mod limiter;
mod link;
mod odd_pdus;
mod plugins;
mod policy;
mod preview;
mod probe;
mod seen;
mod segments;
mod sessions;
mod slots;
mod stops;
mod store;
mod story;
mod throttle;
mod traces;
mod under_way;

pub use decisions::{
    DecisionCount, DecisionLog, DecisionRecord, FaultRecord, IdInPlace, PduLog, PduRecord, Wanted, WirePdu,
};
pub use events::{Event, EventLog, EventSink, LoggedEvent};
pub use intake::{CommandQueue, Delivery, Intake, IntakeOrder, QueuedCommand};
pub use latest_pdus::{LatestPdus, ShowPdu, ShownPdu};
pub use limiter::TpsLimiter;
pub use link::{
    AlertNotice, Answer, BindBoard, BindHandle, BindStatus, Inbound, Lease, Notice, PartOutcome, PartResult,
    Reply, SessionNotice, SubmitRequest, Ticket,
};
pub use odd_pdus::{Direction, OddPduKind, OddPduLog, OddPduRecord};
pub use plugins::{
    CandidateView, Deployment, DifferenceExample, DifferenceView, FaultView, FieldDifference, HookView,
    PluginDesk, PluginOrderError, PolicyView, ReloadView, ShadowLatency, VersionView,
};
pub use policy::{Policy, PolicySource};
pub use preview::{
    CallView, PduView, PluginLine, PolicyTrials, PreviewError, PreviewSide, PreviewSubject, PreviewVersion,
    PreviewView, Previews, TrialPolicy, WhichVersion,
};
pub use probe::Probe;
pub use seen::{Seen, SeenIds};
pub use segments::{KeptSegments, SegmentStore, Waiting};
pub use sessions::{BindPanel, BindView, Orders, SessionFacts, SessionPanel};
pub use slots::{BindSlots, Seat, SlotPool};
pub use stops::{OperatorStop, OperatorStops, StopStore, Stopped};
pub use store::{
    AppendedReceipt, CorrelationStore, MessageHistory, ParkedReceipt, ParkedWork, Progress, SAME_KEY,
    Settled, SettledOutcome, Settlement, Tracked,
};
pub use story::{MessageStories, MessageStory, ToldReceipt};
pub use throttle::{ThrottleBoard, Throttled};
pub use traces::{Attribute, Span, SpanKind, TraceSink};
pub use under_way::{Inquiries, Inquiry, Queued, Searched, Silent, UnderWay, WaitsFor};

/// Why a backend could not do its work. Callers look at the kind only; people read the rest.
#[derive(Debug, thiserror::Error)]
#[error("{backend}: {action} failed")]
pub struct BackendError {
    /// Which backend, for people: `SQLite data/smpp-connector.db`.
    pub backend: String,
    /// What was tried, for people.
    pub action: &'static str,
    /// Whether trying again can help.
    pub kind: BackendErrorKind,
    /// The cause as the backend's library tells it.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Classes of [`BackendError`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BackendErrorKind {
    /// Out of reach, locked, full: try again.
    Unavailable,
    /// What is stored cannot be read: a person has to look.
    Corrupt,
}
