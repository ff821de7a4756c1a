-- Removes a session and its index entries, unless it has been used on the cluster.
-- KEYS: the hash, _sessions, _users, us:{id}, SESSIONS
-- ARGV: 1 dry run, 2 force (each 0 or 1), 3 id, 4 token, 5 sid, 6 member of _sessions,
--       7 member of SESSIONS
-- Answers removed or kept.
local fields = redis.call('HMGET', KEYS[1], 'la', 'ttl', 'r', 'w', 'copied_as')
for i = 1, 5 do fields[i] = fields[i] or '' end
local mark = table.concat({ fields[1], fields[2], fields[3], fields[4], ARGV[5] }, ' ')
if ARGV[2] ~= '1' and fields[5] ~= mark then return 'kept' end

-- All keys are read first: one of another type ends the script before anything is written.
redis.call('ZSCORE', KEYS[2], ARGV[6])
redis.call('ZSCORE', KEYS[3], ARGV[3])
redis.call('SCARD', KEYS[4])
redis.call('ZSCORE', KEYS[5], ARGV[7])
if ARGV[1] == '1' then return 'removed' end

redis.call('UNLINK', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[6])
redis.call('ZREM', KEYS[5], ARGV[7])
redis.call('SREM', KEYS[4], ARGV[4])
if redis.call('SCARD', KEYS[4]) == 0 then
  redis.call('ZREM', KEYS[3], ARGV[3])
elseif tonumber(fields[1]) then
  -- The id was active then, though with a session that is no more.
  redis.call('ZADD', KEYS[3], 'XX', 'GT', fields[1], ARGV[3])
end
return 'removed'
