-- Writes what SESSIONS.CREATE writes. The client generates the token, which the script could not do
-- safely. KEYS: hash, _sessions, _users, SESSIONS, us:{id}. ARGV: app, token, id, ip, ttl, json
if type(cjson.decode(ARGV[6])) ~= 'table' then return redis.error_reply('ERR invalid data') end
local now = tonumber(redis.call('TIME')[1])
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('ERR exists') end
redis.call('HSET', KEYS[1], 'id', ARGV[3], 'r', 1, 'w', 1, 'ip', ARGV[4], 'la', now, 'ttl', ARGV[5],
  'd', ARGV[6], 'created', now)
redis.call('ZADD', KEYS[2], now, ARGV[2] .. ':' .. ARGV[3])
redis.call('ZADD', KEYS[3], 'GT', now, ARGV[3])
redis.call('ZADD', KEYS[4], now + tonumber(ARGV[5]), ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[3])
redis.call('SADD', KEYS[5], ARGV[2])
return ARGV[2]
