-- Counts a call in a sliding window, unless the limit is reached.
-- KEYS: the calls (sorted by instant), a serial; ARGV: limit, window, now (seconds), lifetime in real milliseconds. Returns: full, calls, the first's instant
local limit, window, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local calls = redis.call('ZCARD', KEYS[1])
local full = calls >= limit
if not full then
  redis.call('ZADD', KEYS[1], ARGV[3], redis.call('INCR', KEYS[2]))
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  calls = calls + 1
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {full and 1 or 0, calls, first[2] or ARGV[3]}
