-- Forgets tags that nobody can be behind any more. KEYS: head, tags; ARGV: how many entries somebody may be behind. Returns how many are left
local least = tonumber(redis.call('HGET', KEYS[1], 'seq') or '0') - tonumber(ARGV[1])
local cursor = '0'
repeat
  local found = redis.call('HSCAN', KEYS[2], cursor, 'COUNT', 1000)
  cursor = found[1]
  for index = 1, #found[2], 2 do
    if tonumber(found[2][index + 1]) < least then redis.call('HDEL', KEYS[2], found[2][index]) end
  end
until cursor == '0'
return redis.call('HLEN', KEYS[2])
