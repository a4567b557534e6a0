//! The SMPP links: one I/O shell a bind around the pure session and the codec, and the supervision of an operator's
//! binds. No decision of SMPP is made here: those are `smpp_domain::session`'s.

mod connection;
mod socket;
mod supervisor;

pub use smpp_codec::{self as codec, frame};
pub use supervisor::{Binds, LinkContext, capacity, spawn_binds};

use std::time::Duration;

/// Whether an SMSC takes connections. No bind is tried: it could end another one.
///
/// # Errors
/// Why not, in words.
pub async fn reach(host: &str, port: u16, limit: Duration) -> Result<(), String> {
    socket::Socket::connect(host.to_owned(), port, limit)
        .await
        .map(drop)
}
