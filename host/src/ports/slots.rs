//! An operator's bind limit, over all hosts: numbered slots, one for each bind, that hosts lease.

use smpp_domain::ids::OperatorId;
use tokio::sync::watch;

/// Shares out the binds of a session among hosts.
pub trait BindSlots: Send + Sync {
    /// Joins those who share the pool. Returns one seat for each of its binds; how many of them may be bound here depends on
    /// who else is there, and changes. A pool ends when its seats are dropped: its slots are free then.
    fn join(&self, pool: SlotPool) -> Vec<Seat>;
}

/// The binds of one `[[session]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotPool {
    /// Whose.
    pub operator_id: OperatorId,
    /// Which session, the same on all hosts: `system_id@host:port` and the bind mode.
    pub session: String,
    /// How many binds the operator allows on it, over all hosts.
    pub binds: u16,
}

/// The right to one bind.
#[derive(Debug)]
pub struct Seat {
    /// Whether the bind may be up. When this becomes false, drain the window and unbind.
    pub allowed: watch::Receiver<bool>,
    /// To be kept true while there is, or may be, a bind: the slot is given on only after this is false.
    pub in_use: watch::Sender<bool>,
}
