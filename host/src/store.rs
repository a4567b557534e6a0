//! Implementations of [`crate::ports::CorrelationStore`].

pub mod postgres;
pub mod sqlite;
mod states;
