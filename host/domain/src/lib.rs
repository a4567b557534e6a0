//! What an SMPP gateway knows, without a wire, a clock or a task.
//!
//! Everything here is a value: time comes in as an argument, octets come in as slices, and what should happen next
//! comes out as data. That is why its tests need no sleep and no socket, and why it compiles for wasm32.
//!
//! The names are those of the domain model. SMPP means version 3.4 throughout.
#![forbid(unsafe_code)]

pub mod address;
pub mod backoff;
pub mod correlation;
pub mod dispatch;
pub mod encoding;
pub mod event;
pub mod ids;
pub mod mobile_originated;
pub mod pdu;
pub mod policy;
pub mod reassembly;
pub mod receipt;
pub mod sampling;
pub mod session;
pub mod slots;
pub mod smpp_time;
pub mod split;
pub mod status;
pub mod submit;
pub mod tps;
pub mod trace;
pub mod udh;
