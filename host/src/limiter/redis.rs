//! The TPS promise of an operator over all hosts, kept in Redis.
//!
//! `redis/permits.lua` is the promise: one call reserves several send times ahead, by the server's clock, fairly between
//! hosts. A host that cannot reach the server goes on at its share of the cap: `redis/standing.rs` says from when and until
//! when. What holds, with hosts that use the same `lease` and Redis' clock never set forward while a second passes:
//!
//! - With Redis, while it restarts (empty or with an older state), hangs, or is out of reach of everybody: the cap.
//! - Out of reach of some hosts only: the cap for as long as `lease`, since their shares are kept for them; after that the
//!   others use the whole cap, and those who are cut off their shares.
//! - A host that has never reached Redis sends only if its operator's file has a `tps_fallback_share`: nobody has told it
//!   who else is there. Where there are more hosts than PDUs a second, shares are nothing, too.
//! - Shares in files are taken at their word: together they must not exceed the cap.
//! - While hosts have different `tps_limit`s (a reload reached one before another), the lowest one holds.

mod call;
mod presence;
mod server_time;
mod standing;

use crate::clock;
use crate::ports::{BackendError, TpsLimiter};
use crate::servers::redis::{Live, RedisServer};
use async_trait::async_trait;
use call::{Answer, Caller, Present, Verb};
use presence::Presence;
use smpp_domain::ids::OperatorId;
use smpp_domain::status::Throttling;
use smpp_domain::tps::Reservation;
use standing::{PATIENCE, Standing};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How often a host without traffic says that it is there.
const BEAT: Duration = Duration::from_millis(200);
const ACTION: &str = "reserving send times";

/// One operator's promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promise {
    /// Whose.
    pub operator_id: OperatorId,
    /// PDUs in any second, over all hosts.
    pub limit: NonZeroU32,
    /// What this host may send a second without Redis; `None` is the limit divided by the hosts.
    pub fallback_share: Option<NonZeroU32>,
}

/// This host's parts in the promises of all operators. Clones are the same.
#[derive(Clone)]
pub struct RedisLimits {
    server: RedisServer,
    presence: Arc<Presence>,
    /// When the last one is gone, and everybody has left, the task ends.
    closed: Arc<DropGuard>,
}

impl RedisLimits {
    /// The promises on `server`. A task of `tasks` keeps this host registered for those that it joins.
    #[must_use]
    pub fn new(server: RedisServer, tasks: &TaskTracker) -> Self {
        let (presence, closed) = (Arc::<Presence>::default(), CancellationToken::new());
        tasks.spawn(Arc::clone(&presence).keep(closed.clone()));
        Self {
            server,
            presence,
            closed: Arc::new(closed.drop_guard()),
        }
    }

    /// Joins those who share the promise.
    #[must_use]
    pub fn join(&self, promise: Promise) -> RedisLimiter {
        let standing = Standing::new(promise.operator_id, promise.limit, promise.fallback_share);
        let kept = Arc::new(Kept {
            key: self.server.key("tps", &promise.operator_id.to_string()),
            server: self.server.clone(),
            promise,
            // An operator that was reloaded joins anew before its old self has left.
            member: Uuid::now_v7().to_string(),
            standing: Mutex::new(standing),
        });
        self.presence.join(Arc::clone(&kept));
        RedisLimiter {
            kept,
            presence: Arc::clone(&self.presence),
            _open: Arc::clone(&self.closed),
        }
    }
}

/// This host's part in an operator's promise. It leaves when it is dropped.
pub struct RedisLimiter {
    kept: Arc<Kept>,
    presence: Arc<Presence>,
    _open: Arc<DropGuard>,
}

impl Drop for RedisLimiter {
    fn drop(&mut self) {
        self.presence.leave(&self.kept);
    }
}

struct Kept {
    server: RedisServer,
    promise: Promise,
    key: String,
    member: String,
    standing: Mutex<Standing>,
}

#[async_trait]
impl TpsLimiter for RedisLimiter {
    /// Never fails: without Redis this host goes on at its share.
    async fn reserve(&self, want: u32) -> Result<Reservation, BackendError> {
        let kept = &self.kept;
        match kept.ask(Verb::Permits(want)).await {
            Asked::Answered(answer) => Ok(kept.standing().reservation(&answer, clock::now())),
            Asked::NotBefore(at) => Ok(kept.standing().nothing_before(at)),
            Asked::Failed(error) => Ok(kept.standing().own_pace(clock::now(), want, &error)),
        }
    }

    async fn throttled(&self, still: bool, asked: Throttling) -> Result<Duration, BackendError> {
        let told = self.kept.ask(Verb::Throttled { still, asked }).await;
        let alone = || self.kept.standing().throttled(clock::now(), still, asked);
        match told {
            Asked::Answered(answer) => Ok(answer.pause),
            Asked::NotBefore(_) => alone().ok_or_else(|| self.kept.server.away(ACTION)),
            Asked::Failed(error) => alone().ok_or(error),
        }
    }

    fn paused_until(&self) -> Option<Instant> {
        self.kept.standing().paused_until(clock::now())
    }

    fn rate(&self) -> f64 {
        self.kept.standing().rate(clock::now())
    }
}

/// What came of a question.
enum Asked {
    Answered(Present),
    /// This host paces itself, and has to until then.
    NotBefore(Instant),
    /// No server.
    Failed(BackendError),
}

impl Kept {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, verb: Verb) -> Asked {
        let Some(live) = self.server.live() else {
            return Asked::Failed(self.server.away(ACTION));
        };
        if let Err(at) = self.standing().turn_to_server(clock::now()) {
            return Asked::NotBefore(at);
        }
        // The first answer of a connection tells the time only. One more may be needed when the server's clock was set.
        for _ in 0..3 {
            match self.call(&live, verb).await {
                Ok(Answer::Present(present)) => return Asked::Answered(present),
                Ok(Answer::Late { .. }) => {}
                Ok(Answer::Left) => break,
                Err(error) => return Asked::Failed(error),
            }
        }
        Asked::Failed(self.server.away(ACTION))
    }

    async fn call(&self, live: &Live, verb: Verb) -> Result<Answer, BackendError> {
        let asked = clock::now();
        let call = {
            let mut standing = self.standing();
            standing.connected(live.epoch);
            standing.calling(asked);
            let caller = Caller {
                key: &self.key,
                member: &self.member,
                limit: self.promise.limit.get(),
                own_share: self.promise.fallback_share.map_or(0, NonZeroU32::get),
                lease: self.server.lease(),
                not_after: standing.time.not_after(asked + PATIENCE),
                held: standing.share,
                hosts: standing.hosts,
            };
            caller.call(verb, &live.run_id)
        };
        let answer = self.server.run(live, &call, ACTION).await?;
        let answered = clock::now();
        let mut standing = self.standing();
        match &answer {
            Answer::Late { now } => standing.time.heard(*now, asked, answered),
            Answer::Present(present) => {
                standing.time.heard(present.now, asked, answered);
                standing.heard(present, answered);
            }
            Answer::Left => {}
        }
        Ok(answer)
    }

    /// Says that this host is there.
    async fn beat(&self) {
        // It is told of in the log by the server's own task, and is nothing to a host without traffic.
        drop(self.ask(Verb::Permits(0)).await);
    }

    async fn leave(&self) {
        if let Some(live) = self.server.live()
            && let Err(error) = self.call(&live, Verb::Leave).await
        {
            tracing::debug!(%error, "this host is forgotten when the lease is over");
        }
    }
}
