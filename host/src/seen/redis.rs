//! What the hosts have taken of an operator's commands lately, in Redis.
//!
//! Ids are kept as 64-bit fingerprints in many small sets of integers, which Redis stores as plain sorted arrays: a dozen octets
//! an id instead of a hundred. Two fingerprints that agree by chance cost a look-up, no more. An id is remembered for one
//! window at least and two at most: the sets of a window are dropped together.

use crate::ports::{BackendError, SeenIds};
use crate::servers::redis::RedisServer;
use async_trait::async_trait;
use redis::Script;
use smpp_domain::ids::{MessageId, OperatorId};
use std::time::Duration;

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
        }
    }
}

#[async_trait]
impl SeenIds for RedisSeen {
    async fn seen(&self, messages: &[MessageId]) -> Result<Vec<bool>, BackendError> {
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
        self.server.run(&live, &call, ACTION).await
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
