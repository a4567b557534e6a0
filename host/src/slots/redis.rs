//! Bind slots leased in Redis.
//!
//! A slot belongs to a host for as long as the host is heard of, and `lease` longer; seat `n` of a pool stands for slot `n`
//! on every host. Which slots a host takes and gives back is decided by [`smpp_domain::slots`]; the script
//! `redis/slots.lua` sees to it that a slot has one owner.
//!
//! Without Redis nothing changes: what is bound stays bound, and nothing is taken. When it comes back, a slot that has
//! another owner by now is given up; when it comes back empty, those who have slots claim them first. So the operator's
//! bind limit holds but for one case: a host that lives, and alone is cut off from Redis for longer than `lease`, stays
//! bound while the others take its slots.

mod keeper;

use crate::ports::{BindSlots, Seat, SlotPool};
use crate::servers::redis::RedisServer;
use keeper::{Keeper, Place};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Shares out binds among all hosts with the same Redis.
pub struct RedisSlots {
    server: RedisServer,
    tasks: TaskTracker,
}

impl RedisSlots {
    /// The keepers of its pools run as `tasks`, and end with their seats.
    #[must_use]
    pub fn new(server: RedisServer, tasks: TaskTracker) -> Self {
        Self { server, tasks }
    }
}

impl BindSlots for RedisSlots {
    fn join(&self, pool: SlotPool) -> Vec<Seat> {
        let (mut seats, mut places) = (Vec::new(), Vec::new());
        for _ in 0..pool.binds {
            let (allow, allowed) = watch::channel(false);
            let (in_use, used) = watch::channel(false);
            seats.push(Seat { allowed, in_use });
            places.push(Place::new(allow, used));
        }
        let keeper = Keeper::new(self.server.clone(), &pool, places);
        self.tasks.spawn(keeper.keep());
        seats
    }
}
