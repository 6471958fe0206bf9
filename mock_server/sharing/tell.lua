-- Puts an entry in order that needs no check. KEYS: head, log, tags; ARGV: most, the entry, and a tag that it writes ('' for none)
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
if ARGV[3] ~= '' then redis.call('HSET', KEYS[3], ARGV[3], seq) end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], string.format('%d-0', seq), 'e', ARGV[2])
return seq
