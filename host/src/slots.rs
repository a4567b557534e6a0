//! Implementations of [`crate::ports::BindSlots`].

pub mod unshared;
