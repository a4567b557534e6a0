//! Where the spans of messages go. What a trace is: [`smpp_domain::trace`].

use chrono::{DateTime, Utc};
use smpp_domain::ids::MessageId;
use smpp_domain::trace::{SpanId, TraceParent};
use std::fmt;

/// Takes spans. Nobody who tells one ever waits, and what cannot be kept is dropped.
pub trait TraceSink: Send + Sync + fmt::Debug {
    /// Whether this message is traced: every host says the same, at any time.
    fn takes(&self, message: MessageId) -> bool;

    /// A span that has ended, of a message that is traced.
    fn tell(&self, span: Span);
}

/// A step of a message, over and done with. No number, no text, and no id that the operator gave is in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    /// Whose: its id is the trace's.
    pub message: MessageId,
    /// Its own id.
    pub id: SpanId,
    /// `None`: it is the message's whole way.
    pub parent: Option<SpanId>,
    /// One of few words.
    pub name: &'static str,
    /// Who worked meanwhile.
    pub kind: SpanKind,
    /// Its first moment.
    pub start: DateTime<Utc>,
    /// Its last. Clocks of several hosts are in these two: one that is before the start counts as the start.
    pub end: DateTime<Utc>,
    /// By name, of few values each.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// Why it failed, in one word; `None` where it has not.
    pub failed: Option<&'static str>,
    /// What it came from.
    pub link: Option<TraceParent>,
}

/// Who worked during a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanKind {
    /// The gateway.
    Internal,
    /// The operator, for us.
    Client,
    /// Somebody has left it to us, and does not wait.
    Consumer,
}

/// A value of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attribute {
    /// A word.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u8> for Attribute {
    fn from(number: u8) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Attribute {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
