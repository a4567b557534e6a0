//! Implementations of [`crate::ports::SeenIds`].

pub mod redis;
