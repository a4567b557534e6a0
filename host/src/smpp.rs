//! The SMPP adapter: octets on a socket on one side, the domain's values on the other.

pub mod codec;
pub mod frame;
