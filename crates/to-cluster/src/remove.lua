-- Removes a session and its index entries, unless it has been used on the cluster. The id of an anonymous
-- session is empty, and it has no entry in _users and us:{id}.
-- KEYS: the hash, _sessions, _users, us:{id}, SESSIONS
-- ARGV: 1 dry run, 2 force (each 0 or 1), 3 id, 4 stored name, 5 sid, 6 member of _sessions,
--       7 member of SESSIONS, 8 and 9 the fields that may hold the mark
-- Returns removed, kept or gone.
local fields = redis.call('HMGET', KEYS[1], 'la', 'ttl', 'r', 'w', ARGV[8], ARGV[9])
if not (fields[1] or fields[2] or fields[3] or fields[4]) then return 'gone' end
for i = 1, 6 do fields[i] = fields[i] or '' end
local mark = table.concat({ fields[1], fields[2], fields[3], fields[4], ARGV[5] }, ' ')
local untouched = fields[5] == mark or fields[6] == mark
if ARGV[2] ~= '1' and not untouched then return 'kept' end

-- All keys are read first: one of another type ends the script before anything is written.
redis.call('ZSCORE', KEYS[2], ARGV[6])
redis.call('ZSCORE', KEYS[3], ARGV[3])
redis.call('SCARD', KEYS[4])
redis.call('ZSCORE', KEYS[5], ARGV[7])
if ARGV[1] == '1' then return 'removed' end

redis.call('UNLINK', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[6])
redis.call('ZREM', KEYS[5], ARGV[7])
if ARGV[3] == '' then return 'removed' end
redis.call('SREM', KEYS[4], ARGV[4])
if redis.call('SCARD', KEYS[4]) == 0 then
  redis.call('ZREM', KEYS[3], ARGV[3])
elseif tonumber(fields[1]) then
  -- The id was active then, though with a session that is no more.
  redis.call('ZADD', KEYS[3], 'XX', 'GT', fields[1], ARGV[3])
end
return 'removed'
