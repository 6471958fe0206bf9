-- Revokes a token, once. KEYS: revoked (id -> end), head, log; ARGV: its id, its end, most, the entry. Returns whether it was good until now
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
local seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], string.format('%d-0', seq), 'e', ARGV[4])
return 1
