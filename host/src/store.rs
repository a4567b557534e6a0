//! Implementations of [`crate::ports::CorrelationStore`] and [`crate::ports::SegmentStore`].

mod migrations;
pub mod postgres;
mod segments;
pub mod sqlite;
mod states;
