//! Implementations of [`crate::ports::BindSlots`].

pub mod redis;
pub mod unshared;
