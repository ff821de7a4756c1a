-- Removes all sessions of an app in one script, a thousand at a time. KEYS: _sessions, _users,
-- SESSIONS. ARGV: app, prefix of the app's keys
local killed = 0
while true do
  local members = redis.call('ZRANGE', KEYS[1], 0, 999)
  if #members == 0 then break end
  local keys, due = {}, {}
  for i, member in ipairs(members) do
    keys[2 * i - 1] = ARGV[2] .. string.sub(member, 1, 64)
    keys[2 * i] = ARGV[2] .. 'us:' .. string.sub(member, 66)
    due[i] = ARGV[1] .. ':' .. member
  end
  redis.call('UNLINK', unpack(keys))
  redis.call('ZREM', KEYS[3], unpack(due))
  redis.call('ZREM', KEYS[1], unpack(members))
  killed = killed + #members
end
redis.call('UNLINK', KEYS[2])
return killed
