//! Implementations of [`crate::ports::CommandQueue`] and [`crate::ports::Intake`].

pub mod embedded;
pub mod nats;
