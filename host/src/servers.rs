//! Connections to servers that several adapters share, one module a server.

pub mod nats;
