//! The SMPP links: octets to PDUs, one I/O shell a bind around the pure session, and the supervision of an operator's
//! binds. No decision of SMPP is made here: those are `smpp_domain::session`'s.

pub mod codec;
mod connection;
pub mod frame;
mod socket;
mod supervisor;

pub use supervisor::{Binds, LinkContext, capacity, spawn_binds};
