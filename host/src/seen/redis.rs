//! What the hosts have taken of an operator's commands lately, in Redis.
//!
//! Ids are kept as 64-bit fingerprints in many small sets of integers, which Redis stores as plain sorted arrays: a dozen octets
//! an id instead of a hundred. Two fingerprints that agree by chance cost a look-up, no more. An id is remembered for one
//! window at least and two at most: the sets of a window are dropped together.
//!
//! Redis may lose all of it, and hosts that cannot reach it note nothing. So after each new connection but the first, what is
//! not found counts as unknown for a window; the first comes with what the store has settled lately.

use crate::clock;
use crate::ports::{BackendError, Seen, SeenIds};
use crate::servers::redis::RedisServer;
use async_trait::async_trait;
use redis::Script;
use smpp_domain::ids::{MessageId, OperatorId};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Sets of one window: at 4,096 a million ids make 250 each, and Redis keeps up to 512 in an array.
const BUCKETS: u64 = 4_096;

/// `KEYS[1]`: what the sets' names begin with. `ARGV`: the window in ms, then bucket and fingerprint of each id.
const SEEN: &str = "\
local t = redis.call('TIME')
local window = tonumber(ARGV[1])
local now = math.floor((t[1] * 1000 + t[2] / 1000) / window)
local new = string.format('%s:%.0f:', KEYS[1], now)
local old = string.format('%s:%.0f:', KEYS[1], now - 1)
local before = {}
for i = 2, #ARGV, 2 do
  local seen = redis.call('SISMEMBER', old .. ARGV[i], ARGV[i + 1])
  if redis.call('SADD', new .. ARGV[i], ARGV[i + 1]) == 0 then
    seen = 1
  elseif redis.call('SCARD', new .. ARGV[i]) == 1 then
    redis.call('PEXPIRE', new .. ARGV[i], 2 * window)
  end
  before[#before + 1] = seen
end
return before";

/// The memory of one operator.
pub struct RedisSeen {
    server: RedisServer,
    key: String,
    window: Duration,
    script: Script,
    lapse: Mutex<Lapse>,
}

/// When something may have been lost.
#[derive(Default)]
struct Lapse {
    /// The connection, by its number.
    epoch: Option<u64>,
    /// When another one was found in its place.
    at: Option<Instant>,
}

impl Lapse {
    /// Whether all of the last `window` is remembered on this connection.
    fn is_whole(&mut self, epoch: u64, now: Instant, window: Duration) -> bool {
        if self.epoch.replace(epoch).is_some_and(|before| before != epoch) {
            self.at = Some(now);
        }
        self.at
            .is_none_or(|at| now.saturating_duration_since(at) >= window)
    }
}

impl RedisSeen {
    /// Remembers the operator's ids for `window` at least.
    #[must_use]
    pub fn new(server: RedisServer, operator: OperatorId, window: Duration) -> Self {
        Self {
            key: server.key("seen", &operator.to_string()),
            server,
            window,
            script: Script::new(SEEN),
            lapse: Mutex::default(),
        }
    }
}

#[async_trait]
impl SeenIds for RedisSeen {
    async fn seen(&self, messages: &[MessageId]) -> Result<Vec<Seen>, BackendError> {
        let mut call = self.script.prepare_invoke();
        call.key(&self.key)
            .arg(u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX));
        for message in messages {
            let fingerprint = fingerprint(*message);
            // Redis' integers are signed.
            call.arg(fingerprint % BUCKETS).arg(fingerprint.cast_signed());
        }
        const ACTION: &str = "recalling what was taken";
        let Some(live) = self.server.live() else {
            return Err(self.server.away(ACTION));
        };
        let before: Vec<bool> = self.server.run(&live, &call, ACTION).await?;
        let mut lapse = self.lapse.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = lapse.is_whole(live.epoch, clock::now(), self.window);
        let what = |before| match (before, whole) {
            (true, _) => Seen::Before,
            (false, true) => Seen::New,
            (false, false) => Seen::Unknown,
        };
        Ok(before.into_iter().map(what).collect())
    }
}

/// 64 bits of an id, mixed (SplitMix64): UUIDs of one moment differ in few places.
fn fingerprint(message: MessageId) -> u64 {
    let (high, low) = message.0.as_u64_pair();
    let mut z = high.rotate_left(32) ^ low;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_connection_is_whole_a_window_later() {
        let (start, window) = (Instant::now(), Duration::from_secs(600));
        let mut lapse = Lapse::default();
        assert!(lapse.is_whole(1, start, window));
        assert!(lapse.is_whole(1, start, window));
        assert!(!lapse.is_whole(2, start, window));
        assert!(!lapse.is_whole(2, start + window / 2, window));
        assert!(lapse.is_whole(2, start + window, window));
    }
}
