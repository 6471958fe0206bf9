-- Puts the published lines of all processes in order, numbers them, keeps the newest, and tells those that somebody does not have.
-- KEYS: lines (a stream, by their number), head (count, bytes, floor, epoch, position and instant of the last clearing), from (who published some)
-- ARGV: most, largest, the last number that is known, the epoch that it is of, an epoch for a log that has none, what the keys of what is published begin with
local lines, head, from = unpack(KEYS)
local most, largest, after = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local function figure(name) return tonumber(redis.call('HGET', head, name) or '-1') end
redis.call('HSETNX', head, 'epoch', ARGV[5])
local epoch = redis.call('HGET', head, 'epoch')
if epoch ~= ARGV[4] then after = 0 end

local position, instant, found = figure('position'), figure('instant'), {}
for _, process in ipairs(redis.call('SMEMBERS', from)) do
  for _, text in ipairs(redis.call('LRANGE', ARGV[6] .. process, 0, -1)) do
    local seen, at, size, mark, start = string.match(text, '^(%S+) (%S+) (%d+) (%S+) ()')
    seen, at = tonumber(seen), tonumber(at)
    if seen > position or (seen == position and at > instant) then -- else it was there when the log was cleared
      found[#found + 1] = {seen, at, #found, tonumber(size), mark, string.sub(text, start)}
    end
  end
  redis.call('DEL', ARGV[6] .. process)
end
redis.call('DEL', from)
table.sort(found, function(one, other)
  for index = 1, 3 do
    if one[index] ~= other[index] then return one[index] < other[index] end
  end
  return false
end)

local made, marked = {}, {}
for _, item in ipairs(found) do -- what several processes say of one message is one line
  local line = item[5] ~= '-' and marked[item[5]]
  if not line then
    line = {size = 0}
    made[#made + 1] = line
    if item[5] ~= '-' then marked[item[5]] = line end
  end
  line.size = line.size + item[4]
  line[#line + 1] = 'e'
  line[#line + 1] = item[6]
end

local count, bytes = math.max(figure('count'), 0), math.max(figure('bytes'), 0)
local first = math.max(1, #made - most + 1)
if first > 1 then -- the new ones alone are too many
  redis.call('DEL', lines)
  bytes = 0
end
for index, line in ipairs(made) do
  count = count + 1
  if index >= first then
    redis.call('XADD', lines, string.format('%d-0', count), 's', line.size, unpack(line))
    bytes = bytes + line.size
  end
end
local left = redis.call('XLEN', lines)
while left > 0 and (left > most or bytes > largest) do
  local oldest = redis.call('XRANGE', lines, '-', '+', 'COUNT', 1)[1]
  redis.call('XDEL', lines, oldest[1])
  bytes, left = bytes - tonumber(oldest[2][2]), left - 1
end
redis.call('HSET', head, 'count', string.format('%d', count), 'bytes', string.format('%d', bytes))
return {epoch, count, figure('floor'), redis.call('XRANGE', lines, string.format('%d-0', after + 1), '+')}
