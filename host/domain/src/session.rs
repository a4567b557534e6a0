//! One SMPP connection to one operator.

use serde::{Deserialize, Serialize};

/// The states of a session (domain model section 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionState {
    /// Never connected, or the last attempt failed.
    Disconnected,
    /// TCP connect or bind under way.
    Connecting,
    /// Carries traffic.
    Bound,
    /// The planned close: the window drains, then `unbind` is sent.
    Unbinding,
    /// Was bound, is not any more.
    Unbound,
    /// A primary that is bound again and proves itself while a backup carries the traffic.
    Failback,
}
