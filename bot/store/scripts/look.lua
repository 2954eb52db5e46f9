-- Read where the audit trail ends, and a lab's state, in one moment.
-- ARGV  lab
-- Returns {number of the last entry, its hash, the state's fields}.
local number, hash = unpack(redis.call('HMGET', base .. 'audit-head', 'number', 'hash'))
return { tonumber(number or 0), hash or '', redis.call('HGETALL', base .. 'state:' .. ARGV[1]) }
