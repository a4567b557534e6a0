//! The gateway as a library: what the `smpp-connector` binary runs and the tests drive.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
mod errors;
pub mod events;
pub mod http;
pub mod intake;
pub mod lifecycle;
pub mod limiter;
pub mod metrics;
pub mod pipeline;
pub mod policy;
pub mod ports;
pub mod preview;
pub mod recordings;
pub mod seen;
pub mod servers;
pub mod slots;
pub mod smpp;
pub mod store;
pub mod telemetry;
pub mod traces;
