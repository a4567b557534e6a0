-- Reserves send times of one operator for one host, by the server's clock. All times are microseconds.
--
-- The promise is that of domain/src/tps.rs: send times are T = (1 s + slack) / rate apart, so that no second, wherever
-- it begins, holds more than the rate. `tail` is the earliest time that is not given out yet.
--
-- Hosts are registered by their calls. Each is told the share at which it may pace itself once it has lost this server
-- for SILENT; the sum of the shares never exceeds the cap. The share of a host that is silent for so long is taken off
-- the rate until the lease is over: it may be pacing itself.
--
-- Fairness: every host has a `due` time that moves on by (hungry hosts) * T with each send time that it is given. A host
-- whose due time is beyond the tail has had more than its share: it waits while others are hungry, unless a send time
-- would be wasted.
--
-- Numbers come and go as doubles in one string: as arguments and replies of their own they cost more than the grant.

local redis_time = redis.call('TIME')
local now = redis_time[1] * 1000000 + redis_time[2]
local key, me, run_id, verb = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
-- The caller has given up, and must not be counted as present.
local not_after, want, limit, held, known, own_share, lease, asked_pause, asked_rate =
  struct.unpack('<ddddddddd', ARGV[4])
if now > not_after then return struct.pack('<dd', 0, now) end
if verb == 'leave' then
  local head = redis.call('HGET', key, '')
  if redis.call('HDEL', key, me) == 1 and head then
    -- Nobody has to wait for it.
    local run, tail, cap, slow, resume, pause, expected, settled, known, ceiling, until_ = cmsgpack.unpack(head)
    expected = math.max(0, expected - 1)
    redis.call('HSET', key, '',
      cmsgpack.pack(run, tail, cap, slow, resume, pause, expected, settled, known or 0, ceiling or 0, until_ or 0))
  end
  return struct.pack('<dd', 1, now)
end

local SECOND, SLACK, HORIZON, SILENT = 1000000, 15000, 100000, 600000
-- A send time so near is given to whoever asks.
local URGENT = 30000
-- The adaptive rate of domain/src/tps/adaptive.rs.
local FIRST_PAUSE, LAST_PAUSE, LONGEST_ASKED, CALM = 500000, 30000000, 300000000, 10000000
local RETURN, PLATEAU, RECOVERY, CEILING = 3000000, 40000000, 60000000, 3600000000
local DECREASE, SAFE = 0.7, 0.92

local head, mine, others = nil, nil, {}
local fields = redis.call('HGETALL', key)
for i = 1, #fields, 2 do
  if fields[i] == '' then head = fields[i + 1]
  elseif fields[i] == me then mine = fields[i + 1]
  else others[#others + 1] = i end
end

local run, tail, last_cap, slow, resume, pause, expected, settled = '', 0, limit, 0, 0, 0, 0, 0
local throttled_at, ceiling, ceiling_until = 0, 0, 0
if head then
  run, tail, last_cap, slow, resume, pause, expected, settled, throttled_at, ceiling, ceiling_until = cmsgpack.unpack(head)
  -- An older script knows nothing of these.
  throttled_at, ceiling, ceiling_until = throttled_at or 0, ceiling or 0, ceiling_until or 0
end
local restarted = run ~= run_id

-- Who else is there.
local cap, hosts, shares, silent_shares, hungry = limit, 1, 0, 0, 0
for _, i in ipairs(others) do
  local seen, share, its_limit, _, hungry_until = cmsgpack.unpack(fields[i + 1])
  if now - seen > lease or seen - now > lease then
    redis.call('HDEL', key, fields[i])
  else
    hosts = hosts + 1
    cap = math.min(cap, its_limit)
    shares = shares + share
    if now - seen > SILENT then silent_shares = silent_shares + share
    elseif hungry_until > now then hungry = hungry + 1 end
  end
end
local due, hungry_until = 0, 0
if mine then
  local _, _, _, its_due, its_hunger = cmsgpack.unpack(mine)
  due, hungry_until = its_due, its_hunger
end

-- A server that has lost its state, or has an older one, does not know who paces itself. Until as many hosts are back as
-- those who are back have known, or the lease is over, only the shares of those who are back are given out.
if restarted then expected, settled = 0, now + lease end
if now > settled then expected = 0 elseif not mine or restarted then expected = math.max(expected, known) end
local settling = hosts < expected

local told
if settling then told = held
elseif own_share > 0 then told = own_share
else told = math.min(math.floor(cap / hosts), math.max(0, cap - shares)) end
-- The host may not hear the answer.
local my_share = math.max(held, told)

-- The rate: what the operator bears, less what is kept for others.
if resume - now > LONGEST_ASKED then resume = now + LONGEST_ASKED end
local function full()
  if ceiling > 0 and now < ceiling_until then return math.min(cap, ceiling) end
  return cap
end
local since, bears = math.max(0, now - resume), full()
if slow > 0 then
  local safe = math.max(slow, throttled_at * SAFE)
  local peak = math.max(safe, throttled_at)
  local risen
  if since < RETURN then risen = slow + (safe - slow) * since / RETURN
  elseif since < RETURN + PLATEAU then risen = safe + (peak - safe) * (since - RETURN) / PLATEAU
  else risen = peak + cap * math.min(RECOVERY, since - RETURN - PLATEAU) / RECOVERY end
  bears = math.min(bears, risen)
end
local still = verb == 'still throttled'
if still or verb == 'throttled' then
  local before = bears
  if asked_rate > 0 then ceiling, ceiling_until = asked_rate, now + CEILING end
  asked_pause = math.min(asked_pause, LONGEST_ASKED)
  if now < resume then
    resume = math.max(resume, now + asked_pause)
  else
    if still and slow > 0 and since < CALM then pause = math.min(LAST_PAUSE, 2 * pause) else pause = FIRST_PAUSE end
    if asked_rate > 0 and asked_rate < before then slow = asked_rate
    elseif slow > 0 and since >= RETURN and since < RETURN + PLATEAU + RECOVERY then slow = before * SAFE
    else slow = before * DECREASE end
    slow, throttled_at = math.max(1, slow), before
    resume = now + (asked_pause > 0 and asked_pause or pause)
    bears = slow
  end
  bears = math.min(bears, full())
end
local rate = settling and shares - silent_shares + my_share or cap - silent_shares
rate = math.min(bears, rate)

-- The tail.
local capped = (SECOND + SLACK) / cap
if restarted then
  -- Others may hold what the last server gave out.
  tail = math.min(math.max(tail, now), now + capped) + HORIZON + capped
end
if cap < last_cap then
  -- What was given out under the higher cap must leave the window first.
  tail = math.max(tail, now) + SECOND + SLACK
end
if tail > now + HORIZON + 2 * (SECOND + SLACK) then tail = now + HORIZON + capped end
local start = math.max(tail, now, resume)

-- The grant.
local count, wait, spacing = 0, HORIZON, 0
if rate >= 1 then
  spacing = (SECOND + SLACK) / rate
  local competing = hungry + 1
  due = math.max(start - HORIZON, math.min(due, start + math.max(HORIZON, competing * spacing)))
  local free = math.floor((now + HORIZON - start) / spacing) + 1
  local fair = free
  if competing > 1 then
    fair = math.floor((start - due) / (hungry * spacing)) + 1
    fair = math.max(0, fair, math.floor((now + URGENT - start) / spacing) + 1)
  end
  count = math.max(0, math.min(want, free, fair))
  if count > 0 then
    tail = math.ceil(start + count * spacing)
    due = due + count * competing * spacing
  elseif free <= 0 then
    -- When an eighth of the horizon is free.
    wait = start - now - HORIZON * 7 / 8
  else
    wait = math.max(2000, start - now - URGENT)
  end
  if count < want then
    hungry_until = math.max(now, now + wait) + HORIZON
  end
end

redis.call('HSET', key,
  '', cmsgpack.pack(run_id, tail, cap, slow, resume, pause, expected, settled, throttled_at, ceiling, ceiling_until),
  me, cmsgpack.pack(now, my_share, limit, due, hungry_until))
return struct.pack('<dddddddddd', 2, now, count, math.ceil(start), math.ceil(spacing * 1000), math.ceil(wait), told,
  math.max(hosts, expected), math.floor(math.min(rate, bears) * 1000), math.max(0, resume - now))
