-- Revokes a token, once. KEYS: revoked (id -> end), head, log; ARGV: its id, its end, most, the entry, now, and how many
-- are remembered before those that have ended are forgotten. Returns whether it was good until now
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[6]) then
  local known = redis.call('HGETALL', KEYS[1])
  for index = 1, #known, 2 do
    if tonumber(known[index + 1]) <= tonumber(ARGV[5]) then redis.call('HDEL', KEYS[1], known[index]) end
  end
end
local seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], string.format('%d-0', seq), 'e', ARGV[4])
return 1
