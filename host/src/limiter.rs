//! Implementations of [`crate::ports::TpsLimiter`].

pub mod in_process;
pub mod redis;
