-- Renews what one host leases of a session's slots, gives back, takes, and tells who has what. Times are microseconds of the
-- server's clock. A field is a host ('h' and its name: when its lease ends), a slot ('s' and its number: who has it; it is
-- his as long as he lives), or 'born': since when this server knows the session.
-- ARGV: host, lease, grace, then one word a slot: 'have', 'free' (I give it back), 'take', or '-'.
local redis_time = redis.call('TIME')
local now = redis_time[1] * 1000000 + redis_time[2]
local key, me, lease, grace = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if lease == 0 then
  -- Good-bye: what I have is free.
  for n = 4, #ARGV do
    if redis.call('HGET', key, 's' .. (n - 4)) == me then redis.call('HDEL', key, 's' .. (n - 4)) end
  end
  redis.call('HDEL', key, 'h' .. me)
  return {}
end
local living, slots, next_end, born = {}, {}, now + lease, nil
local fields = redis.call('HGETALL', key)
for i = 1, #fields, 2 do
  local kind, name = string.sub(fields[i], 1, 1), string.sub(fields[i], 2)
  if fields[i] == 'born' then born = tonumber(fields[i + 1])
  elseif kind == 'h' and name ~= me then
    local ends = tonumber(fields[i + 1])
    if ends < now or ends > now + 2 * lease then redis.call('HDEL', key, fields[i])
    else
      living[name] = true
      next_end = math.min(next_end, ends)
    end
  elseif kind == 's' then slots[tonumber(name)] = fields[i + 1] end
end
if not born or born > now then
  born = now
  redis.call('HSET', key, 'born', string.format('%.0f', now))
end
living[me] = true
redis.call('HSET', key, 'h' .. me, string.format('%.0f', now + lease))
local owners = {}
for n = 4, #ARGV do
  local slot, wish = n - 4, ARGV[n]
  local owner = slots[slot]
  if owner and not living[owner] then owner = nil end
  local before = slots[slot]
  if wish == 'free' and owner == me then owner = nil
  elseif wish == 'have' and not owner then owner = me
  -- Those who have a slot come first when the server has lost everything.
  elseif wish == 'take' and not owner and now - born >= grace then owner = me end
  if owner ~= before then
    if owner then redis.call('HSET', key, 's' .. slot, owner) else redis.call('HDEL', key, 's' .. slot) end
  end
  owners[#owners + 1] = owner or ''
end
local names = {}
for name, _ in pairs(living) do names[#names + 1] = name end
local next_change = next_end - now
if now - born < grace then next_change = math.min(next_change, grace - (now - born)) end
return {math.ceil(next_change), names, owners}
