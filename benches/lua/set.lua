-- A write that does everything that SESSIONS.SET does, but writes the indexes at every use. KEYS:
-- hash, _sessions, _users, SESSIONS. ARGV: app, token, json
local f = redis.call('HMGET', KEYS[1], 'id', 'r', 'w', 'ip', 'la', 'ttl', 'd', 'no_resave', 'created', 'until')
local id, la, ttl = f[1], tonumber(f[5]), tonumber(f[6])
local now = tonumber(redis.call('TIME')[1])
if not id or not la or not ttl or now - la > ttl then return false end
if f[10] and now > tonumber(f[10]) then return false end
local data = f[7] and cjson.decode(f[7]) or {}
for name, value in pairs(cjson.decode(ARGV[3])) do
  if value == cjson.null then data[name] = nil else data[name] = value end
end
local d = next(data) ~= nil and cjson.encode(data) or nil
local idle, shown = math.max(now - la, 0), ttl
if f[8] == '1' then shown = ttl - idle end
local w = (tonumber(f[3]) or 0) + 1
if d then
  redis.call('HSET', KEYS[1], 'w', w, 'la', now, 'ttl', shown, 'd', d)
else
  redis.call('HSET', KEYS[1], 'w', w, 'la', now, 'ttl', shown)
  redis.call('HDEL', KEYS[1], 'd')
end
redis.call('ZADD', KEYS[2], now, ARGV[2] .. ':' .. id)
redis.call('ZADD', KEYS[3], now, id)
redis.call('ZADD', KEYS[4], now + shown, ARGV[1] .. ':' .. ARGV[2] .. ':' .. id)
-- Scripts have no SHA-256, which the module uses for the sid; SHA-1 replaces it.
local sid = string.sub(redis.sha1hex(ARGV[2]), 1, 16)
local reply = { 'sid', sid, 'id', id, 'r', tonumber(f[2]) or 0, 'w', w, 'ttl', shown, 'idle', idle }
local n = #reply
if f[4] then reply[n + 1], reply[n + 2], n = 'ip', f[4], n + 2 end
if f[9] then reply[n + 1], reply[n + 2], n = 'created', tonumber(f[9]), n + 2 end
if f[10] then reply[n + 1], reply[n + 2], n = 'until', tonumber(f[10]), n + 2 end
if f[8] == '1' then reply[n + 1], reply[n + 2], n = 'no_resave', 1, n + 2 end
if d then reply[n + 1], reply[n + 2] = 'd', d end
return reply
