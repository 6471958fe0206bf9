-- Forgets the lines of a log, and what was published until now. KEYS: lines, head, from; ARGV: position and instant of now, what the keys of what is published begin with
local lines, head, from = unpack(KEYS)
for _, process in ipairs(redis.call('SMEMBERS', from)) do redis.call('DEL', ARGV[3] .. process) end
redis.call('DEL', lines, from)
local count = tonumber(redis.call('HGET', head, 'count') or '0')
redis.call('HSET', head, 'bytes', 0, 'floor', string.format('%d', count + 1), 'position', ARGV[1], 'instant', ARGV[2])
