-- Removes all timed-out sessions in one script, a thousand at a time. KEYS: SESSIONS. ARGV:
-- namespace
local now = tonumber(redis.call('TIME')[1])
local wiped = 0
while true do
  local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now, 'LIMIT', 0, 1000)
  if #members == 0 then break end
  for _, member in ipairs(members) do
    local app, token, id = string.match(member, '^([^:]+):([^:]+):(.*)$')
    local prefix = ARGV[1] .. ':' .. app .. ':'
    local f = redis.call('HMGET', prefix .. token, 'la', 'ttl')
    local la, ttl = tonumber(f[1]), tonumber(f[2])
    if la and ttl and now - la <= ttl then
      redis.call('ZADD', KEYS[1], la + ttl, member)
    else
      redis.call('UNLINK', prefix .. token)
      redis.call('ZREM', prefix .. '_sessions', token .. ':' .. id)
      redis.call('ZREM', KEYS[1], member)
      redis.call('SREM', prefix .. 'us:' .. id, token)
      if redis.call('EXISTS', prefix .. 'us:' .. id) == 0 then redis.call('ZREM', prefix .. '_users', id) end
      wiped = wiped + 1
    end
  end
end
return wiped
