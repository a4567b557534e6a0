//! Tells what happened to a message as the spans of its trace.
//!
//! ```text
//! message                     command published -> outcome durable, published, acknowledged
//!   queue                     published -> taken
//!   decide                    taken -> parts, with a span for each hook that its policy has
//!   wait                      for a bind, its window and the TPS
//!   submit_sm                 written -> answered, with what was asked about the answer
//!     receipt                 received -> event durable; hours later, by whichever host
//!   settle                    outcome -> acknowledged
//! ```
//! Spans are told when they are over, from times that are known anyway. Where a message is not traced, that costs a look.

use super::plan::{Plan, PlanError};
use super::recorder::Call;
use crate::clock;
use crate::ports::{Attribute, Span, SpanKind, TraceSink};
use chrono::{DateTime, TimeDelta, Utc};
use smpp_domain::correlation::{DlrMessageState, MessageCorrelation, PartState};
use smpp_domain::event::{Outcome, SubmitEvent};
use smpp_domain::ids::MessageId;
use smpp_domain::pdu::{CommandStatus, SubmitSmPdu};
use smpp_domain::policy::{Hook, PolicyIdentity};
use smpp_domain::status::Verdict;
use smpp_domain::trace::{SpanId, TraceParent};
use std::sync::Arc;
use uuid::Uuid;

type Attributes = Vec<(&'static str, Attribute)>;

/// Traces the messages of one operator, or does not.
pub struct Tracer(Option<Works>);

struct Works {
    sink: Arc<dyn TraceSink>,
    operator: String,
}

/// A submit_sm that is over.
pub(super) struct Submitted<'a> {
    pub(super) message: MessageId,
    pub(super) part_number: u8,
    pub(super) part_count: u8,
    pub(super) pdu: Option<&'a SubmitSmPdu>,
    /// Since when the part had nothing to wait for but its turn.
    pub(super) since: DateTime<Utc>,
    pub(super) written_at: DateTime<Utc>,
}

/// A message that has its outcome, on its way to being settled.
pub(super) struct Ended {
    message: MessageId,
    published_at: DateTime<Utc>,
    at: DateTime<Utc>,
    link: Option<TraceParent>,
    failed: Option<&'static str>,
    attributes: Attributes,
}

/// A receipt that has found its message.
pub(super) struct Matched {
    message: MessageId,
    part: PartState,
    part_count: u8,
    outcome: &'static str,
    received_at: DateTime<Utc>,
    id: SpanId,
}

impl Tracer {
    /// Traces nothing.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Traces the messages that the sink takes.
    #[must_use]
    pub fn new(sink: Arc<dyn TraceSink>, operator: &str) -> Self {
        let operator = operator.to_owned();
        Self(Some(Works { sink, operator }))
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn takes(&self, message: MessageId) -> bool {
        self.of(message).is_some()
    }

    /// A message was taken from the intake. Returns since when it waits for what is next; `None` if it is not traced.
    pub(super) fn taken(&self, message: MessageId, published_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let works = self.of(message)?;
        let now = clock::utc_now();
        works.tell(message, "queue", (published_at, now), Vec::new());
        Some(now)
    }

    /// It was decided how a message is sent, or not.
    pub(super) fn decided(
        &self,
        message: MessageId,
        started: DateTime<Utc>,
        calls: &[Call],
        result: &Result<Plan, PlanError>,
    ) {
        let Some(works) = self.of(message) else { return };
        let (outcome, attributes) = match result {
            Ok(plan) => (
                "planned",
                vec![
                    ("smpp.part.count", count(plan.parts.len())),
                    ("smpp.encoding", plan.encoding.as_str().into()),
                    ("smpp.data_coding", plan.data_coding.into()),
                ],
            ),
            Err(PlanError::Rejected(_)) => ("rejected", Vec::new()),
            Err(PlanError::Retry(_)) => ("waits", Vec::new()),
        };
        let span = Span {
            failed: result.is_err().then_some(outcome),
            attributes: [vec![("smpp.outcome", outcome.into())], attributes].concat(),
            ..works.span(message, "decide", (started, clock::utc_now()))
        };
        works.hooks(message, span.id, calls);
        works.sink.tell(span);
    }

    /// A submit_sm was answered, and the policy has said what that means.
    pub(super) fn answered(
        &self,
        sent: &Submitted<'_>,
        status: CommandStatus,
        verdict: &Verdict,
        calls: &[Call],
    ) {
        let verdict = match verdict {
            Verdict::Accepted => "accepted",
            Verdict::Retry { .. } => "retried",
            Verdict::Throttle(_) => "throttled",
            Verdict::Reject { .. } => "refused",
            Verdict::StopOperator { .. } => "stopped",
        };
        let status = ("smpp.command_status", status.to_string().into());
        self.submitted(sent, verdict, vec![status], calls);
    }

    /// A submit_sm was written, and the answer never came.
    pub(super) fn unanswered(&self, sent: &Submitted<'_>) {
        self.submitted(sent, "unanswered", Vec::new(), &[]);
    }

    fn submitted(&self, sent: &Submitted<'_>, outcome: &'static str, more: Attributes, calls: &[Call]) {
        let Some(works) = self.of(sent.message) else {
            return;
        };
        let part = part(sent.part_number, sent.part_count);
        works.tell(sent.message, "wait", (sent.since, sent.written_at), part.clone());
        let accepted = outcome == "accepted";
        let mut span = Span {
            kind: SpanKind::Client,
            failed: (!accepted).then_some(outcome),
            attributes: [part, vec![("smpp.outcome", outcome.into())], more].concat(),
            ..works.span(sent.message, "submit_sm", (sent.written_at, clock::utc_now()))
        };
        if accepted {
            span.id = SpanId::of_part(sent.message, sent.part_number);
        }
        if let Some(pdu) = sent.pdu {
            span.attributes.push(("smpp.esm_class", pdu.esm_class.into()));
            span.attributes.push(("smpp.data_coding", pdu.data_coding.into()));
        }
        works.hooks(sent.message, span.id, calls);
        works.sink.tell(span);
    }

    /// A part of a message has its key.
    pub(super) fn keyed(&self, message: MessageId, part_number: u8, calls: &[Call]) {
        if let Some(works) = self.of(message) {
            works.hooks(message, SpanId::of_part(message, part_number), calls);
        }
    }

    /// A message has its outcome; `None` if it is not traced.
    pub(super) fn ended(
        &self,
        event: &SubmitEvent,
        published_at: DateTime<Utc>,
        link: Option<TraceParent>,
    ) -> Option<Ended> {
        self.of(event.message_id)?;
        let (outcome, failed) = match event.outcome {
            Outcome::Accepted => ("accepted", None),
            Outcome::Rejected => ("rejected", Some("rejected")),
            Outcome::Expired => ("expired", Some("expired")),
            Outcome::Unknown => ("unknown", Some("unknown")),
        };
        let mut attributes = vec![
            ("smpp.outcome", outcome.into()),
            ("smpp.part.count", event.part_count.into()),
        ];
        attributes.extend(event.encoding.clone().map(|name| ("smpp.encoding", name.into())));
        attributes.extend(event.data_coding.map(|octet| ("smpp.data_coding", octet.into())));
        let status = event.command_status.map(|status| status.to_string());
        attributes.extend(status.map(|status| ("smpp.command_status", status.into())));
        attributes.extend(event.policy.iter().flat_map(policy));
        Some(Ended {
            message: event.message_id,
            published_at,
            at: clock::utc_now(),
            link,
            failed,
            attributes,
        })
    }

    /// Its outcome is durable, and so is the event, and the command is acknowledged.
    pub(super) fn settled(&self, ended: Ended) {
        let Some(works) = self.of(ended.message) else {
            return;
        };
        let now = clock::utc_now();
        works.tell(ended.message, "settle", (ended.at, now), Vec::new());
        works.sink.tell(Span {
            id: SpanId::of_message(ended.message),
            parent: None,
            kind: SpanKind::Consumer,
            failed: ended.failed,
            link: ended.link,
            attributes: [works.common(ended.message), ended.attributes].concat(),
            ..works.span(ended.message, "message", (ended.published_at, now))
        });
    }

    /// A receipt has found its message.
    pub(super) fn matched(&self, receipt: &Matched, calls: &[Call]) {
        if let Some(works) = self.of(receipt.message) {
            works.hooks(receipt.message, receipt.id, calls);
        }
    }

    /// What these receipts say is durable.
    pub(super) fn told(&self, receipts: &[Matched]) {
        for receipt in receipts {
            let Some(works) = self.of(receipt.message) else {
                continue;
            };
            let number = receipt.part.part_number;
            let about = vec![
                ("smpp.receipt.state", state(receipt.part.state).into()),
                ("smpp.receipt.final", receipt.part.is_final.into()),
                ("smpp.outcome", receipt.outcome.into()),
            ];
            let common = works.common(receipt.message);
            works.sink.tell(Span {
                id: receipt.id,
                parent: Some(SpanId::of_part(receipt.message, number)),
                kind: SpanKind::Consumer,
                attributes: [common, part(number, receipt.part_count), about].concat(),
                ..works.span(
                    receipt.message,
                    "receipt",
                    (receipt.received_at, clock::utc_now()),
                )
            });
        }
    }

    fn of(&self, message: MessageId) -> Option<&Works> {
        self.0.as_ref().filter(|works| works.sink.takes(message))
    }
}

impl Matched {
    /// What a receipt says of a part, and what that came to.
    pub(super) fn new(
        row: &MessageCorrelation,
        part: PartState,
        outcome: &'static str,
        received_at: DateTime<Utc>,
    ) -> Self {
        Self {
            message: row.message_id,
            part,
            part_count: row.part_count,
            outcome,
            received_at,
            id: fresh(),
        }
    }
}

impl Works {
    /// A step of the message's way.
    fn span(&self, message: MessageId, name: &'static str, times: (DateTime<Utc>, DateTime<Utc>)) -> Span {
        Span {
            message,
            id: fresh(),
            parent: Some(SpanId::of_message(message)),
            name,
            kind: SpanKind::Internal,
            start: times.0,
            end: times.1,
            attributes: Vec::new(),
            failed: None,
            link: None,
        }
    }

    fn tell(
        &self,
        message: MessageId,
        name: &'static str,
        times: (DateTime<Utc>, DateTime<Utc>),
        attributes: Attributes,
    ) {
        let span = self.span(message, name, times);
        self.sink.tell(Span { attributes, ..span });
    }

    /// What every entry into a trace says, so that it can be found.
    fn common(&self, message: MessageId) -> Attributes {
        vec![
            ("messaging.system", "smpp".into()),
            ("messaging.destination.name", self.operator.as_str().into()),
            ("messaging.message.id", message.to_string().into()),
        ]
    }

    /// The calls of the plugin. Built-in behaviour is not worth a span.
    fn hooks(&self, message: MessageId, parent: SpanId, calls: &[Call]) {
        for call in calls.iter().filter(|call| call.asked) {
            let micros = i64::try_from(call.micros).unwrap_or(i64::MAX);
            let started = call.at - TimeDelta::microseconds(micros);
            let hook = call.question.as_ref().map_or(Hook::Inbound, |asked| asked.hook());
            self.sink.tell(Span {
                parent: Some(parent),
                failed: call.answer.as_ref().err().map(|fault| fault.cause.name()),
                attributes: call.policy.iter().flat_map(|identity| policy(identity)).collect(),
                ..self.span(message, hook.name(), (started, call.at))
            });
        }
    }
}

/// An id that no other span has.
fn fresh() -> SpanId {
    // Of a UUID v7 the second half is random.
    SpanId::new(Uuid::now_v7().as_u64_pair().1)
}

fn part(number: u8, count: u8) -> Attributes {
    vec![
        ("smpp.part.number", number.into()),
        ("smpp.part.count", count.into()),
    ]
}

fn policy(identity: &PolicyIdentity) -> [(&'static str, Attribute); 2] {
    [
        ("smpp.policy.plugin", identity.plugin.as_str().into()),
        ("smpp.policy.version", identity.version.as_str().into()),
    ]
}

/// As events write it.
fn state(state: DlrMessageState) -> &'static str {
    match state {
        DlrMessageState::Enroute => "ENROUTE",
        DlrMessageState::Delivered => "DELIVERED",
        DlrMessageState::Expired => "EXPIRED",
        DlrMessageState::Deleted => "DELETED",
        DlrMessageState::Undeliverable => "UNDELIVERABLE",
        DlrMessageState::Accepted => "ACCEPTED",
        DlrMessageState::Unknown => "UNKNOWN",
        DlrMessageState::Rejected => "REJECTED",
    }
}

fn count(count: usize) -> Attribute {
    Attribute::Number(i64::try_from(count).unwrap_or(i64::MAX))
}
