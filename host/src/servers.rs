//! Connections to the servers that several adapters share.

pub mod redis;
