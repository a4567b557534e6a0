//! A harness in which tests read as stories: an operator, a gateway, messages, and what became of them.
//!
//! Everything waits on events, nothing sleeps and hopes. A wait that takes longer than [`PATIENCE`] fails the test.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a harness that cannot go on ends the test"
)]

mod browser;
mod bus;
pub mod certificates;
mod collector;
mod far_side;
pub mod foreign;
mod gateway;
pub mod http;
pub mod load;
mod message;
mod operator;
mod peer;
mod platform;
mod plugins;
mod process;
mod relay;
pub mod servers;
mod tls_front;

pub use browser::play;
pub use bus::{Bus, Dlr, Fate, Ledger};
pub use collector::{Collector, Mood, Span};
pub use far_side::FarSide;
pub use gateway::{Gateway, write_files, write_files_with};
pub use message::Message;
pub use operator::Operator;
pub use peer::{Delivery, Peer, PeerLink, PeerPdu};
pub use platform::{Platform, Relays};
pub use plugins::{build_plugin, plugin, plugin_with, published, toolbox};
pub use process::{GatewayProcess, post};
pub use relay::{Relay, Way};
pub use tls_front::TlsFront;

use std::time::Duration;

/// How long a wait may take on a slow machine before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);
