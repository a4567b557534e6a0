//! The SMPP links: one I/O shell a bind around the pure session and the codec, and the supervision of an operator's
//! binds. No decision of SMPP is made here: those are `smpp_domain::session`'s.

mod connection;
mod dial;
mod muster;
mod outbind;
mod permission;
mod shown;
mod socket;
mod supervisor;
mod tls;
mod try_bind;

pub use shown::{asked, fields};
pub use smpp_codec::{self as codec, frame};
pub use supervisor::{Binds, LinkContext, capacity, spawn_binds};
pub use try_bind::try_bind;

use crate::config::SessionSettings;
use crate::errors;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long a server of TLS may take to refuse our certificate.
const OBJECTION: Duration = Duration::from_millis(500);

/// Whether an SMSC takes connections, TLS included; returns the address that did. No bind is tried, which could end another
/// one: see [`try_bind`].
///
/// # Errors
/// Why not, in words.
pub async fn reach(session: &SessionSettings) -> Result<SocketAddr, String> {
    let dialled = Arc::new(dial::Route::new(session)).dial().await;
    let mut socket = dialled.map_err(|error| errors::chain(&error))?;
    if session.tls.is_some()
        && let Some(objection) = socket.objection(OBJECTION).await
    {
        return Err(format!("{}: {objection}", socket.peer()));
    }
    Ok(socket.peer())
}
