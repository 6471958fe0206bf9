-- The whole state of a world at one moment. KEYS: head, rows, timers, meta, revoked, replies
local function all(key) return redis.call('HGETALL', key) end
return {tonumber(redis.call('HGET', KEYS[1], 'seq') or '0'), all(KEYS[2]), all(KEYS[3]), all(KEYS[4]), all(KEYS[5]), all(KEYS[6])}
