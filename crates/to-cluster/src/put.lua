-- Writes a session and its index entries, unless it has been used or has ended on the cluster.
-- An anonymous session has an empty id and no entry in _users and us:{id}. Where the token is stored hashed, the
-- hash has the id in the field hashed. SAVE on the source may have given a
-- copied session another id of the slot, or none: then the entries of the copy's id go.
-- KEYS: the hash, _sessions, _users, us:{id}, SESSIONS
-- ARGV: 1 dry run, 2 force, 3 it was copied before and has not been used since (each 0 or 1),
--       4 id, 5 stored name, 6 sid, 7 member of _sessions, 8 member of SESSIONS,
--       9 last activity, 10 score in SESSIONS, 11 the field for the mark, 12 the other field
--       that may hold one, then the hash's fields, without marks
-- Returns copied, updated, unchanged, kept or gone.
local FIRST = 13
local dry, force, known = ARGV[1] == '1', ARGV[2] == '1', ARGV[3] == '1'

-- What a use changes.
local function mark(of)
  return table.concat({ of.la or '', of.ttl or '', of.r or '', of.w or '', ARGV[6] }, ' ')
end

local stored = redis.call('HGETALL', KEYS[1])
local old, count = {}, 0
for i = 1, #stored, 2 do
  old[stored[i]] = stored[i + 1]
  count = count + 1
end
local owner = old.hashed or old.id
-- All keys are read first: one of another type ends the script before anything is written.
local in_sessions = redis.call('ZSCORE', KEYS[2], ARGV[7])
local anonymous = ARGV[4] == ''
local in_users = anonymous or redis.call('ZSCORE', KEYS[3], ARGV[4])
local in_tokens = anonymous or redis.call('SISMEMBER', KEYS[4], ARGV[5]) == 1
local in_due = redis.call('ZSCORE', KEYS[5], ARGV[8])

local new, wanted = {}, 1
for i = FIRST, #ARGV, 2 do
  new[ARGV[i]] = ARGV[i + 1]
  wanted = wanted + 1
end
new[ARGV[11]] = mark(new)
local same = count == wanted
for name, value in pairs(new) do
  same = same and old[name] == value
end

if not same and not force then
  local is_session = owner and tonumber(old.la or '') and tonumber(old.ttl or '')
  local was = mark(old)
  local untouched = old[ARGV[11]] == was or old[ARGV[12]] == was
  if is_session and not untouched then return 'kept' end
  if count == 0 and known then return 'gone' end
end

-- A name that ends with the id, with the copy's id instead.
local function of_copy(name)
  return string.sub(name, 1, #name - #ARGV[4]) .. owner
end
local has_other_id = owner and owner ~= ARGV[4]
local in_other_set = has_other_id and owner ~= ''
if in_other_set then redis.call('SCARD', of_copy(KEYS[4])) end
if same and in_sessions and in_users and in_tokens and in_due then return 'unchanged' end
local answer = count == 0 and 'copied' or 'updated'
if dry then return answer end

if has_other_id then
  redis.call('ZREM', KEYS[2], of_copy(ARGV[7]))
  redis.call('ZREM', KEYS[5], of_copy(ARGV[8]))
end
if in_other_set then
  redis.call('SREM', of_copy(KEYS[4]), ARGV[5])
  if redis.call('SCARD', of_copy(KEYS[4])) == 0 then redis.call('ZREM', KEYS[3], owner) end
end
for name in pairs(old) do
  if not new[name] then redis.call('HDEL', KEYS[1], name) end
end
redis.call('HSET', KEYS[1], ARGV[11], new[ARGV[11]])
-- In portions: Lua can't unpack any number of words.
for from = FIRST, #ARGV, 1000 do
  redis.call('HSET', KEYS[1], unpack(ARGV, from, math.min(from + 999, #ARGV)))
end
redis.call('ZADD', KEYS[2], ARGV[9], ARGV[7])
if not anonymous then
  redis.call('ZADD', KEYS[3], 'GT', ARGV[9], ARGV[4])
  redis.call('SADD', KEYS[4], ARGV[5])
end
redis.call('ZADD', KEYS[5], ARGV[10], ARGV[8])
return answer
