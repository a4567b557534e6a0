//! The task that says of every operator that this host is there: one for all, since each beat of its own would be a timer and a
//! turn of a task, which cost more than the beat.

use super::{BEAT, Kept};
use futures_util::future::join_all;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Beats under way at once: the calls of traffic go between them. So many that those of a thousand operators keep their time also
/// while the server takes as long as it may.
const AT_ONCE: usize = 256;

#[derive(Default)]
struct Members {
    /// Nobody has been told of them.
    joining: Vec<Arc<Kept>>,
    staying: Vec<Arc<Kept>>,
    leaving: Vec<Arc<Kept>>,
}

/// The promises that this host has a part in.
#[derive(Default)]
pub(super) struct Presence {
    members: Mutex<Members>,
    /// Rings when somebody comes or goes.
    bell: Notify,
}

impl Presence {
    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn join(&self, kept: Arc<Kept>) {
        self.lock().joining.push(kept);
        self.bell.notify_one();
    }

    pub(super) fn leave(&self, kept: &Arc<Kept>) {
        let mut members = self.lock();
        members.joining.retain(|member| !Arc::ptr_eq(member, kept));
        members.staying.retain(|member| !Arc::ptr_eq(member, kept));
        members.leaving.push(Arc::clone(kept));
        drop(members);
        self.bell.notify_one();
    }

    /// Keeps this host registered for each until it leaves. Runs until nobody can join any more, and everybody has left.
    pub(super) async fn keep(self: Arc<Self>, closed: CancellationToken) {
        let (mut next, mut beat_at) = (0, Instant::now());
        loop {
            tokio::select! {
                () = closed.cancelled(), if !closed.is_cancelled() => {}
                () = self.bell.notified() => {}
                () = tokio::time::sleep_until(beat_at) => {
                    beat_at = Instant::now() + self.until_next();
                    join_all(self.turn(&mut next).iter().map(|kept| kept.beat())).await;
                }
            }
            self.come_and_go().await;
            if closed.is_cancelled() && self.lock().staying.is_empty() {
                return;
            }
        }
    }

    /// The beats are spread over the time that there is between two of one member.
    fn until_next(&self) -> Duration {
        let turns = self.lock().staying.len().div_ceil(AT_ONCE).max(1);
        BEAT / u32::try_from(turns).unwrap_or(u32::MAX)
    }

    /// Whose turn it is.
    fn turn(&self, next: &mut usize) -> Vec<Arc<Kept>> {
        let members = self.lock();
        if *next >= members.staying.len() {
            *next = 0;
        }
        let turn: Vec<_> = members
            .staying
            .iter()
            .skip(*next)
            .take(AT_ONCE)
            .cloned()
            .collect();
        *next += turn.len();
        turn
    }

    async fn come_and_go(&self) {
        let (joining, leaving) = {
            let mut members = self.lock();
            let joining = std::mem::take(&mut members.joining);
            members.staying.extend(joining.iter().cloned());
            (joining, std::mem::take(&mut members.leaving))
        };
        join_all(joining.iter().map(|kept| kept.beat())).await;
        join_all(leaving.iter().map(|kept| kept.leave())).await;
    }
}
