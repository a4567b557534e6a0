//! Connections to the servers that several adapters share.

pub mod nats;
pub mod redis;
