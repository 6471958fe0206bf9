-- Writes what a call did, unless something that it read has changed since; tells what others wrote meanwhile.
-- KEYS: head (seq), log (a stream of entries, by their number), tags (tag -> number of the entry that last wrote it), rows, timers
-- ARGV: base, most; then lists, each with its length before it: tags read, tags written, rows written (field, text), rows removed, timers set (id, text),
-- timers cancelled; then the timer that the call is of ('' for none), whose turn it is for ('' for nobody's), and the entry for the other processes
local at = 0
local function take() at = at + 1 return ARGV[at] end
local function list(width)
  local found = {}
  for index = 1, tonumber(take()) * width do found[index] = take() end
  return found
end

local base, most = tonumber(take()), take()
local reads, tags, rows, gone, timers, cancels = list(1), list(1), list(2), list(1), list(2), list(1)
local claim, turn, entry = take(), take(), take()
local head, log, known, stored, due = unpack(KEYS)
local seq = tonumber(redis.call('HGET', head, 'seq') or '0')
if seq < base then return {'reload', seq, {}} end
local others = {}
if seq > base then
  others = redis.call('XRANGE', log, string.format('%d-0', base + 1), '+')
  if #others < seq - base then return {'reload', seq, {}} end
end
local owner = redis.call('HGET', head, 'turn')
if owner and owner ~= turn and redis.call('EXISTS', head .. ':turn') == 1 then return {'conflict', seq, others} end
for _, tag in ipairs(reads) do
  local written = redis.call('HGET', known, tag)
  if written and tonumber(written) > base then return {'conflict', seq, others} end
end
if claim ~= '' and redis.call('HDEL', due, claim) == 0 then return {'taken', seq, others} end
seq = redis.call('HINCRBY', head, 'seq', 1)
for _, tag in ipairs(tags) do redis.call('HSET', known, tag, seq) end
for index = 1, #rows, 2 do -- a row keeps its place among the others: it is written before it
  local old = redis.call('HGET', stored, rows[index])
  local place = old and string.match(old, '^[^ ]+') or string.format('%d.%d', seq, index)
  redis.call('HSET', stored, rows[index], place .. ' ' .. rows[index + 1])
end
for _, field in ipairs(gone) do redis.call('HDEL', stored, field) end
for index = 1, #timers, 2 do redis.call('HSET', due, timers[index], timers[index + 1]) end
for _, id in ipairs(cancels) do redis.call('HDEL', due, id) end
redis.call('XADD', log, 'MAXLEN', '~', most, string.format('%d-0', seq), 'e', entry)
return {'ok', seq, others}
