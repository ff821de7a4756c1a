-- Does what SESSIONS.KILL does. KEYS: hash, _sessions, _users, SESSIONS. ARGV: app, token, prefix
-- of us:{id}
local f = redis.call('HMGET', KEYS[1], 'id', 'la', 'ttl', 'until')
local id, la, ttl = f[1], tonumber(f[2]), tonumber(f[3])
if not id then return 0 end
local now = tonumber(redis.call('TIME')[1])
local tokens = ARGV[3] .. id
redis.call('UNLINK', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2] .. ':' .. id)
redis.call('ZREM', KEYS[4], ARGV[1] .. ':' .. ARGV[2] .. ':' .. id)
redis.call('SREM', tokens, ARGV[2])
if redis.call('EXISTS', tokens) == 0 then
  redis.call('ZREM', KEYS[3], id)
elseif la then
  redis.call('ZADD', KEYS[3], 'GT', la, id)
end
local live = la and ttl and now - la <= ttl and not (f[4] and now > tonumber(f[4]))
return live and 1 or 0
