//! Implementations of [`crate::ports::CorrelationStore`].

pub mod sqlite;
