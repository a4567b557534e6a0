//! Implementations of [`crate::ports::EventSink`] and [`crate::ports::EventLog`].

pub mod embedded;
pub mod nats;
