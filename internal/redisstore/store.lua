-- A record is a hash: version, account, record (all of it, as JSON) and indexes. An index
-- is a sorted set whose scores are all 0, which keeps its members in byte order: what to
-- sort by, a newline, and the key of a record. Lua's numbers are doubles, so no integer of
-- a record becomes one: JSON is handed on unread, and versions and counts are strings.

local commands = {}

local function call(command, key, ...)
  return redis.call(command, KEYS[1] .. key, ...)
end

local function put(r)
  call('HSET', r.Key, 'version', r.Version, 'account', r.Account, 'record', r.Record, 'indexes', cjson.encode(r.Indexes))
  for index, order in pairs(r.Indexes) do call('ZADD', index, 0, order .. '\n' .. r.Key) end
end

local function remove(key)
  local indexes = call('HGET', key, 'indexes')
  if not indexes then return end
  for index, order in pairs(cjson.decode(indexes)) do call('ZREM', index, order .. '\n' .. key) end
  call('DEL', key)
end

-- All is judged before anything is written, as Redis undoes nothing. What is old must be
-- as it was read, and goes; what is new takes its place, or one that is free.
function commands.apply(change)
  local going = {}
  for _, old in ipairs(change.Old) do
    local version = call('HGET', old.Key, 'version') or '0'
    if version ~= old.Version then return '"conflict"' end
    going[old.Key] = true
  end
  for _, new in ipairs(change.New) do
    if not going[new.Key] and call('EXISTS', new.Key) == 1 then return '"taken"' end
  end
  for _, old in ipairs(change.Old) do remove(old.Key) end
  for _, new in ipairs(change.New) do put(new) end
  return '"written"'
end

-- A counter is a record whose version is its value. HINCRBY's own reply would be a double.
function commands.count(counters)
  local values = {}
  for i, c in ipairs(counters) do
    if call('EXISTS', c.Key) == 1 then call('HINCRBY', c.Key, 'version', c.Version)
    elseif c.Version ~= '0' then put(c) end
    values[i] = call('HGET', c.Key, 'version') or '0'
  end
  return '[' .. table.concat(values, ',') .. ']'
end

function commands.expire(range)
  local expired = call('ZRANGE', unpack(range))
  for _, member in ipairs(expired) do remove(member:match('\n(.*)')) end
  return tostring(#expired)
end

function commands.list(range)
  local found = call('ZRANGE', unpack(range))
  for i, member in ipairs(found) do found[i] = call('HGET', member:match('\n(.*)'), 'record') end
  return '[' .. table.concat(found, ',') .. ']'
end

-- The record at a key, the account that it names, and the account's associations.
function commands.read(key)
  local id, record = unpack(call('HMGET', key, 'account', 'record'))
  if not record then return '{}' end
  local account = id ~= '' and call('HGET', 'account:' .. id, 'record')
  if not account then return '{"Record":' .. record .. '}' end
  local linked = commands.list({'associations:' .. id, '-', '+', 'BYLEX'})
  return '{"Record":' .. record .. ',"Account":' .. account .. ',"Associations":' .. linked .. '}'
end

return commands[ARGV[1]](cjson.decode(ARGV[2]))
